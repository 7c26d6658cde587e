"""From a guess of the active set to the exact solution: min |v|²/2 subject to x_i·v ≥ h_i, to the last bit.

Guess P, solve on it, exchange: rows with a negative multiplier leave, violated rows enter, all at once. A good guess
needs none or one exchange. When exchanges cycle or make P dependent, the dual active-set method finishes.
"""

import numpy as np
from jaxtyping import Int

from implicitbias.oracle.dual_active_set import dual_active_set
from implicitbias.oracle.equality import independent_subset, LeastDistance, LeastDistanceProblem, solve_on
from implicitbias.oracle.extended import EXTENDED, length
from implicitbias.oracle.signed_rows import row_norms


# Violation below which a row counts as satisfied, in units of the level: above 1e-17, below CERTIFIED.
SATISFIED = 1e-14

# Rounding of an extended product x_i·v, in units of eps·|x_i||v|; smaller violations are noise.
ROUNDING = 4.0

# Block exchanges end within five or cycle.
EXCHANGES = 12


def polish(problem: LeastDistanceProblem, active: Int[np.ndarray, " active"]) -> LeastDistance | None:
    """Exact solution of min |v|²/2 subject to x_i·(v/root) ≥ h_i, from a guess of the rows with β_i > 0.

    Returns
    -------
    LeastDistance or None
        None when the constraints conflict, or rounding hides the solution. The caller certifies.
    """
    allowance = ROUNDING * np.finfo(EXTENDED).eps * row_norms(problem.rows(np.arange(len(problem.level))))

    def violated(solution: LeastDistance) -> Int[np.ndarray, " violated"]:
        noise = allowance * length(solution.point)
        return np.flatnonzero(solution.slack < -np.maximum(SATISFIED * np.abs(problem.level).max(), noise))

    best, active = None, independent_subset(problem, np.asarray(active, dtype=int))
    for _ in range(EXCHANGES):
        solution = solve_on(problem, active)
        if solution is None:
            break
        leave, enter = solution.multipliers[active] < 0, violated(solution)
        if not leave.any():
            if not enter.size:
                return solution
            if best is None or length(solution.point) > length(best.point):
                best = solution
        active = np.union1d(active[~leave], enter)
    return dual_active_set(problem, best, violated)
