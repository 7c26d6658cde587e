"""How a diagonal scaling follows the run: curvature samples h, the memory D, and D̂ = clip(D) in force.

    squared:  D² ← β_t D² + (1 − β_t) h²        linear:  D ← β_t D + (1 − β_t) h        sum:  D² ← D² + h²

D itself is kept, not D²: where gradients have fallen below 1e-154 their squares are 0, and D would be too.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from implicitbias.engine.direction import direction
from implicitbias.engine.draws import Batch, batches, signs
from implicitbias.engine.state import State
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive, Fixed, LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem, AbstractTwiceDifferentiable
from implicitbias.stream import Stream


# v·∇²f v below this share of Σ|h_k| is negative curvature, above it perhaps only rounding.
CURVED_DOWN = -1e-9

Memory = Float[np.ndarray, "replica scope dim"]
Samples = Float[np.ndarray, "replica worker dim"]
Diagonal = Float[np.ndarray, "replica dim"]


def refreshed(problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None) -> State:
    """Return the state at the start of its round: with D warmed up and refreshed at the model, where that is due."""
    scaling = method.scaling
    if not isinstance(scaling, Adaptive) or state.scaling is None or state.refreshes is None:
        return state
    memory, counts = state.scaling, state.refreshes
    if scaling.warmup and not counts.any():
        memory, counts = _warmed_up(problem, method, state, stream), counts + scaling.warmup
    if scaling.due(state.clock.round, int(counts[0])):
        source = sample_source(scaling, stream)
        h = _of_workers(_samples(problem, method, state, m, 1, source)[0] for m in range(problem.workers))
        memory, counts = updated(scaling, memory, pooled(scaling, h), int(counts[0])), counts + 1
    return dataclasses.replace(state, scaling=memory, refreshes=counts)


def preconditioner(method: LocalMethod, state: State) -> Memory | None:
    """Return D̂ of every replica, one for all workers or one for each; ``None`` for no scaling."""
    if isinstance(method.scaling, Adaptive) and state.scaling is not None:
        return method.scaling.clipped(state.scaling)
    return state.scaling if isinstance(method.scaling, Fixed) else None


class WorkerScaling:
    """D̂ of one worker during its local steps of a round: frozen, or refreshed before each of them.

    Attributes
    ----------
    memory
        The worker's D where it is refreshed step by step, else ``None``.
    """

    def __init__(
        self,
        problem: AbstractProblem,
        method: LocalMethod,
        state: State,
        worker: int,
        steps: int,
        stream: Stream | None,
    ):
        scaling = method.scaling
        self._of, self._worker, self.memory = (problem, method), worker, None
        diagonals = preconditioner(method, state)
        self._diagonal = None if diagonals is None else diagonals[:, min(worker, diagonals.shape[1] - 1)]
        # Without a floor D̂ may be 0, and 0/0 is 0 there: a coordinate that has seen no gradient stays.
        self._bare = isinstance(scaling, Adaptive) and scaling.floor is None
        if isinstance(scaling, Adaptive) and scaling.refresh == "step":
            assert state.scaling is not None and state.refreshes is not None
            self.memory, self._refreshes = state.scaling[:, worker], int(state.refreshes[worker])
            self._draws = iter(_draws(problem, method, state, worker, steps, sample_source(scaling, stream)))

    def scaled(self, step: Diagonal, w: Diagonal) -> Diagonal:
        """Return D̂^{−1} step for the next local step, which is taken at w."""
        if self.memory is not None:
            self._refresh(w)
        if self._diagonal is None:
            return step
        if not self._bare:
            return step / self._diagonal
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((step == 0.0) & (self._diagonal == 0.0), 0.0, step / self._diagonal)

    def _refresh(self, w: Diagonal) -> None:
        problem, method = self._of
        scaling = method.scaling
        assert isinstance(scaling, Adaptive) and self.memory is not None
        h = sample(problem, method, w, self._worker, *next(self._draws))
        self.memory = updated(scaling, self.memory, clipped_samples(scaling, h), self._refreshes)
        self._refreshes += 1
        self._diagonal = scaling.clipped(self.memory)


def updated(scaling: Adaptive, memory: np.ndarray, h: np.ndarray, refreshes: int) -> np.ndarray:
    """Return D after one more sample h, which comes after ``refreshes`` others."""
    if scaling.rule == "sum":
        return np.hypot(memory, h)
    beta = scaling.weight(refreshes)
    if scaling.rule == "linear":
        return beta * memory + (1.0 - beta) * h
    return np.hypot(np.sqrt(beta) * memory, np.sqrt(1.0 - beta) * h)


def clipped_samples(scaling: Adaptive, h: np.ndarray) -> np.ndarray:
    """Return samples cut to [−d_max, d_max]."""
    return h if scaling.ceiling is None else np.clip(h, -scaling.ceiling, scaling.ceiling)


def pooled(scaling: Adaptive, h: Samples) -> Memory:
    """Return what enters D: each worker's sample, their mean, or the root of their mean square."""
    h = clipped_samples(scaling, h)
    if scaling.scope == "worker":
        return h
    if scaling.rule == "linear" or scaling.pooling == "square_of_mean":
        return h.mean(axis=1, keepdims=True)
    return _root_mean_square(h, axis=1)


def sample(
    problem: AbstractProblem, method: LocalMethod, w: Diagonal, worker: int, batch: Batch, v: Diagonal | None
) -> Diagonal:
    """Return h at w: the direction of a step on that batch, or v∘(∇²f_m v).

    Raises
    ------
    BadInput
        If the problem has no second derivatives.
    """
    if v is None:
        return direction(problem, method, w, worker, batch)
    smooth = check_curvature(problem, method)
    return v * smooth.worker_hvp(w, v, worker, None if isinstance(problem, AbstractNoisyProblem) else batch)


def check_curvature(problem: AbstractProblem, method: LocalMethod) -> AbstractTwiceDifferentiable:
    """Return the problem if it offers what the scaling needs, or refuse it.

    Raises
    ------
    BadInput
        Naming what is missing; or if the learning rate is normalised, for ∇²f is not the curvature of log f.
    """
    scaling = method.scaling
    missing = (
        [name for name in scaling.needs if not hasattr(problem, name)]
        if isinstance(scaling, Adaptive)
        else []
    )
    if missing or not isinstance(problem, AbstractTwiceDifferentiable):
        raise BadInput(
            f"scaling = {scaling!r}: needs {', '.join(missing) or 'worker_hvp'}, which {problem!r} does not offer; "
            "derive it from AbstractTwiceDifferentiable and add worker_hvp(w, v, worker, samples), or scale by "
            "gradients, e.g. RMSProp()"
        )
    if method.normalised:
        raise BadInput(
            f"scaling = {scaling!r}: samples ∇²f, but lr = {method.lr!r} steps along ∇log f; scale by gradients"
        )
    return problem


def check_curved_up(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None
) -> None:
    """Refuse a squared rule where the curvature at the start is negative: it would read −λ as +λ.

    Raises
    ------
    BadInput
        Naming the curvature v·∇²f_m v that was found.
    """
    scaling = method.scaling
    if not isinstance(scaling, Adaptive) or scaling.curvature != "hessian" or scaling.rule == "linear":
        return
    for worker in range(problem.workers):
        h = _samples(problem, method, state, worker, 1, sample_source(scaling, stream))[0]
        total, size = h.sum(axis=-1), np.abs(h).sum(axis=-1)
        if (total < CURVED_DOWN * size).any():
            raise BadInput(
                f"rule = {scaling.rule!r}: v·∇²f v = {total.min():.3g} at the start, and squares lose the sign of "
                "negative curvature; use OASIS(), whose average keeps it, or start where f is convex"
            )


def _warmed_up(problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None) -> Memory:
    """Return D made of the warm-up's samples at the model: their mean, root mean square, or root of the sum."""
    scaling = method.scaling
    assert isinstance(scaling, Adaptive) and state.scaling is not None
    source = None if stream is None else stream.child("warm-up")
    each = [_samples(problem, method, state, m, scaling.warmup, source) for m in range(problem.workers)]
    # Added one after the other: how NumPy splits a sum over the first axis depends on the number of replicas.
    h = [pooled(scaling, _of_workers(own)) for own in zip(*each, strict=True)]
    if scaling.rule == "linear":
        return sum(h[1:], h[0]) / len(h)
    largest = np.max(np.abs(h), axis=0)
    parts = [(own / np.where(largest > 0.0, largest, 1.0)) ** 2 for own in h]
    mean = largest * np.sqrt(sum(parts[1:], parts[0]) / len(parts))
    return mean if scaling.rule == "squared" else np.hypot(state.scaling, np.sqrt(scaling.warmup) * mean)


def _samples(
    problem: AbstractProblem,
    method: LocalMethod,
    state: State,
    worker: int,
    count: int,
    source: Stream | None,
) -> list[Diagonal]:
    """Return independent samples at the model of the round, drawn from a source."""
    return [
        sample(problem, method, state.w, worker, batch, v)
        for batch, v in _draws(problem, method, state, worker, count, source)
    ]


def _draws(
    problem: AbstractProblem,
    method: LocalMethod,
    state: State,
    worker: int,
    count: int,
    source: Stream | None,
) -> list[tuple[Batch, Diagonal | None]]:
    """Return the mini-batch and the signs of each of a worker's samples."""
    drawn = batches(problem, method, state, worker, count, source)
    if not method.draws_signs:
        return [(batch, None) for batch in drawn]
    if source is None:
        raise BadInput(f"stream = None: the signs of {method.scaling!r} are drawn; give stream=Stream(0)")
    return list(zip(drawn, signs(source, state, worker, count, problem.dim), strict=True))


def sample_source(scaling: Adaptive, stream: Stream | None) -> Stream | None:
    """Return where mini-batches of samples come from: those of the steps themselves, or draws of their own."""
    return stream if stream is None or scaling.sample == "same" else stream.child("curvature")


def _of_workers(samples: Iterable[Diagonal]) -> Samples:
    return np.stack(list(samples), axis=1)


def _root_mean_square(h: np.ndarray, axis: int) -> np.ndarray:
    """Return √(mean h²) along an axis, which stays; scaled, so that no square under- or overflows."""
    largest = np.abs(h).max(axis=axis, keepdims=True)
    scaled = h / np.where(largest > 0.0, largest, 1.0)
    return largest * np.sqrt((scaled * scaled).mean(axis=axis, keepdims=True))
