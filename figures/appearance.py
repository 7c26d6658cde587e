"""How a mark looks, decided from what it means: one place for every figure, readable without a renderer."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from figures.colour import mix
from figures.marks import (
    Arrows,
    Bands,
    Cloud,
    Field,
    Heatmap,
    Histogram,
    Note,
    Separator,
    Series,
    Span,
    Table,
    Trajectory,
)
from figures.style import (
    FALSIFIER,
    INK,
    method_colour,
    method_marker,
    REFERENCE,
    THEORY,
    worker_colour,
    WORKER_COLOURS,
)
from implicitbias.display import in_brief


FEW_POINTS = 40  # up to here each point is drawn with its bar; beyond, a line, spaced markers and a band
THEORY_DARKENING = 0.25  # a theory line stays visible on the points of its own method
DASHES = {"theory": "-", "measured": "-", "reference": (0, (4, 2.5)), "falsifier": (0, (5, 1.5, 1, 1.5))}
CLASS_MARKERS = {1.0: "o", -1.0: "^"}


@dataclass(frozen=True)
class Appearance:
    """Colour, line (None: no line), marker (None: no marker), width relative to the venue, opacity, order, filling."""

    colour: str
    line: Any = None
    marker: str | None = None
    width: float = 1.0
    alpha: float = 1.0
    zorder: float = 3.0
    hollow: bool = False

    __repr__ = in_brief


def mark_colour(mark: Any) -> str:
    """Return the colour by role and method: a falsifier is red whatever it falsifies."""
    if mark.role == "falsifier":
        return FALSIFIER
    if mark.method_key is not None:
        own = method_colour(mark.method_key)
        return mix(own, "#000000", THEORY_DARKENING) if mark.role == "theory" else own
    return {"theory": THEORY, "reference": REFERENCE, "measured": THEORY}[mark.role]


@singledispatch
def appearance(mark: object) -> Appearance:
    """Return how the mark is drawn."""
    raise TypeError(f"{type(mark).__name__} is not a mark")


@appearance.register
def _series(mark: Series) -> Appearance:
    if mark.role != "measured":
        order = {"theory": 4.0, "reference": 2.0, "falsifier": 3.5}[mark.role]
        width = {"theory": 1.0, "reference": 0.8, "falsifier": 1.0}[mark.role]
        return Appearance(mark_colour(mark), DASHES[mark.role], width=width, zorder=order)
    marker = "o" if mark.method_key is None else method_marker(mark.method_key)
    return Appearance(mark_colour(mark), "-" if is_joined(mark) else None, marker, width=0.7, zorder=3.0)


@appearance.register
def _bands(mark: Bands) -> Appearance:
    return Appearance(mark_colour(mark), alpha=0.18, zorder=1.5)


@appearance.register
def _cloud(mark: Cloud) -> Appearance:
    return Appearance(
        INK if mark.workers is None else worker_colour(0, worker_count(mark)), marker="o", zorder=3.0
    )


@appearance.register
def _field(mark: Field) -> Appearance:
    return Appearance("#7a8899", "-" if mark.kind == "contours" else None, width=0.6, zorder=1.0)


@appearance.register
def _heatmap(mark: Heatmap) -> Appearance:
    return Appearance(INK, zorder=1.0)


@appearance.register
def _arrows(mark: Arrows) -> Appearance:
    return Appearance(mark_colour(mark), "-", zorder=4.5)


@appearance.register
def _trajectory(mark: Trajectory) -> Appearance:
    marker = "o" if mark.method_key is None or mark.role != "measured" else method_marker(mark.method_key)
    return Appearance(mark_colour(mark), DASHES[mark.role], marker, width=0.9, zorder=4.0)


@appearance.register
def _separator(mark: Separator) -> Appearance:
    if mark.worker is None:
        return Appearance(mark_colour(mark), DASHES[mark.role], width=1.0, zorder=4.0)
    own = mix(worker_colour(mark.worker, mark.worker + 1), "#000000", THEORY_DARKENING)
    return Appearance(own, DASHES[mark.role], width=0.9, zorder=2.5)


@appearance.register
def _span(mark: Span) -> Appearance:
    strip = mark.low < mark.high
    return Appearance(
        mark_colour(mark), DASHES[mark.role], width=0.8, alpha=0.15 if strip else 1.0, zorder=1.2
    )


@appearance.register
def _histogram(mark: Histogram) -> Appearance:
    return Appearance(
        mark_colour(mark), "-", width=0.8, alpha=0.3 if mark.role == "measured" else 0.0, zorder=2.0
    )


@appearance.register(Table)
@appearance.register(Note)
def _words(mark: Table | Note) -> Appearance:
    return Appearance(INK, zorder=5.0)


def is_joined(mark: Series) -> bool:
    """Return whether the points are joined: asked for, or too many to be seen one by one."""
    return mark.joined or len(mark.x) > FEW_POINTS


def worker_count(mark: Cloud) -> int:
    """Return M as seen from the data: one more than the largest worker index."""
    return 1 + int(max(mark.workers)) if mark.workers else 1  # type: ignore[type-var]


def told_apart(mark: Cloud) -> bool:
    """Return whether the workers of a cloud have colours of their own."""
    return mark.workers is not None and worker_count(mark) <= len(WORKER_COLOURS)
