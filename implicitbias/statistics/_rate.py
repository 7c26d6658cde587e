"""Exponents of deterministic series: local slopes over log-spaced windows, and where they are heading."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.statistics._drift import remaining_drift
from implicitbias.statistics._interval import Interval


WINDOWS = 4  # three show the drift and its slowing down; the first of four is left out as burn-in
ROUNDING = 16.0 * np.finfo(float).eps  # relative error of a recorded value that no one says more about
EDGE = 1e-9  # relative slack on window edges, so that a record on an edge belongs to both windows


@dataclass(frozen=True)
class Rate:
    """A slope that may still drift: its extrapolated value, what cannot be excluded, and the evidence.

    Parameters
    ----------
    slope : float
        Extrapolated limit of the local slopes (minus the exponent of a decay).
    interval : Interval
        Slopes compatible with the drift still visible.
    local_slopes : tuple of float
        Least-squares slope in each window, from early to late.
    """

    slope: float
    interval: Interval
    local_slopes: tuple[float, ...]

    __repr__ = in_brief


def fit_rate(
    x: Float[np.ndarray, "record"],
    y: Float[np.ndarray, "record"],
    *,
    windows: int = WINDOWS,
    relative_error: float = ROUNDING,
) -> Rate:
    """Limit of d log y/d log x for a positive deterministic series, with an interval that shows the drift.

    A deterministic series has no noise; its uncertainty is that y = C x^(−k)(1 + a x^(−q) + …) has not yet
    reached its asymptote. The range of log x is cut into equal windows. Their slopes obey
    s_j = −k + b e^(−qΔj) + …, which is geometric in j, so the last three give the limit and the rest of the
    way (`remaining_drift`). The interval is centred there and reaches back past the last slope and as far
    again beyond the extrapolation, which covers geometric drift of any q and logarithmic factors
    (s = −k + c/log x). If every step of the drift is larger than the one before, a crossover is under way
    and no end is in sight: the interval is then unbounded on that side. It cannot cover a crossover that
    leaves no trace in the record: nothing can.

    Parameters
    ----------
    x : array (record,)
        Increasing positive abscissae, log-spaced or nearly so (rounds, or a log-time for rates in it).
    y : array (record,)
        Positive values.
    windows : int
        Number of windows, at least 3; only the last three are extrapolated.
    relative_error : float
        Bound on |δy|/y at each record, rounding by default; say more after a cancellation.

    Returns
    -------
    Rate
        Slope of log y against log x.

    Raises
    ------
    BadInput
        Unordered or non-positive x, non-positive y, or a window with fewer than two records.
    """
    y = np.asarray(y, dtype=float)
    if not (np.isfinite(y).all() and (y > 0.0).all()):
        bad = int(np.argmax(~(np.isfinite(y) & (y > 0.0))))
        raise BadInput(
            f"y[{bad}] = {y[bad]}: a rate in log y needs finite positive values; fit a norm, "
            "or stop the record before the value reaches rounding"
        )
    return _drifting_slope(_log_abscissa(x, y), np.log(y), windows, relative_error)


def fit_log_slope(
    x: Float[np.ndarray, "record"],
    y: Float[np.ndarray, "record"],
    *,
    windows: int = WINDOWS,
    relative_error: float = ROUNDING,
) -> Rate:
    """Limit of dy/d log x for a deterministic series, as `fit_rate` but linear in y.

    For quantities that grow like c log x (norms, validation losses); the slope is c, in units of y.
    `relative_error` is relative to the largest |y|.

    The other arguments are those of `fit_rate`.
    """
    y = np.asarray(y, dtype=float)
    if not np.isfinite(y).all():
        bad = int(np.argmax(~np.isfinite(y)))
        raise BadInput(f"y[{bad}] = {y[bad]}: a slope needs finite values; stop the record before it")
    return _drifting_slope(_log_abscissa(x, y), y, windows, relative_error * float(np.abs(y).max()))


def _log_abscissa(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise BadInput(f"x, y of shapes {x.shape}, {y.shape}: one value per record; pass one series")
    if not (np.isfinite(x).all() and (x > 0.0).all() and (np.diff(x) > 0.0).all()):
        raise BadInput(f"x = {x}: records must be finite, positive and increasing; drop round 0 and repeats")
    return np.log(x)


def _drifting_slope(u: np.ndarray, v: np.ndarray, windows: int, error: float) -> Rate:
    slopes, errors = zip(*(_slope(*part, error) for part in _windows(u, v, windows)), strict=True)
    noise = 2.0 * max(errors)
    first, second = slopes[-2] - slopes[-3], slopes[-1] - slopes[-2]
    drift = remaining_drift(abs(first) + noise, abs(second) + noise, first * second >= 0.0)
    direction = float(np.sign(second))
    centre = slopes[-1] + direction * drift.remainder
    interval = Interval.around(centre, drift.allowance)
    if _accelerates(np.diff(slopes) * direction, noise):
        ends = (interval.low, math.inf) if direction > 0.0 else (-math.inf, interval.high)
        interval = Interval(*ends)
    return Rate(centre, interval, slopes)


def _accelerates(steps: np.ndarray, noise: float) -> bool:
    """Whether every step goes the same way and is larger, beyond rounding, than the one before."""
    return bool((steps > 0.0).all() and (np.diff(steps) > 2.0 * noise).all())


def _windows(u: np.ndarray, v: np.ndarray, windows: int) -> list[tuple[np.ndarray, np.ndarray]]:
    if windows < 3:
        raise BadInput(f"windows = {windows}: drift needs at least 3 slopes; use the default {WINDOWS}")
    edges = np.linspace(u[0], u[-1], windows + 1) if len(u) else np.zeros(windows + 1)
    slack = EDGE * (edges[-1] - edges[0])
    masks = [(u >= low - slack) & (u <= high + slack) for low, high in pairwise(edges)]
    if min(int(mask.sum()) for mask in masks) < 2:
        raise BadInput(
            f"{len(u)} records leave a window of log x with fewer than two of them; "
            f"record at least {windows + 1} log-spaced rounds"
        )
    return [(u[mask], v[mask]) for mask in masks]


def _slope(u: np.ndarray, v: np.ndarray, error: float) -> tuple[float, float]:
    """Least-squares slope, and the most it can be moved by errors of at most `error` in each value."""
    centred = u - u.mean()
    spread = float(centred @ centred)
    slope = float(centred @ (v - v.mean())) / spread
    return slope, float(error * np.abs(centred).sum()) / spread
