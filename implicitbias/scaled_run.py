"""A scaled run with all that T1–T4 speak of: x̂_t between synchronisations, their weighted average, every D̂_p."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.engine.definition import advance
from implicitbias.engine.direction import direction
from implicitbias.engine.draws import batches
from implicitbias.engine.scaling import preconditioner, refreshed
from implicitbias.engine.state import initial_state, State
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive, LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


# The axes of a method that T1–T4 leave open.
SPOKEN_OF = ("lr", "local_steps", "batch", "replacement", "scaling", "workers")


@dataclass(frozen=True, eq=False)
class ScaledRun:
    """Replicas of a scaled run.

    Attributes
    ----------
    models
        x̂ at the synchronisations 0, …, R.
    average
        x̄ = Σ w_t x̂_t/Σ w_t over all local steps t < T, w_t = (1+c)^{−p(t)}.
    diagonals
        D̂_p of every round.
    """

    models: Float[np.ndarray, "replica record dim"]
    average: Float[np.ndarray, "replica dim"]
    diagonals: Float[np.ndarray, "replica round dim"]

    __repr__ = in_brief


def scaled_run(
    problem: AbstractProblem,
    method: LocalMethod,
    rounds: int,
    *,
    start: Float[np.ndarray, "*replica dim"],
    replicas: int,
    stream: Stream,
    drift: float = 0.0,
) -> ScaledRun:
    """Return what ``run`` does, with the averages x̂_t that no round shows: the same draws, the same models.

    Parameters
    ----------
    problem
        Any problem with its own workers.
    method
        Local gradient steps with one D̂ for all workers, frozen for the round; plain averages.
    rounds
        R ≥ 1.
    start : array (dim,) or (replica, dim)
        x₀.
    replicas, stream
        Independent repetitions, and where they draw.
    drift
        c ≥ 0, for the weights of the average.

    Raises
    ------
    BadInput
        If the method is another: T1–T4 do not speak of it.
    """
    _check(method)
    checks.integer("rounds", rounds, 1, "give R ≥ 1")
    state = initial_state(problem, method, start, np.arange(replicas))
    models, diagonals, total, weight = [state.w], [], np.zeros_like(state.w), 0.0
    for p in range(rounds):
        state = refreshed(problem, method, state, stream)
        diagonal = _shared(method, state)
        means, state = _round(problem, method, state, diagonal, stream)
        total = total + (1.0 + drift) ** -p * means.sum(axis=0)
        weight += (1.0 + drift) ** -p * len(means)
        models.append(state.w)
        diagonals.append(diagonal)
    return ScaledRun(np.stack(models, axis=1), total / weight, np.stack(diagonals, axis=1))


def _round(
    problem: AbstractProblem,
    method: LocalMethod,
    state: State,
    diagonal: Float[np.ndarray, "replica dim"],
    stream: Stream,
) -> tuple[Float[np.ndarray, "local_step replica dim"], State]:
    """Return x̂_t for t_p ≤ t < t_p + H, and the state after the average."""
    paths = [_path(problem, method, state, m, diagonal, stream) for m in range(problem.workers)]
    means = np.mean(paths, axis=0)
    local = np.stack([path[-1] for path in paths], axis=1)
    after = dataclasses.replace(state, w=local.mean(axis=1), local=local, clock=advance(method, state.clock))
    return means[:-1], after


def _path(
    problem: AbstractProblem,
    method: LocalMethod,
    state: State,
    worker: int,
    diagonal: Float[np.ndarray, "replica dim"],
    stream: Stream,
) -> Float[np.ndarray, "step replica dim"]:
    """Return x_t^m from one synchronisation to the next."""
    begun = state.clock.steps[worker]
    steps = method.steps(problem.workers, max(state.clock.steps))[worker]
    rates, w = method.schedule(np.arange(begun, begun + steps)), state.w
    path = [w]
    for lr, batch in zip(rates, batches(problem, method, state, worker, steps, stream), strict=True):
        w = w - lr * direction(problem, method, w, worker, batch) / diagonal
        path.append(w)
    return np.stack(path)


def _shared(method: LocalMethod, state: State) -> Float[np.ndarray, "replica dim"]:
    diagonal = preconditioner(method, state)
    if diagonal is None:
        return np.ones_like(state.w)
    return np.broadcast_to(diagonal.reshape(-1, diagonal.shape[-1]), state.w.shape)


def _check(method: LocalMethod) -> None:
    axes = {f.name: getattr(method, f.name) for f in dataclasses.fields(method)}
    beside = {name: value for name, value in axes.items() if name not in SPOKEN_OF}
    plain = all(value == getattr(LocalMethod(), name) for name, value in beside.items())
    if not plain or (isinstance(method.scaling, Adaptive) and method.scaling.scope == "worker"):
        raise BadInput(
            f"method = {method!r}: the theorems speak of plain local steps with one D̂ for all workers; use "
            "savic(lr, local_steps, scaling, batch) with scope='global'"
        )
