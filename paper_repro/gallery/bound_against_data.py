"""T1 against a run of OASIS on ill-scaled data: with crude constants, and with those in the metric of its D̂."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from figures import Panel, Series, View
from figures.roles import Role
from implicitbias import LinearClassification, LocalMethod, Logistic, OASIS, savic, Stream
from implicitbias.bounds import Bound
from implicitbias.scaled import (
    admissible_drift,
    identical_strongly_convex,
    largest_weight,
    method_constants,
    metric_constants,
    minimiser,
    worker_hessians,
)
from implicitbias.scaled_run import scaled_run, ScaledRun
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import mean_curve
from paper_repro.claims.picture import series


WORKERS, DIM, LOCAL, LOCAL_STEPS, REPLICAS = 2, 4, 24, 16, 32
# Decades over which the scales of the features spread, and μ.
DECADES, RIDGE = 1.5, 0.02
ROUNDS = {Budget.SMOKE: 8, Budget.QUICK: 200, Budget.PAPER: 400}
WARM_UP = 100
# d_min and d_max around the curvature that OASIS averages.
FLOOR, CEILING = 0.02, 0.4
# Share of what the conditions on η and c admit: D̂ of a warm-up is not quite that of the curvature.
SHARE = 0.5
RECORDS = 16
# The data fall to rounding; the bounds do not.
SHOWN = (1e-12, 1e2)


@dataclass(frozen=True)
class Compared:
    """A run at some η with the bound it is held against, at every recorded round."""

    run: ScaledRun
    rounds: np.ndarray
    crude: list[Bound]
    aware: list[Bound]


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure with data and noise drawn from the seed."""
    del data_home
    stream = Stream(seed)
    problem = _problem(stream)
    x = minimiser(problem)
    plain = metric_constants(problem, np.ones(DIM), at=x)
    curvature = np.clip(np.diag(worker_hessians(problem, x).mean(axis=0)), FLOOR, CEILING)
    own = metric_constants(problem, curvature, at=x)
    steps = {
        "η = d_min/(4L), what crude constants admit": (
            SHARE * FLOOR / (4.0 * plain.smoothness),
            plain.strong_convexity / CEILING,
        ),
        "η = 1/(4 L_D), what the metric of D̂ admits": (
            SHARE / (4.0 * own.smoothness),
            SHARE * own.strong_convexity,
        ),
    }
    compared = [_compared(problem, x, lr, mu, ROUNDS[budget], stream) for lr, mu in steps.values()]
    panels = tuple(_panel(c, x, title) for c, title in zip(compared, steps, strict=True))
    title = (
        "On ill-scaled data T1 sees OASIS converge only in the metric of its D̂; with d_min and d_max alone it "
        "hardly falls"
    )
    caption = (
        f"Logistic regression with features of scales 1 … {10.0**-DECADES:.2g}, l2 = {RIDGE}, M = {WORKERS} workers "
        f"with the same data, exact gradients, H = {LOCAL_STEPS}; OASIS with d_min = {FLOOR}, d_max = {CEILING}, β as "
        f"T1 admits, {WARM_UP} samples of warm-up, seed {seed}. Points: mean of {REPLICAS} replicas, whose signs of "
        "Hutchinson's samples differ. Lines: T1; one that is missing claims nothing, its hypotheses are not met."
    )
    return View(title, caption, panels)


def _problem(stream: Stream) -> LinearClassification:
    numbers = stream.at("gallery/bound").generator()
    features = numbers.normal(size=(LOCAL, DIM)) * np.logspace(0.0, -DECADES, DIM)
    labels = np.where(numbers.uniform(size=LOCAL) < 0.5, 1.0, -1.0)
    features, labels = np.tile(features, (WORKERS, 1)), np.tile(labels, WORKERS)
    return LinearClassification(features, labels, workers=WORKERS, loss=Logistic(), l2=RIDGE)


def _compared(
    problem: LinearClassification, x: np.ndarray, lr: float, mu: float, rounds: int, stream: Stream
) -> Compared:
    drift = SHARE * admissible_drift(lr, LOCAL_STEPS, mu)
    beta = 1.0 - largest_weight("linear", drift, CEILING / FLOOR)
    scaling = OASIS(beta=beta, floor=FLOOR, ceiling=CEILING, warmup=WARM_UP)
    method = savic(lr, LOCAL_STEPS, scaling)
    start = x + np.ones(DIM) / np.sqrt(DIM)
    run = scaled_run(
        problem, method, rounds, start=start, replicas=REPLICAS, stream=stream.child(f"{lr:.6g}")
    )
    shown = np.unique(np.geomspace(1, rounds, RECORDS).astype(int))
    # L_D and σ_D² fall and μ_D falls as D grows: the extreme entries bound the constants of every D̂ between them.
    extremes = np.array([run.diagonals.min(axis=(0, 1)), run.diagonals.max(axis=(0, 1))])
    return Compared(
        run, shown, _bounds(problem, method, x, shown, None), _bounds(problem, method, x, shown, extremes)
    )


def _bounds(
    problem: LinearClassification,
    method: LocalMethod,
    x: np.ndarray,
    rounds: np.ndarray,
    diagonals: np.ndarray | None,
) -> list[Bound]:
    given = method_constants(problem, method, diagonals=diagonals, at=x)
    return [identical_strongly_convex(given, squared_distance=1.0, rounds=int(r)) for r in rounds]


def _panel(compared: Compared, x: np.ndarray, title: str) -> Panel:
    distances = ((compared.run.models[:, compared.rounds] - x) ** 2).sum(axis=-1)
    rounds = compared.rounds.astype(float)
    measured = series(mean_curve(rounds, distances, "OASIS", "oasis", RECORDS), "log", "log")
    lines = (
        *_line(rounds, compared.crude, "T1, L/d_min, μ/d_max", "reference"),
        *_line(rounds, compared.aware, "T1, L_D, μ_D, σ_D²", "theory"),
    )
    return Panel((measured, *lines), "communication rounds r", "E|x̂ − x*|²", "log", "log", title, ylim=SHOWN)


def _line(rounds: np.ndarray, bounds: list[Bound], label: str, role: Role) -> list[Series]:
    """Return the bound as a line, or none where its hypotheses are not met."""
    if not all(b.applicable for b in bounds):
        return []
    return [Series(rounds, np.array([b.value for b in bounds]), label, role)]
