"""Looks at an integration before it starts: does Δ divide the time, is the step stable, is there any noise."""

import warnings
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from sde.equations import SDE


# t1 = 0.3 and Δ = 0.1 miss each other by rounding.
DIVIDES = 1e-9
# Central differences balance truncation h² against rounding ε/h.
DIFFERENCE = 1e-5
# An explicit step multiplies a deviation that decays like e^{λt} by about 1 + λΔ.
STABLE = 2.0 * (1.0 - 1e-6)
# Frames from `check_start` to the line that called `integrate`.
CALLER = 3


def step_count(t0: float, t1: float, dt: float) -> int:
    """Return the number of steps from t0 to t1.

    Raises
    ------
    BadInput
        If Δ does not divide t1 − t0.
    """
    dt = checks.number("dt", dt, "give the length Δ of a step", above=0)
    t1 = checks.number("t1", t1, f"the integration starts at t = {t0:g}", least=t0)
    steps = round((t1 - t0) / dt)
    if abs(steps * dt - (t1 - t0)) > DIVIDES * (t1 - t0):
        near = (t1 - t0) / max(1, steps)
        raise checks.refuse(
            "dt", dt, f"must divide t1 − t0 = {t1 - t0:g}", f"the nearest that does is {near!r}"
        )
    return steps


def check_start(sde: SDE, x: Float[np.ndarray, "replica dim"], dt: float) -> None:
    """Refuse a start where the equation is not defined; warn of a step that is too long, or of no noise.

    Raises
    ------
    BadInput
        If drift or diffusion is not finite at the start.
    """
    for name, field in (("drift", sde.drift), ("diffusion", sde.diffusion)):
        with np.errstate(all="ignore"):
            rows = np.isfinite(field(x)).reshape(len(x), -1).all(axis=1)
        if not rows.all():
            point = x[int(np.argmin(rows))]
            raise BadInput(
                f"start = {point}: the {name} is not finite there; start where the equation is defined"
            )
    for message in (*_noiseless(sde), *_unstable(sde, x[0], dt)):
        warnings.warn(message, stacklevel=CALLER)


def _noiseless(sde: SDE) -> Iterator[str]:
    if sde.noises == 0 or (sde.symbolic is not None and sde.symbolic.diffusion.is_zero_matrix):
        yield (
            "this equation has no noise: a solver for ordinary differential equations is more accurate; "
            "use sde.references.flow"
        )


def _unstable(sde: SDE, x: np.ndarray, dt: float) -> Iterator[str]:
    # Off the manifold the drift need not be defined, and the retraction damps what leaves it.
    if sde.retract is not None:
        return
    fastest = -float(np.linalg.eigvals(drift_jacobian(sde, x)).real.min())
    if dt * fastest >= STABLE:
        yield (
            f"dt = {dt:g}: at the start the drift pulls back at the rate λ = {fastest:.3g}, and an explicit step is "
            f"unstable for λΔ ≥ 2; take dt < {2.0 / fastest:.3g}"
        )


def drift_jacobian(sde: SDE, x: Float[np.ndarray, " dim"]) -> Float[np.ndarray, "dim dim"]:
    """Return ∂a_i/∂x_j by central differences; 0 where a is not finite nearby."""
    steps = np.diag(DIFFERENCE * np.maximum(1.0, np.abs(x)))
    with np.errstate(all="ignore"):
        slopes = (sde.drift(x + steps) - sde.drift(x - steps)) / (2.0 * np.diag(steps)[:, None])
    return np.where(np.isfinite(slopes), slopes, 0.0).T
