"""``run``: the one entry to every method on every problem."""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.advance import AbstractAdvance, choose_engine, divergence_message, Progress
from implicitbias.engine.binding import bound
from implicitbias.engine.progress import progress_bar
from implicitbias.engine.recorder import Observable, Recorder
from implicitbias.engine.records import RecordAt
from implicitbias.engine.request import check_first_step, check_records, check_request, RESERVED, warn_of_step
from implicitbias.engine.scaling import check_curved_up
from implicitbias.engine.start import first_state, replica_rows
from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem
from implicitbias.statistics import Moments
from implicitbias.stream import Stream


# Reduced statistics are gathered over blocks of this many replicas, merged in a tree that depends on
# nothing else: the sum is the same to the bit on one thread or many, and memory holds one block.
REPLICA_BLOCK = 64


def run(
    problem: AbstractProblem,
    method: LocalMethod,
    rounds: int,
    *,
    start: Float[np.ndarray, "..."] | State | Trace | None = None,
    replicas: int = 1,
    record: RecordAt = RecordAt.log(200),
    observe: Mapping[str, Observable] | None = None,
    reduce: Moments | None = None,
    stream: Stream | None = None,
    engine: str = "auto",
    progress: Progress | bool | None = None,
    throw: bool = True,
) -> Trace:
    """Run ``rounds`` communication rounds of a method and return its records.

    Parameters
    ----------
    problem
        What is minimised.
    method
        How: a point of ``LocalMethod``; it says ``workers=M`` where the problem does not bring its own.
    rounds
        Number of rounds R ≥ 0.
    start
        w⁰ (one vector, or one per replica), or a ``State`` or ``Trace`` to go on from; 0 by default.
    replicas
        Independent repetitions; replica k draws the same numbers whatever the number of replicas.
    record
        Rounds to keep.
    observe
        Functions of w recorded in ``trace.extras``, each (replica, dim) ↦ (replica, …), or ``OfWorkers(f)`` of the
        workers' models before the average, (replica, worker, dim) ↦ (replica, …), or ``OfScaling()`` of
        the D̂ of the round that ended, (replica, 1 | worker, dim); the names w, loss, log_loss,
        disagreement and min_margin are taken.
    reduce
        ``Moments()``: keep only mean and variance over replicas of w, of the diagnostics and of what is observed,
        so that memory grows with the records alone; ``trace.loss`` is then exp of the mean of log f. Where the
        problem has noise instead of samples, f itself is averaged: it may vanish at a minimum.
    stream
        Source of mini-batches and of gradient noise.
    engine
        ``"auto"``, ``"definition"`` (NumPy) or ``"kernel"`` (compiled; refused with the reason if there is none).
    progress
        A bar with ``update``, ``True`` for tqdm, ``False`` for none; by default tqdm on a terminal, after 2 s.
    throw
        Raise ``Diverged`` (with the partial trace) rather than return a trace of that status.

    Raises
    ------
    BadInput
        Before any work: a value, the rule it breaks, the cure.
    Diverged
        If an iterate leaves the floating-point range.

    Warns
    -----
    StepWarning
        On a landscape, if ηλ ≥ 2 at the start.
    """
    if isinstance(problem, AbstractProblem) and isinstance(method, LocalMethod):
        problem = bound(problem, method)
    check_request(problem, method, rounds, replicas, stream)
    check_records(record, observe, reduce, progress)
    state = first_state(problem, method, start, replicas)
    check_first_step(problem, method, state.w)
    check_curved_up(problem, method, state, stream)
    warn_of_step(problem, method, state.w)
    advance = choose_engine(problem, method, engine, _may_be_many(method, start), rounds)
    gaps = np.diff(record.rounds(rounds))
    block = len(state.w) if reduce is None else _replica_block(problem)
    blocks = [replica_rows(state, low, low + block) for low in range(0, len(state.w), block)]
    with progress_bar(progress, rounds * len(blocks)) as bar:
        parts = (_run_block(problem, method, advance, b, gaps, observe or {}, stream, bar) for b in blocks)
        trace = next(parts) if reduce is None else _reduced(parts, tuple(observe or {}), problem)
    return trace.checked() if throw else trace


def _replica_block(problem: AbstractProblem) -> int:
    return problem.replica_block if isinstance(problem, AbstractNoisyProblem) else REPLICA_BLOCK


def _may_be_many(method: LocalMethod, start: object) -> bool:
    """Return whether replicas would differ: by what they draw, or by where they start."""
    if not method.deterministic:
        return True
    return len(start.w) > 1 if isinstance(start, State | Trace) else np.array(start, dtype=object).ndim == 2


def _reduced(parts: Iterable[Trace], observed: tuple[str, ...], problem: AbstractProblem) -> Trace:
    """Merge the moments of block after block; a block that did not complete ends the run."""
    blocks: list[dict[str, Moments]] = []
    last = None
    for last in parts:
        if last.status is not Status.COMPLETE:
            return last
        values = _reducible(last, problem) | {name: last.extras[name] for name in observed}
        blocks.append({name: Moments.of(np.asarray(v), axis=0) for name, v in values.items()})
    assert last is not None
    moments = {name: Moments.tree(b[name] for b in blocks) for name in blocks[0]}
    means = {name: np.asarray(moments[name].mean)[None] for name in RESERVED if name in moments}
    if "loss" in means:
        with np.errstate(divide="ignore"):
            means["log_loss"] = np.log(means.pop("loss"))
    return dataclasses.replace(last, **means, extras=moments, final=None)


def _reducible(trace: Trace, problem: AbstractProblem) -> dict[str, np.ndarray]:
    """Return what the trace records of itself, to be averaged over replicas."""
    wanted = [
        name
        for name in RESERVED
        if name != ("log_loss" if isinstance(problem, AbstractNoisyProblem) else "loss")
    ]
    return {name: getattr(trace, name) for name in wanted if getattr(trace, name) is not None}


def _run_block(
    problem: AbstractProblem,
    method: LocalMethod,
    advance: AbstractAdvance,
    state: State,
    gaps: Int[np.ndarray, " gap"],
    observe: Mapping[str, Observable],
    stream: Stream | None,
    bar: Progress,
) -> Trace:
    """Run one block of replicas from record to record."""
    recorder, first = Recorder(problem, method, observe), state.w
    recorder.add(state)
    status, message = Status.COMPLETE, Status.COMPLETE.value
    try:
        for gap in gaps:
            state, failed = advance(problem, method, state, stream, int(gap), bar)
            if failed is not None:
                status, message = Status.DIVERGED, divergence_message(problem, method, failed, first)
                break
            recorder.add(state)
    except KeyboardInterrupt:
        status, message = Status.INTERRUPTED, Status.INTERRUPTED.value
    return recorder.trace(advance.name, status, message)
