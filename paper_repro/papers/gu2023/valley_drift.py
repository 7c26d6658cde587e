r"""The drift of Local SGD in a valley over that of SGD: as measured, and as the slow equation predicts it.

Without noise along the valley the slow SDE is x′ = −(h′/(4Bh)) σ_N² A, A = 1 + (M − 1)ψ(2αh). Displacements of Φ_x are
given in units of the one that SGD's equation (A = 1) has in the same slow time.

At a finite learning rate three things of first order are left out of it, each known by size:

- steps are discrete: [1 + (M − 1)ψ_d]/(1 − ηh/2) for 1 + (M − 1)ψ, the two differences taken without their signs;
- workers spread across the valley, E y² = ηMσ_N²/(2hB) at the end of a long round, and Φ keeps them at
  x = Φ_x + (h′/4h)y²: they see h larger by the part (h′/h)²E y²/4;
- a round sees the curvature it passes, a Riemann sum of the drift b: at most αη|b(x_0) − b(x_T)|.

Their sum, and half of it for what is of higher order, is the allowance.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import Trace
from paper_repro.claims import Curve, Measured, Predicted
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.valley import Slides
from sde.formulas import drift_factor, psi, psi_discrete


RATIO = "displacement of Φ_x over SGD's"
LEFT_OUT = "order η: discrete steps and rounds, and the spread of the workers"
# Points of a path, and the integrator's tolerance: far below what is measured.
GRID = 201
RTOL = 1e-8
# For ηM ≤ 0.16 and ηh ≤ 0.2 the higher orders add less than half of the first.
HIGHER_ORDERS = 1.5
# Relative step of a difference quotient, between its rounding and its curvature.
NUDGE = 1e-4

Scalars = Float[np.ndarray, "..."]
# (x, M, B, α) ↦ dx/dt in slow time, and (M, α, h) ↦ the factor over SGD; each of numbers and arrays.
Drift = Callable[[Any, Any, float, Any], Any]
Gain = Callable[[Any, Any, Any], Any]


def measured_ratios(slides: Slides, traces: Iterable[Trace]) -> Measured:
    """Return the mean displacements over SGD's, with intervals that hold together."""
    found = [
        mean_of(slide.displacement(trace) / unit, comparisons=len(slides))
        for slide, trace, unit in zip(slides, traces, units(slides), strict=True)
    ]
    return Measured(np.array([m.value for m in found]), np.array([m.error for m in found]))


def slow_ratios(slides: Slides) -> Predicted:
    """Return them by the slow equation, with the size of what it leaves out."""
    return Predicted(ratios(slides, _drift_of(slides)), first_order(slides), reason=LEFT_OUT)


def gained_ratios(slides: Slides, gain: Gain) -> Predicted:
    """Return them for another factor over SGD, with the same allowance."""
    return Predicted(ratios(slides, with_gain(slides, gain)), first_order(slides), reason=LEFT_OUT)


def with_gain(slides: Slides, gain: Gain) -> Drift:
    """Return SGD's drift times a factor."""
    groove = slides[0].valley.groove

    def drift(x: Scalars, workers: Scalars, total_batch: float, round_time: Scalars) -> Scalars:
        return groove.drift(x, 1, total_batch, 0.0) * gain(workers, round_time, groove.curvature(x))

    return drift


def ratios(slides: Slides, drift: Drift) -> Float[np.ndarray, " slide"]:
    """Return the displacements by a drift over SGD's."""
    return (paths(slides, drift)[-1] - _array(slides, "start")) / units(slides)


@lru_cache(maxsize=64)
def units(slides: Slides) -> Float[np.ndarray, " slide"]:
    """Return the displacements of SGD's slow equation."""
    return paths(slides, with_gain(slides, gain_of_one))[-1] - _array(slides, "start")


def paths(slides: Slides, drift: Drift) -> Float[np.ndarray, "time slide"]:
    """Return x of every slide at equidistant times from 0 to its own slow time."""
    from scipy.integrate import solve_ivp

    workers, round_time, time = (_array(slides, name) for name in ("workers", "round_time", "slow_time"))
    found = solve_ivp(
        lambda _, x: time * drift(x, workers, slides[0].total_batch, round_time),
        (0.0, 1.0),
        _array(slides, "start"),
        "DOP853",
        t_eval=np.linspace(0.0, 1.0, GRID),
        rtol=RTOL,
        atol=RTOL,
    )
    return found.y.T


@lru_cache(maxsize=64)
def first_order(slides: Slides) -> Float[np.ndarray, " slide"]:
    """Return the size of what the slow equation leaves out at this η, in the units of the ratios."""
    groove, batch = slides[0].valley.groove, slides[0].total_batch
    names = ("workers", "round_time", "slow_time", "lr", "local_steps")
    workers, round_time, time, lr, steps = (_array(slides, name) for name in names)
    x = paths(slides, _drift_of(slides))
    h, speed = groove.curvature(x), np.abs(_drift_of(slides)(x, workers, batch, round_time))
    factor = drift_factor(workers, round_time, h)
    discrete = _discrete(workers, lr, steps, h) / factor
    spread = groove.log_slope(x) ** 2 * lr * workers * groove.normal**2 / (8.0 * h * batch)
    sensitivity = np.abs(drift_factor(workers, round_time, h * (1.0 + NUDGE)) / factor - 1.0) / NUDGE
    along = time * np.trapezoid(speed * (discrete + spread * sensitivity), dx=1.0 / (GRID - 1), axis=0)
    missed = along + round_time * lr * np.abs(speed[0] - speed[-1])
    return HIGHER_ORDERS * missed / np.abs(units(slides))


def points(measured: Measured, x: Float[np.ndarray, " slide"], label: str, method: str) -> Curve:
    """Return measured ratios as points with their intervals."""
    value, error = np.asarray(measured.value), np.asarray(measured.error)
    return Curve(x, value, label, method=method, low=value - error, high=value + error)


def gain_of_one(workers: Scalars, round_time: Scalars, h: Scalars) -> Scalars:
    """Return 1, the factor of SGD over itself."""
    del workers, round_time
    return np.ones_like(h)


def _discrete(workers: Scalars, lr: Scalars, steps: Scalars, h: Scalars) -> Scalars:
    """|1/(1 − ηh/2) − 1| of the whole, and (M − 1)|ψ − ψ_d|."""
    stretched = 1.0 / (1.0 - lr * h / 2.0)
    share = np.abs(psi(2.0 * lr * steps * h) - psi_discrete((1.0 - lr * h) ** 2, steps))
    return (stretched - 1.0) * drift_factor(workers, lr * steps, h) + stretched * (workers - 1.0) * share


def _drift_of(slides: Slides) -> Drift:
    return slides[0].valley.groove.drift


def _array(slides: Slides, name: str) -> Float[np.ndarray, " slide"]:
    return np.array([float(getattr(slide, name)) for slide in slides])
