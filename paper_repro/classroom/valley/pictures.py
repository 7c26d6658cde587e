"""The three pictures: the ensembles on the landscape, their position against slow time, the drift ratio against α."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from figures import Bands, Field, Mark, Note, Panel, Series, Span
from figures.appearance import FEW_POINTS
from paper_repro.classroom.valley.controls import Controls
from paper_repro.classroom.valley.courses import NAMES
from paper_repro.classroom.valley.drift import mean_within, ratio_curve
from paper_repro.classroom.valley.grounds import diffuses, Ground, ground_named
from paper_repro.classroom.valley.study import Study


# Points of the picture's grid along each axis, of Γ, and of a curve; α of the curve.
GRID, FLOOR, CURVE = 40, 81, 24
SHOWN_ALPHAS = (0.02, 20.0)
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
# Half the length of a bar across Γ, as a part of the window.
BAR = 0.06


@dataclass(frozen=True)
class Visited:
    """A point that the class has been to: what was set, the slow time asked for, and the ratio found there."""

    controls: Controls
    slow_time: float
    alpha: float
    ratio: float


def cloud(found: Study) -> Panel:
    """Draw where the replicas of every method end, on the landscape, and a bar across Γ at their slow SDE's mean."""
    ground = found.controls.ground
    marks: list[Mark] = [*_land(found.controls.landscape, str(found.controls.noise))]
    for k, (key, walk) in enumerate(found.walks.items()):
        # Of more points than are seen one by one a series would be a line.
        groups = np.array_split(walk.last, math.ceil(len(walk.last) / FEW_POINTS))
        marks += [Series(one[:, 0], one[:, 1], NAMES[key], "measured", key) for one in groups]
        marks += _crossing(found, key, k)
    names = ("u", "v") if found.controls.landscape == "hyperbola" else ("x", "y")
    (left, right), (low, high) = ground.window
    return Panel(
        tuple(marks),
        *names,
        title="where they end",
        xlim=(left, right),
        ylim=(low, high),
        aspect="equal" if ground.family in ("ring", "circle", "sphere") else "auto",
    )


def along(found: Study) -> Panel:
    """Draw the mean position against slow time, over the mean and the middle 90 % of the slow SDE."""
    marks: list[Mark] = []
    spread = diffuses(found.controls.closed, found.controls.ground.start)
    for k, (key, walk) in enumerate(found.walks.items()):
        slow, name = found.slow, NAMES[key]
        if spread:
            marks.append(Bands(slow.times, slow.low[:, k], slow.high[:, k], None, "theory", key))
        marks.append(Series(slow.times, slow.mean[:, k], name, "theory", key))
        mean, error = mean_within(walk.position)
        marks.append(Series(walk.times, mean, name, "measured", key, (mean - error, mean + error)))
    position = f"position along Γ: {found.controls.ground.position}"
    return Panel(tuple(marks), "slow time t = Σ η²", position, title="how they get there")


def against_alpha(found: Study, visited: Sequence[Visited] = ()) -> Panel:
    """Draw the drift over SGD's against α at the start: slow SDE, its M-fold ceiling, here, and what was visited."""
    c = found.controls
    curve = _of_curve(c, found.budget.asked)
    marks: list[Mark] = [*_curves(curve)]
    seen = [v for v in visited if _of_curve(v.controls, v.slow_time) == curve]
    if seen:
        points = np.array([[v.alpha, v.ratio] for v in seen])
        marks.append(Series(points[:, 0], points[:, 1], "visited before", "measured", "local_sgd:H=1"))
    for key in [key for key in found.walks if key != "sgd"]:
        own = found.ratios[key]
        ends = [own.measured - own.error], [own.measured + own.error]
        # A round of one step is α = 0, which a log axis has not.
        at = SHOWN_ALPHAS[0] if c.local_steps == 1 else c.round_time
        marks.append(Series([at], [own.measured], NAMES[key], "measured", key, ends))
    if c.local_steps == 1:
        marks.append(Note("H = 1 is α = 0, left of this axis", "lower right"))
    return Panel(
        tuple(marks),
        "α = ηH at the start" if c.halvings else "time of a round α = ηH",
        "drift over SGD's",
        "log",
        title="what decides: the time of a round",
    )


def ceiling(found: Study) -> float:
    """Return the ratio at α = ∞, where the drift is M-fold everywhere on the way."""
    return _ceiling(_of_curve(found.controls, found.budget.asked))


def _of_curve(controls: Controls, slow_time: float) -> Controls:
    """Return the controls with what does not move the curve set to one value, and the slow time asked for."""
    return replace(controls, lr=0.02, local_steps=1, seed=0, effort=1, slow_time=slow_time)


@lru_cache(maxsize=64)
def _curves(controls: Controls) -> tuple[Mark, ...]:
    alphas, most = np.geomspace(*SHOWN_ALPHAS, CURVE), _ceiling(controls)
    marks: list[Mark] = [
        Span("y", most, most, "M-fold drift, α = ∞"),
        Series(alphas, ratio_curve(controls, alphas, 0.5), NAMES["local_sgd"], "theory", "local_sgd"),
        Span("y", 1.0, 1.0, None),
    ]
    if controls.halvings:
        marks.append(Series(alphas, ratio_curve(controls, alphas, 2.0), NAMES["qsr"], "theory", "qsr"))
    return tuple(marks)


@lru_cache(maxsize=64)
def _ceiling(controls: Controls) -> float:
    return float(ratio_curve(controls, np.array([np.inf]), 1.0)[0])


@lru_cache(maxsize=32)
def _land(landscape: str, noise: str) -> tuple[Mark, ...]:
    """Return contours of the loss, and Γ."""
    ground = ground_named(landscape)
    gamma = _gamma(ground, noise)
    floor = Series(gamma[:, 0], gamma[:, 1], "Γ, the minima", "reference")
    if ground.family == "sphere":
        return (floor,)
    (left, right), (low, high) = ground.window
    x, y = np.linspace(left, right, GRID), np.linspace(low, high, GRID)
    points = np.stack(np.meshgrid(x, y), axis=-1)
    loss = ground.made(noise).landscape.loss(points.reshape(-1, 2)).reshape(GRID, GRID)
    return Field(x, y, np.where(np.isfinite(loss), loss, 0.0), "contours", levels=LEVELS), floor


def _gamma(ground: Ground, noise: str) -> Float[np.ndarray, "point 2"]:
    """Return points of Γ as the picture shows it; of the sphere its outline."""
    q = np.linspace(*ground.floor, FLOOR)
    if ground.family == "sphere":
        return np.stack([np.cos(q), np.sin(q)], axis=-1)
    return ground.made(noise).start(q[:, None])[:, :2]


def _crossing(found: Study, key: str, column: int) -> list[Series]:
    """Return a bar across Γ at the mean of the slow SDE; on the sphere a line of latitude."""
    ground, q = found.controls.ground, found.slow.mean[-1, column]
    (left, right), (low, high) = ground.window
    if ground.family == "sphere":
        reach = np.sqrt(max(1.0 - q**2, 0.0))
        return [Series([q, q], [-reach, reach], None, "theory", key)]
    before, at, after = found.controls.closed.start(q + np.array([[-1e-4], [0.0], [1e-4]]))
    scale = np.array([right - left, high - low])
    tangent = (after - before) / scale
    normal = np.array([-tangent[1], tangent[0]]) / np.linalg.norm(tangent) * BAR * scale
    ends = np.stack([at - normal, at + normal])
    return [Series(ends[:, 0], ends[:, 1], None, "theory", key)]
