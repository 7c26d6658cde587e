"""Marks on graphs: a quantity against rounds or time, its intervals, levels and frequencies."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from figures.roles import mark_name, ordered, Role, ROLES, store
from figures.values import floats, numbers, one_of, same_length, Values
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Series:
    """Points (x_k, y_k), k = 1 … K: a line when they are theory, points with intervals when measured.

    Parameters
    ----------
    x, y : array, shape (point,)
        Coordinates in the units of the panel's axis labels; ``None`` or masked entries are gaps.
    label : str, optional
        Name in the legend; two series with the same label share one entry.
    role : {"theory", "measured", "reference", "falsifier"}
        What the numbers are.
    method_key : str, optional
        Method whose colour and marker they take, e.g. ``"gd"`` or ``"local_gd:H=100"``.
    error : pair of arrays, shape (point,), optional
        Lower and upper ends of the interval of each y, in the units of y (ends, not widths).
    joined : bool
        Join measured points by a thin line: true for one run over time, false for independent points.
    """

    x: Values
    y: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None
    error: tuple[Values, Values] | None = None
    joined: bool = False

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y", "error")

    __repr__ = in_brief

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        store(self, x=self.x, y=self.y)
        if self.error is not None:
            low, high = (numbers(mark_name(self), "error", end) for end in self.error)
            same_length(mark_name(self), x=self.x, error_low=low, error_high=high)
            ordered(mark_name(self), low, high)
            object.__setattr__(self, "error", (low, high))


@dataclass(frozen=True)
class Bands:
    """The region low(x) ≤ y ≤ high(x): an interval over a grid, or what a theorem permits.

    Parameters
    ----------
    x
        Grid, shape (point,).
    low, high
        Edges of the region, in the units of y; ``None`` or masked entries are gaps.
    label
        Name in the legend.
    role
        What is drawn: theory, measured, reference or falsifier.
    method_key
        Method whose colour it takes, as in ``Series``.
    """

    x: Values
    low: Values
    high: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("low", "high")

    __repr__ = in_brief

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        store(self, x=self.x, low=self.low, high=self.high)
        ordered(mark_name(self), floats(self.low), floats(self.high))


@dataclass(frozen=True)
class Span:
    """The strip low ≤ x ≤ high (or of y), a hair line where low = high: a level, a time, a permitted range.

    Parameters
    ----------
    axis
        ``"x"`` for a vertical strip, ``"y"`` for a horizontal one.
    low, high
        Its edges, in the units of that axis.
    label
        Name in the legend.
    role
        What is drawn: theory, measured, reference or falsifier.
    method_key
        Method whose colour it takes, as in ``Series``.
    """

    axis: Literal["x", "y"]
    low: float
    high: float
    label: str | None = None
    role: Role = "reference"
    method_key: str | None = None

    def __post_init__(self):
        name = mark_name(self)
        one_of(name, "axis", self.axis, ("x", "y"))
        one_of(name, "role", self.role, ROLES)
        low, high = numbers(name, "low, high", [self.low, self.high])
        ordered(name, [low], [high])
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def x_fields(self) -> tuple[str, ...]:
        """The fields measured along x."""
        return ("low", "high") if self.axis == "x" else ()

    @property
    def y_fields(self) -> tuple[str, ...]:
        """The fields measured along y."""
        return ("low", "high") if self.axis == "y" else ()


@dataclass(frozen=True)
class Histogram:
    """Heights over bins: ``heights[k]`` on [edges[k], edges[k + 1]].

    Parameters
    ----------
    edges
        Ends of the bins, increasing, shape (bin + 1,).
    heights
        One for each bin.
    label
        Name in the legend.
    role
        What is drawn: theory, measured, reference or falsifier.
    method_key
        Method whose colour it takes, as in ``Series``.
    """

    edges: Values
    heights: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("edges",)
    y_fields: ClassVar = ("heights",)

    __repr__ = in_brief

    def __post_init__(self):
        name = mark_name(self)
        one_of(name, "role", self.role, ROLES)
        store(self, edges=self.edges)
        store(self, heights=self.heights)
        if len(self.edges) != len(self.heights) + 1 or not np.all(np.diff(floats(self.edges)) > 0):
            raise BadInput(
                f"{name}: {len(self.edges)} edges for {len(self.heights)} heights: "
                "edges increase and are one more than heights; use numpy.histogram's pair"
            )
