"""The noise floor against the number of workers: what pooling a D̂ does to it, and what long rounds leave of it."""

from pathlib import Path

import numpy as np

from figures import Panel, Series, View
from implicitbias import Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.derived.scaling.long_rounds import at_rest, iterated, RoundKnobs
from paper_repro.papers.derived.scaling.noise_floor import (
    FloorCase,
    FloorKnobs,
    mean_of_squares,
    square_of_mean,
)


WORKERS = {Budget.SMOKE: (1, 4), Budget.QUICK: (1, 2, 4, 8), Budget.PAPER: (1, 2, 4, 8, 16)}
REPLICAS = {Budget.SMOKE: 16, Budget.QUICK: 256, Budget.PAPER: 4_000}
# Half of the workers are of either kind, so that their number is even.
EVEN = {Budget.SMOKE: (2, 8), Budget.QUICK: (2, 4, 8, 16), Budget.PAPER: (2, 4, 8, 16, 32)}
LOCAL_STEPS = (1, 4, 16)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure with noise drawn from the seed."""
    del data_home
    floors, rounds = FloorKnobs(), RoundKnobs()
    title = (
        "Unless D̂ shrinks with M, the noise floor falls like 1/M; what long rounds add to it, no M removes"
    )
    caption = (
        f"E|x̂ − x*|² at rest. Left: ½|x|² with noise of variance 1 a coordinate, RMSProp, η = {floors.lr:g}, H = 1: D̂² "
        "from the mean of the workers' squared gradients, or from the square of their mean; points with "
        f"intervals from {REPLICAS[budget]} replicas, seed {seed}; lines: a frozen D̂ (left) or exact bias² + "
        f"variance/M (right). Right: workers of two kinds, D̂ frozen, η = {rounds.lr:g}, σ = "
        f"{rounds.deviation:g}: mean and covariance iterated to rest."
    )
    return View(title, caption, (_pooling(floors, seed, budget), _rounds(rounds, budget)))


def _pooling(knobs: FloorKnobs, seed: int, budget: Budget) -> Panel:
    stream = Stream(seed).child("noise-floor")
    cases = {
        ("mean of squares", "rmsprop"): mean_of_squares(knobs, stream),
        ("square of the mean", "savic"): square_of_mean(knobs, stream),
    }
    marks = [m for (label, key), case in cases.items() for m in _both(case, label, key, budget)]
    return _panel(marks, "scaled SGD, H = 1", "E|x̂ − x*|² per coordinate")


def _both(case: FloorCase, label: str, key: str, budget: Budget) -> tuple[Series, Series]:
    workers = WORKERS[budget]
    floors = [np.square(case.run(m, REPLICAS[budget]).compute().w[:, 1:]).mean(axis=(1, 2)) for m in workers]
    found = [mean_of(own) for own in floors]
    value, error = (np.array([getattr(m, part) for m in found], dtype=float) for part in ("value", "error"))
    # Intervals of the logarithm, which stay positive.
    low, high = (value * np.exp(sign * error / value) for sign in (-1.0, 1.0))
    line = [case.floor(m) for m in workers]
    return Series(workers, line, label, "theory", key), Series(
        workers, value, label, "measured", key, (low, high)
    )


def _rounds(knobs: RoundKnobs, budget: Budget) -> Panel:
    fine = np.geomspace(EVEN[budget][0], EVEN[budget][-1], 40)
    marks = []
    for steps in LOCAL_STEPS:
        key, label = f"local_sgd:H={steps}", f"H = {steps}"
        floors = [iterated(knobs, m, steps) for m in EVEN[budget]]
        marks += [
            Series(fine, at_rest(knobs, steps, fine), label, "theory", key),
            Series(EVEN[budget], floors, label, "measured", key),
        ]
    return _panel(marks, "different workers, one frozen D̂", "E|x̂ − x*|²")


def _panel(marks: list[Series], title: str, ylabel: str) -> Panel:
    return Panel(tuple(marks), "workers M", ylabel, "log", "log", title)
