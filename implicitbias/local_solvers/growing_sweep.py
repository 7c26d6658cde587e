"""The global sweeping process of all samples: where local flows go once log r is comparable with Λ = log(ηH)."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.local_solvers.sweeping import sweep, SweepPath


def growing_sweep(
    signed: Float[np.ndarray, "sample dim"], start: Float[np.ndarray, " dim"], last: float
) -> SweepPath:
    """Return the path of −du/ds ∈ N_{C(s)}(u), C(s) = {u : x_i·u ≥ s}, from ``start`` at s = 1 to s = ``last``.

    The sets are cones of one another, C(λs) = λC(s): it is the process to s = 1 from ``start``/``last``, stretched.

    Parameters
    ----------
    signed : array, shape (n, d)
        Rows x_i of all workers.
    start : array, shape (d,)
        A point of C(1), up to rounding.
    last
        s at the end, > 1; with s = 1 + log r/Λ the path is that of w^r/Λ for Λ → ∞.

    Returns
    -------
    SweepPath
        It rests while s < min x·u, as its first piece says.

    Raises
    ------
    BadInput, NotSeparable, NotCertified
        From ``sweep``; and for ``last`` ≤ 1.
    """
    if not last > 1.0:
        raise BadInput(f"last = {last}: the sets grow from s = 1 on; give last > 1")
    path = sweep(signed, np.asarray(start, dtype=float) / last)
    times, points = last * path.times, last * path.points
    if times[0] <= 1.0:
        return SweepPath(times, points, path.active)
    return SweepPath(np.append(1.0, times), np.vstack([points[:1], points]), ((), *path.active))
