"""Stiff ordinary differential equations with a known Jacobian, by SciPy's LSODA: one door, one way to fail."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified


Velocity = Callable[[Float[np.ndarray, " dim"], float], Float[np.ndarray, " dim"]]
Jacobian = Callable[[Float[np.ndarray, " dim"], float], Float[np.ndarray, "row dim"]]

# Steps between two of the times asked for; a path that needs more is not smooth at this tolerance.
STEPS = 100_000
# … and those after which another first step is tried: ten times what a path usually takes.
FEW_STEPS = 5_000
SUCCESS = "Integration successful."


def stiff_path(
    velocity: Velocity,
    jacobian: Jacobian,
    start: Float[np.ndarray, " dim"],
    times: Float[np.ndarray, " time"],
    *,
    rtol: float,
    atol: float,
    first_step: float = 0.0,
    longest_step: float = 0.0,
    band: int | None = None,
    what: str,
    cure: str,
) -> Float[np.ndarray, "time dim"]:
    """Return y at ``times``, of dy/dt = velocity(y, t), y(times[0]) = start.

    Parameters
    ----------
    velocity, jacobian
        (y, t) ↦ dy/dt and its derivative in y.
    start
        y at the first of the times.
    times
        Increasing.
    rtol, atol
        Error per step: relative to every |y_k|, and absolute.
    first_step, longest_step
        In t; 0 leaves the first one to the integrator, which starts with an explicit formula and may start too
        far where everything rests, and the longest one open.
    band
        Where the Jacobian has diagonals −band … band only: ``jacobian`` then returns them, ∂velocity_i/∂y_j at
        [i − j + band, j].
    what, cure
        What is integrated, and what to do if it cannot be: for the message.

    Raises
    ------
    NotCertified
        If the integrator gives up.
    """
    report: Mapping[str, Any] = {}
    for first, steps in _attempts(first_step):
        path, report = _lsoda(velocity, jacobian, start, times, rtol, atol, first, longest_step, steps, band)
        if report["message"] == SUCCESS and np.isfinite(path).all():
            return path
    reason = "The path is not finite." if report["message"] == SUCCESS else report["message"]
    raise NotCertified(f"{what}: {reason} {cure}")


def _attempts(first_step: float) -> tuple[tuple[float, int], ...]:
    """Return first steps with the numbers of steps to spend on each.

    LSODA starts with an explicit formula and switches when it finds the equation stiff; now and then it starts where it
    does not get to see that. From another first step it does.
    """
    return (first_step, FEW_STEPS), (0.0, FEW_STEPS), (first_step / 100.0, STEPS)


def _lsoda(
    velocity: Velocity,
    jacobian: Jacobian,
    start: np.ndarray,
    times: np.ndarray,
    rtol: float,
    atol: float,
    first_step: float,
    longest_step: float,
    steps: int,
    band: int | None,
) -> tuple[np.ndarray, Mapping[str, Any]]:
    from scipy.integrate import odeint, ODEintWarning

    with warnings.catch_warnings():
        # Its report says the same.
        warnings.simplefilter("ignore", ODEintWarning)
        return odeint(
            velocity,
            start,
            times,
            Dfun=jacobian,
            ml=band,
            mu=band,
            rtol=rtol,
            atol=atol,
            h0=first_step,
            hmax=longest_step,
            mxstep=steps,
            full_output=True,
            printmessg=False,
        )
