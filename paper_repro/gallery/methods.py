"""Local solves driven to the end: averaged projections and sweeping stop elsewhere, anchoring reaches ŵ."""

from pathlib import Path

import numpy as np

from figures import Panel, Series, View
from implicitbias import (
    LinearClassification,
    local_gd,
    LocalMethod,
    MaxMargin,
    modified_local_gd,
    projection,
    RecordAt,
    run,
    sweeping,
)
from implicitbias.asymptotics import direction_error
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import case_of, decades


LR = 0.2
# Rounds of the exact local solves, and of Local GD with H = 100.
SOLVES = {Budget.SMOKE: 100, Budget.QUICK: 1_000, Budget.PAPER: 100_000}
GRADIENT_ROUNDS = {Budget.SMOKE: 100, Budget.QUICK: 10_000, Budget.PAPER: 10**6}
FINITE_STEPS = 100
# Few rounds of many local steps, for the limit H → ∞ at a fixed round.
FEW_ROUNDS = 5
MOST_STEPS = {Budget.SMOKE: 10**3, Budget.QUICK: 10**5, Budget.PAPER: 10**7}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; it draws nothing at random."""
    del seed, data_home
    case = case_of(LR, FINITE_STEPS)
    problem, svm = case.problem, case.svm
    solves = {
        name: run(problem, method, SOLVES[budget], record=RecordAt.log(60), progress=False)
        for name, method in (
            ("projection", projection()),
            ("sweeping", sweeping()),
            ("anchored", modified_local_gd(projection())),
        )  # fmt: skip
    }
    stuck = float(direction_error(solves["projection"].w[0, -1], svm.weights))
    title = (
        f"Solving the local problems to the end stops at chord {stuck:.3f}; "
        "anchoring, or any finite H in the end, reaches the max margin"
    )
    caption = (
        "Set A, 2 workers. Left: chord to ŵ. Projections (the limit of weakly regularised solves) and "
        "sweeping (the limit H → ∞ of Local GD) settle on a feasible point that is not on the ray of ŵ (on "
        "set A on the same one); with the anchor w⁰ = 0 of weight 1/(r+2) they tend to ŵ like 1/r (line: "
        f"slope −1); Local GD (H = {FINITE_STEPS}, η = {LR}, logistic) goes on like 1/log(ηHr) (line: its "
        f"asymptote). Right: after {FEW_ROUNDS} rounds, Local GD is the nearer to sweeping the larger H is "
        "(dashed: 1/log ηH): the limits r → ∞ and H → ∞ do not commute."
    )
    return View(title, caption, (_rounds(case, solves, budget), _steps(problem, budget)))


def _rounds(case, solves, budget: Budget) -> Panel:
    """Chord to ŵ against rounds."""
    problem, svm = case.problem, case.svm
    names = {
        "projection": "averaged projections",
        "sweeping": "averaged sweeping",
        "anchored": "anchored projections",
    }
    marks = [_series(trace, svm, names[name], name) for name, trace in solves.items()]
    finite = run(problem, case.method, GRADIENT_ROUNDS[budget], record=RecordAt.log(60), progress=False)
    key, label = f"local_gd:H={FINITE_STEPS}", f"Local GD, H = {FINITE_STEPS}"
    marks.append(_series(finite, svm, label, key))
    rounds = decades(100, GRADIENT_ROUNDS[budget] * 10)
    path = svm.weights * np.log(case.step * rounds)[:, None] + case.residual_limit
    marks.append(Series(rounds, direction_error(path, svm.weights), label, "theory", key))
    end = solves["anchored"]
    last, chord = float(end.rounds[-1]), float(direction_error(end.w[0, -1], svm.weights))
    power = decades(last / 30, last)
    marks.append(Series(power, chord * last / power, names["anchored"], "theory", "anchored"))
    return Panel(tuple(marks), "communication rounds r", "chord to ŵ", "log", "log", "towards the max margin")


def _steps(problem: LinearClassification, budget: Budget) -> Panel:
    """Chord between few rounds of Local GD and of sweeping, against log ηH."""
    target = run(problem, sweeping(), FEW_ROUNDS, progress=False).w[0, -1]
    steps = np.unique(np.geomspace(10, MOST_STEPS[budget], 9).astype(int))
    ends = [_end(problem, local_gd(LR, int(h))) for h in steps]
    chords = direction_error(np.array(ends), target)
    scale = np.log(LR * steps)
    line = chords[-1] * scale[-1] / scale[3:]
    marks = [
        Series([x], [y], f"H = {h:,}" if h in (steps[0], steps[-1]) else None, "measured", f"local_gd:H={h}")
        for x, y, h in zip(scale, chords, steps, strict=True)
    ]
    marks.append(Series(scale[3:], line, "1/log ηH", "reference"))
    title = f"after {FEW_ROUNDS} rounds, towards sweeping"
    return Panel(tuple(marks), "log ηH", "chord to the sweeping process", "log", "log", title)


def _end(problem: LinearClassification, method: LocalMethod) -> np.ndarray:
    return run(problem, method, FEW_ROUNDS, record=RecordAt.last(), progress=False).w[0, -1]


def _series(trace, svm: MaxMargin, label: str, key: str) -> Series:
    chord = direction_error(trace.w[0, 1:], svm.weights)
    return Series(trace.rounds[1:], chord, label, "measured", key, joined=True)
