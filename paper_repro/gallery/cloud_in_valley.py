"""Ensembles of SGD and Local SGD in the valley e^x over slow time, beside the laws of their slow SDEs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Animation, Field, Histogram, on_common_limits, Panel, Series, View
from figures.roles import Role
from implicitbias import RecordAt, run, Stream
from paper_repro.claims.budget import Budget
from paper_repro.gallery.valley_fan import ROUND_TIME, START, WORKERS
from paper_repro.papers.gu2023.valley import one_step, Slide, slide
from paper_repro.papers.gu2023.valley_diffusion import noisy_valley, TANGENTIAL
from sde.approximations import chart_sde
from sde.integrate import integrate


REPLICAS = {Budget.SMOKE: 200, Budget.QUICK: 2_000, Budget.PAPER: 20_000}
# Points of a cloud: more would hide each other.
SHOWN = 40
SECONDS = 0.25
# The first record shown: before, all runs are in one bin, which would be as high as the panel.
FIRST = 2
# Steps of the equation between two frames.
FINE = 4
EDGES = np.linspace(-0.8, 0.8, 41)
ALONG, ACROSS = np.linspace(-0.8, 0.8, 81), np.linspace(-0.4, 0.4, 41)
LEVELS = (0.005, 0.02, 0.05, 0.1)


@dataclass(frozen=True)
class Moving:
    """A method on its way: models (replica, record, 2), their places along the valley, and those of the slow SDE."""

    key: str
    name: str
    models: Float[np.ndarray, "replica record 2"]
    places: Float[np.ndarray, "replica record"]
    predicted: Float[np.ndarray, "replica record"]


def animate(seed: int, budget: Budget, data_home: Path | None = None) -> Animation:
    """Build the animation with noise drawn from the seed."""
    del data_home
    valley, replicas = noisy_valley(), REPLICAS[budget]
    local = slide(START, valley, WORKERS, ROUND_TIME)
    alone = one_step(START, valley, 1, local.lr)
    methods = [
        _moving(alone, "sgd", "SGD", local.local_steps, replicas, Stream(seed)),
        _moving(local, "local_sgd", "Local SGD", 1, replicas, Stream(seed)),
    ]
    times = local.lr**2 * local.local_steps * np.arange(local.rounds + 1)
    frames = [_frame(methods, local, record, replicas, seed) for record in range(FIRST, len(times))]
    return Animation(
        on_common_limits(frames), tuple(f"slow time η²·steps = {t:.2f}" for t in times[FIRST:]), SECONDS
    )


def _moving(method: Slide, key: str, name: str, every: int, replicas: int, stream: Stream) -> Moving:
    """Return a method and its slow SDE, recorded ``every`` so many rounds."""
    start = np.array([method.start, 0.0])
    models = run(
        method.valley.landscape,
        method.method,
        method.rounds // every * every,
        start=start,
        replicas=replicas,
        record=RecordAt.every(every),
        stream=stream,
        progress=False,
    ).w
    return Moving(
        key,
        name,
        models,
        method.valley.project(models)[..., 0],
        _slow(method, models.shape[1] - 1, replicas, stream),
    )


def _slow(method: Slide, intervals: int, paths: int, stream: Stream) -> Float[np.ndarray, "replica record"]:
    """Return paths of the slow SDE at the times of the records."""
    found = integrate(
        chart_sde(method.valley.landscape, method.method),
        method.slow_time,
        method.slow_time / (FINE * intervals),
        start=np.array([method.start]),
        replicas=paths,
        stream=stream.child("cloud"),
        record=RecordAt.every(FINE),
        progress=False,
    )
    return found.w[..., 0]


def _frame(methods: list[Moving], local: Slide, record: int, replicas: int, seed: int) -> View:
    title = "Noise across the valley pushes Local SGD along it, to where the valley is flat, faster than SGD"
    caption = (
        f"Valley ½e^x y², noise 1 across and {TANGENTIAL} along it, B = 1, η = {local.lr:.3g}; Local SGD with M = "
        f"{local.workers}, H = {local.local_steps}. Left: averaged models of {SHOWN} runs on contours of the loss. "
        f"Right: where Φ of {replicas:,} runs lies along the valley (filled), and the law of the slow SDE, of as many "
        f"paths (lines). Seed {seed}."
    )
    return View(title, caption, (_plane(methods, record), _laws(methods, record)), columns=2, legend="shared")


def _plane(methods: list[Moving], record: int) -> Panel:
    loss = 0.5 * np.exp(ALONG) * ACROSS[:, None] ** 2
    contours = Field(ALONG, ACROSS, loss, "contours", levels=LEVELS)
    clouds = [
        Series(m.models[:SHOWN, record, 0], m.models[:SHOWN, record, 1], m.name, "measured", m.key)
        for m in methods
    ]
    along, across = (float(ALONG[0]), float(ALONG[-1])), (float(ACROSS[0]), float(ACROSS[-1]))
    names = ("x along the valley", "y across it")
    return Panel((contours, *clouds), *names, title="models", xlim=along, ylim=across)


def _laws(methods: list[Moving], record: int) -> Panel:
    marks = []
    for m in methods:
        marks.append(_histogram(m.places[:, record], None, "measured", m.key))
        marks.append(_histogram(m.predicted[:, record], f"slow SDE of {m.name}", "theory", m.key))
    return Panel(tuple(marks), "position along the valley Φ", "density", title="laws")


def _histogram(places: Float[np.ndarray, " replica"], label: str | None, role: Role, key: str) -> Histogram:
    heights, _ = np.histogram(places, EDGES, density=True)
    return Histogram(EDGES, heights, label, role, key)
