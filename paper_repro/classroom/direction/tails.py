"""Polynomial tails (1 + z)^{−p}: w grows like a power of r, towards another direction than the max margin."""

import numpy as np
from jaxtyping import Float

from implicitbias.asymptotics import direction_error, tail_path
from implicitbias.oracle import tail_direction
from paper_repro.classroom.direction.averaged import LN10
from paper_repro.classroom.direction.controls import Controls, one_for_all
from paper_repro.classroom.direction.journey import Beyond, Exact, exact_rounds, grid, Journey
from paper_repro.classroom.direction.separators import Separators


def tailed(controls: Controls, found: Separators) -> Journey:
    """Return exact rounds, the flow that follows them, and the certified direction where it rests.

    Raises
    ------
    BadInput
        With another H on every worker.
    """
    one_for_all(controls, "the limit of a polynomial tail")
    exact = exact_rounds(controls)
    limit = tail_direction(controls.problem, controls.power, found.common)
    if not (controls.problem.margins(exact.at_half) > 0).all():
        capped = f"Exact rounds stop at round {exact.last:,}, before all margins are positive; lower η or H to see on."
        return Journey(exact, None, limit.direction, capped=capped)
    capped = f"Exact rounds (points) stop at round {exact.last:,}; beyond, the flow that they follow (line)."
    beyond = _beyond(controls, exact, found.common.weights, limit.direction)
    return Journey(exact, beyond, limit.direction, None, capped, form="limit")


def log_times(controls: Controls, decades: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Return τ = log(ηHr); log(ηH(r + 1)) where averages are anchored."""
    clock = np.logaddexp(LN10 * decades, 0.0) if controls.anchored else LN10 * decades
    return controls.log_step + clock


def _beyond(controls: Controls, exact: Exact, separator: np.ndarray, limit: np.ndarray) -> Beyond:
    """Follow the flow from the last exact round, and from half of them to tell how wrong that may be."""
    decades = grid(controls.decades, float(np.log10(exact.last)))
    half = int(np.flatnonzero(2 * exact.rounds <= exact.last)[-1])
    earlier = np.concatenate([[np.log10(exact.rounds[half])], decades])
    w = _follow(controls, decades, exact.w[-1])
    error = np.linalg.norm(w - _follow(controls, earlier, exact.w[half])[1:], axis=1) / np.linalg.norm(
        w, axis=1
    )
    level = np.full(len(decades), direction_error(limit, separator))
    return Beyond(decades, w, direction_error(w, separator), error, level)


def _follow(controls: Controls, decades: np.ndarray, start: np.ndarray) -> Float[np.ndarray, "time 2"]:
    return tail_path(controls.problem, start, log_times(controls, decades), anchored=controls.anchored)
