"""Bundled real data in log-time: what exact rounds show, and where the continuation of the same rounds ends."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from figures import Note, Panel, Series, Span, View
from implicitbias import (
    Exponential,
    fast_forward,
    LinearClassification,
    local_gd,
    max_margin,
    MaxMargin,
    Trace,
)
from implicitbias.asymptotics import direction_error, predicted_onset, rate_constant, unit
from implicitbias.data import by_label, named
from implicitbias.oracle import convergence_exponent
from paper_repro.claims.budget import Budget


SETS = (
    ("iris-0-1", "iris, setosa against versicolor"),
    ("wine-0-1", "wine, cultivars 0 and 1"),
    ("breast-cancer", "breast cancer"),
    ("digits-0-8", "digits 0 and 8"),
)
STEPS = (1, 100)
WORKERS = 2
# Length ηb² of a local step: with H = 100 a round is a small step from the first on.
STEP = 1e-3
HANDOVER = {Budget.SMOKE: 64, Budget.QUICK: 256, Budget.PAPER: 65_536}
FIRST, LAST = 1.0, 1e6
RECORDS = 60
# Rounds that nobody runs.
BILLION = 1e9


@dataclass(frozen=True)
class RealCase:
    """A real set split by label, and its certified separator."""

    title: str
    problem: LinearClassification
    svm: MaxMargin

    @property
    def lr(self) -> float:
        """η."""
        return STEP / self.problem.radius**2

    @property
    def onset(self) -> float:
        """Round from which Local GD with H = 1 is surely gradient descent with a harmless error."""
        return predicted_onset(
            self.svm.margin, WORKERS, lr=self.lr, local_steps=1, row_norm=self.problem.radius
        )

    @property
    def average(self) -> np.ndarray:
        """Direction of the average of the local SVMs."""
        return unit(np.mean([max_margin(rows).weights for rows in self.problem.local_signed], axis=0))


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure from data bundled with scikit-learn."""
    del seed, data_home
    cases = [_case(name, title) for name, title in (SETS[:2] if budget is Budget.SMOKE else SETS)]
    traces = [[_continued(case, steps, budget) for steps in STEPS] for case in cases]
    shown = [_chord(ts[0])[_reached(ts[0])] for ts in traces]
    title = (
        f"A billion steps leave real data at chord {min(shown):.2f} or more; continued in log-time, all turn to the "
        "max margin like 1/log(ηHr)"
    )
    caption = (
        "scikit-learn's bundled data, standardised, with a bias, split by label over two workers; exponential loss, "
        f"ηb² = {STEP:g} with b the longest row, from 0. Points: chord to the certified max margin, from "
        f"{HANDOVER[budget]} exact rounds continued in log-time to round $10^{{434294}}$. Black: |Π⊥w̃|/(|ŵ|τ), with "
        "the limit w̃ of the residual. Red: chord to the average of the local SVMs. Grey: round $10^9$ at H = 1. "
        "κ = min(λ($A_S$), θ − 1): the distance to the limit path falls by half only when r grows by $2^{1/κ}$; onset: "
        "round 70 M b³/γ³, from where on exact rounds of one step surely obey the asymptotics."
    )
    panels = tuple(_panel(case, ts) for case, ts in zip(cases, traces, strict=True))
    return View(title, caption, panels, columns=2, legend="shared")


def _panel(case: RealCase, traces: list[Trace]) -> Panel:
    measured = [
        Series(t.log_time, _chord(t), f"H = {h}", "measured", f"local_gd:H={h}")
        for h, t in zip(STEPS, traces, strict=True)
    ]
    tau = np.geomspace(10.0 * FIRST, LAST, RECORDS)
    constant = rate_constant(case.svm.weights, np.asarray(traces[0].extras["limit"])[0])
    local = direction_error(traces[0].w[0], case.average)
    reached = float(np.log(case.lr * BILLION))
    marks = (
        *measured,
        Series(tau, constant / tau, "|Π⊥w̃|/(|ŵ|τ)", "theory"),
        Series(traces[0].log_time, local, "to the average of the local SVMs", "falsifier"),
        Span("x", reached, reached, "round $10^9$", "reference"),
        Note(_numbers(case), "upper right"),
    )
    # Room above the lines for the numbers.
    return Panel(marks, "log-time τ = log(ηHr)", "chord to ŵ", "log", "log", case.title, ylim=(1e-7, 1e3))


def _numbers(case: RealCase) -> str:
    exponent = convergence_exponent(case.problem, case.svm)
    relative = case.svm.margin / case.problem.radius
    return f"κ = {exponent:.2g}\nγ = {scientific(relative)} b\nonset {scientific(case.onset)}"


def _chord(trace: Trace) -> np.ndarray:
    return np.asarray(trace.extras["chord"])[0]


def _reached(trace: Trace) -> int:
    """Return the first record from so many rounds on that nobody runs them: their chord is at least that one."""
    return int(np.searchsorted(trace.rounds, BILLION))


def scientific(number: float) -> str:
    """Return a number as a power of ten in one digit, for labels."""
    power = int(np.floor(np.log10(number)))
    return f"${number / 10.0**power:.0f}·10^{{{power}}}$"


def _case(name: str, title: str) -> RealCase:
    samples = named(name)
    split = by_label(samples, WORKERS)
    problem = LinearClassification(samples.features, samples.labels, workers=split, loss=Exponential())
    return RealCase(title, problem, max_margin(problem))


def _continued(case: RealCase, steps: int, budget: Budget) -> Trace:
    times = np.geomspace(FIRST, LAST, RECORDS)
    method = local_gd(case.lr, steps)
    return fast_forward(case.problem, method, times, handover=HANDOVER[budget], progress=False)
