"""Sharpness over slow time: SGD, Local SGD with H = 5, 25, 100, and QSR, with the slow ODE behind each."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from implicitbias import local_sgd, LocalMethod, qsr, RecordAt, rounds_of, RunSpec, Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.valley_setting import valley, ValleyKnobs
from sde.equations import Convention, SDE
from sde.formulas import finite_drift_factor
from sde.references import flow


LR, STEPS, RECORDS = 0.02, 8000, 16
LOCAL_STEPS = (5, 25, 100)
REPLICAS = {Budget.SMOKE: 16, Budget.QUICK: 128, Budget.PAPER: 2000}
KNOBS = ValleyKnobs()
# A round of QSR lasts from one record to the next.
QSR_STEPS = STEPS // RECORDS
# The record that the title tells of.
TOLD = 5
# Rounding of α_Q must not lose the last of its steps.
LAST_STEP = 1e-9


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure."""
    del data_home
    methods = _methods()
    stream = Stream(seed).child("sharpness")
    paths = {key: _measured(method, REPLICAS[budget], stream) for key, (method, _, _) in methods.items()}
    marks = [_line(key, label, steps) for key, (_, label, steps) in methods.items()]
    marks += [_points(key, label, paths[key]) for key, (_, label, _) in methods.items()]
    ends = [float(paths[key][:, TOLD].mean()) for key in ("sgd", "local_sgd:H=100", "qsr")]
    title = (
        f"By slow time {LR**2 * QSR_STEPS * TOLD:g} SGD has brought the sharpness from {1 + KNOBS.start**2:g} to "
        f"{ends[0]:.2f}, Local SGD with H = 100 to {ends[1]:.2f}, QSR to {ends[2]:.2f}"
    )
    caption = (
        f"Valley ½(1 + x²)y² with label noise δ = 1: M = {KNOBS.workers}, B = {KNOBS.total_batch:g}, η = {LR}, "
        f"{STEPS} steps, from x = {KNOBS.start:g} on the minima; QSR takes H = {QSR_STEPS}. Points: tr ∇²L = 1 + x² at "
        f"Φ(θ̄), means over {REPLICAS[budget]} runs with 99.998 % intervals, smaller than the points where none shows. "
        "Lines: the slow ODE x' = −(δ²/2B) x A, A the drift factor [1 + (M − 1)$ψ_d$]/(1 − ηh/2) at this η and H."
    )
    panel = Panel(tuple(marks), "slow time η²·steps", "sharpness tr ∇²L at Φ(θ̄)")
    return View(title, caption, (panel,))


def _methods() -> dict[str, tuple[LocalMethod, str, int]]:
    """Return method, name and H by the key of its colour."""
    batch, workers = KNOBS.total_batch / KNOBS.workers, KNOBS.workers
    growth = float(LR * np.sqrt(QSR_STEPS) * (1.0 + LAST_STEP))
    local = {
        f"local_sgd:H={h}": (local_sgd(LR, h, batch, workers=workers), f"Local SGD, H = {h}", h)
        for h in LOCAL_STEPS
    }
    sgd = (local_sgd(LR, 1, batch, workers=workers), "SGD", 1)
    return {"sgd": sgd, **local, "qsr": (qsr(LR, growth, 1, batch, workers=workers), "QSR", QSR_STEPS)}


def _measured(method: LocalMethod, replicas: int, stream: Stream) -> Float[np.ndarray, "replica record"]:
    ends = np.cumsum(rounds_of(method, STEPS))
    record = RecordAt.these(
        (np.searchsorted(ends, STEPS // RECORDS * np.arange(1, RECORDS + 1)) + 1).tolist()
    )
    start = (KNOBS.start, 0.0)
    trace = RunSpec(valley().landscape, method, len(ends), record, start, replicas, stream).compute()
    return 1.0 + valley().project(trace.w)[..., 0] ** 2


def _points(key: str, label: str, values: Float[np.ndarray, "replica record"]) -> Series:
    found = [mean_of(column) for column in values[:, 1:].T]
    mean, width = (np.array([getattr(m, part) for m in found]) for part in ("value", "error"))
    times = LR**2 * STEPS * np.arange(1, RECORDS + 1) / RECORDS
    return Series(times, mean, label, "measured", key, (mean - width, mean + width))


def _line(key: str, label: str, local_steps: int) -> Series:
    """The slow ODE with the drift factor of a finite learning rate."""
    m, b = KNOBS.workers, KNOBS.total_batch
    equation = SDE(
        lambda x: -x / (2.0 * b) * np.asarray(finite_drift_factor(m, LR, local_steps, 1.0 + x**2)),
        lambda x: np.zeros((*x.shape, 0)),
        dim=1,
        noises=0,
        convention=Convention.ITO,
        name="slow ODE of the valley",
    )
    times = np.linspace(0.0, LR**2 * STEPS, 81)
    path = flow(equation, times, np.array([KNOBS.start])).value[:, 0]
    return Series(times, 1.0 + path**2, label, "theory", key)
