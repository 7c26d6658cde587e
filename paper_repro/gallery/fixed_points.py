"""Where scaled Local GD rests, against the learning rate: a bias in η(H − 1), or one that no η mends."""

from pathlib import Path

import numpy as np

from figures import Field, Note, Panel, Series, Trajectory, View
from figures.marks import Mark
from implicitbias import Adaptive, RecordAt, RMSProp, run, savic, Stream
from implicitbias.scaled.fixed_points import first_order_bias, fixed_point, stationary_point
from paper_repro.claims.budget import Budget
from paper_repro.papers.derived.scaling.fixed_points import per_worker
from paper_repro.papers.derived.scaling.setting import (
    CEILING,
    DECADES,
    FLOOR,
    FROZEN,
    LEAST,
    pooled_diagonal,
    workers_case,
    WorkersCase,
    WorkersKnobs,
)


KNOBS = WorkersKnobs(workers=3, dim=2)
LOCAL_STEPS = (2, 8, 32)
RATES = {
    Budget.SMOKE: (0.1,),
    Budget.QUICK: (0.01, 0.03, 0.1),
    Budget.PAPER: (0.003, 0.01, 0.03, 0.1, 0.2),
}
# How far names stand from their points.
ASIDE = 0.008
# The plane drawn is so much wider than what lies on it; points of its grid, and lines of equal f.
ROOM, GRID, LEVELS = 1.35, 61, 8
Box = tuple[tuple[float, float], tuple[float, float]]
SHOWN = np.geomspace(0.002, 0.2, 16)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure on workers drawn from the seed."""
    del data_home
    stream = Stream(seed).child("fixed-points")
    shared, own = workers_case(KNOBS, stream), per_worker(KNOBS, stream)
    resting = {steps: _resting(shared, steps) for steps in LOCAL_STEPS}
    title = "Under one D̂ the fixed point tends to x* like η(H − 1); under a D̂ of each worker it never does"
    caption = (
        f"{setting_of(seed)} Points: where runs end; lines: fixed points of a round by Newton's method; "
        "grey: the bias to first order in η, which is proportional to η(H − 1). With one D̂ and H = 1 the "
        "distance is 0 for every η. Right: the same lines in the plane of the models on contours of f − min f, from "
        f"η = {SHOWN[0]:g} (hollow) to η = {SHOWN[-1]:g}; with one D̂ they leave x*, with a D̂ of each another point."
    )
    panels = (_distances(shared, own, resting, RATES[budget]), _plane(shared, own, resting))
    return View(title, caption, panels)


def setting_of(seed: int) -> str:
    """Return the problem in words."""
    return (
        f"{KNOBS.workers} quadratics in the plane, exact gradients, D̂ in [{FLOOR:g}, {CEILING:g}] measured at the "
        f"start and frozen, seed {seed}."
    )


def _distances(
    shared: WorkersCase, own: WorkersCase, resting: dict[int, np.ndarray], rates: tuple[float, ...]
) -> Panel:
    marks: list[Mark] = []
    for steps, points in resting.items():
        key, label = f"local_gd:H={steps}", f"one D̂, H = {steps}"
        marks += [
            Series(SHOWN, _first_order(shared, steps), "first order in η", "reference"),
            Series(SHOWN, distance(shared, points), label, "theory", key),
            Series(rates, distance(shared, _ends(shared, steps, rates)), label, "measured", key),
        ]
    root = np.tile(_own_root(own), (len(SHOWN), 1))
    marks += [
        Series(SHOWN, distance(own, root), "D̂ of each, H = 1", "theory", "rmsprop"),
        Series(rates, distance(own, _ends(own, 1, rates)), "D̂ of each, H = 1", "measured", "rmsprop"),
    ]
    return Panel(tuple(marks), "learning rate η", "|fixed point − x*|", "log", "log", "distance from x*")


def _plane(shared: WorkersCase, own: WorkersCase, resting: dict[int, np.ndarray]) -> Panel:
    best, root = shared.problem.minimiser, _own_root(own)
    marks: list[Mark] = []
    for steps, x in resting.items():
        marks.append(Trajectory(x[:, 0], x[:, 1], f"one D̂, H = {steps}", "measured", f"local_gd:H={steps}"))
    away = np.array([fixed_point(own.problem, own.diagonals, lr, LOCAL_STEPS[-1]) for lr in SHOWN.tolist()])
    marks += [
        Trajectory(away[:, 0], away[:, 1], f"D̂ of each, H = {LOCAL_STEPS[-1]}", "measured", "rmsprop"),
        Series(root[:1], root[1:], "D̂ of each, H = 1", "measured", "rmsprop"),
        Series(best[:1], best[1:], "x*", "measured", "max_margin"),
    ]
    every = np.concatenate([*resting.values(), away, root[None]])
    box = square_around(every)
    notes = (
        Note("x*", x=float(best[0]), y=float(best[1]) + ASIDE),
        Note("D̂ of each", x=float(root[0]) + ASIDE, y=float(root[1])),
    )
    marks = [contours(shared, box), *marks, *notes]
    return Panel(
        tuple(marks),
        "$x_1$",
        "$x_2$",
        title="models",
        xlim=box[0],
        ylim=box[1],
        aspect="equal",
        legend="none",
    )


def square_around(points: np.ndarray) -> Box:
    """Return limits of equal length that hold the points with some room."""
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    half = ROOM * np.ptp(points, axis=0).max() / 2
    (left, bottom), (right, top) = (middle - half).tolist(), (middle + half).tolist()
    return (left, right), (bottom, top)


def contours(case: WorkersCase, box: Box) -> Field:
    """Return lines of equal f − min f, at equal steps of the distance from x* in any one direction."""
    x, y = (np.linspace(*limits, GRID) for limits in box)
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    gap = (case.problem.loss(plane) - case.problem.loss(case.problem.minimiser)).reshape(GRID, GRID)
    return Field(x, y, gap, "contours", levels=gap.max() * np.linspace(0.0, 1.0, LEVELS + 1)[1:] ** 2)


def _ends(case: WorkersCase, local_steps: int, rates: tuple[float, ...]) -> np.ndarray:
    """Last models of runs from 0 until they rest; (rate, dim)."""
    options = {"beta": 0.0, "floor": FLOOR, "ceiling": CEILING, "refresh": FROZEN, "scope": case.scope}
    scaling: Adaptive = RMSProp(**options)
    ends = []
    for lr in rates:
        rounds = int(np.ceil(DECADES * CEILING / (lr * local_steps * LEAST)))
        method = savic(lr, local_steps, scaling)
        ends.append(run(case.problem, method, rounds, record=RecordAt.last(), progress=False).w[0, -1])
    return np.array(ends)


def _resting(case: WorkersCase, local_steps: int) -> np.ndarray:
    """Fixed points of a round at the rates shown; (rate, dim)."""
    return np.array(
        [fixed_point(case.problem, pooled_diagonal(case.problem), lr, local_steps) for lr in SHOWN.tolist()]
    )


def _first_order(case: WorkersCase, local_steps: int) -> np.ndarray:
    unit = np.linalg.norm(first_order_bias(case.problem, pooled_diagonal(case.problem), 1.0, 2))
    return SHOWN * (local_steps - 1) * unit


def _own_root(case: WorkersCase) -> np.ndarray:
    return stationary_point(case.problem, case.diagonals)


def distance(case: WorkersCase, points: np.ndarray) -> np.ndarray:
    """Return how far points are from x*."""
    return np.linalg.norm(points - case.problem.minimiser, axis=-1)
