"""|w − ŵ log(ηHr) − w̃| against rounds; with unequal workers the weights 1/n give another, wrong limit."""

from pathlib import Path

import numpy as np

from figures import Panel, Series, View
from implicitbias.asymptotics import residual
from implicitbias.oracle import residual_limit
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import decades, local_runs, LocalRun, LR


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; it draws nothing at random."""
    del seed, data_home
    runs, unequal = local_runs(budget, False), local_runs(budget, False, "A-prime")
    kappa = runs[0].case.exponent
    wrong = residual_limit(unequal[0].case.problem.signed)
    apart = float(np.linalg.norm(wrong - unequal[0].case.residual_limit))
    title = (
        f"All H settle on one residual w̃, like r^(−κ) with κ = {kappa:.3f}; with p = 1/n it would be another"
    )
    caption = (
        f"Local GD, η = {LR}, logistic loss, from 0. Left: set A, two workers with three samples each. Right: "
        "without its last sample, so that 1/(M $n_m$) ≠ 1/n; the distance to the limit for p = 1/n (red) "
        f"stays at {apart:.3f}. Points: measured; black line: slope −κ, κ = min(λ($A_S$), θ − 1) from the "
        "max-margin solution."
    )
    last = float(runs[0].trace.rounds[-1])
    return View(title, caption, (_right(runs, kappa, last), _wrong(unequal, wrong, kappa, last)))


def _right(runs: tuple[LocalRun, ...], kappa: float, last: float) -> Panel:
    marks = [
        Series(run.trace.rounds[1:], _distance(run, run.case.residual_limit), run.label, "measured", run.key)
        for run in runs
    ]
    return _panel((*marks, _slope(runs[0], kappa, last)), "equal workers: n = (3, 3)")


def _wrong(runs: tuple[LocalRun, ...], wrong: np.ndarray, kappa: float, last: float) -> Panel:
    run = runs[1]
    rounds = run.trace.rounds[1:]
    right = Series(
        rounds, _distance(run, run.case.residual_limit), f"p = 1/(M $n_m$), {run.label}", "measured", run.key
    )
    other = Series(rounds, _distance(run, wrong), f"p = 1/n, {run.label}", "falsifier")
    return _panel((right, other, _slope(run, kappa, last)), "unequal workers: n = (3, 2)")


def _panel(marks: tuple[Series, ...], title: str) -> Panel:
    return Panel(marks, "communication rounds r", "|w − ŵ log(ηHr) − w̃|", "log", "log", title)


def _slope(run: LocalRun, kappa: float, last: float) -> Series:
    """The power law through the last measured point, a little above it."""
    rounds = decades(last / 1e3, last)
    end, at = float(run.trace.rounds[-1]), _distance(run, run.case.residual_limit)[-1]
    return Series(rounds, 1.6 * at * (rounds / end) ** -kappa, f"slope −κ = −{kappa:.3f}", "theory")


def _distance(run: LocalRun, limit: np.ndarray) -> np.ndarray:
    rho = residual(run.trace.w[0, 1:], run.case.svm.weights, run.trace.log_time[1:])
    return np.linalg.norm(rho - limit, axis=1)
