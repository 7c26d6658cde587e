"""Marks in the plane of weights or data: clouds, fields, arrows, paths and separators."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from figures.roles import mark_name, Role, ROLES, store
from figures.values import floats, Grid, grid, numbers, one_of, Values
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Cloud:
    """Data points in the plane: label ±1 as the marker, worker as the colour, support vectors ringed.

    Parameters
    ----------
    x, y : array, shape (sample,)
        Coordinates in the plane.
    classes : array of ±1, shape (sample,), optional
        Labels, shown by the marker.
    workers : array of int ≥ 0, shape (sample,), optional
        Who holds each sample, shown by the colour.
    ringed : sequence of int
        Indices of samples to ring (support vectors).
    ring_label : str, optional
        Name of these in the legend.
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

    __repr__ = in_brief

    def __post_init__(self):
        name = mark_name(self)
        store(self, x=self.x, y=self.y, classes=self.classes, workers=self.workers)
        if self.classes is not None and not set(self.classes) <= {1.0, -1.0}:
            raise BadInput(
                f"{name}: classes = {sorted(set(self.classes), key=str)}: labels are ±1; map yours to ±1"
            )
        if self.workers is not None and not all(
            w is not None and w >= 0 and w == int(w) for w in self.workers
        ):
            raise BadInput(
                f"{name}: workers = {self.workers}: indices 0, 1, … are needed; number them from 0"
            )
        object.__setattr__(self, "ringed", tuple(int(i) for i in self.ringed))
        if any(not 0 <= i < len(self.x) for i in self.ringed):
            raise BadInput(
                f"{name}: ringed = {self.ringed}: indices lie in 0 … {len(self.x) - 1}; drop the others"
            )


@dataclass(frozen=True)
class Field:
    """A function of the plane on a grid, ``values[j][i]`` at (x_i, y_j).

    Parameters
    ----------
    x, y
        The grid, each increasing: shapes (column,) and (row,).
    values
        Shape (row, column); masked cells stay blank.
    kind
        ``"image"``, ``"contours"`` (lines, labelled by height) or ``"filled"``.
    label
        With units: names the colour bar of the first and the last kind, the lines of the second in the legend.
    levels
        Heights of contours, or how many to draw.
    """

    x: Values
    y: Values
    values: Grid
    kind: Literal["image", "contours", "filled"] = "image"
    label: str | None = None
    levels: Values | int = 8

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)

    __repr__ = in_brief

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
    """Arrows from (x_k, y_k) to (x_k + dx_k, y_k + dy_k), in the units of the axes.

    Parameters
    ----------
    x, y
        Where arrows begin, shape (arrow,).
    dx, dy
        How far they reach, shape (arrow,).
    label
        Name in the legend.
    role
        What is drawn: theory, measured, reference or falsifier.
    method_key
        Method whose colour it takes, as in ``Series``.
    """

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

    __repr__ = in_brief

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        store(self, x=self.x, y=self.y, dx=self.dx, dy=self.dy)


def ray(direction: Values, length: float = 1.0, **appearance: Any) -> Arrows:
    """Return the arrow from the origin along ``direction`` (2 entries, any norm), ``length`` long."""
    d = floats(numbers("ray", "direction", direction))
    if d.shape != (2,) or not np.linalg.norm(d) > 0:
        raise BadInput(
            f"ray: direction = {direction}: a non-zero vector of the plane is needed; project it first"
        )
    tip = length * d / np.linalg.norm(d)
    return Arrows([0.0], [0.0], [tip[0]], [tip[1]], **appearance)


@dataclass(frozen=True)
class Trajectory:
    """A path through the plane in the order of time: hollow where it starts, filled where it ends.

    Parameters
    ----------
    x, y
        Points in the order of time, shape (time,).
    label
        Name in the legend.
    role
        What is drawn: theory, measured, reference or falsifier.
    method_key
        Method whose colour it takes, as in ``Series``.
    """

    x: Values
    y: Values
    label: str | None = None
    role: Role = "measured"
    method_key: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ("y",)

    __repr__ = in_brief

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        store(self, x=self.x, y=self.y)


@dataclass(frozen=True)
class Separator:
    """The line {v : w·v = b} of a half-plane, and with ``margins`` also {v : w·v = b ± 1}.

    Parameters
    ----------
    normal
        w, 2 entries, not both 0.
    offset
        b.
    label
        Name in the legend.
    role
        What is drawn: theory, measured, reference or falsifier.
    method_key
        Method whose colour it takes, as in ``Series``.
    worker
        Worker in the colour of whose data it is drawn.
    margins
        Whether the lines at ±1 are drawn, too.
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

    __repr__ = in_brief

    def __post_init__(self):
        one_of(mark_name(self), "role", self.role, ROLES)
        store(self, normal=self.normal)
        if len(self.normal) != 2 or not np.linalg.norm(floats(self.normal)) > 0:
            raise BadInput(
                f"{mark_name(self)}: normal = {self.normal}: two entries, not both 0; give w itself"
            )
