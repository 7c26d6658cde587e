"""Labels between powers of ten, where an axis is too short for powers of ten alone."""

from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Leading digits whose labels never touch on an axis of up to one decade (3 and 4, or 6 and 7, would).
LABELLED = (1, 2, 3, 5)
# Axes within these bounds count workers or local steps, which are read as 2 and 10, not as 2 × 10⁰ and 10¹.
COUNTS = (0.5, 200.0)


def label_short_log_axes(axes: "Axes") -> None:
    """Label only 1, 2, 3 and 5 times a power of ten on logarithmic axes that label more than powers of ten."""
    from matplotlib.ticker import LogFormatterSciNotation

    class Sparse(LogFormatterSciNotation):
        def __call__(self, x: float, pos: int | None = None) -> str:
            low, high = sorted(self.axis.get_view_interval())  # pyright: ignore[reportOptionalMemberAccess]
            if not is_labelled(x, low, high):
                return ""
            return f"{x:g}" if counts(low, high) else super().__call__(x, pos)

    for scale, axis in ((axes.get_xscale(), axes.xaxis), (axes.get_yscale(), axes.yaxis)):
        if scale == "log":
            axis.set_major_formatter(Sparse())
            axis.set_minor_formatter(Sparse(labelOnlyBase=False, minor_thresholds=(1.0, 1.0)))


def counts(low: float, high: float) -> bool:
    """Whether the ends of an axis are small whole numbers, or near them."""
    return COUNTS[0] <= low and high <= COUNTS[1]


def is_labelled(value: float, low: float, high: float) -> bool:
    """Whether a tick between powers of ten may have its label; all may, if ``low`` … ``high`` has too few of them."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    kept = np.outer(powers, LABELLED).ravel()
    if np.count_nonzero((kept >= low) & (kept <= high)) < 2:
        return True
    return bool(np.isclose(kept, value, rtol=1e-6).any())
