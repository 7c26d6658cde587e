"""Limits of series that converge like a known power, with an honest error."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.statistics._drift import remaining_drift


ROUNDING = 4.0 * np.finfo(float).eps  # relative rounding of a recorded value
PIVOTS = 4  # records used, log-equidistant: three extrapolations, hence two steps of their drift


@dataclass(frozen=True)
class Limit:
    """An extrapolated limit and a bound on its Euclidean distance to the truth.

    Parameters
    ----------
    value : array (...)
        Estimate of y∞.
    error : float
        Error estimate of its Euclidean norm, rounding included.
    """

    value: Float[np.ndarray, "..."]
    error: float

    __repr__ = in_brief


def extrapolated_limit(
    x: Float[np.ndarray, "record"], y: Float[np.ndarray, "record ..."], exponent: float
) -> Limit:
    """Limit y∞ of y(x) = y∞ + c x^(−κ) + smaller terms, by Richardson extrapolation.

    Two records at x₁ < x₂ cancel the term c: E = (y₂ − μ y₁)/(1 − μ), μ = (x₁/x₂)^κ. Four records, equally
    spaced in log x over the whole series, give three such E. What is left in them, the smaller terms (or a
    wrong κ), drifts; the differences of consecutive E bound the rest of the way (`remaining_drift`). Only
    far-apart records are compared, since neighbours agree without being right.

    Parameters
    ----------
    x : array (record,)
        Increasing, positive (rounds or log-time), over at least a factor that makes (x_max/x_min)^κ ≥ 2.
    y : array (record, ...)
        Scalars or vectors.
    exponent : float
        κ > 0.

    Returns
    -------
    Limit

    Raises
    ------
    BadInput
        Fewer than four records, unordered or non-positive x, non-finite y, κ ≤ 0, or too short a range.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    _check_series(x, y, exponent)
    pivots = _log_equidistant(x)
    ratios = [float(x[i] / x[j]) ** exponent for i, j in pairwise(pivots)]
    estimates = [(y[j] - mu * y[i]) / (1.0 - mu) for mu, (i, j) in zip(ratios, pairwise(pivots), strict=True)]
    first, second = estimates[1] - estimates[0], estimates[2] - estimates[1]
    amplified = ROUNDING * (1.0 + ratios[-1]) / (1.0 - ratios[-1]) * float(np.linalg.norm(y[-1]))
    drift = remaining_drift(
        float(np.linalg.norm(first)),
        float(np.linalg.norm(second)),
        float(np.vdot(first, second)) >= 0.0,
    )
    return Limit(estimates[2], drift.remainder + drift.allowance + amplified)


def _check_series(x: np.ndarray, y: np.ndarray, exponent: float) -> None:
    if not (x.ndim == 1 and len(x) >= PIVOTS and y.shape[:1] == x.shape):
        raise BadInput(
            f"x, y of shapes {x.shape}, {y.shape}: one value per record and at least {PIVOTS} of them; "
            "record more rounds"
        )
    if not (np.isfinite(x).all() and x[0] > 0.0 and (np.diff(x) > 0.0).all() and np.isfinite(y).all()):
        raise BadInput(f"x = {x}: positive and increasing, and every y finite; drop round 0 and repeats")
    if not exponent > 0.0:
        raise BadInput(f"exponent = {exponent}: a limit is approached like x^(−κ) with κ > 0; check the sign")
    if (x[-1] / x[0]) ** exponent < 2.0:
        raise BadInput(
            f"x from {x[0]} to {x[-1]} with κ = {exponent}: x^κ must at least double, or the extrapolation "
            "only amplifies rounding; record a longer range"
        )


def _log_equidistant(x: np.ndarray) -> np.ndarray:
    targets = np.linspace(np.log(x[0]), np.log(x[-1]), PIVOTS)
    pivots = np.abs(np.log(x)[None, :] - targets[:, None]).argmin(axis=1)
    if (np.diff(pivots) < 1).any():
        raise BadInput(f"x = {x}: records leave gaps in log x; record log-spaced rounds")
    return pivots
