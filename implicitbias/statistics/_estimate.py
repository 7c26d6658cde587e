"""Confidence intervals of a mean and of a proportion."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.statistics._interval import Interval
from implicitbias.statistics._moments import Moments


ROUNDING = 8.0 * np.finfo(float).eps  # relative rounding of a tree-merged mean: a constant sample has it too


def student_quantile(level: float, degrees: int) -> float:
    """Return q with P(|T| > q) = `level` for Student's T with `degrees` degrees of freedom.

    Raises
    ------
    BadInput
        If `level` is not in (0, 1) or `degrees` < 1.
    """
    from scipy.special import stdtrit

    check_level(level)
    if degrees < 1:
        raise BadInput(f"degrees of freedom = {degrees}: at least 1 is needed; give one more observation")
    return -float(stdtrit(degrees, level / 2.0))


def check_level(level: float) -> None:
    """Raise BadInput unless 0 < level < 1, the probability that an interval may miss the truth."""
    if not 0.0 < level < 1.0:
        raise BadInput(
            f"level = {level}: the level is the probability of missing the truth, in (0, 1); "
            "write 1e-3 for a 99.9 % interval"
        )


def mean_interval(samples: Float[np.ndarray, "sample"] | Moments, level: float) -> Interval:
    """Student's interval x̄ ± t_{1 − level/2, n − 1} · s/√n for the mean of independent samples.

    Exact for normal samples; for others the error of its level vanishes as n grows, more slowly the more
    skewed they are (average a few of them into one sample if they are heavily skewed).

    Parameters
    ----------
    samples : array (sample,) or Moments
        At least two independent samples of a scalar, or their moments.
    level : float
        Probability of missing the mean, in (0, 1).

    Returns
    -------
    Interval
        Never narrower than the rounding of the mean.

    Raises
    ------
    BadInput
        Fewer than two samples, a sample that is not finite or not scalar, a level outside (0, 1).
    """
    moments = samples if isinstance(samples, Moments) else Moments.of(samples)
    if moments.count < 2 or moments.mean.ndim:
        raise BadInput(
            f"samples: {moments.count} of shape {moments.mean.shape}: an interval needs at least two scalar "
            "samples; draw more, or take one coordinate at a time"
        )
    mean = float(moments.mean)
    noise = student_quantile(level, moments.count - 1) * float(moments.standard_error)
    return Interval.around(mean, noise + ROUNDING * abs(mean))


def proportion_interval(successes: int, trials: int, level: float) -> Interval:
    """Clopper–Pearson interval of a probability: its level is guaranteed for every n and p.

    With k successes of n, [B(level/2; k, n − k + 1), B(1 − level/2; k + 1, n − k)], B the Beta quantile;
    the low end is 0 for k = 0 and the high end 1 for k = n.

    Raises
    ------
    BadInput
        Unless 0 ≤ successes ≤ trials and trials ≥ 1, and 0 < level < 1.
    """
    from scipy.special import betaincinv

    check_level(level)
    if not (trials >= 1 and 0 <= successes <= trials):
        raise BadInput(
            f"successes, trials = {successes}, {trials}: need 0 ≤ successes ≤ trials and trials ≥ 1; "
            "count each trial once"
        )
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, level / 2.0)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1.0 - level / 2.0)) if failures else 1.0
    return Interval(low, high)
