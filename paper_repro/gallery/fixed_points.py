"""Where scaled Local GD rests, against the learning rate: a bias in η(H − 1), or one that no η mends."""

from pathlib import Path

import numpy as np

from figures import Note, Panel, Series, Trajectory, View
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
ASIDE = 0.02
SHOWN = np.geomspace(0.002, 0.2, 16)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure on workers drawn from the seed."""
    del data_home
    stream = Stream(seed).child("fixed-points")
    shared, own = workers_case(KNOBS, stream), per_worker(KNOBS, stream)
    resting = {steps: _resting(shared, steps) for steps in LOCAL_STEPS}
    title = "Under one D̂ the fixed point tends to x* like η(H − 1); under a D̂ of each worker it never does"
    caption = (
        f"{KNOBS.workers} quadratics in the plane, exact gradients, D̂ in [{FLOOR:g}, {CEILING:g}] measured at the "
        f"start and frozen, seed {seed}. Points: where runs end; lines: fixed points of a round by Newton's method; "
        "grey: the bias to first order in η, which is proportional to η(H − 1). With one D̂ and H = 1 the "
        "distance is 0 for every η. Right: the "
        f"same lines in the plane of the models, from η = {SHOWN[0]:g} (hollow) at x* to η = {SHOWN[-1]:g}."
    )
    panels = (_distances(shared, own, resting, RATES[budget]), _plane(shared, own, resting))
    return View(title, caption, panels)


def _distances(
    shared: WorkersCase, own: WorkersCase, resting: dict[int, np.ndarray], rates: tuple[float, ...]
) -> Panel:
    marks: list[Mark] = []
    for steps, points in resting.items():
        key, label = f"local_gd:H={steps}", f"one D̂, H = {steps}"
        marks += [
            Series(SHOWN, _first_order(shared, steps), "first order in η", "reference"),
            Series(SHOWN, _distance(shared, points), label, "theory", key),
            Series(rates, _distance(shared, _ends(shared, steps, rates)), label, "measured", key),
        ]
    root = np.tile(_own_root(own), (len(SHOWN), 1))
    marks += [
        Series(SHOWN, _distance(own, root), "D̂ of each, H = 1", "theory", "rmsprop"),
        Series(rates, _distance(own, _ends(own, 1, rates)), "D̂ of each, H = 1", "measured", "rmsprop"),
    ]
    return Panel(tuple(marks), "learning rate η", "|fixed point − x*|", "log", "log", "distance from x*")


def _plane(shared: WorkersCase, own: WorkersCase, resting: dict[int, np.ndarray]) -> Panel:
    best, root = shared.problem.minimiser, _own_root(own)
    marks: list[Mark] = []
    for steps, x in resting.items():
        marks.append(Trajectory(x[:, 0], x[:, 1], f"one D̂, H = {steps}", "measured", f"local_gd:H={steps}"))
    marks += [
        Series(root[:1], root[1:], "D̂ of each, H = 1", "measured", "rmsprop"),
        Series(best[:1], best[1:], "x*", "measured", "max_margin"),
        Note("x*", x=float(best[0]) - ASIDE, y=float(best[1])),
        Note("D̂ of each", x=float(root[0]) - 3.0 * ASIDE, y=float(root[1]) + ASIDE),
    ]
    return Panel(tuple(marks), "$x_1$", "$x_2$", title="models", aspect="equal", legend="none")


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


def _distance(case: WorkersCase, points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - case.problem.minimiser, axis=-1)
