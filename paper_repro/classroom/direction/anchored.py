"""Anchored averages with gradient steps: the anchor is a ridge of strength 1/(ηHr), and w its regularisation path."""

import numpy as np
from scipy.special import wrightomega

from implicitbias import residual_limit
from implicitbias.asymptotics import anchored_path, direction_error
from paper_repro.classroom.direction.averaged import closed_form, hand_over, LN10
from paper_repro.classroom.direction.controls import Controls, one_for_all
from paper_repro.classroom.direction.journey import Beyond, Exact, exact_rounds, grid, Journey
from paper_repro.classroom.direction.separators import Separators


def anchored(controls: Controls, found: Separators) -> Journey:
    """Return exact rounds, and the path that they join like 1/r.

    Raises
    ------
    BadInput
        With another H on every worker.
    """
    one_for_all(controls, "the path of anchored averages")
    exact, separator = exact_rounds(controls), found.common.weights
    if hand_over(controls, exact) is None:
        capped = f"Exact rounds stop at round {exact.last:,}, before a round is a small step; lower η or H to see on."
        return Journey(exact, None, separator, capped=capped)
    capped = f"Exact rounds (points) stop at round {exact.last:,}; beyond, the path that they join (line)."
    return Journey(exact, _path(controls, exact, found), separator, None, capped)


def _path(controls: Controls, exact: Exact, found: Separators) -> Beyond:
    decades, separator = grid(controls.decades, float(np.log10(exact.last))), found.common.weights
    # log(r + 1), which for huge r is log r.
    times = np.logaddexp(LN10 * decades, 0.0)
    w = anchored_path(controls.problem, controls.log_step, times)
    # Rounds join the path like 1/r.
    off = np.linalg.norm(w[0] - exact.w[-1]) * 10.0 ** (decades[0] - decades)
    chord = direction_error(w, separator)
    return Beyond(decades, w, chord, off / np.linalg.norm(w, axis=1), _closed_form(controls, found, decades))


def _closed_form(controls: Controls, found: Separators, decades: np.ndarray) -> np.ndarray:
    """Return the chord of ŵL + w̃ with L + log(L + 1) = log(ηHr); NaN where no w̃ is known."""
    if not found.common.nondegenerate or len(found.common.undecided):
        return np.full(len(decades), np.nan)
    limit = residual_limit(controls.problem, found.common)
    clock = np.asarray(wrightomega(controls.log_step + LN10 * decades + 1.0)) - 1.0
    return closed_form(limit, found.common.weights, clock)
