"""Tables as a printer sets them: rules above and below, names in bold, numbers right-aligned."""

from typing import Any, TYPE_CHECKING

from figures.layout import TABLE_ROW, text_width
from figures.marks import Table
from figures.style import INK
from figures.words import typeset


if TYPE_CHECKING:
    from matplotlib.axes import Axes

PADDING = 2.0  # of the type size, between columns


def cell_text(cell: str | float | int | None) -> str:
    """Return a cell as printed: four digits for numbers, a dash for nothing."""
    if cell is None:
        return "–"
    return typeset(f"{cell:.4g}" if isinstance(cell, float) else str(cell))


def print_table(table: Table, axes: "Axes", type_size: float) -> None:
    """Print the table from the upper left corner of the axes, in smaller type if they are too narrow.

    The layout must have been settled; an earlier print is replaced. The table takes no part in the layout, since
    its width must not move the panels beside it.
    """
    figure: Any = axes.figure
    for old in (*axes.texts, *axes.lines):
        old.remove()
    body = [[cell_text(cell) for cell in row] for row in table.rows]
    names = [typeset(name, bold=True) for name in table.columns]
    edges = _column_edges(figure, names, body, type_size)
    room = axes.get_window_extent().width / figure.dpi
    if edges[-1][1] > room:
        type_size *= room / edges[-1][1]
        edges = _column_edges(figure, names, body, type_size)
    _print_rows(table, axes, names, body, edges, type_size)
    for artist in (*axes.texts, *axes.lines):
        artist.set_in_layout(False)


def _print_rows(
    table: Table,
    axes: "Axes",
    names: list[str],
    body: list[list[str]],
    edges: list[tuple[float, float]],
    size: float,
) -> None:
    """Write names, cells and rules at inches from the upper left corner."""
    from matplotlib.transforms import ScaledTranslation

    figure, frame = axes.figure, axes.transAxes
    place: Any = figure.dpi_scale_trans + ScaledTranslation(0, 1, frame)  # type: ignore[union-attr, arg-type]
    step = TABLE_ROW * size / 72
    for k, name in enumerate(names):
        numeric = bool(body) and not any(isinstance(row[k], str) for row in table.rows)
        common: dict[str, Any] = {
            "ha": "right" if numeric else "left",
            "va": "center",
            "color": INK,
            "size": size,
        }
        axes.text(edges[k][numeric], -0.5 * step, name, weight="bold", transform=place, **common)
        for j, row in enumerate(body):
            axes.text(edges[k][numeric], -(j + 1.6) * step, row[k], transform=place, **common)
    for height, width in ((0.0, 1.0), (1.05, 0.6), (len(body) + 1.15, 1.0)):
        ends = ([0, edges[-1][1]], [-height * step] * 2)
        axes.plot(*ends, color=INK, linewidth=0.09 * size * width, clip_on=False, transform=place)


def _column_edges(
    figure: Any, names: list[str], body: list[list[str]], size: float
) -> list[tuple[float, float]]:
    """Return (left, right) of every column in inches, by the widths of its words."""
    edges, left = [], 0.0
    for k, name in enumerate(names):
        words = [text_width(figure, row[k], size) for row in body]
        right = left + max(text_width(figure, name, size, bold=True), *words, 0.0) / 72
        edges.append((left, right))
        left = right + PADDING * size / 72
    return edges
