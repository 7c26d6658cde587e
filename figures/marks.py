"""What can be drawn, as frozen plain data: each mark knows its points, its meaning and its label, not its pixels.

A mark says *what* it is (``role``: theory, measured, reference, falsifier; ``method_key``: which method);
``figures.appearance`` decides how that looks, once for all figures. Masked values are ``None``.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from figures.values import floats, Grid, grid, numbers, one_of, same_length, Values
from implicitbias.errors import BadInput


Role: TypeAlias = Literal["theory", "measured", "reference", "falsifier"]
Axis: TypeAlias = Literal["x", "y"]
ROLES = ("theory", "measured", "reference", "falsifier")


def _store(mark: Any, **columns: Values | None) -> None:
    """Validate the columns and keep them as tuples inside the frozen mark."""
    owner = mark_name(mark)
    for name, values in columns.items():
        if values is not None:
            object.__setattr__(mark, name, numbers(owner, name, values))
    same_length(owner, **{name: getattr(mark, name) for name in columns})


def mark_name(mark: Any) -> str:
    """Return how messages call a mark: its kind, and its label if it has one."""
    label = getattr(mark, "label", None)
    return type(mark).__name__ + (f" {label!r}" if label else "")


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

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        _store(self, x=self.x, y=self.y)
        if self.error is not None:
            low, high = (numbers(mark_name(self), "error", end) for end in self.error)
            same_length(mark_name(self), x=self.x, error_low=low, error_high=high)
            _ordered(mark_name(self), low, high)
            object.__setattr__(self, "error", (low, high))


@dataclass(frozen=True)
class Bands:
    """The region low(x) ≤ y ≤ high(x): an interval over a grid, or what a theorem permits."""

    x: Values
    low: Values
    high: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("low", "high")

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        _store(self, x=self.x, low=self.low, high=self.high)
        _ordered(mark_name(self), floats(self.low), floats(self.high))


@dataclass(frozen=True)
class Cloud:
    """Data points in the plane: label ±1 as the marker, worker as the colour, support vectors ringed.

    Parameters
    ----------
    x, y : array, shape (sample,)
    classes : array of ±1, shape (sample,), optional
    workers : array of int ≥ 0, shape (sample,), optional
    ringed : sequence of int
        Indices of samples to ring (support vectors); ``ring_label`` names them in the legend.
    label : str, optional
        Name in the legend when neither classes nor workers are given.
    """

    x: Values
    y: Values
    classes: Values | None = None
    workers: Values | None = None
    ringed: tuple[int, ...] = ()
    ring_label: str | None = None
    label: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)

    def __post_init__(self):
        name = mark_name(self)
        _store(self, x=self.x, y=self.y, classes=self.classes, workers=self.workers)
        if self.classes is not None and not set(self.classes) <= {1.0, -1.0}:
            raise BadInput(f"{name}: classes = {sorted(set(self.classes), key=str)}: labels are ±1; map yours to ±1")
        if self.workers is not None and not all(w is not None and w >= 0 and w == int(w) for w in self.workers):
            raise BadInput(f"{name}: workers = {self.workers}: indices 0, 1, … are needed; number them from 0")
        object.__setattr__(self, "ringed", tuple(int(i) for i in self.ringed))
        if any(not 0 <= i < len(self.x) for i in self.ringed):
            raise BadInput(f"{name}: ringed = {self.ringed}: indices lie in 0 … {len(self.x) - 1}; drop the others")


@dataclass(frozen=True)
class Field:
    """A function of the plane on a grid, ``values[j][i]`` at (x_i, y_j).

    ``kind`` is ``"image"``, ``"contours"`` (lines, labelled by height) or ``"filled"``; ``label`` (with units)
    names the colour bar of the first and the last, and the lines of the second in the legend.
    ``levels`` are the heights of contours, or how many to draw.
    """

    x: Values
    y: Values
    values: Grid
    kind: Literal["image", "contours", "filled"] = "image"
    label: str | None = None
    levels: Values | int = 8

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)

    def __post_init__(self):
        name = mark_name(self)
        one_of(name, "kind", self.kind, ("image", "contours", "filled"))
        for axis in ("x", "y"):
            object.__setattr__(self, axis, numbers(name, axis, getattr(self, axis)))
            if len(getattr(self, axis)) < 2 or not np.all(np.diff(floats(getattr(self, axis))) > 0):
                raise BadInput(f"{name}: {axis} = {getattr(self, axis)[:4]} …: a grid increases; sort it")
        object.__setattr__(self, "values", grid(name, "values", self.values))
        if not isinstance(self.levels, int):
            object.__setattr__(self, "levels", numbers(name, "levels", self.levels))
        if floats(self.values).shape != (len(self.y), len(self.x)):
            raise BadInput(
                f"{name}: values has shape {floats(self.values).shape}: rows follow y and columns x, "
                f"({len(self.y)}, {len(self.x)}); transpose it"
            )


@dataclass(frozen=True)
class Arrows:
    """Arrows from (x_k, y_k) to (x_k + dx_k, y_k + dy_k), in the units of the axes."""

    x: Values
    y: Values
    dx: Values
    dy: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)
    linear_only: ClassVar = True

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        _store(self, x=self.x, y=self.y, dx=self.dx, dy=self.dy)


def ray(direction: Values, length: float = 1.0, **appearance: Any) -> Arrows:
    """Return the arrow from the origin along ``direction`` (2 entries, any norm), ``length`` long."""
    d = floats(numbers("ray", "direction", direction))
    if d.shape != (2,) or not np.linalg.norm(d) > 0:
        raise BadInput(f"ray: direction = {direction}: a non-zero vector of the plane is needed; project it first")
    tip = length * d / np.linalg.norm(d)
    return Arrows([0.0], [0.0], [tip[0]], [tip[1]], **appearance)


@dataclass(frozen=True)
class Trajectory:
    """A path through the plane in the order of time: hollow where it starts, filled where it ends."""

    x: Values
    y: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        _store(self, x=self.x, y=self.y)


@dataclass(frozen=True)
class Separator:
    """The line {v : w·v = b} of a half-plane, and with ``margins`` also {v : w·v = b ± 1}.

    ``normal`` is w (2 entries, not zero), ``offset`` is b; ``worker`` draws it in the colour of that worker's data.
    """

    normal: Values
    offset: float = 0.0
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None
    worker: int | None = None
    margins: bool = False

    x_fields: ClassVar = ()
    y_fields: ClassVar = ()
    linear_only: ClassVar = True

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        _store(self, normal=self.normal)
        if len(self.normal) != 2 or not np.linalg.norm(floats(self.normal)) > 0:
            raise BadInput(f"{mark_name(self)}: normal = {self.normal}: two entries, not both 0; give w itself")


@dataclass(frozen=True)
class Span:
    """The strip low ≤ x ≤ high (or of y), a hair line where low = high: a level, a time, a permitted range."""

    axis: Axis
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
        _ordered(name, [low], [high])
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
    """Heights over bins: ``heights[k]`` on [edges[k], edges[k + 1]]."""

    edges: Values
    heights: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("edges",)
    y_fields: ClassVar = ("heights",)

    def __post_init__(self):
        name = mark_name(self)
        one_of(name, "role", self.role, ROLES)
        _store(self, edges=self.edges)
        _store(self, heights=self.heights)
        if len(self.edges) != len(self.heights) + 1 or not np.all(np.diff(floats(self.edges)) > 0):
            raise BadInput(
                f"{name}: {len(self.edges)} edges for {len(self.heights)} heights: "
                "edges increase and are one more than heights; use numpy.histogram's pair"
            )


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers under column names; numbers are printed to four digits."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]

    x_fields: ClassVar = ()
    y_fields: ClassVar = ()

    def __post_init__(self):
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "rows", tuple(tuple(_plain(cell) for cell in row) for row in self.rows))
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong or not self.columns:
            raise BadInput(f"Table: row {wrong[:1]} under columns {self.columns}: one cell per column; pad with None")


@dataclass(frozen=True)
class Note:
    """A few words on a panel: in a corner (``"upper left"`` …), or at the point (x, y) when both are given."""

    text: str
    corner: Literal["upper left", "upper right", "lower left", "lower right"] = "upper left"
    x: float | None = None
    y: float | None = None

    def __post_init__(self):
        one_of("Note", "corner", self.corner, ("upper left", "upper right", "lower left", "lower right"))
        if (self.x is None) != (self.y is None):
            raise BadInput(f"Note: x = {self.x}, y = {self.y}: both or neither; give the missing one")
        for axis in ("x", "y"):
            object.__setattr__(self, axis, numbers("Note", axis, [getattr(self, axis)])[0])

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)


Mark: TypeAlias = (
    Series | Bands | Cloud | Field | Arrows | Trajectory | Separator | Span | Histogram | Table | Note
)
MARKS: tuple[type, ...] = (
    Series, Bands, Cloud, Field, Arrows, Trajectory, Separator, Span, Histogram, Table, Note
)  # fmt: skip


def _ordered(owner: str, low: Any, high: Any) -> None:
    """Raise unless low ≤ high wherever both are given."""
    wrong = np.flatnonzero(floats(low) > floats(high))
    if wrong.size:
        raise BadInput(f"{owner}: low > high at index {wrong[0]}: an interval is (low, high); swap its ends")


def _plain(cell: Any) -> str | float | int | None:
    """Return a table cell as a plain value (NumPy scalars unwrapped)."""
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if cell is None or isinstance(cell, (str, int)):
        return cell
    return numbers("Table", "cell", [cell])[0]
