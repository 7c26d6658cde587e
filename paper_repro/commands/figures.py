"""``paper-repro figures``: the gallery, and the figures of claims, as PNG, PDF and SVG with their provenance."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from figures.provenance import FORMATS
from figures.style import venue_named, VENUES
from implicitbias.errors import BadInput
from paper_repro.catalogue import select
from paper_repro.claims.budget import Budget
from paper_repro.commands.options import add_executor, verified


EXAMPLES = """examples:
  paper-repro figures --list
  paper-repro figures --out paper --venue icml
  paper-repro figures zhu2024/residual-limit --seed 3"""


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
    add_executor(parser)
    parser.add_argument("--fresh", action="store_true", help="ignore results kept from earlier runs")
    parser.add_argument("--data-home", type=Path, help="folder of the MNIST files")
    parser.add_argument("--list", action="store_true", help="list the gallery and draw nothing")
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw what is asked for, and say what is missing and why."""
    from paper_repro.report.plates import gallery

    venue_named(options.venue)
    figures = {figure.name: figure for figure in gallery()}
    if options.list:
        return _list(figures, options)
    chosen = [figures[name] for name in options.names if name in figures]
    keys = _claim_keys([name for name in options.names if name not in figures])
    rows = _of_claims(keys, options) + _of_gallery(
        chosen if options.names else list(figures.values()), options
    )
    print(json.dumps(rows, indent=2, ensure_ascii=False) if options.json else "\n".join(map(_sentence, rows)))
    return 1 if any(row["failed"] for row in rows) else 0


def _list(figures: dict[str, Any], options: argparse.Namespace) -> int:
    rows = [{"name": name, "title": figure.title} for name, figure in figures.items()]
    width = max((len(name) for name in figures), default=0)
    text = "\n".join(f"{row['name']:<{width}}  {row['title']}" for row in rows)
    print(json.dumps(rows, indent=2, ensure_ascii=False) if options.json else text or "the gallery is empty")
    return 0


def _claim_keys(names: list[str]) -> list[str]:
    try:
        return [entry.key for entry in select(names)] if names else []
    except BadInput as error:
        raise BadInput(f"{error}; `paper-repro figures --list` shows the gallery") from None


def _of_claims(keys: list[str], options: argparse.Namespace) -> list[dict[str, Any]]:
    from paper_repro.report.drawing import claim_task, drawn, slug

    if not keys:
        return []
    results = verified(argparse.Namespace(**vars(options), claims=keys, set=[]))
    tasks = [claim_task(result, options.venue) for result in results if result.view]
    made = {d.name: d for d in drawn(tasks, options.out / "figures", _kept(options), options.jobs)}
    rows = []
    for result in results:
        drawing = made.get(slug(result.key))
        broken = result.message if result.status.name == "ERROR" else ""
        missing = result.message if drawing is None and not broken else ""
        rows.append(_row(slug(result.key), drawing.trouble if drawing else broken, missing, options))
    return rows


def _of_gallery(figures: list[Any], options: argparse.Namespace) -> list[dict[str, Any]]:
    from paper_repro.report.plates import Maker

    if figures and not options.json:
        print(f"drawing {len(figures)} figures of the gallery …", file=sys.stderr, flush=True)
    maker = Maker(
        _kept(options), options.seed, Budget(options.budget), options.data_home, options.venue, options.jobs
    )
    made = maker.make(figures, options.out / "figures")
    return [_row(plate.name, drawing.trouble, plate.missing, options) for plate, drawing in made]


def _kept(options: argparse.Namespace) -> Path:
    return options.out / "cache" / "figures"


def _row(name: str, trouble: str, missing: str, options: argparse.Namespace) -> dict[str, Any]:
    folder = options.out / "figures"
    there = not (trouble or missing)
    files = [str(folder / f"{name}.{form}") for form in (*FORMATS, "json")] if there else []
    return {"name": name, "files": files, "missing": missing, "failed": trouble}


def _sentence(row: dict[str, Any]) -> str:
    from paper_repro.claims.failure import first_line

    if row["failed"]:
        return f"failed   {row['name']}: {first_line(row['failed'])}"
    return f"missing  {row['name']}: {row['missing']}" if row["missing"] else f"drawn    {row['files'][0]}"
