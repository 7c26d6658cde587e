"""A planted bug: one part of the simulator replaced, as a person would have got it wrong."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from paper_repro.conformance.planted.causes import BEYOND, FORESEEN
from paper_repro.conformance.planted.training import Parts, Plain


@dataclass(frozen=True, eq=False)
class Planted:
    """A simulator with one bug.

    Parameters
    ----------
    name
        A few words, unique.
    sentence
        What a person did wrong.
    changes
        Part of ``Parts`` ↦ the wrong function.
    needs
        Features of a task, without all of which the bug does not show; empty if it shows with any.
    """

    name: str
    sentence: str
    changes: dict[str, Callable[..., Any]]
    needs: tuple[str, ...] = ()

    @property
    def cause(self) -> str | None:
        """Regular expression that the first cause of the diagnosis matches as a whole; None: it should give none."""
        return FORESEEN.get(self.name) or BEYOND.get(self.name)

    @property
    def foreseen(self) -> bool:
        """Whether a path tells the cause, as was decided before there was a diagnosis."""
        return self.name in FORESEEN

    @property
    def simulator(self) -> Plain:
        """The simulator with the bug, as after a fresh import: what it keeps between runs starts empty."""
        return Plain(replace(Parts(), **copy.deepcopy(self.changes)))
