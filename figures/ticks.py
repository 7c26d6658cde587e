"""Labels of ticks: between powers of ten on short axes, in whole numbers where things are counted, never touching."""

from typing import Any, TYPE_CHECKING

import numpy as np

from figures.views import axis_values, Panel


if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Leading digits whose labels never touch on an axis of up to one decade (3 and 4, or 6 and 7, would).
LABELLED = (1, 2, 3, 5)
# Axes within these bounds count workers or local steps, which are read as 2 and 10, not as 2 × 10⁰ and 10¹.
COUNTS = (0.5, 200.0)
SHORT, PLAIN = (
    30.0,
    (1e-3, 1e4),
)  # largest ratio of the ends of short axes, and the numbers written out on them
# Leading digits of the labels on ever more crowded axes; then powers of ten alone.
SPARSER = ((1, 2, 5), (1, 3), (1,))
FEWEST_INTERVALS = 2  # between labels of a linear axis, however narrow
AIR = 0.35  # of the type size, left free between labels


def label_short_log_axes(axes: "Axes") -> None:
    """Label only 1, 2, 3 and 5 times a power of ten on logarithmic axes that label more than powers of ten."""
    for scale, axis in ((axes.get_xscale(), axes.xaxis), (axes.get_yscale(), axes.yaxis)):
        if scale == "log":
            _label_log_axis(axis, LABELLED)


def _label_log_axis(axis: Any, digits: tuple[int, ...]) -> None:
    """Label powers of ten, and ``digits`` times them where there are few."""
    from matplotlib.ticker import LogFormatterSciNotation

    class Sparse(LogFormatterSciNotation):
        def __call__(self, x: float, pos: int | None = None) -> str:
            low, high = sorted(self.axis.get_view_interval())  # pyright: ignore[reportOptionalMemberAccess]
            if not is_labelled(x, low, high, digits):
                return ""
            return f"{x:g}" if counts(low, high) or is_short(low, high) else super().__call__(x, pos)

    axis.set_major_formatter(Sparse())
    axis.set_minor_formatter(Sparse(labelOnlyBase=False, minor_thresholds=(1.0, 1.0)))


def counts(low: float, high: float) -> bool:
    """Whether the ends of an axis are small whole numbers, or near them."""
    return COUNTS[0] <= low and high <= COUNTS[1]


def is_short(low: float, high: float) -> bool:
    """Whether an axis has so few powers of ten that 0.03 reads better than 3 × 10⁻²."""
    return high < SHORT * low and PLAIN[0] <= low and high <= PLAIN[1]


def is_labelled(value: float, low: float, high: float, digits: tuple[int, ...] = LABELLED) -> bool:
    """Whether a tick between powers of ten may have its label; all may, if ``low`` … ``high`` has too few of them."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    kept = np.outer(powers, digits).ravel()
    if np.count_nonzero((kept >= low) & (kept <= high)) < 2:
        return True
    return bool(np.isclose(kept, value, rtol=1e-6).any())


def count_in_whole_numbers(axes: "Axes", panel: Panel) -> None:
    """Put ticks at whole numbers where every x is one: rounds, steps and coordinates have no halves."""
    from matplotlib.ticker import MaxNLocator

    x = [values for mark in panel.marks if (values := axis_values(mark, "x")).size]
    if panel.xscale != "linear" or panel.aspect == "equal" or not x:
        return
    shown = np.concatenate(x)
    shown = shown[np.isfinite(shown)]
    if np.ptp(shown) >= 1 and np.array_equal(shown, np.round(shown)):
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))


def thin_labels(axes: "Axes") -> None:
    """Leave labels out of the x axis until none touches the next; the layout must have been settled."""
    from matplotlib.ticker import MaxNLocator

    if axes.get_xscale() == "log":
        for digits in SPARSER:
            if not _touching(axes):
                return
            _label_log_axis(axes.xaxis, digits)
        return
    whole = bool(getattr(axes.xaxis.get_major_locator(), "_integer", False))
    for intervals in range(len(axes.get_xticks()), FEWEST_INTERVALS, -1):
        if not _touching(axes):
            return
        axes.xaxis.set_major_locator(MaxNLocator(intervals - 1, steps=[1, 2, 5, 10], integer=whole))


def _touching(axes: "Axes") -> bool:
    """Whether two labels of the x axis come closer than the air between them."""
    figure: Any = axes.figure
    low, high = sorted(axes.get_xlim())
    ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
    axes.xaxis.get_tightbbox(figure.canvas.get_renderer())  # places ticks and writes their labels
    boxes = sorted(
        (tick.label1.get_window_extent().x0, tick.label1.get_window_extent().x1)
        for tick in ticks
        if tick.label1.get_text() and low <= tick.get_loc() <= high
    )
    air = AIR * float(axes.xaxis.label.get_fontsize()) * figure.dpi / 72
    return any(right + air > left for (_, right), (left, _) in zip(boxes, boxes[1:], strict=False))
