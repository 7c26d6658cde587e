"""Held-out error against slow time for SGD, post-local SGD, Local SGD and QSR, on a sparse and on a dense truth."""

from pathlib import Path

import numpy as np

from figures import Panel, View
from implicitbias import Stream, Trace
from paper_repro.claims.budget import Budget
from paper_repro.claims.observation import Curve
from paper_repro.claims.picture import series
from paper_repro.papers.gu2023.held_out_error import HeldOutCase, LINE, LR, needs, observe, predict, setup_for
from paper_repro.papers.gu2023.sparse_setting import predicted_path, RECORDS, SparseKnobs


KNOBS = SparseKnobs()
TITLES = {"sparse": "sparse truth w* = e₁", "dense": "control: a dense truth with the same labels"}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure."""
    del data_home
    cases = {truth: setup_for(truth)(KNOBS, Stream(seed)) for truth in TITLES}
    specs = needs(cases["sparse"], budget)
    traces = tuple(spec.compute() for spec in specs)
    panels = tuple(_panel(case, traces, TITLES[truth]) for truth, case in cases.items())
    title = (
        "On a sparse truth QSR, Local SGD and post-local SGD generalise sooner than SGD; on a dense one with the same "
        "data they lose"
    )
    plan = cases["sparse"].plans[1]
    caption = (
        "Diagonal network w = u∘u − v∘v, 3 samples of 4 features ±1, label noise δ = 1, from u = v on its minima; "
        f"M = {KNOBS.workers}, B = {KNOBS.total_batch:g}, η = {LR / 2:g}: Local SGD with ηH = {KNOBS.alpha:g}, QSR "
        f"with H = {plan.steps // RECORDS}, post-local SGD is SGD until the middle. Points: |w − w*|² at Φ(θ̄), the "
        f"error on fresh features, means over {specs[0].replicas} runs with 99.998 % intervals, the same runs twice. "
        "Lines: the slow ODE, QSR's in the limit η → 0, with M times the drift; dashed at the ηH it has here."
    )
    return View(title, caption, panels, columns=2, legend="shared")


def _panel(case: HeldOutCase, traces: tuple[Trace, ...], title: str) -> Panel:
    curves = (*predict(case).curves, _finite_qsr(case), *observe(case, traces).curves)
    marks = tuple(series(curve) for curve in curves)
    return Panel(marks, "slow time η²·steps", "held-out error |w − w*|²", title=title)


def _finite_qsr(case: HeldOutCase) -> Curve:
    """The slow ODE at the ηH that QSR has at this η, on its way to infinity."""
    plan = case.plans[1]
    end, alpha = float(plan.slow_times[-1]), plan.lr * plan.steps / RECORDS
    path = case.error(predicted_path(plan.knobs, end, ((alpha, LINE),)))
    return Curve(end * np.arange(LINE + 1) / LINE, path, f"QSR at its ηH = {alpha:g}", "reference")
