"""What a method carries from round to round: every axis has its array from the start."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.display import brief, card, in_brief
from implicitbias.engine.binding import bound
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive, Anchored, Fixed, LocalMethod, Scaffold
from implicitbias.problems import AbstractProblem, TwoLayerNetwork


START_CURE = "give a finite vector, a State or a Trace, or leave it out for w⁰ = 0"


@dataclass(frozen=True)
class Clock:
    """How far a run has come: rounds r, steps per worker, time Σ η and slow time Σ η².

    Times are means over workers, and sums where the workers take turns on one model; a normalised learning rate
    e_k/f counts as e_k.

    Attributes
    ----------
    round
        r.
    steps
        Local steps that each worker has taken.
    time
        Σ η.
    slow_time
        Σ η².
    """

    round: int
    steps: tuple[int, ...]
    time: float = 0.0
    slow_time: float = 0.0

    __repr__ = in_brief


@dataclass(frozen=True)
class State:
    """Everything that ``round_step`` reads and returns. An array is ``None`` where its axis is off.

    Attributes
    ----------
    w
        Aggregated models w^r.
    local
        Models of the workers at the end of the round before, before aggregation.
    replicas
        Address of each replica, so that a block of replicas draws what it would draw in the whole batch.
    velocity
        Heavy-ball velocities of the workers.
    scaling
        Diagonal D, where it follows the run before it is clipped: one for all workers, or one for each.
    refreshes
        How often each of these was refreshed, warm-up samples included.
    controls
        Control variates of the workers (corrections).
    server
        Velocity of the server.
    pending
        What the workers moved in the last rounds, oldest first, on its way to a server with delay.
    anchor
        w⁰ of anchored aggregation.
    clock
        Rounds, steps and times.
    """

    w: Float[np.ndarray, "replica dim"]
    local: Float[np.ndarray, "replica worker dim"]
    replicas: Int[np.ndarray, " replica"]
    clock: Clock
    velocity: Float[np.ndarray, "replica worker dim"] | None = None
    scaling: Float[np.ndarray, "replica scope dim"] | None = None
    refreshes: Int[np.ndarray, " scope"] | None = None
    controls: Float[np.ndarray, "replica worker dim"] | None = None
    server: Float[np.ndarray, "replica dim"] | None = None
    pending: Float[np.ndarray, "replica delay dim"] | None = None
    anchor: Float[np.ndarray, "replica dim"] | None = None

    __repr__ = in_brief

    def _repr_html_(self) -> str:
        replicas, workers, dim = self.local.shape
        title = f"State before round {self.clock.round}: {replicas} × {workers} models in d = {dim}"
        carried = [
            (f.name, part) for f in dataclasses.fields(self) if (part := getattr(self, f.name)) is not None
        ]
        return card(title, [(name, brief(part)) for name, part in carried])


def initial_state(
    problem: AbstractProblem,
    method: LocalMethod,
    start: Float[np.ndarray, "*replica dim"] | None = None,
    replicas: Int[np.ndarray, " replica"] | None = None,
) -> State:
    """Return the state before round 0 at ``start`` (0 if ``None``), one row per replica address.

    Parameters
    ----------
    problem, method
        What is minimised, and how; the method says which arrays a state has.
    start
        w⁰: one vector, or one per replica.
    replicas
        Addresses of the replicas in the stream; one replica, 0, if left out.

    Raises
    ------
    BadInput
        If ``start`` has another dimension than the problem, or is not finite; or for a network without a start.
    """
    problem = bound(problem, method)
    replicas = np.arange(1) if replicas is None else replicas
    w = _start_rows(problem.dim, _origin(problem) if start is None else start, len(replicas))
    local = np.repeat(w[:, None], problem.workers, axis=1)
    scaling, refreshes = _memory(problem, method, len(replicas))
    return State(
        w=w,
        local=local,
        replicas=replicas,
        clock=Clock(0, (0,) * problem.workers),
        velocity=np.zeros_like(local) if method.momentum else None,
        scaling=scaling,
        refreshes=refreshes,
        controls=np.zeros_like(local) if isinstance(method.correction, Scaffold) else None,
        server=np.zeros_like(w) if method.server.momentum else None,
        pending=np.zeros((len(w), method.server.delay, problem.dim)) if method.server.delay else None,
        anchor=w if isinstance(method.aggregation, Anchored) else None,
    )


def _origin(problem: AbstractProblem) -> np.ndarray:
    """Return w⁰ = 0, or refuse it where no gradient leads away from its symmetry."""
    if isinstance(problem, TwoLayerNetwork):
        raise BadInput(
            "start = None: at w = 0 the hidden units of a network are alike, and gradients keep them so; "
            "give start=problem.initial(Stream(0))"
        )
    return np.zeros(problem.dim)


def _start_rows(dim: int, start: np.ndarray, replicas: int) -> np.ndarray:
    vector = checks.real_array("start", start, START_CURE)
    if vector.shape not in ((dim,), (replicas, dim)):
        raise BadInput(
            f"start has shape {vector.shape}: must be ({dim},), or ({replicas}, {dim}) for all replicas; {START_CURE}"
        )
    if not np.isfinite(vector).all():
        raise BadInput(f"start holds entries that are not finite: w⁰ must be a point; {START_CURE}")
    return np.ascontiguousarray(np.broadcast_to(vector, (replicas, dim)), dtype=np.float64).copy()


def _memory(
    problem: AbstractProblem, method: LocalMethod, replicas: int
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return D of every replica before any refresh, and the counts of refreshes if it has any."""
    scaling, dim = method.scaling, problem.dim
    if isinstance(scaling, Fixed):
        return np.tile(_diagonals(problem, scaling), (replicas, 1, 1)), None
    if isinstance(scaling, Adaptive):
        scope = problem.workers if scaling.scope == "worker" else 1
        return np.full((replicas, scope, dim), float(scaling.initial)), np.zeros(scope, dtype=np.int64)
    return None, None


def _diagonals(problem: AbstractProblem, scaling: Fixed) -> Float[np.ndarray, "scope dim"]:
    diagonals = np.atleast_2d(scaling.diagonal)
    scope, entries = diagonals.shape
    if entries != problem.dim:
        raise BadInput(
            f"diagonal has {entries} entries: D needs one for each of the d = {problem.dim} parameters; "
            "give np.ones(d) for none"
        )
    if scaling.scope == "worker" and scope != problem.workers:
        raise BadInput(
            f"diagonal has {scope} rows: each of the M = {problem.workers} workers needs its own D_m; "
            "a single tuple of entries serves all workers"
        )
    return diagonals
