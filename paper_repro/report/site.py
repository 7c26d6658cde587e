"""The report as files: a page per claim and per paper, the gallery, the records, and the index last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures.save import write_whole
from paper_repro.catalogue import ENTRIES
from paper_repro.claims.claim import Claim
from paper_repro.claims.knobs import ranges
from paper_repro.claims.result import Result
from paper_repro.report.citation import Citation, citation
from paper_repro.report.drawing import Drawing, slug
from paper_repro.report.papers import knowledge, OF_THE_PAPER
from paper_repro.report.plates import Plate
from paper_repro.report.rendering import filter_script, render, stylesheet
from paper_repro.report.rerun import figure_command, report_command
from paper_repro.report.story import story


@dataclass(frozen=True)
class Page:
    """A claim with its result and figure: all that its page shows."""

    claim: Claim
    result: Result
    drawing: Drawing | None

    @staticmethod
    def of(claim: Claim, result: Result, drawings: Mapping[str, Drawing]) -> "Page":
        """Return the page of a claim, with its drawing if there is one."""
        return Page(claim, result, drawings.get(slug(result.key)))

    @property
    def name(self) -> str:
        """File name without folder and suffix."""
        return slug(self.result.key)

    @property
    def citation(self) -> Citation:
        """Reference of the claim."""
        return citation(self.claim.reference.paper)

    @property
    def knobs(self) -> list[tuple[str, Any, Any, Any]]:
        """(name, range, value, default) of every knob."""
        allowed = ranges(self.claim.knobs)
        return [
            (n, allowed[n], value, getattr(self.claim.knobs, n)) for n, value in self.result.knobs.items()
        ]


def write_site(
    folder: Path,
    pages: Sequence[Page],
    plates: Sequence[tuple[Plate, Drawing]] = (),
    *,
    environment: Mapping[str, str],
) -> Path:
    """Write the site and return the path of its index.

    Every file is written whole or not at all, the index after everything it points to: an interrupted report leaves
    the former index in place. The same pages give the same bytes; only ``results.json`` has seconds.

    Parameters
    ----------
    folder
        Of the site; figures are expected in its ``figures/``.
    pages
        Claims, in the order of the index.
    plates
        Figures of no single claim; without any there is no gallery page.
    environment
        Versions shown at the foot of every page.
    """
    shared = {"environment": environment, "has_gallery": bool(plates)}
    _write(folder / "report.css", stylesheet())
    _write(folder / "filter.js", filter_script())
    for index, page in enumerate(pages):
        beside = {"before": pages[index - 1] if index else None, "after": _next(pages, index)}
        text = render("claim.html.jinja", page=page, known=_names(pages), root="../", **beside, **shared)
        _write(folder / "claims" / f"{page.name}.html", text)
    for paper in _papers(pages):
        _write(folder / "papers" / f"{paper}.html", _paper_page(paper, pages, plates, shared))
    if plates:
        _write(folder / "gallery.html", _gallery_page(plates, shared))
    _write(folder / "results.json", records([page.result for page in pages]))
    return _write_index(folder, pages, shared)


def records(results: Sequence[Result]) -> str:
    """Return the results as one JSON array, as ``verify --json`` prints them."""
    return json.dumps([r.to_json() for r in results], indent=2, ensure_ascii=False) + "\n"


def _write_index(folder: Path, pages: Sequence[Page], shared: Mapping[str, Any]) -> Path:
    groups = _papers(pages).items()
    results = [page.result for page in pages]
    text = render(
        "index.html.jinja",
        groups=groups,
        pages=pages,
        results=results,
        again=_again(pages),
        root="",
        **shared,
    )
    return _write(folder / "index.html", text)


def _again(pages: Sequence[Page]) -> str:
    """Return the command that makes a report of these claims; the whole catalogue need not be named."""
    keys = [page.result.key for page in pages]
    turned = {name: value for page in pages for name, _, value, default in page.knobs if value != default}
    whole = {entry.key for entry in ENTRIES} <= set(keys)
    return report_command([] if whole else keys, [page.result for page in pages], turned)


def _gallery_page(plates: Sequence[tuple[Plate, Drawing]], shared: Mapping[str, Any]) -> str:
    first = plates[0][0]
    missing, drawn = sum(bool(p.missing) for p, _ in plates), sum(bool(d.inline) for _, d in plates)
    states = (
        ("expected", drawn, "drawn"),
        ("unmet", missing, "not drawn, for a stated reason"),
        ("unexpected", len(plates) - drawn - missing, "failed"),
    )
    again = figure_command([], first.seed, first.budget)
    return render("gallery.html.jinja", plates=plates, states=states, again=again, root="", **shared)


def _papers(pages: Sequence[Page]) -> dict[str, list[Page]]:
    papers = dict.fromkeys(page.result.paper for page in pages)
    return {paper: [page for page in pages if page.result.paper == paper] for paper in papers}


def _paper_page(
    paper: str,
    pages: Sequence[Page],
    plates: Sequence[tuple[Plate, Drawing]],
    shared: Mapping[str, Any],
) -> str:
    own = _papers(pages)[paper]
    theirs = [page for page in own if page.claim.source in OF_THE_PAPER]
    ours = [page for page in own if page.claim.source not in OF_THE_PAPER]
    return render(
        "paper.html.jinja",
        paper=paper,
        cited=citation(paper),
        known=knowledge(paper),
        story=story([page.result for page in theirs], [page.result for page in ours]),
        theirs=theirs,
        ours=ours,
        pages_known=_names(pages),
        plates={plate.name for plate, _ in plates},
        root="../",
        **shared,
    )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, text.encode())


def _next(pages: Sequence[Page], index: int) -> Page | None:
    return pages[index + 1] if index + 1 < len(pages) else None


def _names(pages: Sequence[Page]) -> dict[str, Page]:
    return {page.result.key: page for page in pages}
