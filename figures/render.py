"""Views on paper: one panel on given axes, or the whole figure with its finding above and its setting below."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TYPE_CHECKING

from figures.draw import draw
from figures.layout import CAPTION_SIZE, columns_of, LINE_HEIGHT, row_heights, TITLE_SIZE, wrapped
from figures.legend import place_legend, write_direct_labels
from figures.style import rc, Venue, venue_named
from figures.views import Panel, View
from implicitbias.errors import BadInput


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGE = 0.06  # inches of paper around everything
GAP = 0.08  # inches between title, panels and caption

# Families of Matplotlib settings that change what is drawn or written; back ends and key bindings stay the user's.
DRAWN_BY = frozenset(
    "agg axes contour errorbar figure font grid hatch hist image legend lines markers mathtext patch path pcolor "
    "pcolormesh pdf savefig scatter svg text xaxis xtick yaxis ytick".split()
)


def render(view: View, ax: Axes | None = None) -> Axes:
    """Draw a view of one panel and return its axes.

    Parameters
    ----------
    view : View
        With exactly one panel.
    ax : Axes, optional
        Axes of the caller's own figure; the view's title goes above them, the caption is left to the caller.
        Without it, a figure of page width is made.

    Raises
    ------
    BadInput
        If the view has several panels.
    """
    if len(view.panels) != 1:
        raise BadInput(f"view has {len(view.panels)} panels: one pair of axes shows one; use render_figure")
    if ax is None:
        return render_figure(view).axes[0]
    venue = venue_named("page")
    with styled(venue):
        _draw_panel(view.panels[0], ax, venue)
        ax.set_title(view.panels[0].title or view.title)
        _write_names(view.panels[0], ax, venue)
    return ax


def render_figure(view: View, venue: str = "page") -> Figure:
    """Draw the whole view: title (the finding), panels, caption (the setting), at the width of a venue.

    Parameters
    ----------
    view : View
    venue : {"page", "neurips", "icml", "icml_wide", "slides"}

    Raises
    ------
    BadInput
        If the venue is unknown.
    """
    place = venue_named(venue)
    with styled(place):
        return _render_figure(view, place)


@contextmanager
def styled(venue: Venue) -> Iterator[None]:
    """Draw in the house style on top of Matplotlib's own defaults, whatever the user's settings are."""
    import matplotlib

    own = {name: value for name, value in matplotlib.rcParamsDefault.items() if name.split(".")[0] in DRAWN_BY}
    settings: dict[Any, Any] = {**own, **rc(venue)}
    with matplotlib.rc_context(settings):
        yield


def _render_figure(view: View, venue: Venue) -> Figure:
    """Lay out, draw, then name things where there is room."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(venue.width, venue.width))
    FigureCanvasAgg(figure)
    title, caption = _words(figure, view, venue)
    heights = row_heights(view, venue)
    above = len(title) * TITLE_SIZE * LINE_HEIGHT * venue.font_size / 72 + (GAP if title else 0)
    below = len(caption) * CAPTION_SIZE * LINE_HEIGHT * venue.font_size / 72 + (GAP if caption else 0)
    height = above + below + sum(heights) + 2 * EDGE
    figure.set_size_inches(venue.width, height)
    figure.set_layout_engine("constrained", h_pad=0.04, w_pad=0.05, hspace=0.04, wspace=0.04)
    frame = (0.0, (below + EDGE) / height, 1.0, sum(heights) / height)
    figure.get_layout_engine().set(rect=frame)  # type: ignore[union-attr]
    _write_words(figure, title, caption, venue, height)
    _draw_panels(figure, view, heights, venue)
    return figure


def _draw_panels(figure: Figure, view: View, heights: list[float], venue: Venue) -> None:
    """Draw every panel on its cell; a short last row is centred by half cells."""
    columns, count = columns_of(view), len(view.panels)
    cells = figure.add_gridspec(len(heights), 2 * columns, height_ratios=heights)
    placed = []
    for index, panel in enumerate(view.panels):
        row, column = divmod(index, columns)
        missing = columns - min(columns, count - row * columns)
        start = 2 * column + missing
        axes = figure.add_subplot(cells[row, start : start + 2])
        _draw_panel(panel, axes, venue)
        axes.set_title(panel.title)
        placed.append(axes)
    figure.draw_without_rendering()
    for panel, axes in zip(view.panels, placed, strict=True):
        _write_names(panel, axes, venue)
    figure.draw_without_rendering()


def _draw_panel(panel: Panel, axes: Axes, venue: Venue) -> None:
    """Set the scales, draw the marks, then the limits."""
    axes.set_xscale(panel.xscale)
    axes.set_yscale(panel.yscale)
    for mark in panel.marks:
        draw(mark, axes, 0.16 * venue.font_size, venue.font_size)
    axes.set_xlabel(panel.xlabel)
    axes.set_ylabel(panel.ylabel)
    if panel.xlim:
        axes.set_xlim(*panel.xlim)
    if panel.ylim:
        axes.set_ylim(*panel.ylim)
    if panel.aspect == "equal":
        axes.set_aspect("equal", adjustable="box" if panel.xlim and panel.ylim else "datalim")


def _write_names(panel: Panel, axes: Axes, venue: Venue) -> None:
    """Name series at their ends and everything else in a legend."""
    write_direct_labels(axes, panel)
    place_legend(axes, panel, 0.16 * venue.font_size)


def _words(figure: Figure, view: View, venue: Venue) -> tuple[list[str], list[str]]:
    """Return the lines of title and caption, broken to the width of the venue."""
    width = venue.width - 2 * EDGE
    title = wrapped(figure, view.title, TITLE_SIZE * venue.font_size, width, bold=True) if view.title else []
    caption = wrapped(figure, view.caption, CAPTION_SIZE * venue.font_size, width) if view.caption else []
    return title, caption


def _write_words(figure: Figure, title: list[str], caption: list[str], venue: Venue, height: float) -> None:
    """Write the title at the top and the caption at the bottom, outside the layout of the panels."""
    left = EDGE / venue.width
    common: dict[str, Any] = {"ha": "left", "linespacing": LINE_HEIGHT / 1.2, "in_layout": False}
    if title:
        figure.text(
            left, 1 - EDGE / height, "\n".join(title), va="top", weight="bold",
            size=TITLE_SIZE * venue.font_size, **common,
        )  # fmt: skip
    if caption:
        figure.text(
            left, EDGE / height, "\n".join(caption), va="bottom", size=CAPTION_SIZE * venue.font_size,
            color="#555555", **common,
        )  # fmt: skip
