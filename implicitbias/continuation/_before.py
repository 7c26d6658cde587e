"""What comes before the flow takes over: exact rounds, or an earlier continuation."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.asymptotics import chord_from_residual, residual
from implicitbias.continuation._error import most_to_come, rounding, still_to_come
from implicitbias.continuation._handover import hand_over, HandOver, largest_step
from implicitbias.continuation._records import clocks_at, without_records
from implicitbias.continuation._span import Span
from implicitbias.engine.advance import Progress
from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace
from implicitbias.errors import BadInput
from implicitbias.methods import Flow, LocalMethod
from implicitbias.oracle.signed_rows import row_norms
from implicitbias.problems import LinearClassification


@dataclass(frozen=True)
class Before:
    """Records, and where the flow starts.

    Attributes
    ----------
    trace
        The records so far, with the extras of a continuation.
    outside
        Part of the models that no gradient moves, (replica, dim).
    time, rho
        Log-time of the hand-over, and the coordinates of ρ there, (replica, span).
    half_time, half
        The same at half the rounds; ``None`` for a start that is a continuation itself.
    to_come, most
        R (replica,): the error of the continuation in units of its distance to that from half; and a bound on it.
    error
        Error of ρ that such a start brings with it, (replica,).
    """

    trace: Trace
    outside: Float[np.ndarray, "replica dim"]
    time: float
    rho: Float[np.ndarray, "replica span"]
    half_time: float
    half: Float[np.ndarray, "replica span"] | None
    to_come: Float[np.ndarray, " replica"]
    most: float
    error: Float[np.ndarray, " replica"]

    @property
    def complete(self) -> bool:
        """Whether the keyboard has not cut the rounds short."""
        return self.trace.status is Status.COMPLETE


def after_rounds(
    problem: LinearClassification,
    method: LocalMethod,
    span: Span,
    start: Float[np.ndarray, "..."] | State | Trace | None,
    handover: int | str,
    wanted: Int[np.ndarray, " round"] | None,
    progress: Progress | bool | None,
) -> Before:
    """Run the exact rounds, and return them with the residuals of their records."""
    handed = hand_over(problem, method, span, start, handover, wanted, progress)
    trace, times = handed.trace, handed.times
    rho = residual(trace.w, span.weights, times)
    extras = {
        "residual": rho,
        "residual_error": rounding(np.linalg.norm(trace.w, axis=2)),
        "chord": chord_from_residual(rho, span.weights, times),
    }
    return Before(
        trace=dataclasses.replace(trace, extras=extras, **_clocks(problem, method, times)),
        outside=span.outside(handed.last),
        time=handed.last_time,
        rho=span.down(handed.last) - handed.last_time * span.separator,
        half_time=handed.half_time,
        half=span.down(handed.half) - handed.half_time * span.separator,
        to_come=_to_come(problem, handed),
        most=_most(problem, method, span, handed),
        error=np.zeros(len(handed.last)),
    )


def after_continuation(
    problem: LinearClassification, method: LocalMethod, span: Span, start: Trace
) -> Before:
    """Return where an earlier continuation ended, and no records.

    Raises
    ------
    BadInput
        If it is one of another method or problem.
    """
    if start.fingerprint != problem.fingerprint or start.method != method:
        raise BadInput(
            f"start = a continuation of {start.method!r}: goes on with the same method on the same problem only; give "
            "a vector or a State to start another"
        )
    if not len(start.log_time):
        raise BadInput("start is a continuation without records: give the start that it had")
    rho, error = (np.asarray(start.extras[name])[:, -1] for name in ("residual", "residual_error"))
    return Before(
        trace=dataclasses.replace(
            without_records(start), status=Status.COMPLETE, message=Status.COMPLETE.value
        ),
        outside=span.outside(rho),
        time=float(start.log_time[-1]),
        rho=span.down(rho),
        half_time=0.0,
        half=None,
        to_come=np.zeros(len(rho)),
        most=0.0,
        error=error,
    )


def _clocks(problem: LinearClassification, method: LocalMethod, times: np.ndarray) -> dict[str, np.ndarray]:
    """Return the clocks that exact rounds do not have: ``run`` counts the rounds of local flows, not their time."""
    if not isinstance(method.local_solver, Flow):
        return {"stored_log_time": times}
    return {name: clock for name, clock in clocks_at(problem, method, times).items() if name != "rounds"}


def _to_come(problem: LinearClassification, handed: HandOver) -> Float[np.ndarray, " replica"]:
    # Ratios of losses, for f itself may be e^{−1000}.
    fallen = np.exp(problem.log_loss(handed.half) - problem.log_loss(handed.last))
    return np.array([still_to_come(ratio) for ratio in fallen])


def _most(problem: LinearClassification, method: LocalMethod, span: Span, handed: HandOver) -> float:
    step = largest_step(problem, method, span, handed.last)
    return most_to_come(step, float(row_norms(span.rows).max()), span.svm.margin)
