"""``fast_forward``: a deterministic run continued in logarithmic time, where its limit can be seen."""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.asymptotics import chord_from_residual
from implicitbias.continuation._before import after_continuation, after_rounds, Before
from implicitbias.continuation._error import integration_error, undecided_error
from implicitbias.continuation._flow import flow_of, log_step, LogTimeFlow
from implicitbias.continuation._integrate import integrate, segments
from implicitbias.continuation._limit import limit_of
from implicitbias.continuation._records import appended, records_at
from implicitbias.continuation._request import check_request, requested_times
from implicitbias.continuation._span import Span, span_of
from implicitbias.engine.advance import Progress
from implicitbias.engine.progress import progress_bar
from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace
from implicitbias.errors import BadInput, Diverged
from implicitbias.methods import LocalMethod
from implicitbias.problems import LinearClassification


# Records of the continuation, where only its end is asked for.
RECORDS = 200
# Rounds are counted by integers of 64 bits.
LARGEST_LOG_ROUND = 43.0


def fast_forward(
    problem: LinearClassification,
    method: LocalMethod,
    log_time: float | Float[np.ndarray, " record"],
    *,
    start: Float[np.ndarray, "..."] | State | Trace | None = None,
    handover: int | str = "auto",
    order: int = 2,
    rtol: float = 1e-10,
    progress: Progress | bool | None = None,
    throw: bool = True,
) -> Trace:
    """Run exact rounds up to a hand-over, then the flow that they follow, in τ = log(ηHr).

    Round 10^434294 is τ = 10⁶ and takes milliseconds: what is integrated is the residual ρ = w − ŵτ, which stays small.

    Parameters
    ----------
    problem
        Separable classification with exponential or logistic loss, no ridge.
    method
        GD, Local GD or local flows at a constant rate: any η, any H or one H_m per worker, any fixed scaling.
    log_time
        The last τ, with records spaced evenly in the logarithm of the time since the hand-over; or the τ to record,
        increasing. Those before the hand-over are recorded at the nearest whole rounds, once each.
    start
        As for ``run``; a trace that ``fast_forward`` returned goes on in log-time.
    handover
        Round at which the flow takes over; by default the first power of two (times the start's) from which a round
        is a small step, ηH b_x² f ≤ 0.1, or, where that costs little, ≤ 0.01.
    order
        1: the flow of −∇f, with an error O(1/r₀) for a hand-over at round r₀. 2: corrected by the second order in ηH,
        O(1/r₀²).
    rtol
        Error of a step of the integrator, relative to ρ.
    progress, throw
        As for ``run``.

    Returns
    -------
    Trace
        Its ``rounds`` are real numbers, infinite beyond 10³⁰⁸: read ``log_time``. Among its ``extras`` are

        - ``residual``: ρ, shape (replica, record, dim);
        - ``residual_error``: estimated Euclidean error of ρ, (replica, record);
        - ``chord``: |w/|w| − ŵ/|ŵ||, without cancellation, (replica, record);
        - ``limit``: w̃ = lim ρ, (replica, dim); absent where ρ has none (a support vector with multiplier zero), or
          where a sample cannot be told from a support vector.

    Raises
    ------
    BadInput
        For a method that draws, momentum, anchor, server, schedule, another loss, a ridge, or times and hand-overs
        that do not fit; before any work where possible.
    NotSeparable, NotCertified
        From the oracle, or if the integrator gives up.
    Diverged
        If an iterate of the exact rounds leaves the floating-point range.

    Notes
    -----
    soudry2018 for the limit; the flow in log-time and its errors are derived. Ctrl-C returns the records so far, with
    the status INTERRUPTED. With a fixed scaling D, ŵ is the max-margin vector in the norm √(wᵀDw).
    """
    check_request(problem, method, handover, order, rtol)
    times, listed = requested_times(log_time), np.ndim(log_time) > 0
    span = span_of(problem, method)
    if isinstance(start, Trace) and start.final is None and "residual" in start.extras:
        if handover != "auto":
            rule = "the flow has already taken over where start ends"
            raise checks.refuse("handover", handover, rule, "leave it out")
        before = after_continuation(problem, method, span, start)
    else:
        wanted = _whole_rounds(times, log_step(problem, method)) if listed else None
        try:
            before = after_rounds(problem, method, span, start, handover, wanted, progress)
        except Diverged as error:
            if throw or not isinstance(error.trace, Trace):
                raise
            return error.trace
    if not before.complete:
        return before.trace
    later = _later(times, before.time, listed)
    trace = _continued(problem, method, span, before, later, order, rtol, progress)
    if len(trace.log_time):
        return trace
    if trace.status is Status.COMPLETE:
        raise checks.refuse(
            "log_time", log_time, "lies before the start", "ask for later times, or start earlier"
        )
    # Stopped before its first record: what there was is still valid, and can be gone on from.
    return (
        dataclasses.replace(start, status=trace.status, message=trace.message)
        if isinstance(start, Trace)
        else trace
    )


def _whole_rounds(times: Float[np.ndarray, " record"], step: float) -> Int[np.ndarray, " round"]:
    """Return the whole rounds nearest to log-times, as far as integers count them."""
    counted = np.minimum(times - step, LARGEST_LOG_ROUND)
    return np.unique(np.maximum(np.round(np.exp(counted)), 1.0).astype(np.int64))


def _later(times: np.ndarray, hand_over: float, listed: bool) -> Float[np.ndarray, " record"]:
    """Return the log-times to integrate to."""
    if listed:
        return times[times > hand_over]
    if times[0] <= hand_over:
        raise BadInput(
            f"log_time = {times[0]:g}: must lie beyond the hand-over, log-time {hand_over:.3f}; use run(…) for so few "
            "rounds, or hand over earlier"
        )
    later = hand_over + np.expm1(np.linspace(0.0, np.log1p(times[0] - hand_over), RECORDS + 1)[1:])
    later[-1] = times[0]
    return later


def _continued(
    problem: LinearClassification,
    method: LocalMethod,
    span: Span,
    before: Before,
    times: Float[np.ndarray, " record"],
    order: int,
    rtol: float,
    progress: Progress | bool | None,
) -> Trace:
    """Append the continuation, with its error, to what came before."""
    if not len(times):
        return before.trace
    flow = flow_of(problem, method, span, 2)
    runs = _integrations(flow, span, before, times, order, rtol, progress)
    asked, reached = len(times), min(path.shape[1] for path in runs)
    if not reached:
        return dataclasses.replace(before.trace, status=Status.INTERRUPTED, message=Status.INTERRUPTED.value)
    paths, times = [path[:, :reached] for path in runs], times[:reached]
    rho = span.up(paths[-1]) + before.outside[:, None]
    error = _errors(flow, span, before, paths, times, rtol)
    chord = chord_from_residual(rho, span.weights, times)
    extras = {"residual": rho, "residual_error": error, "chord": chord}
    trace = appended(before.trace, records_at(problem, method, span, flow, rho, times), extras)
    if reached < asked:
        return dataclasses.replace(trace, status=Status.INTERRUPTED, message=Status.INTERRUPTED.value)
    limit = limit_of(problem, method, span, flow, paths[-1][:, -1], float(times[-1]), rtol)
    known = {} if limit is None else {"limit": limit + before.outside}
    engine = f"{before.trace.engine}, then the log-time flow of order {order} from τ = {before.time:.4f}"
    return dataclasses.replace(trace, extras=dict(trace.extras) | known, engine=engine)


def _integrations(
    flow: LogTimeFlow,
    span: Span,
    before: Before,
    times: np.ndarray,
    order: int,
    rtol: float,
    progress: Progress | bool | None,
) -> list[Float[np.ndarray, "replica reached span"]]:
    """Return paths of ρ, as far as the keyboard let them come: the last is the answer.

    Neighbours differ by their errors: second order from half the rounds, second order, and first order if asked for.
    """
    starts = [] if before.half is None else [(flow, before.half_time, before.half)]
    starts.append((flow, before.time, before.rho))
    if order == 1:
        starts.append((dataclasses.replace(flow, order=1), before.time, before.rho))
    count = sum(len(list(segments(first, times[-1]))) * len(rho) for _, first, rho in starts)
    with progress_bar(progress, count, "segment") as bar:
        return [_paths(f, span, rho, first, times, rtol, bar) for f, first, rho in starts]


def _paths(
    flow: LogTimeFlow,
    span: Span,
    starts: np.ndarray,
    first: float,
    times: np.ndarray,
    rtol: float,
    bar: Progress,
) -> Float[np.ndarray, "replica reached span"]:
    found = [integrate(flow, span.support_rank, rho, first, times, rtol, bar) for rho in starts]
    reached = min(len(path) for path in found)
    return np.stack([path[:reached] for path in found])


def _errors(
    flow: LogTimeFlow, span: Span, before: Before, paths: list[np.ndarray], times: np.ndarray, rtol: float
) -> Float[np.ndarray, "replica record"]:
    """Return what hand-over, integrator and undecided samples leave open, in the coordinates of the problem."""
    own = [
        integration_error(path, span, before.time, rtol) + undecided_error(flow, path, times)
        for path in paths[-1]
    ]
    inside = np.stack(own)
    for k, (rough, fine) in enumerate(zip(paths, paths[1:], strict=False)):
        apart = np.linalg.norm(rough - fine, axis=2)
        inside += apart
        if k == 0 and before.half is not None:
            inside += np.minimum(before.to_come[:, None] * apart, before.most)
    return inside / span.root.min() + before.error[:, None]
