"""Local GD with plain averages and an exponential tail: exact rounds, then the flow in τ = log(ηHr)."""

import numpy as np
from jaxtyping import Float

from implicitbias import fast_forward, Trace
from implicitbias.asymptotics import chord_from_residual, rate_constant
from implicitbias.losses import Logistic
from implicitbias.oracle.signed_rows import row_norms
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Beyond, Exact, exact_rounds, grid, Journey
from paper_repro.classroom.direction.separators import Separators


# Change of margins in a round below which the flow takes over by itself within the exact rounds …
SMALL_STEP = 0.1
# … and above which nothing is known of how a round follows the flow.
LARGEST_STEP = 1.0
# Error of a step of the flow relative to ρ: a table shows four digits, and tighter steps take twice as long.
RTOL = 1e-8
# Beside the ray of ŵ by less than this share of its distance, w̃ lies on it.
ALONG = 1e-9
LN10 = np.log(10.0)


def averaged(controls: Controls, found: Separators) -> Journey:
    """Return exact rounds, and the flow that they follow where they follow one."""
    exact, separator = exact_rounds(controls), found.common.weights
    handover = hand_over(controls, exact)
    if handover is None:
        return Journey(exact, None, separator, capped=_too_early(controls, exact))
    times = controls.log_step + LN10 * grid(controls.decades)
    far = fast_forward(controls.problem, controls.method, times, handover=handover, rtol=RTOL, progress=False)
    limit = np.asarray(far.extras["limit"])[0] if "limit" in far.extras else None
    capped = f"Exact rounds (points) stop at round {exact.last:,}; beyond, the flow that they follow (line)."
    return Journey(exact, _beyond(controls, far, separator, limit), separator, limit, capped)


def hand_over(controls: Controls, exact: Exact) -> int | str | None:
    """Return where the flow may take over: by itself, at the last exact round, or not at all."""
    if step_size(controls, exact.w[-1]) <= SMALL_STEP:
        return "auto"
    return exact.last if exact.last >= 2 and step_size(controls, exact.at_half) <= LARGEST_STEP else None


def step_size(controls: Controls, w: Float[np.ndarray, " 2"]) -> float:
    """Return max_m ηH_m b_m² f_m(w), by which a round moves margins at most; ∞ while a logistic margin is negative."""
    problem = controls.problem
    if isinstance(problem.loss_function, Logistic) and (problem.margins(w) < 0).any():
        return np.inf
    steps = np.broadcast_to(controls.local_steps, problem.workers)
    moves = [
        controls.lr * h * row_norms(rows).max() ** 2 * float(problem.worker_loss(w, m))
        for m, (h, rows) in enumerate(zip(steps, problem.local_signed, strict=True))
    ]
    return float(max(moves))


def _beyond(
    controls: Controls,
    far: Trace,
    separator: Float[np.ndarray, " 2"],
    limit: Float[np.ndarray, " 2"] | None,
) -> Beyond:
    error = np.asarray(far.extras["residual_error"])[0] / np.linalg.norm(far.w[0], axis=1)
    predicted = np.full(len(error), np.nan) if limit is None else closed_form(limit, separator, far.log_time)
    decades = (far.log_time - controls.log_step) / LN10
    return Beyond(decades, far.w[0], np.asarray(far.extras["chord"])[0], error, predicted)


def closed_form(
    limit: Float[np.ndarray, " 2"], separator: Float[np.ndarray, " 2"], log_time: Float[np.ndarray, " time"]
) -> Float[np.ndarray, " time"]:
    """Return the chord of ŵτ + w̃; NaN where w̃ is the larger of the two, or lies along ŵ: then it says nothing."""
    chord = chord_from_residual(limit, separator, log_time)
    beside = rate_constant(separator, limit) > ALONG
    return np.where(beside & (log_time * np.linalg.norm(separator) > np.linalg.norm(limit)), chord, np.nan)


def _too_early(controls: Controls, exact: Exact) -> str:
    size = step_size(controls, exact.w[-1])
    moves = f"moves margins by up to {size:.2g}" if np.isfinite(size) else "still leaves points misclassified"
    return (
        f"Exact rounds stop at round {exact.last:,}, where a round {moves}: too much for the flow to take over. "
        "Wider margins, or a smaller ηH, bring the limit nearer."
    )
