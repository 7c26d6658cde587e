"""Control variates: what pulls a worker's steps towards the common gradient, and how they follow the run.

steps along ∇f_m(v) − c_m + c,  c = Σ_m p_m c_m;   after the round, for those who took part:
path: c_m ← c_m − c + (w^r − w_m)/Σ_k η_k        gradient: c_m ← ∇f_m(w^r)
"""

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.state import State
from implicitbias.methods import GradientSteps, LocalMethod, Scaffold, worker_weights
from implicitbias.problems import AbstractProblem


def common_control(
    problem: AbstractProblem, method: LocalMethod, state: State
) -> Float[np.ndarray, "replica dim"]:
    """Return c = Σ_m p_m c_m, over all workers, whoever takes part."""
    assert state.controls is not None
    p = worker_weights(problem, method)
    parts = [p[m] * state.controls[:, m] for m in range(len(p))]
    return np.asarray(sum(parts[1:], parts[0]))


def control_shift(
    problem: AbstractProblem, method: LocalMethod, state: State, worker: int
) -> Float[np.ndarray, "replica dim"] | None:
    """Return c − c_m, which is the same for all steps of a round; ``None`` without control variates."""
    if state.controls is None or not isinstance(method.correction, Scaffold):
        return None
    return common_control(problem, method, state) - state.controls[:, worker]


def corrected(
    method: LocalMethod,
    state: State,
    w: Float[np.ndarray, "replica dim"],
    gradient: Float[np.ndarray, "replica dim"],
    shift: Float[np.ndarray, "replica dim"] | None,
) -> Float[np.ndarray, "replica dim"]:
    """Return the direction of a local step at w: g + (c − c_m), or g + ρ(w − w^r), or the gradient g itself."""
    if shift is not None:
        return gradient + shift
    solver = method.local_solver
    if isinstance(solver, GradientSteps) and solver.proximal:
        return gradient + solver.proximal * (w - state.w)
    return gradient


def controlled(
    problem: AbstractProblem,
    method: LocalMethod,
    state: State,
    local: Float[np.ndarray, "replica worker dim"],
    counts: Int[np.ndarray, "replica worker"] | None,
) -> Float[np.ndarray, "replica worker dim"] | None:
    """Return the controls after the round from ``state`` to the workers' models ``local``."""
    if state.controls is None or not isinstance(method.correction, Scaffold):
        return state.controls
    if method.correction.option == "gradient":
        new = np.stack([problem.worker_gradient(state.w, m) for m in range(problem.workers)], axis=1)
    else:
        paths = (state.w[:, None] - local) / _lengths(problem, method, state)[:, None]
        new = state.controls - common_control(problem, method, state)[:, None] + paths
    return new if counts is None else np.where(counts[..., None] > 0, new, state.controls)


def _lengths(problem: AbstractProblem, method: LocalMethod, state: State) -> Float[np.ndarray, " worker"]:
    """Return Σ_k η_k over each worker's steps of the round."""
    steps = method.steps(problem.workers, max(state.clock.steps))
    starts = zip(state.clock.steps, steps, strict=True)
    return np.array([method.schedule(np.arange(k, k + h)).sum() for k, h in starts])
