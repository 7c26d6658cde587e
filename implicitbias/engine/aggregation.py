"""The server's part of a round: who took part, the average of what they return, and where the server goes from there.

w̄ = Σ_m s_m w_m, the shares s_m being the weights p_m of those who took part; normalised averaging takes
w^r + τ(w_m − w^r)/H_m for w_m;  anchored: a_r w⁰ + (1 − a_r) w̄;
Δ = w̄ − w^r, or that of ``delay`` rounds before;  v ← βv + Δ;  w^{r+1} = w^r + rate·v
"""

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.state import State
from implicitbias.errors import BadInput
from implicitbias.methods import Anchored, Average, FedNova, LocalMethod, Sampled, worker_weights
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


def attendance(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None
) -> Int[np.ndarray, "replica worker"] | None:
    """Return how often each worker was drawn for this round; ``None`` if all take part.

    Raises
    ------
    BadInput
        If more are to be drawn than there are, or there is no stream to draw from.
    """
    drawn = method.participation
    if not isinstance(drawn, Sampled):
        return None
    check_attendance(problem, method, stream)
    assert stream is not None
    address = stream.at("participation", state.replicas, 0, state.clock.round)
    workers = problem.workers
    chosen = (
        address.integers(workers, drawn.count)
        if drawn.replacement
        else address.permutation(workers)[..., : drawn.count]
    )
    return (chosen[..., None] == np.arange(workers)).sum(axis=-2)


def check_attendance(problem: AbstractProblem, method: LocalMethod, stream: Stream | None) -> None:
    """Refuse to draw workers without a stream, or more than there are."""
    drawn = method.participation
    if not isinstance(drawn, Sampled):
        return
    if stream is None:
        raise BadInput(
            "stream = None: who takes part is drawn at addresses of a stream; give stream=Stream(0)"
        )
    if drawn.count > problem.workers and not drawn.replacement:
        raise BadInput(
            f"participation = {drawn!r}: there are only M = {problem.workers} workers; draw fewer, or give Full()"
        )


def shares_of(
    problem: AbstractProblem, method: LocalMethod, counts: Int[np.ndarray, "replica worker"] | None
) -> Float[np.ndarray, "replica worker"] | None:
    """Return the share s_m of each worker in the average; ``None`` for 1/M each."""
    if counts is None:
        plain = not isinstance(method.aggregation, Average) or method.aggregation.weights is None
        return None if plain else worker_weights(problem, method)[None]
    assert isinstance(method.participation, Sampled)
    shares = worker_weights(problem, method) * counts
    if method.participation.weighting == "unbiased":
        return shares * (problem.workers / method.participation.count)
    return shares / shares.sum(axis=1, keepdims=True)


def average(
    values: Float[np.ndarray, "replica worker dim"],
    before: Float[np.ndarray, "replica dim"],
    shares: Float[np.ndarray, "replica worker"] | None,
) -> Float[np.ndarray, "replica dim"]:
    """Return w^r + Σ_m s_m (w_m − w^r), which is Σ_m s_m w_m where the shares sum to 1."""
    if shares is None:
        return values.mean(axis=1)
    # One worker after the other: no order of summation may depend on the number of replicas.
    moves = [shares[:, m, None] * (values[:, m] - before) for m in range(values.shape[1])]
    return before + sum(moves[1:], moves[0])


def normalised(
    method: LocalMethod,
    local: Float[np.ndarray, "replica worker dim"],
    state: State,
    shares: Float[np.ndarray, "replica worker"] | None,
) -> Float[np.ndarray, "replica worker dim"]:
    """Return w^r + τ(w_m − w^r)/H_m if the method averages so, w_m otherwise."""
    if not isinstance(method.correction, FedNova):
        return local
    workers = local.shape[1]
    steps = np.array(method.steps(workers, max(state.clock.steps)), dtype=float)
    if method.correction.effective_steps is not None:
        effective = np.array([method.correction.effective_steps])
    else:
        effective = (np.full((1, workers), 1.0 / workers) if shares is None else shares) @ steps
    return state.w[:, None] + effective[:, None, None] * (local - state.w[:, None]) / steps[:, None]


def arrived(
    method: LocalMethod, state: State, average: Float[np.ndarray, "replica dim"]
) -> tuple[Float[np.ndarray, "replica dim"], Float[np.ndarray, "replica delay dim"] | None]:
    """Return the average as a late server sees it, w^r + Δ of ``delay`` rounds before, and the Δ's on their way."""
    if state.pending is None:
        return average, None
    moves = np.concatenate([state.pending, (average - state.w)[:, None]], axis=1)
    return state.w + moves[:, 0], moves[:, 1:]


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
    ahead = move + method.server.momentum * velocity if method.server.nesterov else velocity
    return state.w + method.server.rate * ahead, velocity


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
