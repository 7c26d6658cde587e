"""Views on paper: one panel on given axes, or the whole figure with its finding above and its setting below."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TYPE_CHECKING

from figures.appearance import Appearance
from figures.draw import draw
from figures.layout import CAPTION_SIZE, columns_of, LINE_HEIGHT, row_heights, TITLE_SIZE, wrapped
from figures.legend import legend_entries, shared_entries, view_looks
from figures.long_names import break_long_names
from figures.marks import Table
from figures.placing import place_legend, place_shared, write_direct_labels
from figures.style import rc, Venue, venue_named
from figures.table import print_table
from figures.ticks import count_in_whole_numbers, label_short_log_axes, thin_labels
from figures.views import Panel, View
from figures.words import typeset
from implicitbias.errors import BadInput


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGE = 0.06  # inches of paper around everything
GAP = 0.03  # inches between title, panels and caption
LINE = 0.16  # width of a line, of the type size
LINE_SPACING = LINE_HEIGHT / 1.2  # Matplotlib counts from 1.2 times the type size
SAFE = 0.96  # of the page width for words: saved under other font hinting they come out up to 2.5 % wider
PASSES = (
    2  # a name of two lines, or a legend below one panel, moves its neighbours, which are then placed again
)
CAPTION_INK = "#555555"

# Families of Matplotlib settings that change what is drawn or written; back ends and key bindings stay the user's.
DRAWN_BY = frozenset(
    "agg axes contour errorbar figure font grid hatch hist image legend lines markers mathtext patch path pcolor "
    "pcolormesh pdf savefig scatter svg text xaxis xtick yaxis ytick".split()
)


def render(view: View, ax: "Axes | None" = None) -> "Axes":
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
        _draw_panel(view.panels[0], ax, view_looks(view)[0], venue)
        ax.set_title(typeset(view.panels[0].title or view.title))
        _write_names(view.panels[0], ax, view_looks(view)[0], venue)
    return ax


def render_figure(view: View, venue: str = "page") -> "Figure":
    """Draw the whole view: title (the finding), panels, caption (the setting), at the width of a venue.

    Parameters
    ----------
    view : View
        What is drawn.
    venue : {"page", "neurips", "icml", "icml_wide", "thesis", "slides"}

    Raises
    ------
    BadInput
        If the venue is unknown.
    """
    place = venue_named(venue)
    with styled(place):
        return laid_out(view, place)


@contextmanager
def styled(venue: Venue) -> Iterator[None]:
    """Draw in the house style on top of Matplotlib's own defaults, whatever the user's settings are."""
    import matplotlib

    own = {
        name: value for name, value in matplotlib.rcParamsDefault.items() if name.split(".")[0] in DRAWN_BY
    }
    settings: dict[Any, Any] = {**own, **rc(venue)}
    with matplotlib.rc_context(settings):
        yield


def laid_out(view: View, venue: Venue, spare: float = 0.0) -> "Figure":
    """Lay out and draw, name things where there is room, then grow the page by the legends that went below.

    ``spare`` inches are left free between the title and the panels; the style of the venue is in force.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heights = row_heights(view, venue)
    figure = Figure(figsize=(venue.width, sum(heights)))
    FigureCanvasAgg(figure)
    above, below = _write_words(figure, view, venue)
    above += spare
    if shared_entries(view):
        below += place_shared(figure, shared_entries(view), LINE * venue.font_size, below + EDGE) + GAP
    figure.set_layout_engine("constrained", h_pad=0.03, w_pad=0.05, hspace=0.04, wspace=0.04)
    placed = _draw_panels(figure, view, len(heights), venue)
    _fit_page(figure, heights, above, below)
    for _ in range(PASSES):
        if not any([break_long_names(axes, panel) for panel, axes in zip(view.panels, placed, strict=True)]):
            break
        _fit_page(figure, heights, above, below)
    for axes in placed:
        thin_labels(axes)
    for _ in range(PASSES):
        extra = _name_panels(figure, view, placed, venue)
        _fit_page(figure, [height + more for height, more in zip(heights, extra, strict=True)], above, below)
    for words in figure.texts:
        words.get_window_extent()  # measured in the style of the venue, which ends with this call
    figure.set_layout_engine("none")  # settled: every format gets the same layout, and need not find it again
    return figure


def _fit_page(figure: "Figure", heights: list[float], above: float, below: float) -> None:
    """Give the page its height, its rows theirs, and settle the layout."""
    height = above + below + sum(heights) + 2 * EDGE
    figure.set_size_inches(figure.get_size_inches()[0], height)
    grid: Any = figure.axes[0].get_gridspec()
    grid.set_height_ratios(heights)
    frame = (0.0, (below + EDGE) / height, 1.0, sum(heights) / height)
    figure.get_layout_engine().set(rect=frame)  # type: ignore[union-attr]
    figure.get_layout_engine().execute(figure)  # type: ignore[union-attr]
    for axes in figure.axes:
        axes.apply_aspect()


def _draw_panels(figure: "Figure", view: View, rows: int, venue: Venue) -> "list[Axes]":
    """Draw every panel on its cell; a short last row is centred by half cells."""
    looks = view_looks(view)
    columns, count = columns_of(view, venue), len(view.panels)
    cells = figure.add_gridspec(rows, 2 * columns)
    placed = []
    for index, panel in enumerate(view.panels):
        row, column = divmod(index, columns)
        start = 2 * column + columns - min(columns, count - row * columns)
        axes = figure.add_subplot(cells[row, start : start + 2])
        _draw_panel(panel, axes, looks[index], venue)
        axes.set_title(typeset(panel.title))
        placed.append(axes)
    return placed


def _name_panels(figure: "Figure", view: View, placed: "list[Axes]", venue: Venue) -> list[float]:
    """Place the legends of all panels; return by how many inches those below their axes make each row taller."""
    columns, looks = columns_of(view, venue), view_looks(view)
    extra = [0.0] * (1 + (len(placed) - 1) // columns)
    for index, (panel, axes) in enumerate(zip(view.panels, placed, strict=True)):
        legend = _write_names(panel, axes, looks[index], venue, listed=view.legend == "panels")
        if legend is not None:
            extra[index // columns] = max(
                extra[index // columns], legend.get_window_extent().height / figure.dpi
            )
    return extra


def _draw_panel(panel: Panel, axes: "Axes", looks: Sequence[Appearance], venue: Venue) -> None:
    """Set the scales, draw the marks, then the limits."""
    axes.set_xscale(panel.xscale)
    axes.set_yscale(panel.yscale)
    draw_marks(panel, axes, looks, venue)
    axes.set_xlabel(typeset(panel.xlabel))
    axes.set_ylabel(typeset(panel.ylabel))
    if panel.xlim:
        axes.set_xlim(*panel.xlim)
    if panel.ylim:
        axes.set_ylim(*panel.ylim)
    label_short_log_axes(axes)
    count_in_whole_numbers(axes, panel)
    if panel.aspect == "equal":
        axes.set_aspect("equal", adjustable="box" if panel.xlim and panel.ylim else "datalim")


def draw_marks(panel: Panel, axes: "Axes", looks: Sequence[Appearance], venue: Venue) -> None:
    """Draw the marks of a panel in their order."""
    for mark, look in zip(panel.marks, looks, strict=True):
        draw(mark, axes, look, LINE * venue.font_size, venue.font_size)


def _write_names(
    panel: Panel, axes: "Axes", looks: Sequence[Appearance], venue: Venue, *, listed: bool = True
) -> Any:
    """Name series at their ends and the rest in a legend; return the legend if it hangs below the axes."""
    for mark in panel.marks:
        if isinstance(mark, Table):
            print_table(mark, axes, venue.font_size)
            return None
    write_direct_labels(axes, panel)
    below = place_legend(axes, legend_entries(panel, looks) if listed else (), LINE * venue.font_size)
    return axes.get_legend() if below else None


def _write_words(figure: "Figure", view: View, venue: Venue) -> tuple[float, float]:
    """Write title and caption at the edges of the page; return the inches each of them takes.

    They hang on the edges by offsets in inches, so the page may grow later.
    """
    from matplotlib.transforms import ScaledTranslation

    styles: tuple[tuple[str, int, float, dict[str, Any]], ...] = (
        (view.title, 1, TITLE_SIZE, {"weight": "bold", "va": "top"}),
        (view.caption, 0, CAPTION_SIZE, {"color": CAPTION_INK, "va": "bottom"}),
    )
    taken = []
    for text, edge, scale, look in styles:
        size = scale * venue.font_size
        lines = wrapped(figure, text, size, SAFE * (venue.width - 2 * EDGE), bold=edge == 1) if text else []
        shift = ScaledTranslation(EDGE, EDGE * (1 - 2 * edge), figure.dpi_scale_trans)
        place = figure.transFigure + shift
        words = figure.text(
            0, edge, "\n".join(lines), size=size, transform=place, linespacing=LINE_SPACING, **look
        )
        words.set_in_layout(False)
        taken.append(len(lines) * LINE_HEIGHT * size / 72 + (GAP if lines else 0.0))
    return taken[0], taken[1]
