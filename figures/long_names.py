"""Titles of panels and names of axes, broken into lines where they are longer than their place."""

from typing import Any, TYPE_CHECKING

from figures.layout import wrapped
from figures.views import Panel


if TYPE_CHECKING:
    from matplotlib.axes import Axes

BESIDE = 1.05  # how far the name of y may reach along its axis, of the axis


def break_long_names(axes: "Axes", panel: Panel) -> bool:
    """Break what is written around the axes to the room there is, and return whether anything was too long.

    The layout must have been settled. A title has room from the axes to the end of their cell, the name of x that of
    the cell around the middle of the axes, the name of y the height of the axes.
    """
    figure: Any = axes.figure
    frame, left, right = axes.get_window_extent(), *_cell(axes)
    middle = (frame.x0 + frame.x1) / 2
    places = (
        (axes.set_title, panel.title, right - frame.x0),
        (axes.set_xlabel, panel.xlabel, 2 * min(middle - left, right - middle)),
        (axes.set_ylabel, panel.ylabel, BESIDE * frame.height),
    )
    broken, size = False, float(axes.xaxis.label.get_fontsize())
    for write, text, room in places:
        lines = wrapped(figure, text, size, room / figure.dpi) if text else []
        write("\n".join(lines))
        broken |= len(lines) > 1
    return broken


def _cell(axes: "Axes") -> tuple[float, float]:
    """Return the ends of the cell of the page that the axes stand in, in pixels."""
    figure: Any = axes.figure
    place: Any = axes.get_subplotspec()
    width = figure.bbox.width / place.get_gridspec().ncols
    return place.colspan.start * width, place.colspan.stop * width
