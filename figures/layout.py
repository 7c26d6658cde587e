"""Where things go on the page: lines of title and caption broken to measure, heights of rows in inches."""

from typing import Any, TYPE_CHECKING

from figures.marks import Heatmap, Table
from figures.style import Venue
from figures.views import Panel, View
from figures.words import typeset, unbroken


if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE_HEIGHT = 1.32  # of the type size
TITLE_SIZE = 1.2  # of the type size
CAPTION_SIZE = 0.85  # of the type size
TABLE_ROW = 1.75  # of the type size
HEATMAP_ROW = 1.25  # of the type size
FEWEST_ROWS = 10  # whose height a heatmap has at least, for the name of its colour bar
NUMBERS = 4.5  # of the type size, beside the axes, for the numbers and the name of y
TALLEST = 0.62  # of the page width: one panel of equal aspect
NARROWEST = 15.0  # of the type size: with less, a panel is all numbers and names
NARROW, NARROW_HEIGHT = 4.0, 0.7  # inches; a single column needs a taller panel for its labels
HEIGHT_OF_WIDTH = {1: 0.56, 2: 0.76, 3: 0.92, 4: 0.95}  # of a panel's width, by panels in a row


def columns_of(view: View, venue: Venue | None = None) -> int:
    """Return the panels per row: as asked, else 1, 2, or 3 (2 for four panels, whose rows are then full).

    A venue that is too narrow for so many has fewer.
    """
    count = len(view.panels)
    wanted = view.columns or (2 if count == 4 else min(count, 3))
    if venue is None:
        return wanted
    return max(min(wanted, int(venue.width / (NARROWEST * venue.font_size / 72))), 1)


def row_heights(view: View, venue: Venue) -> list[float]:
    """Return the height of every row of panels in inches: the tallest that one of its panels wants."""
    columns = columns_of(view, venue)
    heights = [_panel_height(panel, venue, columns) for panel in view.panels]
    return [max(heights[start : start + columns]) for start in range(0, len(heights), columns)]


def _panel_height(panel: Panel, venue: Venue, columns: int) -> float:
    """Return the height one panel wants in inches."""
    lines = (1 if panel.title else 0) + (1 if panel.xlabel else 0) + 1
    words = lines * 1.4 * venue.font_size / 72
    if panel.marks and isinstance(panel.marks[0], Table):
        return (len(panel.marks[0].rows) + 1.4) * TABLE_ROW * venue.font_size / 72 + words
    if panel.marks and isinstance(panel.marks[0], Heatmap):
        return max(len(panel.marks[0].rows), FEWEST_ROWS) * HEATMAP_ROW * venue.font_size / 72 + words
    width = venue.width / columns
    if panel.aspect == "equal":
        return min(_equal_height(panel, venue, width) + words, TALLEST * venue.width)
    if columns == 1 and width < NARROW:
        return width * NARROW_HEIGHT
    return width * HEIGHT_OF_WIDTH[min(columns, 4)]


def _equal_height(panel: Panel, venue: Venue, width: float) -> float:
    """Return the height of axes on which a unit is as long along y as along x; square if limits are not given."""
    if panel.xlim is None or panel.ylim is None:
        return width * 0.95
    shape = (panel.ylim[1] - panel.ylim[0]) / (panel.xlim[1] - panel.xlim[0])
    return (width - NUMBERS * venue.font_size / 72) * shape


def wrapped(figure: "Figure", text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Return ``text`` typeset and broken into lines at most ``width`` inches wide at ``size`` points.

    Formulas between dollars stay whole, and so do short ones in plain words, such as H = 16, where there is room.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for group in unbroken(paragraph):
            whole = " ".join(group)
            fits = text_width(figure, typeset(whole, bold=bold), size, bold=bold) <= 72 * width
            for word in [whole] if fits else group:
                longer = f"{line} {word}" if line else word
                if line and text_width(figure, typeset(longer, bold=bold), size, bold=bold) > 72 * width:
                    lines.append(line)
                    longer = word
                line = longer
        lines.append(line)
    return [typeset(line, bold=bold) for line in lines]


def text_width(figure: "Figure", text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text in points."""
    from matplotlib.font_manager import FontProperties

    canvas: Any = figure.canvas
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = canvas.get_renderer().get_text_width_height_descent(text, font, ismath=_is_formula(text))
    return float(width) * 72 / figure.dpi


def _is_formula(text: str) -> bool:
    """Return whether the text holds mathematics between dollars."""
    return text.count("$") >= 2
