"""Figures that belong to no single claim: built from the gallery, or missing for a stated reason."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from figures import View, view_to_json
from figures.formats import FORMATS
from implicitbias.tasks import in_order, on_this_machine
from paper_repro.claims.budget import Budget
from paper_repro.claims.failure import first_line
from paper_repro.report.drawing import Drawing, drawn, Task
from paper_repro.report.environment import environment


@dataclass(frozen=True)
class Plate:
    """A figure of the gallery: its view as text; or why it is missing; or the traceback of its failure."""

    name: str
    title: str
    seed: int
    budget: str
    view: str = ""
    missing: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Maker:
    """How figures are made.

    Attributes
    ----------
    kept
        Folder in which inline drawings are kept from one report to the next.
    seed, budget
        Of the runs behind the figures.
    data_home
        Folder of real data that are not bundled.
    venue
        Where the figures are printed; see :data:`figures.VENUES`.
    jobs
        Processes; figures do not depend on their number.
    formats
        Of the files.
    inline
        Whether a page wants the drawings, too.
    """

    kept: Path
    seed: int = 0
    budget: Budget = Budget.QUICK
    data_home: Path | None = None
    venue: str = "page"
    jobs: int = 1
    formats: tuple[str, ...] = FORMATS
    inline: bool = True

    def make(
        self, figures: Sequence[Any], folder: Path, say: Callable[[str], None] = lambda text: None
    ) -> list[tuple[Plate, Drawing]]:
        """Build the figures of the gallery and draw those that could be built; say which are built."""
        asked = [(f, self.seed, self.budget, self.data_home) for f in figures]
        built = []
        for plate in in_order(build, asked, on=on_this_machine(self.jobs)):
            built.append(plate)
            say(f"built {len(built)}/{len(figures)} {plate.name}")
        tasks = [self._task(plate) for plate in built if plate.view]
        drawings = {d.name: d for d in drawn(tasks, folder, self.kept, self.jobs)}
        return [(p, drawings.get(p.name, Drawing(p.name, trouble=p.trouble))) for p in built]

    def _task(self, plate: Plate) -> Task:
        setting = {"seed": plate.seed, "budget": plate.budget, "environment": environment()}
        sidecar = {"figure": plate.name, **setting}
        return Task(plate.name, plate.view, sidecar, self.venue, self.formats, self.inline)


def gallery() -> tuple[Any, ...]:
    """Return the figures of the gallery; none where this installation has no gallery."""
    if find_spec("paper_repro.gallery") is None:
        return ()
    return tuple(import_module("paper_repro.gallery").GALLERY)


def build(figure: Any, seed: int, budget: Budget, data_home: Path | None) -> Plate:
    """Build one figure. A failure is told, and the others go on."""
    asked = (figure.name, figure.title, seed, budget.value)
    try:
        built = figure.build(seed, budget, data_home)
        return (
            Plate(*asked, view_to_json(built))
            if isinstance(built, View)
            else Plate(*asked, missing=built.reason)
        )
    except Exception:
        return Plate(*asked, trouble=traceback.format_exc())


def complaint(drawing: Drawing) -> str:
    """Return in one line why a drawing failed; empty if it did not."""
    return first_line(drawing.trouble) if drawing.trouble else ""
