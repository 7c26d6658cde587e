"""Drift of Local SGD over that of SGD in a valley, against the time of a round, for three numbers of workers."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from figures import Note, Panel, Series, View
from figures.roles import Role
from figures.values import floats
from implicitbias import Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.drift_ratio import HALF, M_FOR_M_LESS_1, ONE_PLUS_PSI, WRONG
from paper_repro.papers.gu2023.valley import HORIZON, slide, Slides, Valley, ValleyKnobs
from paper_repro.papers.gu2023.valley_drift import Gain, ratios, units, with_gain
from sde.formulas import drift_factor


WORKERS = (2, 4, 8)
ROUND_TIMES = {
    Budget.SMOKE: (0.25, 1.0),
    Budget.QUICK: (0.05, 0.1, 0.25, 0.5, 1.0, 2.0),
    Budget.PAPER: (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
}
REPLICAS = {Budget.SMOKE: 100, Budget.QUICK: 1_000, Budget.PAPER: 4_000}
SHOWN = np.geomspace(0.02, 20.0, 80)
# Local steps of the shortest rounds: with fewer, ψ_d is not yet ψ.
FEWEST_STEPS = 10
# What is nearly so, and where its name stands clear of all lines.
NEARBY = {ONE_PLUS_PSI: (3.0, 2.3), HALF: (2.0, 3.9), M_FOR_M_LESS_1: (0.05, 5.0)}
# α at which names of the lines begin, and how far below them.
NAMED_AT, BELOW = 3.0, 0.7


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure with noise drawn from the seed."""
    del data_home
    knobs = ValleyKnobs()
    valley = knobs.valley()
    scan = [_scan(knobs, valley, m, ROUND_TIMES[budget]) for m in WORKERS]
    lines = [_scan(knobs, valley, m, SHOWN) for m in WORKERS]
    points = [_measured(s, seed, budget) for s in scan]
    theory = [_line(s, drift_factor, "slow SDE", "theory") for s in lines]
    wrong = [_line(lines[-1], WRONG[name], "not so", "falsifier") for name in NEARBY]
    most = max(WORKERS)
    left = [*points, *theory, *(_named(t, f"M = {m}") for t, m in zip(theory, WORKERS, strict=True))]
    right = [points[-1], theory[-1], *wrong, *(Note(name, x=x, y=y) for name, (x, y) in NEARBY.items())]
    title = (
        "Local steps speed the drift along the minima by 1 + (M − 1)ψ(2αh): "
        "not at all for short rounds, M-fold for long ones"
    )
    caption = (
        f"Valley ½eˣy² with unit noise across it, B = 1, from x = {knobs.start}, {REPLICAS[budget]:,} replicas, seed "
        f"{seed}, ηM ≤ 0.16. Left: mean displacement of Φ in slow time {HORIZON:g}, over that of SGD; points with "
        f"intervals that hold for the whole catalogue, lines by the slow SDE. Right: M = {most} against what is not "
        "so: without the factor M − 1, with the rate of one mode for that of the pair, with M for M − 1."
    )
    return View(title, caption, (_panel(left, "workers at one total batch"), _panel(right, f"M = {most}")))


def _scan(knobs: ValleyKnobs, valley: Valley, workers: int, times: Iterable[float]) -> Slides:
    fair = [slide(knobs, valley, workers, a) for a in times]
    finest = (s.round_time / FEWEST_STEPS for s in fair)
    return tuple(
        slide(knobs, valley, workers, s.round_time, min(s.lr, lr)) for s, lr in zip(fair, finest, strict=True)
    )


def _measured(slides: Slides, seed: int, budget: Budget) -> Series:
    means = [
        mean_of(s.displacement(s.ensemble(REPLICAS[budget], Stream(seed)).compute()) / unit)
        for s, unit in zip(slides, units(slides), strict=True)
    ]
    value, error = (np.array([getattr(m, part) for m in means]) for part in ("value", "error"))
    return Series(_times(slides), value, "Local SGD", "measured", "local_sgd", (value - error, value + error))


def _line(slides: Slides, gain: Gain, label: str, role: Role) -> Series:
    return Series(_times(slides), ratios(slides, with_gain(slides, gain)), label, role)


def _named(line: Series, text: str) -> Note:
    """Name a line."""
    return Note(text, x=NAMED_AT, y=float(np.interp(NAMED_AT, floats(line.x), floats(line.y))) - BELOW)


def _times(slides: Slides) -> np.ndarray:
    return np.array([s.round_time for s in slides])


def _panel(marks: list[Series | Note], title: str) -> Panel:
    return Panel(tuple(marks), "time of a round α = ηH", "displacement over SGD's", "log", "linear", title)
