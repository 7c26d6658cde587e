"""Where scaled Local GD rests as rounds get longer: from x*, or beside it, to the mean of the workers' minima."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Animation, on_common_limits, Panel, Series, View
from implicitbias import Stream
from implicitbias.scaled.fixed_points import fixed_point
from paper_repro.claims.budget import Budget
from paper_repro.gallery.fixed_points import contours, distance, KNOBS, setting_of, square_around
from paper_repro.papers.derived.scaling.fixed_points import per_worker
from paper_repro.papers.derived.scaling.setting import pooled_diagonal, workers_case, WorkersCase


LOCAL_STEPS = tuple(range(1, 17)) + tuple(range(18, 65, 2))
RATES = (0.01, 0.1)
KEYS = {"one D̂": "local_gd", "D̂ of each": "rmsprop"}
SECONDS = 0.2
# Distances below are 0 but for rounding, and have no place on a logarithmic axis.
LEAST = 1e-9


def animate(seed: int, budget: Budget, data_home: Path | None = None) -> Animation:
    """Build the animation on workers drawn from the seed."""
    del budget, data_home
    stream = Stream(seed).child("fixed-points")
    cases = {"one D̂": workers_case(KNOBS, stream), "D̂ of each": per_worker(KNOBS, stream)}
    paths = {(name, lr): _path(case, name, lr) for name, case in cases.items() for lr in RATES}
    frames = [_frame(cases["one D̂"], paths, k, seed) for k in range(len(LOCAL_STEPS))]
    return Animation(on_common_limits(frames), tuple(f"local steps H = {h}" for h in LOCAL_STEPS), SECONDS)


def _path(case: WorkersCase, name: str, lr: float) -> Float[np.ndarray, "steps dim"]:
    """Return the fixed points of a round for every H."""
    diagonals = pooled_diagonal(case.problem) if name == "one D̂" else case.diagonals
    found, start = [], None
    for steps in LOCAL_STEPS:
        start = fixed_point(case.problem, diagonals, lr, steps, start)
        found.append(start)
    return np.array(found)


Paths = dict[tuple[str, float], Float[np.ndarray, "steps dim"]]


def _frame(case: WorkersCase, paths: Paths, last: int, seed: int) -> View:
    title = (
        "Longer rounds take the point where scaled Local GD rests from x*, or from beside it, to the mean of the "
        "workers' own minima"
    )
    caption = (
        f"{setting_of(seed)} Fixed points of a round by Newton's method at η = {RATES[0]:g} and {RATES[1]:g}. Left: in "
        "the plane of the models, on contours of f, whose minimum is x*. Right: their distance from x*; with one D̂ and "
        "H = 1 it is 0. Rounds without end solve every worker's problem, whatever D̂."
    )
    return View(title, caption, (_plane(case, paths, last), _distances(case, paths, last)), legend="shared")


def _plane(case: WorkersCase, paths: Paths, last: int) -> Panel:
    best = case.problem.minimiser
    marks = [
        Series(*_until(x[:, 0], x[:, 1], last), _name(name, lr), "measured", KEYS[name], joined=True)
        for (name, lr), x in paths.items()
    ]
    minimum = Series(best[:1], best[1:], "x*", "measured", "max_margin")
    box = square_around(np.concatenate([*paths.values(), best[None]]))
    marks = (contours(case, box), *marks, minimum)
    return Panel(marks, "$x_1$", "$x_2$", title="models", xlim=box[0], ylim=box[1], aspect="equal")


def _distances(case: WorkersCase, paths: Paths, last: int) -> Panel:
    marks = []
    for (name, lr), x in paths.items():
        away = distance(case, x)
        shown = [float(d) if k <= last and d > LEAST else None for k, d in enumerate(away)]
        marks.append(Series(LOCAL_STEPS, shown, _name(name, lr), "measured", KEYS[name], joined=True))
    return Panel(tuple(marks), "local steps H", "|fixed point − x*|", "log", "log", title="distance from x*")


def _until(
    x: Float[np.ndarray, " steps"], y: Float[np.ndarray, " steps"], last: int
) -> tuple[list[float | None], list[float | None]]:
    """Return the points of a path up to one, the others masked."""
    kept = [k <= last for k in range(len(x))]
    return tuple(
        [float(v) if keep else None for v, keep in zip(values, kept, strict=True)] for values in (x, y)
    )  # type: ignore[return-value]


def _name(name: str, lr: float) -> str:
    return f"{name}, η = {lr:g}"
