"""Without noise an SDE is an ODE: its path at rtol 1e-12, checked against 1e-10."""

from itertools import count

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput, NotCertified
from sde.equations import SDE, SymbolicSDE
from sde.references.reference import Reference


# Error per step, relative; the second run tells how far the first one's errors add up.
RTOLS = (1e-10, 1e-12)
# Coordinates below it count as 0.
ATOL = 1e-14
# Evaluations of the drift: a smooth path needs thousands.
CALLS = 300_000


def flow(
    sde: SDE | SymbolicSDE, times: Float[np.ndarray, " time"] | float, start: Float[np.ndarray, " dim"]
) -> Reference:
    """Return X of dX = a(X) dt at the times, (time, dim), or (dim,) for one time.

    Parameters
    ----------
    sde
        The equation; its diffusion is not looked at.
    times
        Increasing, ≥ 0; the path starts at time 0.
    start
        X_0.

    Raises
    ------
    BadInput
        If times or start are none.
    NotCertified
        If the path cannot be continued to the end.
    """
    sde = sde.compile() if isinstance(sde, SymbolicSDE) else sde
    asked = checks.real_array("times", times)
    grid, x = np.atleast_1d(asked), checks.real_array("start", start)
    if x.shape != (sde.dim,) or not np.isfinite(x).all():
        raise checks.refuse("start", start, f"must be one finite point of {sde.dim} coordinates", "give X_0")
    if grid.ndim != 1 or not (np.diff(grid) >= 0.0).all() or not 0.0 <= grid[0] or not np.isfinite(grid[-1]):
        raise BadInput(f"times = {times}: must be increasing, finite and ≥ 0; sort them")
    coarse, fine = (_path(sde, grid, x, rtol) for rtol in RTOLS)
    shape = (*asked.shape, sde.dim)
    return Reference(fine.reshape(shape), np.abs(fine - coarse).reshape(shape))


def _path(sde: SDE, times: np.ndarray, x: np.ndarray, rtol: float) -> np.ndarray:
    from scipy.integrate import solve_ivp

    if times[-1] == 0.0:
        return np.tile(x, (len(times), 1))
    calls = count()

    def velocity(_: float, y: np.ndarray) -> np.ndarray:
        slope = sde.drift(y)
        if next(calls) > CALLS or not np.isfinite(slope).all():
            raise NotCertified(f"flow up to t = {times[-1]:g}: stuck at X = {y}; does the solution explode?")
        return slope

    found = solve_ivp(velocity, (0.0, times[-1]), x, method="DOP853", t_eval=times, rtol=rtol, atol=ATOL)
    if not found.success or not np.isfinite(found.y).all():
        raise NotCertified(f"flow up to t = {times[-1]:g}: {found.message} does the solution explode?")
    return found.y.T
