"""A figure of the gallery: a name, a title, and how to build its view, or why it cannot be built here; some move."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from figures import Animation, filled_in, View
from implicitbias.display import in_brief
from paper_repro.claims.budget import Budget


@dataclass(frozen=True)
class Missing:
    """Why a figure cannot be built here, and what would help."""

    reason: str

    __repr__ = in_brief


Build = Callable[[int, Budget, Path | None], View | Missing]
Animate = Callable[[int, Budget, Path | None], Animation | Missing]


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
    animate
        The same ↦ its animation, of figures that move.
    """

    name: str
    title: str
    build: Build
    animate: Animate | None = None

    __repr__ = in_brief


@dataclass(frozen=True)
class InModule:
    """A function of a module of this package, ``build`` or ``animate``, imported only when the figure is asked for."""

    module: str
    function: str = "build"

    __repr__ = in_brief

    def __call__(self, seed: int, budget: Budget, data_home: Path | None = None) -> Any:
        """Import the module and build."""
        found = import_module(f"paper_repro.gallery.{self.module}")
        return getattr(found, self.function)(seed, budget, data_home)


@dataclass(frozen=True)
class FillsIn:
    """The animation in which a figure fills in; ``label`` says of the last x that is shown what it is."""

    build: Build
    label: str

    __repr__ = in_brief

    def __call__(self, seed: int, budget: Budget, data_home: Path | None = None) -> Animation | Missing:
        """Build the figure and let it fill in."""
        view = self.build(seed, budget, data_home)
        return filled_in(view, self.label.format) if isinstance(view, View) else view


def in_module(
    name: str, title: str, module: str, *, moves: str | None = None, fills: str | None = None
) -> Figure:
    """Return the figure of a module of this package; it moves as another module says, or it fills in."""
    build = InModule(module)
    if fills is not None:
        return Figure(name, title, build, FillsIn(build, fills))
    return Figure(name, title, build, InModule(moves, "animate") if moves is not None else None)
