"""One round of a local method in plain NumPy: the definition that every compiled kernel must equal.

    D̂ ← the scaling, refreshed at w^r where it follows the run
    for every worker m:   v ← w^r;  repeat H_m times:  v ← v − η D̂^{−1}(∇f_m(v) − c_m + c);   w_m ← v
    w^{r+1} ← the server's move from Σ_m p_m w_m over those who take part;   c_m ← the path of the local work

with mini-batches or gradient noise, momentum and exact local solves where the method asks for them; with ∇log f_m for
∇f_m where the learning rate is normalised, with every worker starting at the model of the one before where they take
turns, and with w^{r+1} rescaled at the end. The server's part is ``aggregation``, that of the controls ``correction``.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.engine.aggregation import (
    aggregate,
    arrived,
    attendance,
    average,
    normalised,
    rescaled,
    shares_of,
)
from implicitbias.engine.binding import bound
from implicitbias.engine.correction import control_shift, controlled, corrected
from implicitbias.engine.direction import direction
from implicitbias.engine.draws import batches
from implicitbias.engine.scaling import refreshed, WorkerScaling
from implicitbias.engine.state import Clock, State
from implicitbias.local_solvers import solve_exactly
from implicitbias.methods import GradientSteps, LocalMethod
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
        Source of mini-batches, of gradient noise and of who takes part; not needed by a deterministic method.

    Raises
    ------
    BadInput
        If the method draws and no stream is given.
    """
    problem = bound(problem, method)
    state = refreshed(problem, method, state, stream)
    work = (_in_turn if method.sequential else _side_by_side)(problem, method, state, stream)
    local = np.stack([own.w for own in work], axis=1)
    counts = attendance(problem, method, state, stream)
    shares = shares_of(problem, method, counts)
    mean = average(normalised(method, local, state, shares), state.w, shares)
    mean, pending = arrived(method, state, local[:, -1] if method.sequential else mean)
    w, server = aggregate(method, state, mean)
    return dataclasses.replace(
        state,
        w=rescaled(method, w, state.clock.round + 1),
        local=local,
        server=server,
        pending=pending,
        controls=controlled(problem, method, state, local, counts),
        velocity=_shared_velocity(method, state, work, shares),
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
    shift = control_shift(problem, method, state, worker)
    for lr, batch in zip(rates, drawn, strict=True):
        along = corrected(method, state, w, direction(problem, method, w, worker, batch), shift)
        step = scaling.scaled(lr * along, w)
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
        velocity = work[-1].velocity
        shared = None if velocity is None else np.repeat(velocity[:, None], problem.workers, axis=1)
        state = dataclasses.replace(state, w=work[-1].w, velocity=shared)
    return work


def _shared_velocity(
    method: LocalMethod, state: State, work: list[Work], shares: np.ndarray | None
) -> np.ndarray | None:
    """Return the average of the velocities, or the last in turn, for every worker."""
    velocities = [own.velocity for own in work if own.velocity is not None]
    if not velocities or state.velocity is None:
        return None
    each = np.stack(velocities, axis=1)
    mean = each[:, -1] if method.sequential else average(each, state.velocity[:, 0], shares)
    return np.repeat(mean[:, None], each.shape[1], axis=1)


def _own_memories(method: LocalMethod, state: State, work: list[Work]) -> dict[str, np.ndarray]:
    """Return the D of all workers and their counts, where they were refreshed before each local step."""
    memories = [own.memory for own in work if own.memory is not None]
    if not memories or state.refreshes is None:
        return {}
    steps = np.array(method.steps(len(work), max(state.clock.steps)))
    return {"scaling": np.stack(memories, axis=1), "refreshes": state.refreshes + steps}
