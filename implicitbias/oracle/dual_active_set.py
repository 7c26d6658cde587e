"""Least distance one row at a time: the dual active-set method, for which no first guess is too poor.

Start from rows P with v = Σ_P β_i x_i, β ≥ 0, x_i·v = h_i on P: the solution with fewer constraints. Add a violated
row j; on the way to x_j·v = h_j a multiplier may reach zero, and its row leaves. |v| grows with every row added, so
no P returns (goldfarb1983). If x_j is a combination of P with non-positive coefficients, the constraints conflict.
"""

from collections.abc import Callable

import numpy as np
import scipy
from jaxtyping import Float, Int

from implicitbias.oracle.equality import DEPENDENT, LeastDistance, LeastDistanceProblem, solve_on
from implicitbias.oracle.extended import EXTENDED, length


# Rows added before giving up, in multiples of min(n, d) + 10: several times what random data need.
ADDITIONS = 10


def dual_active_set(
    problem: LeastDistanceProblem,
    start: LeastDistance | None,
    violated: Callable[[LeastDistance], Int[np.ndarray, " row"]],
) -> LeastDistance | None:
    """Solve the problem from a dual feasible start.

    Parameters
    ----------
    problem : LeastDistanceProblem
    start : LeastDistance, optional
        Solution of the problem with fewer rows; v = 0 if not given.
    violated : callable
        Maps a LeastDistance to the indices of its violated rows.

    Returns
    -------
    LeastDistance or None
        None if the constraints conflict, or if rounding stops |v| from growing.
    """
    solution = start or LeastDistance(
        np.zeros(len(problem.root), EXTENDED), np.zeros(len(problem.level), EXTENDED), -problem.level
    )
    sizes = np.linalg.norm(problem.rows(np.arange(len(problem.level))), axis=1)
    for _ in range(ADDITIONS * (min(problem.signed.shape) + 10)):
        enter = violated(solution)
        if not enter.size:
            return solution
        row = enter[np.argmin((solution.slack[enter] / sizes[enter]).astype(float))]
        better = _add(problem, solution, int(row))
        if better is None or not length(better.point) > length(solution.point):
            return None
        solution = better
    return None


def _add(problem: LeastDistanceProblem, solution: LeastDistance, row: int) -> LeastDistance | None:
    """Raise β_row from zero until x_row·v = h_row, dropping the rows whose β reaches zero on the way."""
    active = np.flatnonzero(solution.multipliers)
    beta, missing = solution.multipliers[active].astype(float), -float(solution.slack[row])
    entering = problem.rows(np.array([row]))[0]
    while True:
        outside, coefficients = _split(problem.rows(active), entering)
        gain = float(outside @ outside)
        full = missing / gain if gain > 0 else np.inf
        falling = np.flatnonzero(coefficients > 0)
        partial = beta[falling] / coefficients[falling]
        if full <= partial.min(initial=np.inf):
            break
        if not falling.size:
            return None
        leave, step = falling[partial.argmin()], partial.min()
        beta, missing = np.delete(beta - step * coefficients, leave), missing - step * gain
        active = np.delete(active, leave)
    return None if np.isinf(full) else _nonnegative_solution(problem, np.append(active, row))


def _split(
    rows: Float[np.ndarray, "active dim"], entering: Float[np.ndarray, " dim"]
) -> tuple[Float[np.ndarray, " dim"], Float[np.ndarray, " active"]]:
    """Split x = z + Σ c_i x_i with z orthogonal to the rows; z = 0 exactly when x depends on them."""
    if len(rows) == 0:
        return entering, np.zeros(0)
    q, r = scipy.linalg.qr(rows.T, mode="economic", check_finite=False)
    inner = q.T @ entering
    outside = entering - q @ inner
    correction = q.T @ outside  # a second projection: the first loses |x|/|z| digits
    outside, inner = outside - q @ correction, inner + correction
    if np.linalg.norm(outside) <= DEPENDENT * np.linalg.norm(entering):
        outside = np.zeros_like(outside)
    return outside, scipy.linalg.solve_triangular(r, inner)


def _nonnegative_solution(
    problem: LeastDistanceProblem, active: Int[np.ndarray, " active"]
) -> LeastDistance | None:
    """Solve on P; a multiplier that rounding left below zero takes its row out."""
    while True:
        solution = solve_on(problem, active)
        if solution is None or not (negative := solution.multipliers[active] < 0).any():
            return solution
        active = active[~negative]
