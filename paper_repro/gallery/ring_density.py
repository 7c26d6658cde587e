"""The density of the angle on a ring over slow time: Local SGD against the Fokker–Planck equation of its slow SDE."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from figures.roles import Role
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


WORKERS, LR, LOCAL_STEPS, MIXED = 8, 0.0125, 40, 0.3
AXES = ("angle φ (rad)", "density (1/rad)")
TIMES = (0.2, 0.6, 2.0)
BINS, LEVEL = 24, 0.01
REPLICAS = {Budget.SMOKE: 200, Budget.QUICK: 3_000, Budget.PAPER: 40_000}


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure."""
    del data_home
    ring = ring_with(MIXED)
    angles = angles_at(ring, TIMES, REPLICAS[budget], Stream(seed).child("ring-density"))
    panels = tuple(
        Panel(
            marks_at(ring, t, angles[:, k]),
            *AXES,
            title=f"slow time η²·steps = {t:g}",
            xlim=(-np.pi, np.pi),
        )
        for k, t in enumerate(TIMES)
    )
    title = "In the same slow time Local SGD moves farther round the ring than SGD, as its slow SDE says"
    return View(title, caption_of(budget, seed), panels, columns=3, legend="shared")


def caption_of(budget: Budget, seed: int) -> str:
    """Return the setting in words."""
    return (
        f"L = ½h(φ)(r − 1)², h = 1 + 0.6 sin φ, noise along, across and mixed (ρ = {MIXED}), total batch 1, start at "
        f"φ = 0. Local SGD: M = {WORKERS}, η = {LR}, H = {LOCAL_STEPS}, α = ηH = {LR * LOCAL_STEPS:g}; points: "
        f"{REPLICAS[budget]:,} runs, with {100 * (1 - LEVEL):g} % intervals; lines: Fokker–Planck equations of "
        "its slow SDE and of that of SGD with the same batch. "
        f"Seed {seed}."
    )


def angles_at(
    ring: Ring, times: Sequence[float], replicas: int, stream: Stream
) -> Float[np.ndarray, "replica time"]:
    """Return the angles of Φ(θ̄) at the times, in [−π, π)."""
    method = local_sgd(LR, LOCAL_STEPS, 1.0 / WORKERS, workers=WORKERS)
    rounds = [rounds_for(method, t) for t in times]
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


def marks_at(ring: Ring, time: float, angles: Float[np.ndarray, " replica"]) -> tuple[Series, ...]:
    """Return what was counted at a slow time, and the solutions of both equations."""
    return (
        _solved(ring, time, LR * LOCAL_STEPS, "slow SDE of Local SGD", "theory"),
        _solved(ring, time, 0.0, "slow SDE of SGD", "reference"),
        _counted(angles),
    )


def _solved(ring: Ring, time: float, alpha: float, label: str, role: Role) -> Series:
    equation = slow_equation(ring, SlowAngle(ring, WORKERS, 1.0, alpha), 1.0)
    law = density(equation, time, 0.0, Circumference(), cells=400, steps=200)
    return Series(law.q, law.values, label, role)


def _counted(angles: Float[np.ndarray, " replica"]) -> Series:
    """Return the histogram as points, with intervals of Clopper and Pearson."""
    counts, edges = np.histogram(angles, bins=BINS, range=(-np.pi, np.pi))
    width = edges[1] - edges[0]
    intervals = [proportion_interval(int(c), len(angles), LEVEL) for c in counts]
    ends = ([i.low / width for i in intervals], [i.high / width for i in intervals])
    centres = 0.5 * (edges[1:] + edges[:-1])
    return Series(centres, counts / len(angles) / width, "Local SGD", "measured", "local_sgd", ends)
