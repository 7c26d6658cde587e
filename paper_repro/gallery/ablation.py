"""The ablation grid: gain in held-out error against slow time, one panel per learning rate, one line per ηH."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, Span, View
from implicitbias import local_sgd, RecordAt, RunSpec, Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.sparse_setting import (
    network,
    phases_of,
    predicted_path,
    SparseKnobs,
    start_of,
)


# The learning rates at which H = 1/η, 1/(2η) and 1/(10η) are whole.
RATES = (0.01, 0.025, 0.05, 0.1)
ALPHAS = (1.0, 0.5, 0.1)
KEYS = ("local_sgd:H=100", "local_sgd:H=30", "local_sgd:H=5")
HORIZON, LINE = 0.6, 60
SHOWN = 8
KNOBS = SparseKnobs()
REPLICAS = {Budget.SMOKE: 16, Budget.QUICK: 200, Budget.PAPER: 4000}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure."""
    del data_home
    stream = Stream(seed).child("ablation")
    panels = tuple(_panel(lr, REPLICAS[budget] * round(lr / RATES[0]), stream) for lr in RATES)
    title = (
        "Local SGD gains over SGD at a small learning rate, after a long training, with ηH of order one; "
        "at η = 0.1 it ends behind"
    )
    caption = (
        f"Diagonal network with sparse truth, 3 samples of 4 features, label noise δ = 1, M = {KNOBS.workers}, B = "
        f"{KNOBS.total_batch:g}, sharpest mode λ = 7.7. Gain: |w − w*|² of the averaged model, SGD's minus Local SGD's "
        f"on the same noise; means over {REPLICAS[budget]} pairs, more at larger η, with 99.998 % intervals. "
        "Lines: the slow ODE, which knows no η. A short training is the left edge of a panel; from panel to panel η "
        "grows and with it the noise of a worker, ηM/B, until the slow SDE no longer describes it. "
        "At η = 0.1 ηH = 0.1 is SGD itself, and the first points lie above the panel."
    )
    return View(title, caption, panels, columns=2, legend="shared")


def _panel(lr: float, replicas: int, stream: Stream) -> Panel:
    marks = [Span("y", 0.0, 0.0)]
    marks += [_line(alpha, key) for alpha, key in zip(ALPHAS, KEYS, strict=True)]
    sgd = _errors(lr, 1, replicas, stream)
    marks += [
        _points(lr, sgd - _errors(lr, round(alpha / lr), replicas, stream), alpha, key)
        for alpha, key in zip(ALPHAS, KEYS, strict=True)
        if round(alpha / lr) > 1
    ]
    return Panel(
        tuple(marks),
        "slow time η²·steps",
        "gain in held-out error",
        title=f"η = {lr:g}, ηλ = {7.7 * lr:.2g}, ηM/B = {lr * KNOBS.workers / KNOBS.total_batch:g}",
        ylim=(-0.25, 0.3),
    )


def _rounds(lr: float) -> Float[np.ndarray, " record"]:
    """Return at which rounds of 1/η steps the error is read."""
    return np.unique(np.linspace(1.0, round(HORIZON / lr), SHOWN).round())


def _errors(
    lr: float, local_steps: int, replicas: int, stream: Stream
) -> Float[np.ndarray, "replica record"]:
    knobs, per_read = KNOBS, round(1.0 / lr) // local_steps
    method = local_sgd(lr, local_steps, knobs.total_batch / knobs.workers, workers=knobs.workers)
    rounds = (_rounds(lr) * per_read).astype(int).tolist()
    start = tuple(start_of(knobs).tolist())
    spec = RunSpec(network().landscape, method, rounds[-1], RecordAt.these(rounds), start, replicas, stream)
    return network().held_out_error(spec.compute().checked().w[:, 1:])


def _points(lr: float, gain: Float[np.ndarray, "replica record"], alpha: float, key: str) -> Series:
    found = [mean_of(column) for column in gain.T]
    mean, width = (np.array([getattr(m, part) for m in found]) for part in ("value", "error"))
    return Series(lr * _rounds(lr), mean, f"ηH = {alpha:g}", "measured", key, (mean - width, mean + width))


def _line(alpha: float, key: str) -> Series:
    sgd, local = (
        network().held_out_error(predicted_path(KNOBS, HORIZON, phases_of(name, alpha, LINE)))
        for name in ("sgd", "local_sgd")
    )
    return Series(HORIZON * np.arange(LINE + 1) / LINE, sgd - local, f"ηH = {alpha:g}", "theory", key)
