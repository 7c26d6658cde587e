"""Exact rounds, until a round of local steps is a small step of the flow."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.continuation._flow import log_step, worker_factors
from implicitbias.continuation._span import Span
from implicitbias.engine.advance import Progress
from implicitbias.engine.kernels.cost import round_cost
from implicitbias.engine.records import RecordAt
from implicitbias.engine.run import run
from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace
from implicitbias.errors import BadInput
from implicitbias.losses import Logistic
from implicitbias.methods import Flow, LocalMethod
from implicitbias.oracle.signed_rows import row_norms
from implicitbias.problems import LinearClassification


# ηH_m b_m² f_m above which a local step is no small one, and the expansion in it means nothing.
LARGEST_STEP = 1.0
# … below which the second order describes a round to a percent: the least that is asked for.
SMALL_STEP = 0.1
# … and what is aimed at while exact rounds are cheap: errors fall with its square.
SMALLER_STEP = 0.01
# Multiply–adds that count as cheap: a hundredth of a second.
CHEAP = 6e6
# An exponential takes as long as so many multiply–adds.
EXPONENTIAL_COST = 10.0
# Nobody waits for more rounds than this.
MOST_ROUNDS = 10**10
# A local flow takes as long as so many multiply–adds.
FLOW_COST = 1e6
# Records per factor of two.
PER_OCTAVE = 3
# e^700 is as good as infinite.
LARGEST_LOG = 700.0

RECORDED = ("w", "rounds", "time", "slow_time", "log_loss", "min_margin", "disagreement")


@dataclass(frozen=True)
class HandOver:
    """The exact rounds up to the hand-over, with what is needed to check it.

    Attributes
    ----------
    trace
        Records of the exact rounds, from round 1 on; its status says whether the keyboard cut them short.
    half, last
        Models at the hand-over and at half its rounds, where a second continuation starts to tell how wrong the
        first may be.
    half_time, last_time
        Their log-times.
    times
        Log-times of the records.
    """

    trace: Trace
    half: Float[np.ndarray, "replica dim"]
    last: Float[np.ndarray, "replica dim"]
    half_time: float
    last_time: float
    times: Float[np.ndarray, " record"]


class ExactRounds:
    """Exact rounds that go on from piece to piece."""

    def __init__(
        self,
        problem: LinearClassification,
        method: LocalMethod,
        start: Float[np.ndarray, "..."] | State | Trace | None,
        progress: Progress | bool | None,
    ):
        self._problem, self._method, self._progress = problem, method, progress
        replicas = 1 if start is None or isinstance(start, State | Trace) else len(np.atleast_2d(start))
        self.pieces = [run(problem, method, 0, start=start, replicas=replicas, progress=False)]

    @property
    def round(self) -> int:
        """The last round."""
        return int(self.pieces[-1].rounds[-1])

    @property
    def w(self) -> Float[np.ndarray, "replica dim"]:
        """The last model."""
        return self.pieces[-1].w[:, -1]

    @property
    def complete(self) -> bool:
        """Whether the keyboard has not stopped the rounds."""
        return self.pieces[-1].status is Status.COMPLETE

    def go_to(self, goal: int, wanted: Int[np.ndarray, " round"] | None) -> None:
        """Go on to round ``goal``; record the rounds wanted on the way, or a few per factor of two."""
        at = self.round
        if goal <= at or not self.complete:
            return
        chosen = np.geomspace(max(at, 1), goal, PER_OCTAVE + 1) if wanted is None else wanted
        inside = [int(r) - at for r in np.unique(np.round(chosen)) if at < r <= goal]
        record = RecordAt.these(inside) if inside else RecordAt.last()
        following = run(
            self._problem,
            self._method,
            goal - at,
            start=self.pieces[-1],
            record=record,
            progress=self._progress,
        )
        self.pieces.append(following)

    def end(self, piece: int) -> tuple[float, Float[np.ndarray, "replica dim"]]:
        """Return log-time and model at the end of a piece; time 0 if the keyboard stopped the first round."""
        trace = self.pieces[max(piece, -len(self.pieces))]
        if trace.rounds[-1] == 0:
            return 0.0, trace.w[:, -1]
        return float(log_times(self._problem, self._method, trace)[-1]), trace.w[:, -1]

    def trace(self, wanted: Int[np.ndarray, " round"] | None) -> Trace:
        """Return the records from round 1 on; those wanted, if any are named."""
        parts = [slice(1 if k else 0, None) for k in range(len(self.pieces))]
        rounds = np.concatenate([t.rounds[part] for t, part in zip(self.pieces, parts, strict=True)])
        kept = (rounds > 0) if wanted is None else np.isin(rounds, wanted)
        last = self.pieces[-1]

        def joined(name: str) -> np.ndarray:
            axis = 0 if name in ("rounds", "time", "slow_time") else 1
            arrays = [getattr(t, name) for t in self.pieces]
            cut = [a[part] if axis == 0 else a[:, part] for a, part in zip(arrays, parts, strict=True)]
            return np.compress(kept, np.concatenate(cut, axis=axis), axis=axis)

        return dataclasses.replace(last, **{name: joined(name) for name in RECORDED})


def hand_over(
    problem: LinearClassification,
    method: LocalMethod,
    span: Span,
    start: Float[np.ndarray, "..."] | State | Trace | None,
    handover: int | str,
    wanted: Int[np.ndarray, " round"] | None,
    progress: Progress | bool | None,
) -> HandOver:
    """Run exact rounds up to the hand-over: the one asked for, or the first power of two that is late enough.

    Parameters
    ----------
    problem, method, start, progress
        As for ``run``.
    span
        The coordinates.
    handover
        A round, or ``"auto"``.
    wanted
        Rounds to record as far as they come before the hand-over; ``None`` for a few per factor of two.

    Raises
    ------
    BadInput
        If the hand-over asked for is too early, or none comes within `MOST_ROUNDS` rounds.
    Diverged
        If an iterate leaves the floating-point range before.
    """
    rounds = ExactRounds(problem, method, start, progress)
    if isinstance(handover, str):
        _until_small(problem, method, span, rounds, wanted)
    else:
        rounds.go_to(_half(rounds.round, handover), wanted)
        _check_step(problem, method, span, rounds)
        rounds.go_to(handover, wanted)
    trace = rounds.trace(wanted)
    times = log_times(problem, method, trace)
    (half_time, half), (last_time, last) = rounds.end(-2), rounds.end(-1)
    return HandOver(trace, half, last, half_time, last_time, times)


def log_times(
    problem: LinearClassification, method: LocalMethod, trace: Trace
) -> Float[np.ndarray, " record"]:
    """Return τ = log(ηH̄r) of exact rounds; a local flow has no η, and a round of it takes e^Λ, perhaps e^1000."""
    if isinstance(method.local_solver, Flow):
        with np.errstate(divide="ignore"):
            return np.log(trace.rounds) + log_step(problem, method)
    return trace.log_time


def largest_step(
    problem: LinearClassification, method: LocalMethod, span: Span, w: Float[np.ndarray, "replica dim"]
) -> float:
    """Return max_m ηH_m b_m² f_m(w) over replicas, b_m the largest |D^{−1/2}x_i| of worker m; ∞ where it means nothing.

    The local path of worker m moves margins by at most this. For the logistic loss |∇f| ≥ γf/2 needs all margins ≥ 0.
    """
    margins = problem.margins(w)
    if isinstance(problem.loss_function, Logistic) and (margins < 0).any():
        return np.inf
    logs = problem.loss_function.log_value(margins)
    shares, _ = worker_factors(problem, method)
    steps = []
    for rows, share in zip(problem.members, shares, strict=True):
        mean = np.logaddexp.reduce(logs[:, rows], axis=1).max() - np.log(len(rows))
        steps.append(mean + 2.0 * np.log(row_norms(span.rows[rows]).max()) + np.log(share))
    # In logarithms: a flow may be e^1000 long.
    return float(np.exp(min(max(steps) + log_step(problem, method), LARGEST_LOG)))


def _half(first: int, handover: int) -> int:
    if handover < first + 2:
        cure = "give a later round, or 'auto'"
        raise BadInput(
            f"handover = {handover}: must come two rounds or more after the start, {first}; {cure}"
        )
    return max(first, handover // 2)


def _until_small(
    problem: LinearClassification,
    method: LocalMethod,
    span: Span,
    rounds: ExactRounds,
    wanted: np.ndarray | None,
) -> None:
    """Double the rounds until the step is small, and on while that is cheap; from one to two at least."""
    rounds.go_to(max(rounds.round, 1), wanted)
    rounds.go_to(2 * rounds.round, wanted)
    cost = _cost(problem, method)
    while rounds.complete:
        step = largest_step(problem, method, span, rounds.w)
        if step <= SMALLER_STEP or (step <= SMALL_STEP and rounds.round * cost > CHEAP):
            return
        if rounds.round > MOST_ROUNDS:
            raise BadInput(
                f"handover = 'auto': ηH b² f = {step:.3g} at round {rounds.round}, and must fall to {SMALL_STEP:g} "
                "before the flow can take over; rescale the features, or take another ηH"
            )
        rounds.go_to(2 * rounds.round, wanted)


def _check_step(problem: LinearClassification, method: LocalMethod, span: Span, rounds: ExactRounds) -> None:
    step = largest_step(problem, method, span, rounds.w)
    if rounds.complete and not step <= LARGEST_STEP:
        raise BadInput(
            f"handover too early: at half of it, round {rounds.round}, ηH b² f = {step:.3g} must be at most "
            f"{LARGEST_STEP:g}, with all margins ≥ 0 for the logistic loss; give a later round, or handover='auto'"
        )


def _cost(problem: LinearClassification, method: LocalMethod) -> float:
    if isinstance(method.local_solver, Flow):
        return FLOW_COST * problem.workers
    exponentials = float(np.dot(method.steps(problem.workers, 0), problem.sizes))
    return round_cost("gram", problem, method) + EXPONENTIAL_COST * exponentials
