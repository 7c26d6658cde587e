"""Paths of Local SGD and of SGD in the valley e^x, over the quantiles of their slow SDEs."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Bands, Panel, Series, View
from implicitbias import RecordAt, run, Stream
from paper_repro.claims.budget import Budget
from paper_repro.papers.gu2023.valley import one_step, Slide, slide, StartKnobs
from paper_repro.papers.gu2023.valley_diffusion import noisy_valley, TANGENTIAL
from sde.approximations import chart_sde
from sde.integrate import integrate


WORKERS, ROUND_TIME = 8, 1.0
# The whole horizon of the slow SDE, in steps of which Euler–Maruyama is exact to a pixel.
STEPS = 80
FAN = {Budget.SMOKE: 200, Budget.QUICK: 2_000, Budget.PAPER: 20_000}
PATHS = 4
BANDS = ((0.05, 0.95), (0.25, 0.75))
START = StartKnobs(start=0.3)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure with noise drawn from the seed."""
    del data_home
    valley = noisy_valley()
    local = slide(START, valley, WORKERS, ROUND_TIME)
    alone = one_step(START, valley, 1, local.lr)
    stream = Stream(seed)
    marks = [
        *_method(alone, "sgd", "SGD", stream, FAN[budget]),
        *_method(local, "local_sgd", f"Local SGD, M = {WORKERS}", stream, FAN[budget]),
    ]
    title = "Local SGD slides down the valley as its slow SDE says: faster than SGD, and no more diffusely"
    caption = (
        f"Valley ½eˣy², noise 1 across and {TANGENTIAL} along it, B = 1, η = {local.lr:.3g}, M = {WORKERS}, H = "
        f"{local.local_steps} (α = {local.round_time:.3g}), seed {seed}. Marked: Φ of {PATHS} runs of each method. "
        f"Bands: middle 90 % and 50 % of {FAN[budget]} paths of the slow SDE in the chart x, bold line their mean."
    )
    panel = Panel(tuple(marks), "slow time t = η²·steps", "position along the valley Φ", title="")
    return View(title, caption, (panel,))


def _method(method: Slide, key: str, label: str, stream: Stream, fan: int) -> list[Series | Bands]:
    """Quantiles and mean of the slow SDE, then paths of the method."""
    time, x = _slow_paths(method, stream, fan)
    ends = [np.quantile(x, levels, axis=0) for levels in BANDS]
    bands = [Bands(time, low, high, None, "theory", key) for low, high in ends]
    mean = Series(time, x.mean(axis=0), f"{label}: slow SDE", "theory", key)
    when, paths = _paths(method, stream)
    runs = [Series(when, path, f"{label}: runs", "measured", key, joined=True) for path in paths]
    return [*bands, mean, *runs]


def _slow_paths(
    method: Slide, stream: Stream, paths: int
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, "path time"]]:
    equation = chart_sde(method.valley.landscape, method.method)
    found = integrate(
        equation,
        method.slow_time,
        method.slow_time / STEPS,
        start=np.array([method.start]),
        replicas=paths,
        stream=stream.child("fan"),
        record=RecordAt.every(1),
        progress=False,
    )
    return found.time, found.w[..., 0]


def _paths(
    method: Slide, stream: Stream
) -> tuple[Float[np.ndarray, " record"], Float[np.ndarray, "path record"]]:
    trace = run(
        method.valley.landscape,
        method.method,
        method.rounds,
        start=np.array([method.start, 0.0]),
        replicas=PATHS,
        record=RecordAt.every(max(1, method.rounds // STEPS)),
        stream=stream,
        progress=False,
    )
    return trace.slow_time, method.valley.project(trace.w)[..., 0]
