"""Marks with a named row for each thing compared: cells whose colour is a quantity."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from figures.roles import mark_name, store
from figures.values import floats, Grid, grid, numbers, one_of, Values
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Heatmap:
    """Cells coloured by ``values[j][i]``, in the row called ``rows[j]`` and at x_i: the darker, the more.

    The first row is on top.

    Parameters
    ----------
    x : array, shape (column,)
        Where columns are, increasing.
    rows : sequence of str
        Names of rows.
    values : array, shape (row, column)
        Masked cells stay blank.
    limits : pair of floats
        Values at the ends of the colours; what lies outside has the colour of the nearer end. Heatmaps with the same
        limits have the same colours.
    scale : {"linear", "log"}
        Of the colours.
    label : str, optional
        Quantity with its unit; with it there is a colour bar, so that one of several heatmaps may have it for all.
    """

    x: Values
    rows: tuple[str, ...]
    values: Grid
    limits: tuple[float, float]
    scale: Literal["linear", "log"] = "linear"
    label: str | None = None

    x_fields: ClassVar = ("x",)
    y_fields: ClassVar = ()
    linear_only: ClassVar = True

    __repr__ = in_brief

    def __post_init__(self):
        name = mark_name(self)
        store(self, x=self.x)
        if len(self.x) < 2 or not np.all(np.diff(floats(self.x)) > 0):
            raise BadInput(f"{name}: x = {self.x[:4]} …: columns increase, two or more; sort them")
        object.__setattr__(self, "rows", tuple(str(row) for row in self.rows))
        object.__setattr__(self, "values", grid(name, "values", self.values))
        if floats(self.values).shape != (len(self.rows), len(self.x)):
            raise BadInput(
                f"{name}: values has shape {floats(self.values).shape}: one row for each name and one column for "
                f"each x, ({len(self.rows)}, {len(self.x)}); transpose it"
            )
        low, high = numbers(name, "limits", self.limits)
        object.__setattr__(self, "limits", (low, high))
        if not floats(low) < floats(high):
            raise BadInput(f"{name}: limits = {self.limits}: low < high; swap them")
        one_of(name, "scale", self.scale, ("linear", "log"))
        if self.scale == "log" and not min(floats(low), np.nanmin(floats(self.values), initial=np.inf)) > 0:
            raise BadInput(
                f"{name}: limits and values on a log scale must be positive; mask the others with None"
            )
