"""Where Local GD rests: the fixed point of one round, which for H > 1 is no minimiser of f."""

import numpy as np
from jaxtyping import Float

from implicitbias.engine.definition import round_step
from implicitbias.engine.state import initial_state
from implicitbias.errors import NotCertified
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem


# Share of the start's move that is left when the root finder has converged to rounding.
RESIDUAL = 1e-12


def round_fixed_point(
    problem: AbstractProblem, method: LocalMethod, start: Float[np.ndarray, " dim"]
) -> Float[np.ndarray, " dim"]:
    """Return v with v = (1/M) Σ_m (v − η Σ_j ∇f_m(v_m^j)), found by Powell's hybrid method on the move of a round.

    The averaged H-step map contracts on a strongly convex f with η below 2/smoothness, so that there is one.

    Parameters
    ----------
    problem
        With a finite minimiser; of small dimension (the Jacobian is a difference quotient).
    method
        Deterministic.
    start : array (dim,)
        A point near it, such as the minimiser of f, the fixed point of H = 1.

    Raises
    ------
    NotCertified
        If a round still moves the point found by more than 1e-12 of what a round moves at distance 1.
    """
    from scipy.optimize import root

    def move(v: np.ndarray) -> np.ndarray:
        state = initial_state(problem, method, v)
        return (round_step(problem, method, state).w[0] - v) / scale

    scale = float(np.sum(method.schedule(np.arange(max(method.steps(problem.workers, 0))))))
    found = root(move, start, tol=RESIDUAL).x
    left = float(np.linalg.norm(move(found)))
    if not left <= RESIDUAL * (1.0 + np.linalg.norm(found)) / min(scale, 1.0):
        raise NotCertified(
            f"a round still moves v by {left:.2e}·ηH: the fixed point was not found; start nearer to it, or give a "
            "smaller η (the map contracts for η < 2/smoothness)"
        )
    return found
