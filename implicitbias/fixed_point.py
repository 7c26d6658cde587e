"""Where Local GD rests: the fixed point of one round, which for H > 1 is no minimiser of f."""

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.engine.definition import round_step
from implicitbias.engine.state import initial_state
from implicitbias.errors import NotCertified
from implicitbias.methods import Adaptive, LocalMethod, Scaffold
from implicitbias.problems import AbstractProblem


# Move of a round, over ηH and in units of 1 + |v|, that is rounding when ηH is about 1.
RESIDUAL = 1e-12
# Rounding must be below this share of what neighbours at distance 1 move: on a way to infinity all stand still.
AT_REST = 1e-3


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
    BadInput
        If the scaling or control variates follow the run, or the server is late.
    NotCertified
        If a round still moves the point found beyond rounding, or its neighbours no more than that.
    """
    from scipy.optimize import root

    _check(method)

    def move(v: np.ndarray) -> np.ndarray:
        state = initial_state(problem, method, v)
        return (round_step(problem, method, state).w[0] - v) / scale

    scale = float(np.sum(method.schedule(np.arange(max(method.steps(problem.workers, 0))))))
    found = root(move, start, tol=RESIDUAL).x
    left = float(np.linalg.norm(move(found)))
    axes = np.eye(len(found))
    around = max(float(np.linalg.norm(move(found + step))) for step in (*axes, *-axes))
    if not left <= RESIDUAL * (1.0 + np.linalg.norm(found)) / min(scale, 1.0) < AT_REST * around:
        raise NotCertified(
            f"a round still moves v by {left:.2e}·ηH: no fixed point was found; start nearer to it, give a smaller η "
            "(the map contracts for η < 2/smoothness), or data that no w separates"
        )
    return found


def _check(method: LocalMethod) -> None:
    rule = "a round also moves {}, so that its model alone has no fixed point"
    if isinstance(method.scaling, Adaptive):
        raise checks.refuse("scaling", method.scaling, rule.format("D"), "freeze D: Fixed(tuple(d))")
    if isinstance(method.correction, Scaffold):
        cure = "its fixed point is the minimiser of Σ p_m f_m"
        raise checks.refuse("correction", method.correction, rule.format("the controls"), cure)
    if method.server.delay:
        cure = "the fixed point is that of delay=0"
        raise checks.refuse("server", method.server, rule.format("what is on its way"), cure)
