"""A figure of the gallery: a name, a title, and how to build its view, or why it cannot be built here."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from figures import View
from implicitbias.display import in_brief
from paper_repro.claims.budget import Budget


@dataclass(frozen=True)
class Missing:
    """Why a figure cannot be built here, and what would help."""

    reason: str

    __repr__ = in_brief


Build = Callable[[int, Budget, Path | None], View | Missing]


@dataclass(frozen=True)
class Figure:
    """A figure that belongs to no single claim.

    Parameters
    ----------
    name
        File name without suffix.
    title
        What it is about; the title of the view says what was found.
    build
        (seed, budget, folder of real data) ↦ view, or ``Missing``.
    """

    name: str
    title: str
    build: Build

    __repr__ = in_brief


@dataclass(frozen=True)
class InModule:
    """The ``build`` of a module of this package, imported only when the figure is asked for."""

    module: str

    __repr__ = in_brief

    def __call__(self, seed: int, budget: Budget, data_home: Path | None = None) -> View | Missing:
        """Import the module and build."""
        return import_module(f"paper_repro.gallery.{self.module}").build(seed, budget, data_home)
