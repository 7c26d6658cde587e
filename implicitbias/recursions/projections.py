"""The limit of many local steps, or of exact local solves: averaged projections on the workers' solution sets."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.methods import Average, LocalMethod, Projection
from implicitbias.problems import AbstractProblem
from implicitbias.recursions.affine_round import affine_round, AffineRound
from implicitbias.recursions.curvatures import worker_curvatures


# Gradient left at the nearest candidate, relative to that of the data, beyond which workers have no solution in common.
CONSISTENT = 1e-9


def averaged_projections(
    problem: AbstractProblem, weights: tuple[float, ...] | Literal["samples"] | None = None
) -> AffineRound:
    """Return x⁺ = Σ_m p_m P_m(x), P_m the projection on {f_m least}: x⁺ − s = (I − Σ p_m Π_m)(x − s).

    Π_m projects on the range of A_m; s is any common solution, if there is one. Then ``limit(x⁰)`` is the point of the
    solution set next to x⁰, and ``rate`` = 1 − λ⁺_min(Σ p_m Π_m). Workers without a common solution rest where
    Σ p_m Π_m(x − b_m) = 0, which is not the least-squares solution.
    """
    return affine_round(problem, LocalMethod(local_solver=Projection(), aggregation=Average(weights)))


def nearest_solution(problem: AbstractProblem, start: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " dim"]:
    """Return the Euclidean projection of ``start`` on the common minimisers of all f_m.

    Raises
    ------
    BadInput
        If they have none in common.
    """
    hessians, pulls = worker_curvatures(problem)
    whole, pull = hessians.reshape(-1, problem.dim), pulls.ravel()
    nearest = start - np.linalg.pinv(whole) @ (whole @ start - pull)
    left = np.abs(whole @ nearest - pull).max()
    if left > CONSISTENT * (1.0 + np.abs(pull).max()):
        raise BadInput(
            f"problem = {problem!r}: its workers have no solution in common, gradients of {left:.2g} are left; "
            "ask averaged_projections(problem).limit(start)"
        )
    return nearest
