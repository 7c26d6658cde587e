"""Tables as a printer sets them: rules above and below, names in bold, numbers right-aligned."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from figures.marks import Table
from figures.style import INK


if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_HEIGHT = 1.75  # of the type size
PADDING = 2.0  # of the type size, between columns


def cell_text(cell: str | float | int | None) -> str:
    """Return a cell as printed: four digits for numbers, a dash for nothing."""
    if cell is None:
        return "–"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def table_height(table: Table, type_size: float) -> float:
    """Return the height of the table in inches."""
    return (len(table.rows) + 1.6) * ROW_HEIGHT * type_size / 72


def draw_table(table: Table, axes: Axes, type_size: float) -> None:
    """Fill the axes with the table; columns take the widths of their texts."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    rows = len(table.rows)
    axes.set_ylim(-rows - 0.6, 1.0)
    body = [[cell_text(cell) for cell in row] for row in table.rows]
    numeric = [bool(body) and all(not isinstance(row[k], str) for row in table.rows) for k in range(len(table.columns))]
    rights = _column_edges(axes, table.columns, body, type_size)
    for k, name in enumerate(table.columns):
        x, side = (rights[k][1], "right") if numeric[k] else (rights[k][0], "left")
        axes.text(x, 0.5, name, ha=side, va="center", weight="bold", size=type_size, color=INK)
        for j, row in enumerate(body):
            axes.text(x, -j - 0.5, row[k], ha=side, va="center", size=type_size, color=INK)
    for height, width in ((1.0, 1.0), (0.0, 0.6), (-float(rows), 1.0)):
        axes.plot([0, rights[-1][1]], [height, height], color=INK, linewidth=0.09 * type_size * width, clip_on=False)


def _column_edges(axes: Axes, names: tuple[str, ...], body: list[list[str]], size: float) -> list[tuple[float, float]]:
    """Return (left, right) of every column in fractions of the axes, by the widths of its words."""
    from figures.layout import text_width

    figure: Any = axes.figure
    points = figure.get_size_inches()[0] * 72 * axes.get_position().width
    widths = [
        max(text_width(figure, name, size, bold=True), *(text_width(figure, row[k], size) for row in body), 0.0)
        for k, name in enumerate(names)
    ]
    scale = 1 / max(points, sum(widths) + PADDING * size * len(widths))
    edges, left = [], 0.0
    for width in widths:
        edges.append((left, left + width * scale))
        left += (width + PADDING * size) * scale
    return edges
