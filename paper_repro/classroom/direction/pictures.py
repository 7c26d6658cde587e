"""The planes: points with their separators, and w on its way."""

import numpy as np
from jaxtyping import Float

from figures import Cloud, Panel, ray, Separator, Series, Trajectory, View
from figures.marks import Mark
from implicitbias.asymptotics import direction_error, predicted_path
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.graphs import distances
from paper_repro.classroom.direction.journey import Journey, Look
from paper_repro.classroom.direction.separators import Separators
from paper_repro.classroom.direction.trapped import Rest
from paper_repro.classroom.direction.wording import called, key, NOTHING, power_of_ten


# Room around the points, and around the path of w, as a share of their size.
ROOM = 1.2
# Earlier rounds whose separators are drawn.
EARLIER = 2


def plane(controls: Controls, marks: tuple[Mark, ...], title: str, ringed: tuple[int, ...] = ()) -> View:
    """Return the points, and lines over them."""
    points = np.array(controls.points)
    side = ROOM * float(np.abs(points).max())
    holders = [controls.holders.index(worker) for worker in controls.workers]
    label = "support vectors" if ringed else None
    cloud = Cloud(points[:, 0], points[:, 1], controls.labels, holders, ringed, label)
    limits = (-side, side)
    panel = Panel((cloud, *marks), "$x_1$", "$x_2$", xlim=limits, ylim=limits, aspect="equal")
    caption = "Points by label (marker) and worker (colour). Separators pass through the origin."
    return View(title, caption, (panel,))


def guess(controls: Controls) -> tuple[Mark, ...]:
    """Return the separator that the class predicts, if it does."""
    if controls.prediction is None:
        return ()
    angle = np.radians(controls.prediction)
    return (Separator((np.cos(angle), np.sin(angle)), label="your guess", role="falsifier"),)


def separating(controls: Controls, found: Separators, seen: tuple[Look, ...], title: str) -> View:
    """Return the points with the separators: of each worker, of some rounds, and of all points."""
    own = [
        Separator(svm.weights, worker=m, label=f"worker {controls.holders[m] + 1} alone")
        for m, svm in enumerate(found.own)
        if svm is not None and len(found.own) > 1
    ]
    passed = [
        Separator(look.w, label=f"round {power_of_ten(look.decade)}", role="reference")
        for look in seen[:-1][:EARLIER]
    ]
    last = Separator(seen[-1].w, label=f"round {power_of_ten(seen[-1].decade)}", method_key=key(controls))
    best = Separator(found.common.weights, label="max margin", role="theory", margins=True)
    ringed = tuple(int(i) for i in found.common.support)
    return plane(controls, (*own, *passed, last, best, *guess(controls)), title, ringed)


def weights(controls: Controls, found: Separators, journey: Journey) -> View:
    """Return the path of w with the rays of the separators, which it may run beside for ever."""
    path, separator = journey.exact.w, found.common.weights
    size = ROOM * float(np.linalg.norm(path, axis=1).max())
    marks: list[Mark] = [Trajectory(path[:, 0], path[:, 1], called(controls), "measured", key(controls))]
    if journey.residual is not None:
        tau = np.array([0.0, 2.0 * size / np.linalg.norm(separator)])
        line = predicted_path(separator, journey.residual, tau)
        marks.append(Series(line[:, 0], line[:, 1], "ŵ log(ηHr) + w̃", "theory"))
    elif journey.target is not None and direction_error(journey.target, separator) > NOTHING:
        marks.append(ray(journey.target, 2.0 * size, label="limit", role="theory"))
    marks.append(ray(separator, 2.0 * size, label="ray of ŵ", role="reference"))
    if len(found.own) > 1:
        marks.extend(
            ray(svm.weights, size / 2.0, label="a worker alone", role="falsifier")
            for svm in found.own
            if svm is not None
        )
    caption = "Path of w in exact rounds; the ray of the max margin ŵ; separators of single workers."
    panel = _plane_of_w(tuple(marks), path)
    return View(_beside(journey, separator), caption, (panel,))


def resting(controls: Controls, rest: Rest, title: str) -> tuple[View, View, View]:
    """Return the points, the path of w, and its distances from the minimiser and from where it rests."""
    lines = (
        Separator(rest.minimiser, label="minimiser of f", role="theory"),
        Separator(rest.resting, label=f"rest of {called(controls)}", method_key=key(controls)),
    )
    path = rest.exact.w
    (x, y), (a, b) = rest.minimiser, rest.resting
    marks = (
        Trajectory(path[:, 0], path[:, 1], called(controls), "measured", key(controls)),
        Series([x], [y], "minimiser of f", "measured"),
        Series([a], [b], "where it rests", "measured", "max_margin"),
    )
    panel = _plane_of_w(marks, path)
    walk = View("w stays finite", "Path of w in exact rounds, from 0.", (panel,))
    return plane(controls, (*lines, *guess(controls)), title), distances(controls, rest), walk


def _beside(journey: Journey, separator: Float[np.ndarray, " 2"]) -> str:
    """Say how far beside the ray of ŵ the path runs."""
    if journey.residual is None:
        return "The path of w"
    direction = separator / np.linalg.norm(separator)
    across = abs(float(direction[0] * journey.residual[1] - direction[1] * journey.residual[0]))
    return f"w runs beside the ray of ŵ, {across:.3g} away for ever: only its length makes the angle small"


def _plane_of_w(marks: tuple[Mark, ...], path: Float[np.ndarray, "record 2"]) -> Panel:
    """Return a square that holds 0 and the path."""
    low, high = np.minimum(path.min(axis=0), 0.0), np.maximum(path.max(axis=0), 0.0)
    half = 0.5 * ROOM * float((high - low).max())
    (left, right), (below, above) = ((float(c - half), float(c + half)) for c in (low + high) / 2.0)
    return Panel(marks, "$w_1$", "$w_2$", xlim=(left, right), ylim=(below, above), aspect="equal")
