"""Stationary laws in a valley: the longer the rounds, the closer Local SGD stays to the flattest point."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from figures.roles import Role
from implicitbias import local_sgd, RecordAt, run, Stream
from implicitbias.problems import TwoPoint
from implicitbias.statistics import mean_interval
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import rounds_for
from paper_repro.papers.derived.curved_minima.stationary_valley import TANGENTIAL
from sde.zoo import quadratic_valley, QuadraticValley


WORKERS = 4
# H with the learning rate that makes α = ηH; H = 1 is SGD.
RUNS = ((1, 0.05), (10, 0.05), (40, 0.05))
# Half of the slow time lets the start be forgotten.
SLOW_TIME, RECORDS = 16.0, 16
EDGES, LEVEL = np.linspace(-1.25, 1.25, 26), 0.01
FINE = np.linspace(-1.25, 1.25, 201)
REPLICAS = {Budget.SMOKE: 100, Budget.QUICK: 1_000, Budget.PAPER: 20_000}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure."""
    del data_home
    valley = quadratic_valley(normal=1.0, tangential=TANGENTIAL, law=TwoPoint())
    marks = [mark for steps, lr in RUNS for mark in _marks(valley, steps, lr, REPLICAS[budget], Stream(seed))]
    marks.append(_line(valley, WORKERS, np.inf, "α → ∞, the M-fold limit", "reference", None))
    panel = Panel(tuple(marks), "x along the valley", "stationary density")
    title = "The longer the rounds, the closer Local SGD stays to the flattest point of the valley"
    caption = (
        f"L = ½(1 + x²)y², normal noise of variance 1 and tangential noise of variance 1/8, total batch 1, "
        f"M = {WORKERS} (SGD: M = 1, H = 1), η = 0.05. Points: shares of slow time from "
        f"{SLOW_TIME / 2:g} to {SLOW_TIME:g} over "
        f"{REPLICAS[budget]:,} runs, with {100 * (1 - LEVEL):g} % intervals; lines: p ∝ h^(−4) exp(−4(M − 1) J(2αh)), "
        f"h = 1 + x². Seed {seed}."
    )
    return View(title, caption, (panel,))


def _marks(
    valley: QuadraticValley, steps: int, lr: float, replicas: int, stream: Stream
) -> tuple[Series, Series]:
    workers, alpha = (1, 0.0) if steps == 1 else (WORKERS, lr * steps)
    label = "SGD" if steps == 1 else f"Local SGD, α = {alpha:g}"
    key = "sgd" if steps == 1 else f"local_sgd:H={steps}"
    shares = _shares(valley, workers, steps, lr, replicas, stream.child(f"stationary-{steps}"))
    intervals = [mean_interval(column, LEVEL) for column in shares.T]
    ends = ([i.low for i in intervals], [i.high for i in intervals])
    centres = 0.5 * (EDGES[1:] + EDGES[:-1])
    line = _line(valley, workers, alpha, label, "theory", key)
    return line, Series(centres, shares.mean(axis=0), label, "measured", key, ends)


def _line(
    valley: QuadraticValley, workers: int, alpha: float, label: str, role: Role, key: str | None
) -> Series:
    """Return the density exp(log-density), normalised by quadrature."""
    from scipy.integrate import quad

    def weight(x: Float[np.ndarray, "..."] | float) -> Float[np.ndarray, "..."]:
        return np.exp(valley.stationary_log_density(np.asarray(x, dtype=float)[..., None], workers, alpha))

    mass = 2.0 * quad(lambda x: float(weight(x)), 0.0, np.inf)[0]
    return Series(FINE, weight(FINE) / mass, label, role, key)


def _shares(
    valley: QuadraticValley, workers: int, steps: int, lr: float, replicas: int, stream: Stream
) -> Float[np.ndarray, "replica bin"]:
    """Return, for every run, the share of the second half of its records in every bin, per length."""
    method = local_sgd(lr, steps, 1.0 / workers, workers=workers)
    total = rounds_for(method, SLOW_TIME)
    record = RecordAt.these([total * k // (2 * RECORDS) for k in range(RECORDS, 2 * RECORDS + 1)])
    trace = run(
        valley.landscape,
        method,
        total,
        start=np.zeros(2),
        replicas=replicas,
        record=record,
        stream=stream,
        progress=False,
    )
    x = valley.project(trace.w[:, 1:])[..., 0]
    inside = (x[..., None] >= EDGES[:-1]) & (x[..., None] < EDGES[1:])
    return inside.mean(axis=1) / np.diff(EDGES)
