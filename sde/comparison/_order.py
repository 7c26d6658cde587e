r"""The order of a weak error in η: e_1η + e_2η² by weighted least squares, against other powers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.statistics import Interval, NoisyRate


SEEN = 3.0  # an error of fewer standard errors is not seen, and only blurs which power fits
LOG_CEILING = 0.3  # largest relative standard error at which the logarithm of an error is nearly normal
POWERS = (1.0, 0.5, 0.25)  # the order of toys, of the square root, and of the giant-step proof


@dataclass(frozen=True)
class PowerFit:
    """The fit c·η^power, with its χ² on ``degrees`` degrees of freedom.

    Attributes
    ----------
    power, coefficient
        The power asked about, and c of the best fit.
    chi_square, degrees
        χ² of that fit, and its degrees of freedom.
    """

    power: float
    coefficient: float
    chi_square: float
    degrees: int


@dataclass(frozen=True)
class OrderFit:
    """The fit e_1η + e_2η² of errors with known standard errors.

    Attributes
    ----------
    first, second
        e_1 and e_2.
    first_interval, second_interval
        Their intervals, widened by √(χ²/degrees) where the errors scatter more than they say.
    chi_square, degrees
        Weighted sum of squared residuals, and points − 2.
    powers
        Fits of a single power, for comparison.
    slope
        Log–log slope of |error|; None where signs differ or fewer than three points are sharp enough. It is biased
        by e_2.
    kept
        Indices of the points that were used.
    """

    first: float
    second: float
    first_interval: Interval
    second_interval: Interval
    chi_square: float
    degrees: int
    powers: tuple[PowerFit, ...]
    slope: NoisyRate | None
    kept: tuple[int, ...]

    __repr__ = in_brief

    def power(self, power: float) -> PowerFit:
        """Return the fit of one of the powers 1, ½, ¼."""
        return next(fit for fit in self.powers if fit.power == power)


def order_fit(
    etas: Sequence[float] | Float[np.ndarray, " eta"],
    errors: Float[np.ndarray, " eta"],
    standard_errors: Float[np.ndarray, " eta"],
    level: float,
) -> OrderFit:
    """Fit e_1η + e_2η² to weak errors at several learning rates, and compare with the powers 1, ½ and ¼.

    Points with |error| ≤ 3 standard errors are left out. The standard errors are those of large samples, hence the
    quantiles normal; scatter beyond them, such as a term in η³, widens the intervals and never narrows them.

    Parameters
    ----------
    etas : array (eta,)
        Positive and distinct.
    errors, standard_errors : array (eta,)
        E g(algorithm) − E g(limit), independent between learning rates, and their standard errors > 0.
    level : float
        Chance that the interval of e_1 misses, and the same for e_2 and for the slope.

    Raises
    ------
    BadInput
        If shapes do not fit, a number is out of range, or fewer than three errors are seen.
    """
    eta, error, sigma = (np.asarray(a, dtype=float) for a in (etas, errors, standard_errors))
    kept = _seen(eta, error, sigma)
    x, y, weights = eta[kept], error[kept], sigma[kept]
    coefficients, covariance, chi_square = _least_squares(np.column_stack([x, x**2]), y, weights)
    degrees = len(x) - 2
    intervals = [
        _interval(c, variance, chi_square / degrees, level)
        for c, variance in zip(coefficients, np.diag(covariance), strict=True)
    ]
    return OrderFit(
        first=float(coefficients[0]),
        second=float(coefficients[1]),
        first_interval=intervals[0],
        second_interval=intervals[1],
        chi_square=chi_square,
        degrees=degrees,
        powers=tuple(_power_fit(x, y, weights, power) for power in POWERS),
        slope=_slope(x, y, weights, level),
        kept=tuple(int(i) for i in kept),
    )


def _seen(eta: np.ndarray, error: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    if not (eta.ndim == 1 and eta.shape == error.shape == sigma.shape):
        raise BadInput(
            f"etas, errors, standard_errors of shapes {eta.shape}, {error.shape}, {sigma.shape}: one of each per "
            "learning rate; pass one test function at a time"
        )
    fine = np.isfinite([eta, error, sigma]).all() and (eta > 0.0).all() and (sigma > 0.0).all()
    if not fine or len(set(eta.tolist())) < len(eta):
        raise BadInput(
            f"etas = {eta}, standard_errors = {sigma}: finite and positive, learning rates distinct; "
            "merge runs at one learning rate"
        )
    kept = np.flatnonzero(np.abs(error) > SEEN * sigma)
    if len(kept) < 3:
        raise BadInput(
            f"errors = {error} ± {sigma}: only {len(kept)} exceed {SEEN:g} standard errors, and two coefficients need "
            "three; draw more samples, or widen η upwards"
        )
    return kept


def _least_squares(
    design: Float[np.ndarray, "point term"], y: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, their covariance, and χ²."""
    scaled, target = design / sigma[:, None], y / sigma
    covariance = np.linalg.inv(scaled.T @ scaled)
    coefficients = covariance @ (scaled.T @ target)
    return coefficients, covariance, float(np.sum((target - scaled @ coefficients) ** 2))


def _power_fit(x: np.ndarray, y: np.ndarray, sigma: np.ndarray, power: float) -> PowerFit:
    coefficients, _, chi_square = _least_squares((x**power)[:, None], y, sigma)
    return PowerFit(power, float(coefficients[0]), chi_square, len(x) - 1)


def _slope(x: np.ndarray, y: np.ndarray, sigma: np.ndarray, level: float) -> NoisyRate | None:
    sharp = sigma <= LOG_CEILING * np.abs(y)
    if sharp.sum() < 3 or len(set(np.sign(y).tolist())) > 1:
        return None
    x, size, sigma = x[sharp], np.abs(y[sharp]), sigma[sharp]
    design = np.column_stack([np.log(x), np.ones(len(x))])
    line, covariance, chi_square = _least_squares(design, np.log(size), sigma / size)
    degrees = len(x) - 2
    interval = _interval(line[0], covariance[0, 0], chi_square / degrees, level)
    return NoisyRate(float(line[0]), float(line[1]), interval, chi_square / degrees, degrees)


def _interval(value: float, variance: float, scatter: float, level: float) -> Interval:
    """Normal interval, widened where points scatter more than their standard errors say, never narrowed."""
    return Interval.around(
        float(value), float(_normal_quantile(level) * np.sqrt(variance * max(1.0, scatter)))
    )


def _normal_quantile(level: float) -> float:
    from scipy.special import ndtri

    if not 0.0 < level < 1.0:
        raise BadInput(
            f"level = {level}: the chance that an interval misses, in (0, 1); write 1e-3 for 99.9 %"
        )
    return -float(ndtri(level / 2.0))
