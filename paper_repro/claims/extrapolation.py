"""Limits for r → ∞, read from runs that end long before, and what follows from them."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float, Int

from implicitbias import Trace
from implicitbias.asymptotics import chord_from_residual, residual
from implicitbias.engine.trace import Status
from implicitbias.statistics import extrapolated_limit, fit_rate
from paper_repro.claims.observation import Measured


# The last rounds, from R/100, R/30 and R/10 on. A turning point of the sequence, which happens before the
# asymptotic regime, can make the drift over one of these windows vanish by accident; not over all three.
WINDOWS = (100.0, 30.0, 10.0)
# Slopes need a longer view: four windows of them share the range.
SLOPE_WINDOWS = (1000.0, 300.0, 100.0)
# Fewer records than this leave no drift to judge the extrapolation by.
FEWEST_RECORDS = 8
# r^κ must at least double over a window, or the extrapolation only amplifies what it should remove.
LEAST_GAIN = 2.0


def at_infinity(
    rounds: Int[np.ndarray, " record"], values: Float[np.ndarray, "record ..."], exponent: float
) -> Measured:
    """Return the limit of ``values`` that approach it like r^(−κ), with the error of the extrapolation.

    Where κ is too small for the length of the run, the last value is returned with an infinite error: the
    record says nothing about the limit.
    """
    late = [np.flatnonzero((rounds > 0) & (rounds >= rounds[-1] / window)) for window in WINDOWS]
    usable = [k for k in late if len(k) >= FEWEST_RECORDS and _gain(rounds[k], exponent) >= LEAST_GAIN]
    if not usable:
        return Measured(values[-1], np.inf)
    ends = [extrapolated_limit(rounds[k].astype(float), values[k], exponent) for k in usable]
    value = ends[0].value
    return Measured(value, max(e.error + float(np.linalg.norm(e.value - value)) for e in ends))


def _gain(rounds: Int[np.ndarray, " record"], exponent: float) -> float:
    return float(rounds[-1] / rounds[0]) ** exponent


def decay_at_infinity(rounds: Int[np.ndarray, " record"], values: Float[np.ndarray, " record"]) -> Measured:
    """Return the limit of d log y/d log r, within the union of what fits over the last rounds leave open."""
    late = [rounds >= rounds[-1] / window for window in SLOPE_WINDOWS]
    intervals = [fit_rate(rounds[k], values[k]).interval for k in late if k.sum() >= FEWEST_RECORDS]
    low, high = min(i.low for i in intervals), max(i.high for i in intervals)
    if not np.isfinite([low, high]).all():
        return Measured(intervals[0].centre if np.isfinite(intervals[0].centre) else 0.0, np.inf)
    return Measured((low + high) / 2, (high - low) / 2)


def unit_vector(vector: Measured) -> Measured:
    """Return the direction of a vector known to within ε: |a/|a| − b/|b|| ≤ 2|a − b|/(|a| + |b|)."""
    size, error = float(np.linalg.norm(vector.value)), float(np.max(vector.error))
    spread = 2.0 * error / (2.0 * size - error) if error < size else np.inf
    return Measured(np.asarray(vector.value) / size, spread)


def slope_in_log_time(
    trace: Trace, *, apart: float = 4.0
) -> tuple[Int[np.ndarray, " record"], Float[np.ndarray, "record dim"]]:
    """Return (w(r) − w(r/q))/log(r/r′) at records r and about r′ = r/q: the two-time slope dw/dlog r.

    If it converges, w/log r has the same limit; and where w itself approaches its direction like 1/log r, the
    slope does so like r^(−κ), since the constant w̃ drops out.
    """
    kept = np.flatnonzero(trace.rounds > 0)
    rounds, w = trace.rounds[kept], trace.w[0, kept]
    later = np.flatnonzero(rounds >= apart * rounds[0])
    earlier = np.searchsorted(rounds, rounds[later] / apart, side="right") - 1
    ratio = np.log(rounds[later] / rounds[earlier])
    return rounds[later], (w[later] - w[earlier]) / ratio[:, None]


def divergence(traces: Iterable[Trace]) -> str:
    """Return why the runs say nothing about r → ∞: the message of one that diverged, or nothing."""
    return next((t.message for t in traces if t.status is Status.DIVERGED), "")


def residual_at_infinity(trace: Trace, weights: Float[np.ndarray, " dim"], exponent: float) -> Measured:
    """Return the limit of ρ = w − ŵ log(ηHr), whatever it is, with the error of the extrapolation."""
    rho = residual(trace.w[0, 1:], weights, trace.log_time[1:])
    return at_infinity(trace.rounds[1:], rho, exponent)


def chord_at(end: Measured, weights: Float[np.ndarray, " dim"], log_time: float) -> Measured:
    """Return the chord between ŵ and ŵτ + ρ∞ with ρ∞ known to within ε; it moves by at most 2ε/(2|w| − ε)."""
    limit = np.asarray(end.value)
    size, error = float(np.linalg.norm(log_time * weights + limit)), float(np.max(end.error))
    spread = 2.0 * error / (2.0 * size - error) if error < size else np.inf
    return Measured(float(chord_from_residual(limit, weights, np.asarray(log_time))), spread)
