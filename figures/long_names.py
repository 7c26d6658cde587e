"""Titles of panels and names of axes, broken into lines where they are longer than their place."""

from typing import Any, TYPE_CHECKING

from figures.layout import wrapped
from figures.views import Panel


if TYPE_CHECKING:
    from matplotlib.axes import Axes

BALANCE = (0.55, 0.65, 0.75, 0.85)  # shares of the room that are tried
SPARING = 0.95  # of the room: saved under other font hinting, words come out a little wider
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
        lines = _balanced(figure, text, size, SPARING * room / figure.dpi) if text else []
        write("\n".join(lines))
        broken |= len(lines) > 1
    return broken


def _balanced(figure: Any, text: str, size: float, room: float) -> list[str]:
    """Return as few lines as fit, about equally long: a single letter on the last one looks like a mistake."""
    lines = wrapped(figure, text, size, room)
    for share in BALANCE if len(lines) > 1 else ():
        narrower = wrapped(figure, text, size, share * room)
        if len(narrower) == len(lines):
            return narrower
    return lines


def _cell(axes: "Axes") -> tuple[float, float]:
    """Return the ends of the cell of the page that the axes stand in, in pixels."""
    figure: Any = axes.figure
    place: Any = axes.get_subplotspec()
    width = figure.bbox.width / place.get_gridspec().ncols
    return place.colspan.start * width, place.colspan.stop * width
