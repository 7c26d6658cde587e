"""From results to a report: draw, then write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paper_repro.claims.claim import Claim
from paper_repro.claims.result import Result
from paper_repro.report.drawing import claim_task, drawn
from paper_repro.report.environment import environment
from paper_repro.report.plates import complaint, Maker
from paper_repro.report.site import Page, write_site


@dataclass(frozen=True)
class Report:
    """A written report: its index, and which figures are missing or failed, each with the reason in one line."""

    index: Path
    missing: Mapping[str, str]
    failed: Mapping[str, str]


def make_report(
    results: Sequence[Result],
    claims: Mapping[str, Claim],
    folder: Path,
    *,
    maker: Maker,
    gallery: Sequence[Any] = (),
    say: Callable[[str], None] = lambda text: None,
) -> Report:
    """Draw every figure, write every page, and return where the index is.

    Parameters
    ----------
    results
        In the order of the report.
    claims
        The claim of every result, by key.
    folder
        Of the site.
    maker
        How figures are made: seed, budget, processes, and where drawings are kept.
    gallery
        Figures of no single claim.
    say
        Called with a line of progress before each stage.
    """
    tasks = [claim_task(result, maker.venue) for result in results if result.view]
    say(f"drawing {len(tasks)} figures of claims …")
    drawings = {d.name: d for d in drawn(tasks, folder / "figures", maker.kept, maker.jobs)}
    pages = [Page.of(claims[result.key], result, drawings) for result in results]
    if gallery:
        say(f"drawing {len(gallery)} figures of the gallery …")
    plates = maker.make(gallery, folder / "figures")
    say(f"writing {len(pages)} pages …")
    index = write_site(folder, pages, plates, environment=environment())
    told = {page.name: complaint(page.drawing) for page in pages if page.drawing}
    told |= {plate.name: complaint(drawing) for plate, drawing in plates if not plate.missing}
    missing = {plate.name: plate.missing for plate, _ in plates if plate.missing}
    return Report(index, missing, {name: reason for name, reason in told.items() if reason})
