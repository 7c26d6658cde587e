"""Bundled real data: how far the run is from the limit, and when theory says it will come near."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from figures import Note, Panel, Series, Span, View
from implicitbias import LinearClassification, local_gd, Logistic, max_margin, MaxMargin, RecordAt, run, Trace
from implicitbias.asymptotics import direction_error, predicted_onset
from implicitbias.data import by_label, real, Samples
from implicitbias.oracle import convergence_exponent
from paper_repro.claims.budget import Budget


SETS = (
    ("iris", "iris, setosa against versicolor"),
    ("wine", "wine, cultivars 0 and 1"),
    ("breast-cancer", "breast cancer"),
)
STEPS = (1, 10, 100)
WORKERS = 2
# ηL of the local problems: half the largest stable step.
SHARE = 0.5
# Multiply–adds a set may cost, and rounds.
WORK = {Budget.SMOKE: 10**7, Budget.QUICK: 10**9, Budget.PAPER: 10**12}
ROUNDS = {Budget.SMOKE: 10**3, Budget.QUICK: 10**5, Budget.PAPER: 10**8}


@dataclass(frozen=True)
class RealCase:
    """A real set split by label, scaled so that b_x = 1, and its certified separator."""

    title: str
    problem: LinearClassification
    svm: MaxMargin
    lr: float

    @property
    def onset(self) -> float:
        """Round from which Local GD is gradient descent with a harmless error."""
        return predicted_onset(
            self.svm.margin, WORKERS, lr=self.lr, local_steps=1, row_norm=self.problem.radius
        )

    @property
    def exponent(self) -> float:
        """κ of the residual."""
        return convergence_exponent(self.problem, self.svm)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure from data bundled with scikit-learn."""
    del seed, data_home
    cases = [_case(name, title) for name, title in SETS]
    traces = [[_run(case, steps, budget) for steps in STEPS] for case in cases]
    ends = [
        direction_error(t.w[0, -1], c.svm.weights) for c, ts in zip(cases, traces, strict=True) for t in ts
    ]
    least = float(min(ends))
    last = max(int(t.rounds[-1]) for ts in traces for t in ts)
    title = (
        f"On real data the limit is out of reach: after up to {last:,} rounds the direction is still at chord "
        f"{least:.2f} or more"
    )
    caption = (
        "scikit-learn's bundled data, standardised, with a bias, split by label over two workers; logistic "
        "loss, η = 1/L, from 0. Points: chord to the certified max margin. Either the onset of the "
        "asymptotics, round 70 M b³/γ³, is far (b the longest row; dashed where on the axis), or κ is small. "
        "κ = min(λ($A_S$), θ − 1): the distance to the limit path falls by half only when r grows by "
        "$2^{1/κ}$. No line of theory is drawn where the asymptote is not in force: these runs neither "
        "confirm nor refute it."
    )
    panels = tuple(_panel(case, ts) for case, ts in zip(cases, traces, strict=True))
    return View(title, caption, panels, columns=3, legend="shared")


def _panel(case: RealCase, traces: list[Trace]) -> Panel:
    marks: list = [
        Series(
            t.rounds[1:],
            direction_error(t.w[0, 1:], case.svm.weights),
            f"H = {h}",
            "measured",
            f"local_gd:H={h}",
        )
        for h, t in zip(STEPS, traces, strict=True)
    ]
    last = max(float(t.rounds[-1]) for t in traces)
    if case.onset <= 10 * last:
        marks.append(Span("x", case.onset, case.onset, "predicted onset", "reference"))
    relative = case.svm.margin / case.problem.radius
    words = f"κ = {case.exponent:.2g}\nγ = {relative:.1g} b\nonset {scientific(case.onset)}"
    marks.append(Note(words, "lower left"))
    xlim, ylim = (0.7, 3 * last), (0.02, 2.0)
    return Panel(tuple(marks), "communication rounds r", "chord to ŵ", "log", "log", case.title, xlim, ylim)


def scientific(number: float) -> str:
    """Return a number as a power of ten in one digit, for labels."""
    power = int(np.floor(np.log10(number)))
    return f"${number / 10.0**power:.0f}·10^{{{power}}}$"


def _case(name: str, title: str) -> RealCase:
    samples = real(name)
    problem = _split(samples)
    return RealCase(title, problem, max_margin(problem), 2 * SHARE / problem.smoothness)


def _split(samples: Samples) -> LinearClassification:
    split = by_label(samples, WORKERS)
    return LinearClassification(samples.features, samples.labels, workers=split, loss=Logistic())


def _run(case: RealCase, steps: int, budget: Budget) -> Trace:
    cost = steps * case.problem.signed.size
    rounds = min(ROUNDS[budget], max(10, WORK[budget] // cost))
    return run(case.problem, local_gd(case.lr, steps), rounds, record=RecordAt.log(80), progress=False)
