"""Chord between w^r and ŵ against rounds, for four H and two scalings of η."""

from pathlib import Path

import numpy as np

from figures import Panel, Series, View
from implicitbias.asymptotics import chord_from_residual, direction_error
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import decades, local_runs, LocalRun, LR


# Rounds from which the asymptote is drawn: before, ŵτ + w̃ is another path.
FIRST = 100.0


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; it draws nothing at random."""
    del seed, data_home
    fixed, scaled = local_runs(budget, False), local_runs(budget, True)
    last = fixed[0].trace.rounds[-1]
    gain = _chord_at(fixed[0], last) / _chord_at(fixed[1], last)
    title = (
        f"Ten local steps a round bring the direction nearer by the factor {gain:.2f}, not 10; "
        "with η = c/H they bring nothing"
    )
    caption = (
        "Local GD on set A (2 workers, 6 samples in the plane, local separators 77° apart), logistic loss, "
        "from 0. Points: measured. Lines: chord of the asymptote ŵ log(ηHr) + w̃, with the same w̃ for every "
        f"η and H; it predicts the factor {_predicted_gain(fixed, last):.2f} at round {last:,}. Runs end with "
        "the budget of local steps; the lines go on."
    )
    panels = (_panel(fixed, f"η = {LR} fixed", last), _panel(scaled, f"η = {LR}/H", last))
    return View(title, caption, panels, legend="shared")


def _panel(runs: tuple[LocalRun, ...], title: str, last: int) -> Panel:
    marks = []
    rounds = decades(FIRST, 10.0 * last)
    for run in runs:
        svm, w = run.case.svm, run.trace.w[0, 1:]
        marks.append(
            Series(run.trace.rounds[1:], direction_error(w, svm.weights), run.label, "measured", run.key)
        )
        log_time = np.log(run.case.step * rounds)
        line = chord_from_residual(run.case.residual_limit, svm.weights, log_time)
        marks.append(Series(rounds, line, run.label, "theory", run.key))
    return Panel(
        tuple(marks), "communication rounds r", "chord |w/|w| − ŵ/|ŵ||", "log", "log", title, ylim=(0.03, 1.0)
    )


def _predicted_gain(runs: tuple[LocalRun, ...], rounds: int) -> float:
    """Chord of the asymptote for the first H over that for the second."""
    chords = [
        chord_from_residual(r.case.residual_limit, r.case.svm.weights, np.log(r.case.step * rounds))
        for r in runs[:2]
    ]
    return float(chords[0] / chords[1])


def _chord_at(run: LocalRun, rounds: int) -> float:
    at = int(np.searchsorted(run.trace.rounds, rounds))
    return float(direction_error(run.trace.w[0, min(at, len(run.trace.rounds) - 1)], run.case.svm.weights))
