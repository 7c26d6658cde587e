"""What can be drawn, as frozen plain data: each mark knows its points, its meaning and its label, not its pixels.

A mark says *what* it is (``role``: theory, measured, reference, falsifier; ``method_key``: which method);
``figures.appearance`` decides how that looks, once for all figures. Masked values are ``None``.
"""

from typing import TypeAlias

from figures.cell_marks import Heatmap
from figures.graph_marks import Bands, Histogram, Series, Span
from figures.plane_marks import Arrows, Cloud, Field, ray, Separator, Trajectory
from figures.roles import mark_name
from figures.word_marks import Note, Table


__all__ = [
    "Arrows", "Bands", "Cloud", "Field", "Heatmap", "Histogram", "MARKS", "Mark", "Note", "Separator", "Series", "Span",
    "Table", "Trajectory", "mark_name", "ray",
]  # fmt: skip

# Anything that can lie on a panel.
Mark: TypeAlias = (
    Series
    | Bands
    | Cloud
    | Field
    | Heatmap
    | Arrows
    | Trajectory
    | Separator
    | Span
    | Histogram
    | Table
    | Note
)
MARKS: tuple[type, ...] = (
    Series, Bands, Cloud, Field, Heatmap, Arrows, Trajectory, Separator, Span, Histogram, Table, Note
)  # fmt: skip
