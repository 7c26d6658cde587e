"""What a round draws: mini-batches or noise of every worker, and the signs of curvature samples."""

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.state import State
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem, AbstractSampledProblem
from implicitbias.stream import Stream


# Indices of the samples of a mini-batch, or its noise ξ/√B; ``None`` is the full gradient.
Batch = Int[np.ndarray, "replica draw"] | Float[np.ndarray, "replica channel"] | None

_WORD = 64


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


def signs(
    stream: Stream, state: State, worker: int, count: int, dim: int
) -> Float[np.ndarray, "count replica dim"]:
    """Return random signs: number k of vector j is bit k mod 64 of word j⌈d/64⌉ + ⌊k/64⌋, + where it is 0."""
    width = -(-dim // _WORD)
    words = stream.at("signs", state.replicas, worker, state.clock.round).words(count * width)
    place = np.arange(dim)
    own = words.reshape(-1, count, width)[..., place // _WORD]
    bits = (own >> (place % _WORD).astype(np.uint64)) & np.uint64(1)
    # Contiguous: products with vectors of other strides round otherwise, and strides depend on how many replicas.
    return np.ascontiguousarray((1.0 - 2.0 * bits.astype(np.float64)).swapaxes(0, 1))


def check_source(problem: AbstractProblem, method: LocalMethod, stream: Stream | None) -> None:
    """Refuse a method that draws what the problem does not have, or without a stream."""
    if method.draws_signs and stream is None:
        raise BadInput(
            f"stream = None: the signs of {method.scaling!r} are drawn at addresses of a stream; give stream=Stream(0)"
        )
    if method.batch is None:
        return
    if isinstance(problem, AbstractNoisyProblem):
        if not method.replacement:
            raise BadInput(
                f"replacement = False: {problem!r} has noise of independent steps, and its samples, if any, are drawn "
                "with replacement; leave it out"
            )
        problem.draw(stream, np.arange(1), 0, 0, 1, method.batch)
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
