"""One round of a local method in plain NumPy: the definition that every compiled kernel must equal.

    for every worker m:   v ← w^r;  repeat H_m times:  v ← v − η D^{−1} ∇f_m(v);   w_m ← v
    w^{r+1} ← a_r w⁰ + (1 − a_r)(1/M) Σ_m w_m

with mini-batches or gradient noise, momentum, exact local solves and a server momentum where the method asks for
them; with ∇log f_m for ∇f_m where the learning rate is normalised, with every worker starting at the model of the
one before where they take turns, and with w^{r+1} rescaled at the end.
"""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.binding import bound
from implicitbias.engine.state import Clock, State
from implicitbias.errors import BadInput
from implicitbias.local_solvers import solve_exactly
from implicitbias.methods import Anchored, GradientSteps, LocalMethod
from implicitbias.problems import (
    AbstractNoisyProblem,
    AbstractProblem,
    AbstractSampledProblem,
    LinearClassification,
)
from implicitbias.stream import Stream


# A worker's model at the end of its local work, and its velocity if it has one.
Work = tuple[Float[np.ndarray, "replica dim"], Float[np.ndarray, "replica dim"] | None]


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
    work = (_in_turn if method.sequential else _side_by_side)(problem, method, state, stream)
    local = np.stack([w for w, _ in work], axis=1)
    w, server = aggregate(method, state, local[:, -1] if method.sequential else local.mean(axis=1))
    return dataclasses.replace(
        state,
        w=rescaled(method, w, state.clock.round + 1),
        local=local,
        server=server,
        velocity=_shared_velocity(work[-1:] if method.sequential else work, problem.workers),
        clock=advance(method, state.clock),
    )


def local_work(
    problem: AbstractProblem, method: LocalMethod, state: State, worker: int, stream: Stream | None
) -> Work:
    """Return worker m's model, and its velocity if it has one, at the end of its local work from ``state.w``."""
    if not isinstance(method.local_solver, GradientSteps):
        return solve_exactly(problem, method.local_solver, worker, state.w), None
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


def batches(
    problem: AbstractProblem,
    method: LocalMethod,
    state: State,
    worker: int,
    steps: int,
    stream: Stream | None,
) -> Int[np.ndarray, "steps replica draw"] | Float[np.ndarray, "steps replica channel"] | list[None]:
    """Return the local sample indices of each of the worker's mini-batches in this round, or its noise ξ/√B.

    With replacement, the words of (replica, worker, round) are read along the local steps. Without, sample q
    of the worker's life is entry q mod n_m of the random order of its epoch ⌊q/n_m⌋.
    """
    if method.batch is None:
        return [None] * steps
    if isinstance(problem, AbstractNoisyProblem):
        return problem.draw(stream, state.replicas, worker, state.clock.steps[worker], steps, method.batch)
    size, local, stream = check_draw(problem, method, worker, stream)
    if method.replacement:
        address = stream.at("batch", state.replicas, worker, state.clock.round)
        drawn = address.integers(local, steps * size)
        return drawn.reshape(-1, steps, size).swapaxes(0, 1)
    count = state.clock.steps[worker] * size + np.arange(steps * size)
    orders = {
        e: stream.at("order", state.replicas, worker, e).permutation(local) for e in np.unique(count // local)
    }
    drawn = np.stack([orders[q // local][:, q % local] for q in count], axis=1)
    return drawn.reshape(-1, steps, size).swapaxes(0, 1)


def _gradient_steps(
    problem: AbstractProblem, method: LocalMethod, state: State, worker: int, stream: Stream | None
) -> tuple[np.ndarray, np.ndarray | None]:
    w = state.w
    velocity = None if state.velocity is None else state.velocity[:, worker]
    start, steps = state.clock.steps[worker], method.steps(problem.workers, max(state.clock.steps))[worker]
    rates = method.schedule(np.arange(start, start + steps))
    for lr, samples in zip(rates, batches(problem, method, state, worker, steps, stream), strict=True):
        step = lr * _direction(problem, method, w, worker, samples)
        if state.scaling is not None:
            step = step / state.scaling
        if velocity is not None and method.momentum is not None:
            velocity = method.momentum.beta * velocity - step
            w = w + velocity
        else:
            w = w - step
    return w, velocity


def _direction(
    problem: AbstractProblem, method: LocalMethod, w: np.ndarray, worker: int, samples: np.ndarray | None
) -> np.ndarray:
    if method.normalised:
        return check_normalised(problem, method).worker_log_gradient(w, worker)
    if isinstance(problem, AbstractNoisyProblem) and samples is not None:
        return problem.noisy_gradient(w, samples)
    return problem.worker_gradient(w, worker, samples)


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
            state, w=work[-1][0], velocity=_shared_velocity(work[-1:], problem.workers)
        )
    return work


def _shared_velocity(work: list[Work], workers: int) -> np.ndarray | None:
    velocities = [v for _, v in work if v is not None]
    if not velocities:
        return None
    return np.repeat(np.mean(velocities, axis=0)[:, None], workers, axis=1)


def check_normalised(problem: AbstractProblem, method: LocalMethod) -> LinearClassification:
    """Return the problem of a method with a normalised learning rate, or refuse it."""
    if not isinstance(problem, LinearClassification):
        raise BadInput(
            f"lr = {method.lr!r}: divides by a loss known in logarithms with its gradient, and that of {problem!r} "
            "vanishes at a minimiser, or is not known so; give a number, or a LinearClassification"
        )
    return problem


def check_source(problem: AbstractProblem, method: LocalMethod, stream: Stream | None) -> None:
    """Refuse a method that draws what the problem does not have, or without a stream."""
    if isinstance(problem, AbstractNoisyProblem):
        if not method.replacement:
            raise BadInput(
                f"replacement = False: {problem!r} has noise of independent steps, and its samples, if any, are drawn "
                "with replacement; leave it out"
            )
        problem.draw(stream, np.arange(1), 0, 0, 1, method.batch or 1.0)
        return
    for worker in range(problem.workers):
        check_draw(problem, method, worker, stream)


def check_draw(
    problem: AbstractProblem, method: LocalMethod, worker: int, stream: Stream | None
) -> tuple[int, int, Stream]:
    """Return (B_loc, n_m, stream) of a mini-batch method, or refuse it."""
    if stream is None:
        raise BadInput(
            "stream = None: mini-batches are drawn at addresses of a stream; give stream=Stream(0)"
        )
    if not isinstance(problem, AbstractSampledProblem):
        raise BadInput(f"batch = {method.batch}: {problem!r} has no samples; use batch=None (full gradients)")
    size, local = method.batch, int(problem.sizes[worker])
    if size is None or int(size) != size:
        raise BadInput(f"batch = {size!r}: on a finite problem B_loc must be an integer; round it")
    if not method.replacement and size > local:
        raise BadInput(
            f"batch = {size} without replacement: worker {worker} has only n_m = {local} samples; "
            "take a smaller batch or replacement=True"
        )
    return int(size), local, stream
