"""``paper-repro figures``: the gallery and the figures of claims, as files with their provenance; some of them move."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from figures.formats import check_formats, FORMATS, MOVING, STILL
from figures.style import venue_named, VENUES
from implicitbias.archive import check_writable
from implicitbias.errors import BadInput
from paper_repro.catalogue import select
from paper_repro.claims.budget import Budget
from paper_repro.commands.options import add_executor, executor_of, verified


EXAMPLES = """examples:
  paper-repro figures --list
  paper-repro figures --out paper --venue icml
  paper-repro figures zhu2024/residual-limit --seed 3 --format pdf pgf
  paper-repro figures separators valley-fan --format gif html mp4
  paper-repro figures --contact-sheet"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "names", nargs="*", help="figures of the gallery, claims or papers; the gallery if left out"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out"), help="figures go to its figures/ (default: out)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all randomness (default 0)")
    parser.add_argument("--budget", choices=[b.value for b in Budget], default="quick", help="default: quick")
    parser.add_argument(
        "--venue", default="page", help=f"width and type of {', '.join(VENUES)} (default: page)"
    )
    parser.add_argument(
        "--format",
        nargs="+",
        action="extend",
        metavar="FORMAT",
        help=f"{', '.join(STILL)}; of figures that move {', '.join(MOVING)} (default: {' '.join(FORMATS)}); "
        "pgf needs xelatex, mp4 needs ffmpeg",
    )
    add_executor(parser)
    parser.add_argument("--fresh", action="store_true", help="ignore results kept from earlier runs")
    parser.add_argument("--data-home", type=Path, help="folder of the MNIST files")
    parser.add_argument("--list", action="store_true", help="list the gallery and draw nothing")
    parser.add_argument(
        "--contact-sheet", action="store_true", help="then show all drawn figures small, as PDF, PNG and HTML"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw what is asked for, and say what is missing and why."""
    from paper_repro.report.plates import gallery

    venue_named(options.venue)
    figures = {figure.name: figure for figure in gallery()}
    if options.list:
        return _list(figures, options)
    still, moving = _formats(options)
    chosen = [figures[name] for name in options.names if name in figures]
    keys = _claim_keys([name for name in options.names if name not in figures])
    films = _films(chosen, keys, figures, options) if moving else []
    executor_of(options)
    check_writable("--out", options.out)
    rows = []
    if still:
        rows += _of_claims(keys, still, options)
        rows += _of_gallery(chosen if options.names else list(figures.values()), still, options)
    rows += _of_films(films, moving, options)
    if options.contact_sheet:
        rows.append(_contact_sheet(options))
    print(json.dumps(rows, indent=2, ensure_ascii=False) if options.json else "\n".join(map(_sentence, rows)))
    return 1 if any(row["failed"] for row in rows) else 0


def _list(figures: dict[str, Any], options: argparse.Namespace) -> int:
    rows = [
        {"name": name, "title": figure.title, "moves": figure.animate is not None}
        for name, figure in figures.items()
    ]
    width = max((len(name) for name in figures), default=0)
    text = "\n".join(
        f"{row['name']:<{width}}  {row['title']}{' (moves)' if row['moves'] else ''}" for row in rows
    )
    print(json.dumps(rows, indent=2, ensure_ascii=False) if options.json else text or "the gallery is empty")
    return 0


def _formats(options: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the formats of figures that stand, and of those that move; a missing program is an error now.

    A contact sheet is made of PNG files, so these are drawn, too.
    """
    try:
        asked = check_formats(options.format or FORMATS)
    except BadInput as error:
        raise BadInput(f"{error}; names of figures come before --format") from None
    still = tuple(form for form in asked if form in STILL)
    if options.contact_sheet and "png" not in still:
        still = ("png", *still)
    return still, tuple(form for form in asked if form in MOVING)


def _claim_keys(names: list[str]) -> list[str]:
    try:
        return [entry.key for entry in select(names)] if names else []
    except BadInput as error:
        raise BadInput(f"{error}; `paper-repro figures --list` shows the gallery") from None


def _films(
    chosen: list[Any], keys: list[str], figures: dict[str, Any], options: argparse.Namespace
) -> list[Any]:
    """Return the figures to film: those named, which must move, or all that do."""
    moving = [figure for figure in figures.values() if figure.animate is not None]
    if not options.names:
        return moving
    standing = [figure.name for figure in chosen if figure.animate is None] + keys
    if standing:
        raise BadInput(
            f"{', '.join(standing)}: {'does' if len(standing) == 1 else 'do'} not move, so gif, html and mp4 have "
            f"nothing to show; ask for {', '.join(STILL)}, or for one of those that move: "
            f"{', '.join(figure.name for figure in moving)}"
        )
    return chosen


def _of_claims(
    keys: list[str], formats: tuple[str, ...], options: argparse.Namespace
) -> list[dict[str, Any]]:
    from paper_repro.report.drawing import claim_task, drawn, slug

    if not keys:
        return []
    results = verified(argparse.Namespace(**vars(options), claims=keys, set=[]))
    tasks = [claim_task(result, options.venue, formats, inline=False) for result in results if result.view]
    made = {d.name: d for d in drawn(tasks, options.out / "figures", _kept(options), options.jobs)}
    rows = []
    for result in results:
        drawing = made.get(slug(result.key))
        broken = result.message if result.status.name == "ERROR" else ""
        missing = result.message if drawing is None and not broken else ""
        trouble = drawing.trouble if drawing else broken
        rows.append(_row(slug(result.key), formats, trouble, missing, options))
    return rows


def _of_gallery(
    figures: list[Any], formats: tuple[str, ...], options: argparse.Namespace
) -> list[dict[str, Any]]:
    from paper_repro.report.plates import Maker

    if figures:
        _say(f"drawing {len(figures)} figures of the gallery …", options)
    maker = Maker(
        _kept(options),
        options.seed,
        Budget(options.budget),
        options.data_home,
        options.venue,
        options.jobs,
        formats,
        inline=False,
    )
    made = maker.make(figures, options.out / "figures", lambda text: _say(text, options))
    return [_row(plate.name, formats, drawing.trouble, plate.missing, options) for plate, drawing in made]


def _of_films(
    figures: list[Any], formats: tuple[str, ...], options: argparse.Namespace
) -> list[dict[str, Any]]:
    from paper_repro.report.moving import filmed, Filming

    if figures:
        _say(f"drawing {len(figures)} animations …", options)
    how = Filming(
        options.out / "figures",
        formats,
        options.seed,
        Budget(options.budget),
        options.data_home,
        options.venue,
        options.json,
    )
    rows = []
    for made in filmed(figures, how, options.jobs):
        rows.append(_row(made.name, formats, made.trouble, made.missing, options, "animation.json"))
        _say(f"drew {len(rows)}/{len(figures)} {made.name}", options)
    return rows


def _contact_sheet(options: argparse.Namespace) -> dict[str, Any]:
    from figures.contact_sheet import contact_sheet

    files = contact_sheet(options.out / "figures")
    return {"name": "contact-sheet", "files": list(map(str, files)), "missing": "", "failed": ""}


def _kept(options: argparse.Namespace) -> Path:
    return options.out / "cache" / "figures"


def _say(text: str, options: argparse.Namespace) -> None:
    if not options.json:
        print(text, file=sys.stderr, flush=True)


def _row(
    name: str,
    formats: tuple[str, ...],
    trouble: str,
    missing: str,
    options: argparse.Namespace,
    sidecar: str = "json",
) -> dict[str, Any]:
    folder = options.out / "figures"
    there = not (trouble or missing)
    files = [str(folder / f"{name}.{form}") for form in (*formats, sidecar)] if there else []
    return {"name": name, "files": files, "missing": missing, "failed": trouble}


def _sentence(row: dict[str, Any]) -> str:
    from paper_repro.claims.failure import first_line

    if row["failed"]:
        return f"failed   {row['name']}: {first_line(row['failed'])}"
    return f"missing  {row['name']}: {row['missing']}" if row["missing"] else f"drawn    {row['files'][0]}"
