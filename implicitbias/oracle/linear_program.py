"""Linear programs of the oracle, through HiGHS; their answers are guesses that the callers polish or check."""

import numpy as np
import scipy.optimize
from jaxtyping import Float


# Tightest feasibility tolerance that HiGHS accepts.
FEASIBILITY = 1e-10


def largest_least_margin(
    rows: Float[np.ndarray, "sample dim"],
) -> tuple[Float[np.ndarray, " dim"], float, Float[np.ndarray, " sample"]] | None:
    """Vertex (w, t, λ) of  max t subject to x_i·w ≥ t, |w_j| ≤ 1;  λ ≥ 0 are the multipliers of the first."""
    samples, dim = rows.shape
    result = scipy.optimize.linprog(
        np.append(np.zeros(dim), -1.0),
        A_ub=np.hstack([-rows, np.ones((samples, 1))]),
        b_ub=np.zeros(samples),
        bounds=[(-1, 1)] * dim + [(None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY},
    )
    if result.x is None:
        return None
    return result.x[:-1], float(result.x[-1]), np.maximum(-result.ineqlin.marginals, 0.0)


def largest_least_share(
    system: Float[np.ndarray, "equation unknown"], right: Float[np.ndarray, " equation"]
) -> Float[np.ndarray, " unknown"] | None:
    """Solution of  system · a = right, a ≥ 0  with the largest min_i a_i."""
    equations, unknowns = system.shape
    result = scipy.optimize.linprog(
        np.append(np.zeros(unknowns), -1.0),
        A_ub=np.hstack([-np.eye(unknowns), np.ones((unknowns, 1))]),
        b_ub=np.zeros(unknowns),
        A_eq=np.hstack([system, np.zeros((equations, 1))]),
        b_eq=right,
        bounds=(0, None),
        method="highs",
        options={"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY},
    )
    return None if result.x is None else result.x[:-1]
