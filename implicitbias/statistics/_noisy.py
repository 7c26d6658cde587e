"""Exponents of measured series: weighted least squares with Student's interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.statistics._estimate import student_quantile
from implicitbias.statistics._interval import Interval
from implicitbias.statistics._rate import fit_rate, Rate


LOG_CEILING = 0.3  # largest standard error of log y: its bias, half its square, stays below 1/6 of itself
ORDER_WINDOWS = 3  # step sizes are few: four of them make three slopes


@dataclass(frozen=True)
class NoisyRate:
    """A straight line in log–log coordinates fitted to values with known standard errors.

    Parameters
    ----------
    slope, intercept : float
        log y ≈ intercept + slope·log x.
    interval : Interval
        Student's interval of the slope.
    chi_square : float
        Weighted sum of squared residuals per degree of freedom; far above 1 means: not a straight line.
    degrees : int
        Degrees of freedom, records − 2.
    """

    slope: float
    intercept: float
    interval: Interval
    chi_square: float
    degrees: int


def fit_rate_noisy(
    x: Float[np.ndarray, "record"],
    y: Float[np.ndarray, "record"],
    standard_errors: Float[np.ndarray, "record"],
    level: float,
) -> NoisyRate:
    """Slope of log y against log x when each y_i is an independent mean with standard error σ_i.

    Least squares with weights (y_i/σ_i)², the inverse variances of log y_i. With A the 2×2 normal matrix,
    the slope has variance (A⁻¹)₁₁·max(1, χ²/(n − 2)): scatter beyond the stated errors, such as a bend of
    the curve, widens the interval and never narrows it. The interval uses Student's t with n − 2 degrees.

    Parameters
    ----------
    x : array (record,)
        Positive, at least three, not all equal.
    y : array (record,)
        Positive.
    standard_errors : array (record,)
        σ_i > 0 in the units of y, each at most 0.3·y_i: beyond it log y is biased and far from normal.
    level : float
        Probability that the interval misses the slope.

    Returns
    -------
    NoisyRate

    Raises
    ------
    BadInput
        If one of the rules above is broken.
    """
    x, y, sigma = (np.asarray(a, dtype=float) for a in (x, y, standard_errors))
    _check_measured(x, y, sigma)
    u, v, weights = np.log(x), np.log(y), (y / sigma) ** 2
    centre_u, centre_v = np.average(u, weights=weights), np.average(v, weights=weights)
    spread = float(weights @ (u - centre_u) ** 2)
    slope = float(weights @ ((u - centre_u) * (v - centre_v))) / spread
    residuals = v - centre_v - slope * (u - centre_u)
    degrees = len(x) - 2
    chi_square = float(weights @ residuals**2) / degrees
    half_width = student_quantile(level, degrees) * np.sqrt(max(1.0, chi_square) / spread)
    interval = Interval.around(slope, float(half_width))
    return NoisyRate(slope, float(centre_v - slope * centre_u), interval, chi_square, degrees)


def fit_order(
    step_sizes: Float[np.ndarray, "step"],
    errors: Float[np.ndarray, "step"],
    standard_errors: Float[np.ndarray, "step"] | None = None,
    level: float | None = None,
) -> Rate | NoisyRate:
    """Order p of a method from errors e(h) ~ C h^p at several step sizes h.

    With standard errors, the slope of `fit_rate_noisy`. Without them the errors are exact and their
    uncertainty is the approach to h → 0: `fit_rate` along 1/h, which needs at least four step sizes spread
    evenly in log h.

    Parameters
    ----------
    step_sizes : array (step,)
        Positive and distinct, in any order.
    errors : array (step,)
        Positive errors against the exact answer.
    standard_errors : array (step,), optional
        Of sampled errors; `level` must then be given too.
    level : float, optional
        Probability that the interval misses the order.

    Returns
    -------
    Rate or NoisyRate
        With the sign of the order: slope = p.
    """
    steps, errors = np.asarray(step_sizes, dtype=float), np.asarray(errors, dtype=float)
    if standard_errors is not None:
        if level is None:
            raise BadInput("level = None: sampled errors need the level of their interval; give level=1e-3")
        return fit_rate_noisy(steps, errors, standard_errors, level)
    if not (steps > 0.0).all():
        raise BadInput(f"step_sizes = {steps}: step sizes are positive; drop the exact run")
    finer = np.argsort(-steps, kind="stable")
    fitted = fit_rate(1.0 / steps[finer], errors[finer], windows=ORDER_WINDOWS)
    reflected = Interval(-fitted.interval.high, -fitted.interval.low)
    return Rate(-fitted.slope, reflected, tuple(-s for s in fitted.local_slopes))


def _check_measured(x: np.ndarray, y: np.ndarray, sigma: np.ndarray) -> None:
    if not (x.ndim == 1 and x.shape == y.shape == sigma.shape and len(x) >= 3):
        raise BadInput(
            f"x, y, standard_errors of shapes {x.shape}, {y.shape}, {sigma.shape}: "
            "a slope with an interval needs one of each for at least three records; add records"
        )
    if not (np.isfinite([x, y, sigma]).all() and (x > 0).all() and (sigma > 0).all() and np.ptp(x) > 0):
        raise BadInput(
            f"x = {x}, standard_errors = {sigma}: finite and positive, x not all equal; "
            "for exact values use fit_rate"
        )
    if not (sigma <= LOG_CEILING * y).all():
        bad = int(np.argmax(sigma > LOG_CEILING * y))
        raise BadInput(
            f"y[{bad}] = {y[bad]} ± {sigma[bad]}: log y needs a standard error of at most {LOG_CEILING}·y; "
            "draw more samples there or leave the record out"
        )
