"""One round of a local method in plain NumPy: the definition that every compiled kernel must equal.

    D̂ ← the scaling, refreshed at w^r where it follows the run
    for every worker m:   v ← w^r;  repeat H_m times:  v ← v − η D̂^{−1} ∇f_m(v);   w_m ← v
    w^{r+1} ← a_r w⁰ + (1 − a_r)(1/M) Σ_m w_m

with mini-batches or gradient noise, momentum, exact local solves and a server momentum where the method asks for
them; with ∇log f_m for ∇f_m where the learning rate is normalised, with every worker starting at the model of the
one before where they take turns, and with w^{r+1} rescaled at the end.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.engine.binding import bound
from implicitbias.engine.direction import direction
from implicitbias.engine.draws import batches
from implicitbias.engine.scaling import refreshed, WorkerScaling
from implicitbias.engine.state import Clock, State
from implicitbias.local_solvers import solve_exactly
from implicitbias.methods import Anchored, GradientSteps, LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


class Work(NamedTuple):
    """A worker's model at the end of its local work, its velocity if it has one, and the D it refreshed by itself."""

    w: Float[np.ndarray, "replica dim"]
    velocity: Float[np.ndarray, "replica dim"] | None = None
    memory: Float[np.ndarray, "replica dim"] | None = None


def round_step(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None = None
) -> State:
    """Return the state after one communication round.

    Parameters
    ----------
    problem, method
        What is minimised, and how.
    state
        State before the round.
    stream
        Source of mini-batches and of gradient noise; not needed by a deterministic method.

    Raises
    ------
    BadInput
        If the method draws and no stream is given.
    """
    problem = bound(problem, method)
    state = refreshed(problem, method, state, stream)
    work = (_in_turn if method.sequential else _side_by_side)(problem, method, state, stream)
    local = np.stack([own.w for own in work], axis=1)
    w, server = aggregate(method, state, local[:, -1] if method.sequential else local.mean(axis=1))
    return dataclasses.replace(
        state,
        w=rescaled(method, w, state.clock.round + 1),
        local=local,
        server=server,
        velocity=_shared_velocity(work[-1:] if method.sequential else work, problem.workers),
        clock=advance(method, state.clock),
        **_own_memories(method, state, work),
    )


def local_work(
    problem: AbstractProblem, method: LocalMethod, state: State, worker: int, stream: Stream | None
) -> Work:
    """Return worker m's model, and its velocity if it has one, at the end of its local work from ``state.w``."""
    if not isinstance(method.local_solver, GradientSteps):
        return Work(solve_exactly(problem, method.local_solver, worker, state.w))
    return _gradient_steps(problem, method, state, worker, stream)


def aggregate(
    method: LocalMethod, state: State, average: Float[np.ndarray, "replica dim"]
) -> tuple[Float[np.ndarray, "replica dim"], Float[np.ndarray, "replica dim"] | None]:
    """Return w^{r+1}, before it is rescaled, and the server's velocity from the average of the workers' models."""
    if isinstance(method.aggregation, Anchored) and state.anchor is not None:
        a = method.aggregation.coefficient(state.clock.round)
        average = a * state.anchor + (1.0 - a) * average
    if method.server.rate == 1.0 and state.server is None:
        return average, None
    move = average - state.w
    if state.server is None:
        return state.w + method.server.rate * move, None
    velocity = method.server.momentum * state.server + move
    return state.w + method.server.rate * velocity, velocity


def rescaled(
    method: LocalMethod, w: Float[np.ndarray, "replica dim"], round: int
) -> Float[np.ndarray, "replica dim"]:
    """Return w with the norm that the method gives it at the end of that round."""
    if method.rescaling is None:
        return w
    norm = np.linalg.norm(w, axis=-1, keepdims=True)
    share = method.rescaling.radius_at(round) / np.where(norm > 0.0, norm, np.inf)
    if not method.rescaling.rescales_at(round):
        share = np.minimum(share, 1.0)
    return np.where(norm > 0.0, share, 1.0) * w


def advance(method: LocalMethod, clock: Clock) -> Clock:
    """Return the clock one round later."""
    steps = method.steps(len(clock.steps), max(clock.steps))
    rates = [method.schedule(np.arange(k, k + h)) for k, h in zip(clock.steps, steps, strict=True)]
    over_workers = np.sum if method.sequential else np.mean
    return Clock(
        round=clock.round + 1,
        steps=tuple(k + h for k, h in zip(clock.steps, steps, strict=True)),
        time=clock.time + float(over_workers([r.sum() for r in rates])),
        slow_time=clock.slow_time + float(over_workers([(r * r).sum() for r in rates])),
    )


def _gradient_steps(
    problem: AbstractProblem, method: LocalMethod, state: State, worker: int, stream: Stream | None
) -> Work:
    w = state.w
    velocity = None if state.velocity is None else state.velocity[:, worker]
    start, steps = state.clock.steps[worker], method.steps(problem.workers, max(state.clock.steps))[worker]
    rates = method.schedule(np.arange(start, start + steps))
    drawn = batches(problem, method, state, worker, steps, stream)
    scaling = WorkerScaling(problem, method, state, worker, steps, stream)
    for lr, batch in zip(rates, drawn, strict=True):
        step = scaling.scaled(lr * direction(problem, method, w, worker, batch), w)
        if velocity is not None and method.momentum is not None:
            velocity = method.momentum.beta * velocity - step
            w = w + velocity
        else:
            w = w - step
    return Work(w, velocity, scaling.memory)


def _side_by_side(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None
) -> list[Work]:
    return [local_work(problem, method, state, m, stream) for m in range(problem.workers)]


def _in_turn(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None
) -> list[Work]:
    work = []
    for m in range(problem.workers):
        work.append(local_work(problem, method, state, m, stream))
        state = dataclasses.replace(
            state, w=work[-1].w, velocity=_shared_velocity(work[-1:], problem.workers)
        )
    return work


def _shared_velocity(work: list[Work], workers: int) -> np.ndarray | None:
    velocities = [own.velocity for own in work if own.velocity is not None]
    if not velocities:
        return None
    return np.repeat(np.mean(velocities, axis=0)[:, None], workers, axis=1)


def _own_memories(method: LocalMethod, state: State, work: list[Work]) -> dict[str, np.ndarray]:
    """Return the D of all workers and their counts, where they were refreshed before each local step."""
    memories = [own.memory for own in work if own.memory is not None]
    if not memories or state.refreshes is None:
        return {}
    steps = np.array(method.steps(len(work), max(state.clock.steps)))
    return {"scaling": np.stack(memories, axis=1), "refreshes": state.refreshes + steps}
