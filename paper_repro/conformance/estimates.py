"""Means over independent draws against exact ones: intervals that decide three ways."""

import numpy as np
from jaxtyping import Float

from implicitbias.statistics import student_quantile
from paper_repro.conformance.drawn import LEVEL
from paper_repro.conformance.judging import FEWEST_DIGITS
from paper_repro.conformance.outcome import Finding, Status


# Half-width of an interval that decides, relative to the scale of what is estimated.
RESOLVED = 0.35


def estimated(
    names: tuple[str, ...],
    expected: Float[np.ndarray, " quantity"],
    samples: Float[np.ndarray, "draw quantity"],
    scales: Float[np.ndarray, " quantity"],
) -> Finding:
    """Compare the means of independent samples with what they should be, by Student's intervals.

    Parameters
    ----------
    names
        Of the quantities.
    expected, scales
        Exact means, and the sizes that their intervals are measured by.
    samples
        One line for every draw.
    """
    number = len(samples)
    means = samples.mean(axis=0)
    quantile = student_quantile(LEVEL / len(names), number - 1)
    half = quantile * samples.std(axis=0, ddof=1) / np.sqrt(number)
    off = np.where(np.isfinite(means), np.abs(means - expected), np.inf)
    ratio = off / np.maximum(half, np.finfo(np.float64).eps * np.abs(scales))
    worst = int(ratio.argmax())
    words = (
        f"{names[worst]} over {number} draws is {means[worst]:.{FEWEST_DIGITS}g} ± {half[worst]:.1e}, "
        f"expected {expected[worst]:.{FEWEST_DIGITS}g}"
    )
    status = Status.PASSED if np.all(half <= RESOLVED * scales) else Status.UNDECIDED
    if not ratio[worst] <= 1.0:
        status, words = Status.FAILED, f"{words} (chance below {LEVEL:.0e})"
    elif status is Status.UNDECIDED:
        words = f"{words}: too few draws to decide"
    return Finding(expected, means, float(ratio[worst]), 1.0, status, words, half)
