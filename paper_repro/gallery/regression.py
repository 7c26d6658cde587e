"""Overparameterised regression: Local GD converges to the minimum-norm solution at a known linear rate."""

from pathlib import Path

import numpy as np

from figures import Panel, Series, Span, View
from implicitbias import gd, LinearRegression, local_gd, LocalMethod, projection, RecordAt, run, Stream
from implicitbias.formulas import regression_rate
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import decades


WORKERS, SAMPLES, DIM = 3, 3, 30
STEPS = (1, 10, 100)
# Share of the largest step 2/L of every worker.
SHARE = 0.1
ROUNDS = {Budget.SMOKE: 60, Budget.QUICK: 1_000, Budget.PAPER: 4_000}
# Below this distance rounding takes over; rates are measured above it.
FLOOR = 1e-11
# Local steps at which rates are measured.
MEASURED_STEPS = (1, 3, 10, 30, 100, 300, 1000)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure on Gaussian data drawn from the seed."""
    del data_home
    problem = _problem(Stream(seed))
    lr = SHARE * 2 / problem.smoothness
    least = np.linalg.pinv(problem.features) @ problem.targets
    blocks = [problem.features[rows] for rows in problem.members]
    slow, fast = (1 - regression_rate(blocks, lr, h) for h in (1, np.inf))
    title = (
        "Local GD finds the centralised minimum-norm solution at a linear rate, "
        f"and local steps raise it from {slow:.3f} to {fast:.3f} a round"
    )
    caption = (
        f"Linear regression, d = {DIM}, {WORKERS} workers with {SAMPLES} Gaussian samples each, η = "
        f"{2 * SHARE:.2g}/L, from 0, seed {seed}. Left: distance to the minimum-norm solution; points "
        "measured, lines ρ($T_H$)$^r$ with $T_H$ = (1/M) Σ (I − η$G_m$)$^H$, through the last point. Right: "
        "the rate 1 − ρ, measured over the last quarter of a run (points) and predicted (line); its limit θ = "
        "λ(Σ $X_m$⁺$X_m$/M) belongs to local problems solved exactly."
    )
    panels = (_errors(problem, lr, least, blocks, budget), _rates(problem, lr, least, blocks, budget))
    return View(title, caption, panels)


def _errors(
    problem: LinearRegression, lr: float, least: np.ndarray, blocks: list[np.ndarray], budget: Budget
) -> Panel:
    marks = []
    for label, key, method, steps in (
        ("centralised GD", "gd", gd(lr), 1),
        *((f"H = {h}", f"local_gd:H={h}", local_gd(lr, h), h) for h in STEPS[1:]),
        ("H = ∞", "projection", projection(), np.inf),
    ):
        rounds, error = _distance(problem, method, least, budget)
        marks.append(Series(rounds, error, label, "measured", key))
        line = error[-1] * regression_rate(blocks, lr, steps) ** (rounds - rounds[-1])
        marks.append(Series(rounds, line, label, "theory", key))
    return Panel(
        tuple(marks), "communication rounds r", "|w − minimum-norm solution|", "linear", "log", "convergence"
    )


def _rates(
    problem: LinearRegression, lr: float, least: np.ndarray, blocks: list[np.ndarray], budget: Budget
) -> Panel:
    measured = [1 - _factor(*_distance(problem, local_gd(lr, h), least, budget)) for h in MEASURED_STEPS]
    grid = np.unique(np.rint(decades(1, MEASURED_STEPS[-1])).astype(int))
    line = [1 - regression_rate(blocks, lr, h) for h in grid]
    limit = 1 - regression_rate(blocks, lr)
    marks = (
        *(
            Series([h], [y], "measured" if h == 10 else None, "measured", f"local_gd:H={h}")
            for h, y in zip(MEASURED_STEPS, measured, strict=True)
        ),
        Series(grid, line, "1 − ρ($T_H$)", "theory"),
        Span("y", limit, limit, "θ, for H = ∞", "reference"),
    )
    ylabel = "rate 1 − |error(r+1)|/|error(r)|"
    return Panel(marks, "local steps H", ylabel, "log", "linear", "rate", ylim=(0.0, 1.4 * limit))


def _distance(
    problem: LinearRegression, method: LocalMethod, least: np.ndarray, budget: Budget
) -> tuple[np.ndarray, np.ndarray]:
    """Rounds and distances to the minimum-norm solution, as long as they are above rounding."""
    trace = run(problem, method, ROUNDS[budget], record=RecordAt.every(1), progress=False)
    error = np.linalg.norm(trace.w[0] - least, axis=1)
    kept = int(np.argmax(error < FLOOR)) or error.size
    return trace.rounds[:kept].astype(float), error[:kept]


def _factor(rounds: np.ndarray, error: np.ndarray) -> float:
    """Mean factor per round over the last quarter."""
    begin = 3 * rounds.size // 4
    return float((error[-1] / error[begin]) ** (1 / (rounds[-1] - rounds[begin])))


def _problem(stream: Stream) -> LinearRegression:
    draw = stream.at("gallery/regression").generator()
    features = draw.standard_normal((WORKERS * SAMPLES, DIM))
    return LinearRegression(features, features @ draw.standard_normal(DIM), workers=WORKERS)
