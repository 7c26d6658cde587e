"""Frames of an animation on one stage: laid out once for all of them, then only marks and words change."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from figures.animation import Animation
from figures.layout import CAPTION_SIZE, LINE_HEIGHT, TITLE_SIZE, wrapped
from figures.legend import view_looks
from figures.limits import on_common_limits
from figures.long_names import break_long_names
from figures.marks import Table
from figures.placing import write_direct_labels
from figures.render import draw_marks, EDGE, laid_out, SAFE, styled
from figures.style import INK, REFERENCE, Venue, venue_named
from figures.table import print_table
from figures.views import Panel, View
from figures.words import typeset
from implicitbias.display import in_brief


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KEY_FRAMES = 6  # whose marks together decide where legends go: more would tell little
SPARE = 1.9  # lines of the type size under the title, for the label of a frame and how far it is
WRITTEN = ("title", "xlabel", "ylabel")  # words of a panel
BAR = 0.2  # of the type size, the line that says how far


@dataclass(frozen=True)
class Stage:
    """A figure that is laid out, its panels, and the words and the bar that change with the frames."""

    figure: "Figure"
    panels: "tuple[Axes, ...]"
    label: Any
    bar: Any
    venue: Venue

    __repr__ = in_brief


def draw_frames(
    animation: Animation, venue: str, width: int
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield every frame as pixels, ``width`` wide; all are equally high, with panels in the same places.

    Raises
    ------
    BadInput
        If the venue is unknown.
    """
    place = venue_named(venue)
    views = on_common_limits(animation.frames)
    with styled(place):
        stage = _stage(views, place)
    stage.figure.set_dpi(width / place.width)
    for index, (view, label) in enumerate(zip(views, animation.labels, strict=True)):
        with styled(place):
            _show(stage, view, views[max(index - 1, 0)], label, (index + 1) / len(views))
            yield _pixels(stage.figure, width)


def everything(views: tuple[View, ...]) -> View:
    """Return one view with the marks of a few frames, spread over all, and the longest words of any."""
    chosen = [views[k] for k in np.linspace(0, len(views) - 1, KEY_FRAMES).round().astype(int)]
    columns = zip(*(view.panels for view in chosen), strict=True)
    title, caption = (max((getattr(v, name) for v in views), key=len) for name in ("title", "caption"))
    return replace(views[0], title=title, caption=caption, panels=tuple(map(_gathered, columns)))


def _gathered(panels: tuple[Panel, ...]) -> Panel:
    """Return one panel with the marks of all, each once; of tables there is room for one."""
    if any(isinstance(mark, Table) for panel in panels for mark in panel.marks):
        return panels[0]
    return replace(panels[0], marks=tuple(dict.fromkeys(mark for panel in panels for mark in panel.marks)))


def _stage(views: tuple[View, ...], venue: Venue) -> Stage:
    """Lay the figure out for all frames, with room for what says where one is."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    size, whole = venue.font_size, everything(views)
    figure = laid_out(whole, venue, SPARE * LINE_HEIGHT * size / 72)
    panels = tuple(axes for axes in figure.axes)
    title = figure.texts[0].get_text()
    lines = (title.count("\n") + 1) * LINE_HEIGHT * TITLE_SIZE * size if title else 0.0
    inches = figure.dpi_scale_trans
    down = EDGE + (lines + 0.2 * size) / 72
    place = figure.transFigure + ScaledTranslation(EDGE, -down, inches)
    label = figure.text(0, 1, "", size=size, va="top", color=INK, transform=place)
    under = figure.transFigure + ScaledTranslation(0, -down - 1.6 * size / 72, inches)
    common: dict[str, Any] = {"transform": under, "solid_capstyle": "butt", "linewidth": BAR * size}
    figure.add_artist(Line2D([0, 1], [1, 1], color=REFERENCE, alpha=0.25, **common))
    bar = figure.add_artist(Line2D([0, 0], [1, 1], color=REFERENCE, **common))
    return Stage(figure, panels, label, bar, venue)


def _show(stage: Stage, view: View, before: View, label: str, share: float) -> None:
    """Put the marks and words of one frame on the stage, those words that differ from the frame before."""
    looks = view_looks(view)
    for panel, old, axes, own in zip(view.panels, before.panels, stage.panels, looks, strict=True):
        _clear(axes)
        draw_marks(panel, axes, own, stage.venue)
        _keep_limits(panel, axes)
        if old is panel or any(getattr(old, name) != getattr(panel, name) for name in WRITTEN):
            break_long_names(axes, panel)
        for mark in panel.marks:
            if isinstance(mark, Table):
                print_table(mark, axes, stage.venue.font_size)
        write_direct_labels(axes, panel)
    if before is view or (before.title, before.caption) != (view.title, view.caption):
        _write(stage, view)
    stage.label.set_text(typeset(label))
    stage.bar.set_xdata([0, share])


def _clear(axes: "Axes") -> None:
    """Take the marks off; the axes, their names and the legend stay."""
    for kind in ("collections", "lines", "patches", "texts", "child_axes"):
        while left := list(getattr(axes, kind)):  # contours take their labels with them
            left[0].remove()


def _keep_limits(panel: Panel, axes: "Axes") -> None:
    """Undo what drawing did to limits."""
    for limits, keep in ((panel.xlim, axes.set_xlim), (panel.ylim, axes.set_ylim)):
        if limits is not None:
            keep(*limits)


def _write(stage: Stage, view: View) -> None:
    """Write title and caption of a frame."""
    room = SAFE * (stage.venue.width - 2 * EDGE)
    styles = ((view.title, TITLE_SIZE, True), (view.caption, CAPTION_SIZE, False))
    for words, (text, scale, bold) in zip(stage.figure.texts[:2], styles, strict=True):
        lines = wrapped(stage.figure, text, scale * stage.venue.font_size, room, bold=bold)
        words.set_text("\n".join(lines))


def _pixels(figure: "Figure", width: int) -> UInt8[np.ndarray, "height width 3"]:
    """Return the figure as drawn, with an even number of rows, as films need."""
    canvas: Any = figure.canvas
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[:, :width, :3]
    odd = drawn.shape[0] % 2
    return np.pad(drawn, ((0, odd), (0, 0), (0, 0)), constant_values=255)
