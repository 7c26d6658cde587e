"""Linear evolution u′ = Au by Crank–Nicolson, after a few implicit Euler half-steps that damp rough starts."""

from typing import Any

import numpy as np
from jaxtyping import Float


# Half-steps of implicit Euler (Rannacher): Crank–Nicolson alone lets the highest modes of a rough start ring on.
DAMPING = 4


def evolved(
    operator: Any, start: Float[np.ndarray, " point"], t: float, steps: int
) -> Float[np.ndarray, " point"]:
    """Return u(t) for a sparse matrix A (point, point), in ``steps`` ≥ 2 steps, with an error O((t/steps)²)."""
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import splu

    dt, one = t / steps, eye_array(len(start))
    # Both use I − ½ΔA: half a step of implicit Euler, and the implicit half of a step of Crank–Nicolson.
    implicit = splu(csc_array(one - 0.5 * dt * operator))
    explicit = csc_array(one + 0.5 * dt * operator)
    u = start
    for _ in range(DAMPING):
        u = implicit.solve(u)
    for _ in range(steps - DAMPING // 2):
        u = implicit.solve(explicit @ u)
    return u


def tridiagonal(
    below: Float[np.ndarray, " point"],
    here: Float[np.ndarray, " point"],
    above: Float[np.ndarray, " point"],
    periodic: bool,
) -> Any:
    """Return the matrix with row i = (below_i, here_i, above_i) around the diagonal, wrapped around on a ring."""
    from scipy.sparse import csc_array

    size = len(here)
    rows = np.arange(size)
    values, at = np.concatenate([below, here, above]), np.tile(rows, 3)
    to = np.concatenate([rows - 1, rows, rows + 1])
    kept = (to >= 0) & (to < size) | periodic
    return csc_array((values[kept], (at[kept], to[kept] % size)), shape=(size, size))
