"""Tables as a printer sets them: rules above and below, names in bold, numbers right-aligned."""

from typing import Any, TYPE_CHECKING

from figures.layout import TABLE_ROW, text_width
from figures.marks import Table
from figures.style import INK


if TYPE_CHECKING:
    from matplotlib.axes import Axes

PADDING = 2.0  # of the type size, between columns


def cell_text(cell: str | float | int | None) -> str:
    """Return a cell as printed: four digits for numbers, a dash for nothing."""
    if cell is None:
        return "–"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def draw_table(table: Table, axes: "Axes", type_size: float) -> None:
    """Print the table from the upper left corner of the axes, in smaller type if its panel is too narrow.

    Positions are inches from that corner, so that they do not depend on a layout that is settled later.
    """
    from matplotlib.transforms import ScaledTranslation

    axes.set_axis_off()
    figure: Any = axes.figure
    frame: Any = axes.transAxes
    place = figure.dpi_scale_trans + ScaledTranslation(0, 1, frame)
    body = [[cell_text(cell) for cell in row] for row in table.rows]
    natural = _column_edges(figure, table.columns, body, type_size)
    size = type_size * min(1.0, _room(axes) / natural[-1][1])
    edges = [(left * size / type_size, right * size / type_size) for left, right in natural]
    step = TABLE_ROW * size / 72
    for k, name in enumerate(table.columns):
        numeric = bool(body) and not any(isinstance(row[k], str) for row in table.rows)
        common: dict[str, Any] = {"ha": "right" if numeric else "left", "va": "center", "color": INK}
        x = edges[k][numeric]
        axes.text(x, -0.5 * step, name, weight="bold", size=size, transform=place, **common)
        for j, row in enumerate(body):
            axes.text(x, -(j + 1.6) * step, row[k], size=size, transform=place, **common)
    for height, width in ((0.0, 1.0), (1.05, 0.6), (len(body) + 1.15, 1.0)):
        ends = ([0, edges[-1][1]], [-height * step] * 2)
        axes.plot(*ends, color=INK, linewidth=0.09 * size * width, clip_on=False, transform=place)


def _column_edges(figure: Any, names: tuple[str, ...], body: list[list[str]], size: float) -> list[tuple[float, float]]:
    """Return (left, right) of every column in inches, by the widths of its words."""
    edges, left = [], 0.0
    for k, name in enumerate(names):
        words = [text_width(figure, row[k], size) for row in body]
        right = left + max(text_width(figure, name, size, bold=True), *words, 0.0) / 72
        edges.append((left, right))
        left = right + PADDING * size / 72
    return edges


def _room(axes: "Axes") -> float:
    """Return the width of the cell of the axes, in inches, before any layout."""
    figure: Any = axes.figure
    cell = axes.get_subplotspec()
    share = len(cell.colspan) / cell.get_gridspec().ncols if cell is not None else axes.get_position().width
    return 0.94 * share * figure.get_size_inches()[0]
