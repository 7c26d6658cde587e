"""``integrate``: the one entry to every scheme on every SDE."""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.engine.advance import Progress
from implicitbias.engine.progress import progress_bar
from implicitbias.engine.recorder import Observable
from implicitbias.engine.records import RecordAt
from implicitbias.engine.request import check_records
from implicitbias.engine.state import Clock, State
from implicitbias.engine.trace import Status, Trace
from implicitbias.errors import BadInput
from implicitbias.statistics import Moments
from implicitbias.stream import Stream
from sde.brownian import AbstractPath, BrownianPath
from sde.compiled_stepping import choose_stepping
from sde.equations import Convention, SDE, SymbolicSDE
from sde.path_records import PathRecorder
from sde.schemes import AbstractScheme, EulerMaruyama, ProjectedEuler, StochasticHeun
from sde.soundness import check_start, step_count
from sde.stepping import AbstractStepping


# Reduced statistics are gathered over blocks of this many replicas: 16 leaves of `Moments`, so that they equal
# the moments of all replicas together to the bit.
REPLICA_BLOCK = 4096
START_CURE = "give one finite point (d,), one for each replica, or a Trace to go on from"


def integrate(
    sde: SDE | SymbolicSDE,
    t1: float,
    dt: float,
    *,
    start: Float[np.ndarray, "..."] | Trace,
    replicas: int = 1,
    scheme: AbstractScheme | None = None,
    stream: Stream | None = None,
    path: AbstractPath | None = None,
    record: RecordAt = RecordAt.last(),
    observe: Mapping[str, Observable] | None = None,
    reduce: Moments | None = None,
    progress: Progress | bool | None = None,
    engine: str = "auto",
    throw: bool = True,
) -> Trace:
    """Integrate an SDE up to time t1 in steps of dt, and return its records.

    Parameters
    ----------
    sde
        The equation; a ``SymbolicSDE`` is compiled first.
    t1, dt
        End and step Δ, in the equation's own time, which starts at 0.
    start
        X_0: one point (d,), one per replica (replica, d), or a trace to go on from.
    replicas
        Independent paths; replica k has the same path whatever the number of replicas.
    scheme
        By default ``ProjectedEuler`` on a manifold, else ``EulerMaruyama`` (Itô) or ``StochasticHeun`` (Stratonovich).
    stream
        Source of the increments.
    path
        The increments themselves, to share them with another integration (``BrownianPath``) or with the workers of a
        run (``WorkerNoise``); instead of ``stream``.
    record
        Steps to keep, as in ``run``; by default start and end.
    observe, reduce, progress, engine, throw
        As in ``run``, with steps for rounds: functions of X, ``Moments()`` over replicas, a bar, ``"definition"`` or
        ``"kernel"``, and whether a divergence is raised.

    Returns
    -------
    Trace
        X as ``w``, steps as ``rounds``, t as ``time`` and ``slow_time``.

    Raises
    ------
    BadInput
        Before any work: a value, the rule it breaks, the cure.
    Diverged
        If X leaves the floating-point range.
    """
    sde = _equation(sde)
    check_records(record, observe, reduce, progress)
    scheme = _scheme(sde, scheme)
    state = _first_state(sde, start, replicas)
    steps = step_count(state.clock.time, t1, dt)
    path = _path(sde, scheme, stream, path, dt)
    check_start(sde, state.w, path.dt)
    stepping = choose_stepping(sde, scheme, path, engine, steps)
    gaps = np.diff(record.rounds(steps))
    size = max(1, len(state.w) if reduce is None else REPLICA_BLOCK)
    blocks = [_rows(state, low, low + size) for low in range(0, len(state.w), size)]
    with progress_bar(progress, steps * len(blocks), "step") as bar:
        recorders = (PathRecorder(sde, scheme, observe or {}) for _ in blocks)
        parts = (
            _run_block(r, stepping, b, gaps, path.dt, bar) for r, b in zip(recorders, blocks, strict=True)
        )
        trace = next(parts) if reduce is None else _reduced(parts)
    return trace.checked() if throw else trace


def _equation(sde: SDE | SymbolicSDE) -> SDE:
    checks.instance("sde", sde, SDE | SymbolicSDE, "give an SDE or a SymbolicSDE")
    return sde.compile() if isinstance(sde, SymbolicSDE) else sde


def _scheme(sde: SDE, scheme: AbstractScheme | None) -> AbstractScheme:
    checks.instance("scheme", scheme, AbstractScheme | None, "give e.g. EulerMaruyama(), or leave it out")
    if scheme is None and sde.retract is not None:
        scheme = ProjectedEuler()
    elif scheme is None:
        scheme = EulerMaruyama() if sde.convention is Convention.ITO else StochasticHeun()
    scheme.check(sde)
    return scheme


def _path(
    sde: SDE, scheme: AbstractScheme, stream: Stream | None, path: AbstractPath | None, dt: float
) -> AbstractPath:
    checks.instance("stream", stream, Stream | None, "give Stream(0), the one source of randomness")
    checks.instance("path", path, AbstractPath | None, "give BrownianPath(Stream(0), dt, noises)")
    if path is not None and stream is not None:
        raise BadInput("stream and path: a path has its own stream; give one of the two")
    if path is not None:
        path.check(sde.noises, dt, scheme.increments)
        return path
    if stream is None and sde.noises:
        raise checks.refuse("stream", None, f"{sde.noises} noises draw from it", "give stream=Stream(0)")
    return BrownianPath(stream or Stream(0), float(dt), sde.noises, scheme.increments)


def _first_state(sde: SDE, start: object, replicas: int) -> State:
    checks.integer("replicas", replicas, 1, "1 is a single path")
    if isinstance(start, Trace):
        return _end_of(start, sde, replicas)
    x = checks.real_array("start", start, START_CURE)
    if x.shape not in ((sde.dim,), (replicas, sde.dim)):
        raise BadInput(
            f"start has shape {x.shape}: must be ({sde.dim},), or ({replicas}, {sde.dim}) for all; {START_CURE}"
        )
    if not np.isfinite(x).all():
        raise BadInput(f"start holds entries that are not finite; {START_CURE}")
    x = np.broadcast_to(x, (replicas, sde.dim)).copy()
    return State(w=x, local=x[:, None], replicas=np.arange(replicas), clock=Clock(0, (0,)))


def _end_of(trace: Trace, sde: SDE, replicas: int) -> State:
    if trace.final is None:
        raise BadInput("start is a trace whose replicas were reduced: integrate again without reduce")
    if trace.fingerprint != sde.fingerprint:
        raise BadInput(
            "start is a trace of another equation: start from its last points, start=trace.w[:, -1]"
        )
    if replicas not in (1, len(trace.final.w)):
        raise BadInput(
            f"replicas = {replicas}: start holds {len(trace.final.w)}; leave replicas out to go on with them"
        )
    return trace.final


def _rows(state: State, low: int, high: int) -> State:
    arrays = {name: getattr(state, name)[low:high] for name in ("w", "local", "replicas")}
    return dataclasses.replace(state, **arrays)


def _run_block(
    recorder: PathRecorder,
    stepping: AbstractStepping,
    state: State,
    gaps: Int[np.ndarray, " gap"],
    dt: float,
    bar: Progress,
) -> Trace:
    """Integrate one block of replicas from record to record."""
    recorder.add(state)
    status, message = Status.COMPLETE, "all steps were taken"
    try:
        for gap in gaps:
            x, failed = stepping(state.w, state.replicas, state.clock.round, int(gap), bar)
            if failed is not None:
                status, message = Status.DIVERGED, _divergence(failed, dt)
                break
            n, t = state.clock.round + int(gap), state.clock.time + int(gap) * dt
            state = State(w=x, local=x[:, None], replicas=state.replicas, clock=Clock(n, (n,), t, t))
            recorder.add(state)
    except KeyboardInterrupt:
        status, message = Status.INTERRUPTED, Status.INTERRUPTED.value
    return recorder.trace(stepping.name, status, message)


def _divergence(step: int, dt: float) -> str:
    return (
        f"X left the floating-point range in step {step} (Δ = {dt:g}); take a smaller dt, below 2/λ where the drift "
        "pulls back at the rate λ, or make sure that the solution does not explode"
    )


def _reduced(parts: Iterable[Trace]) -> Trace:
    """Merge the moments of block after block; a block that did not complete stands for all."""
    blocks: list[dict[str, Moments]] = []
    last = None
    for last in parts:
        if last.status is not Status.COMPLETE:
            return last
        values = {"w": last.w, **last.extras}
        blocks.append({name: Moments.of(np.asarray(v), axis=0) for name, v in values.items()})
    assert last is not None
    moments = {name: Moments.tree(block[name] for block in blocks) for name in blocks[0]}
    mean = np.asarray(moments["w"].mean)[None]
    missing = np.full(mean.shape[:2], np.nan)
    return dataclasses.replace(
        last, w=mean, log_loss=missing, disagreement=missing, extras=moments, final=None
    )
