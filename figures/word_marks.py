"""Marks made of words: tables and notes."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from figures.values import numbers, one_of
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers under column names; numbers are printed to four digits."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]

    x_fields: ClassVar = ()
    y_fields: ClassVar = ()

    __repr__ = in_brief

    def __post_init__(self):
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "rows", tuple(tuple(_plain(cell) for cell in row) for row in self.rows))
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong or not self.columns:
            raise BadInput(
                f"Table: row {wrong[:1]} under columns {self.columns}: one cell per column; pad with None"
            )


@dataclass(frozen=True)
class Note:
    """A few words on a panel: in a corner (``"upper left"`` …), or at the point (x, y) when both are given.

    Parameters
    ----------
    text
        What it says.
    corner
        Where it stands, unless a point is given.
    x, y
        The point at which it begins, in the units of the axes.
    """

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

    __repr__ = in_brief


def _plain(cell: Any) -> str | float | int | None:
    """Return a table cell as a plain value (NumPy scalars unwrapped)."""
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if cell is None or isinstance(cell, (str, int)):
        return cell
    return numbers("Table", "cell", [cell])[0]
