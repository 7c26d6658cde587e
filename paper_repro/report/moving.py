"""Animations of the gallery: built and written by one process each, or missing for a stated reason."""

import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import Animation, save_animation
from implicitbias.tasks import in_order, on_this_machine
from paper_repro.claims.budget import Budget
from paper_repro.report.environment import environment


# Frames are drawn at a few a second: silence would look like a hang.
SECONDS_BETWEEN_LINES = 3.0


@dataclass(frozen=True)
class Moving:
    """An animation that was written; or why it is missing; or the traceback of its failure."""

    name: str
    missing: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Filming:
    """How animations are made: where to, in which formats, of which seed, budget and data, for which venue."""

    folder: Path
    formats: tuple[str, ...]
    seed: int = 0
    budget: Budget = Budget.QUICK
    data_home: Path | None = None
    venue: str = "page"
    quiet: bool = False

    def sidecar(self, name: str) -> dict[str, Any]:
        """Return where an animation comes from."""
        setting = {"seed": self.seed, "budget": self.budget.value, "venue": self.venue}
        return {"animation": name, **setting, "formats": list(self.formats), "environment": environment()}


def filmed(figures: Sequence[Any], how: Filming, jobs: int = 1) -> Iterator[Moving]:
    """Yield what became of every animation, in order."""
    return in_order(film, [(figure, how) for figure in figures], on=on_this_machine(jobs))


def film(figure: Any, how: Filming) -> Moving:
    """Build one animation and write it. A failure is told, and the others go on."""
    try:
        built = figure.animate(how.seed, how.budget, how.data_home)
        if not isinstance(built, Animation):
            return Moving(figure.name, missing=built.reason)
        watch = _Watch(figure.name, how.quiet)
        sidecar = how.sidecar(figure.name)
        save_animation(built, how.folder, figure.name, sidecar, how.formats, venue=how.venue, watch=watch.see)
        return Moving(figure.name)
    except Exception:
        return Moving(figure.name, trouble=traceback.format_exc())


class _Watch:
    """Says every few seconds how many frames are drawn, on standard error."""

    def __init__(self, name: str, quiet: bool):
        self._name = name
        self._quiet = quiet
        self._said = time.monotonic()

    def see(self, form: str, done: int, count: int) -> None:
        """Take notice of a frame."""
        if not self._quiet and time.monotonic() - self._said > SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            print(f"{self._name}.{form}: frame {done} of {count}", file=sys.stderr, flush=True)
