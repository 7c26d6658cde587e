"""Stiff ordinary differential equations with a known Jacobian, by SciPy's LSODA: one door, one way to fail."""

import warnings
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified


Velocity = Callable[[Float[np.ndarray, " dim"], float], Float[np.ndarray, " dim"]]
Jacobian = Callable[[Float[np.ndarray, " dim"], float], Float[np.ndarray, "dim dim"]]

# Steps between two of the times asked for; a path that needs more is not smooth at this tolerance.
STEPS = 100_000


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
    what, cure
        What is integrated, and what to do if it cannot be: for the message.

    Raises
    ------
    NotCertified
        If the integrator gives up.
    """
    from scipy.integrate import odeint, ODEintWarning

    with warnings.catch_warnings():
        # It warns of what is raised below.
        warnings.simplefilter("ignore", ODEintWarning)
        path, report = odeint(
            velocity,
            start,
            times,
            Dfun=jacobian,
            rtol=rtol,
            atol=atol,
            h0=first_step,
            hmax=longest_step,
            mxstep=STEPS,
            full_output=True,
            printmessg=False,
        )
    if report["message"] != "Integration successful." or not np.isfinite(path).all():
        raise NotCertified(f"{what}: {report['message']} {cure}")
    return path
