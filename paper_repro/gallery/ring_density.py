"""The density of the angle on a ring over slow time: Local SGD against the Fokker–Planck equation of its slow SDE."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from implicitbias import local_sgd, RecordAt, run, Stream
from implicitbias.statistics import proportion_interval
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import rounds_for
from paper_repro.papers.derived.curved_minima.curved_ring import (
    projected_angle,
    ring_with,
    slow_equation,
    SlowAngle,
    START,
)
from sde.references import density
from sde.references import Ring as Circumference
from sde.zoo import Ring


WORKERS, LR, LOCAL_STEPS, MIXED = 4, 0.0125, 40, 0.3
TIMES = (0.2, 0.6, 2.0)
BINS, LEVEL = 24, 0.01
REPLICAS = {Budget.SMOKE: 200, Budget.QUICK: 3_000, Budget.PAPER: 40_000}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure."""
    del data_home
    ring, replicas, alpha = ring_with(MIXED), REPLICAS[budget], LR * LOCAL_STEPS
    local = _angles(ring, WORKERS, LOCAL_STEPS, replicas, Stream(seed).child("ring-density"))
    sgd = _angles(ring, 1, 1, replicas, Stream(seed).child("ring-density-sgd"))
    panels = tuple(
        Panel(
            (*_marks(ring, t, local[:, k], sgd[:, k]),),
            "angle φ (rad)",
            "density",
            title=f"slow time η²·steps = {t:g}",
            xlim=(-np.pi, np.pi),
        )
        for k, t in enumerate(TIMES)
    )
    title = (
        "With the same noise and in the same time Local SGD has moved on round the ring, as its slow SDE says"
    )
    caption = (
        f"L = ½h(φ)(r − 1)², h = 1 + 0.6 sin φ, noise along, across and mixed (ρ = {MIXED}), total batch 1, start at "
        f"φ = 0. Local SGD: M = {WORKERS}, η = {LR}, H = {LOCAL_STEPS}, α = ηH = {alpha:g}; SGD: the same η and total "
        f"batch. Points: {replicas:,} runs each, with {1 - LEVEL:.0%} intervals; lines: Fokker–Planck equations of the "
        f"two slow SDEs. Seed {seed}."
    )
    return View(title, caption, panels, columns=3, legend="shared")


def _angles(
    ring: Ring, workers: int, local_steps: int, replicas: int, stream: Stream
) -> Float[np.ndarray, "replica time"]:
    """Return the angles of Φ(θ̄) at the times, in [−π, π)."""
    method = local_sgd(LR, local_steps, 1.0 / workers, workers=workers)
    rounds = [rounds_for(method, t) for t in TIMES]
    record = RecordAt.these(rounds)
    trace = run(
        ring.landscape,
        method,
        rounds[-1],
        start=START,
        replicas=replicas,
        record=record,
        stream=stream,
        progress=False,
    )
    return np.mod(projected_angle(ring, trace.w[:, 1:]) + np.pi, 2.0 * np.pi) - np.pi


def _marks(ring: Ring, time: float, local: np.ndarray, sgd: np.ndarray) -> tuple[Series, ...]:
    return (
        _solved(ring, time, LR * LOCAL_STEPS, "slow SDE of Local SGD", "local_sgd"),
        _solved(ring, time, 0.0, "slow SDE of SGD", "sgd"),
        _counted(local, "Local SGD", "local_sgd"),
        _counted(sgd, "SGD", "sgd"),
    )


def _solved(ring: Ring, time: float, alpha: float, label: str, key: str) -> Series:
    equation = slow_equation(ring, SlowAngle(ring, WORKERS, 1.0, alpha), 1.0)
    law = density(equation, time, 0.0, Circumference(), cells=400, steps=200)
    return Series(law.q, law.values, label, "theory", key)


def _counted(angles: Float[np.ndarray, " replica"], label: str, key: str) -> Series:
    """Return the histogram as points, with intervals of Clopper and Pearson."""
    counts, edges = np.histogram(angles, bins=BINS, range=(-np.pi, np.pi))
    width = edges[1] - edges[0]
    intervals = [proportion_interval(int(c), len(angles), LEVEL) for c in counts]
    ends = tuple(tuple(getattr(i, side) / width for i in intervals) for side in ("low", "high"))
    centres = 0.5 * (edges[1:] + edges[:-1])
    return Series(centres, counts / len(angles) / width, label, "measured", key, ends)
