"""Linear programs of the oracle, through HiGHS; their answers are guesses that the callers polish or check."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float


# Tightest feasibility tolerance that HiGHS accepts.
FEASIBILITY = 1e-10


@dataclass(frozen=True, eq=False)
class Vertex:
    """Vertex of the linear program of the max-norm margin.

    Attributes
    ----------
    weights : array, shape (d,)
    margin : float
        t = min_i x_i·w + b_i.
    multipliers : array, shape (n,)
        λ ≥ 0 of the constraints x_i·w + b_i ≥ t.
    """

    weights: Float[np.ndarray, " dim"]
    margin: float
    multipliers: Float[np.ndarray, " sample"]


def largest_least_margin(
    rows: Float[np.ndarray, "sample dim"],
    offsets: Float[np.ndarray, " sample"] | float = 0.0,
    bounds: tuple[Float[np.ndarray, " dim"] | float, Float[np.ndarray, " dim"] | float] = (-1.0, 1.0),
) -> Vertex | None:
    """Vertex of  max t subject to x_i·w + b_i ≥ t, lower ≤ w ≤ upper;  None if HiGHS finds none."""
    samples, dim = rows.shape
    lower, upper = (np.broadcast_to(bound, dim) for bound in bounds)
    result = scipy.optimize.linprog(
        np.append(np.zeros(dim), -1.0),
        A_ub=np.hstack([-rows, np.ones((samples, 1))]),
        b_ub=np.broadcast_to(offsets, samples),
        bounds=[*zip(lower, upper, strict=True), (None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY},
    )
    if result.x is None:
        return None
    return Vertex(result.x[:-1], float(result.x[-1]), np.maximum(-result.ineqlin.marginals, 0.0))


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
