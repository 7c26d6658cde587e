"""The pictures: the plane of the points, the plane of w, and the direction error against the rounds."""

import numpy as np
from jaxtyping import Float

from figures import Cloud, Panel, ray, Separator, Series, Span, Trajectory, View
from figures.marks import Mark
from implicitbias.asymptotics import direction_error, predicted_path
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Journey, Look
from paper_repro.classroom.direction.separators import Separators
from paper_repro.classroom.direction.trapped import Rest
from paper_repro.classroom.direction.wording import called, key, NOTHING, power_of_ten


# Room around the points, and around the path of w, as a share of their size.
ROOM = 1.2
# Earlier rounds whose separators are drawn.
EARLIER = 2
CHORD = "direction error |w/|w| − ŵ/|ŵ||"
ROUNDS = "communication rounds r"


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
        rays = (ray(svm.weights, size / 2.0, label="a worker alone") for svm in found.own if svm is not None)
        marks.extend(rays)
    caption = "Path of w in exact rounds; the ray of the max margin ŵ; separators of single workers."
    panel = Panel(tuple(marks), "$w_1$", "$w_2$", **_square(path), aspect="equal")
    return View(_beside(journey, separator), caption, (panel,))


def errors(controls: Controls, found: Separators, journey: Journey, title: str) -> View:
    """Return the direction error from round 1 to the last that is asked for."""
    exact, last = journey.exact, 10.0**controls.decades
    measured = direction_error(exact.w, found.common.weights)
    marks: list[Mark] = [
        Series(*_shown(exact.rounds, measured, last), "exact rounds", "measured", key(controls))
    ]
    marks.extend(_followed(controls, journey))
    wrong = found.mean_of_own
    if wrong is not None and len(found.own) > 1:
        marks.append(_to_the_mean(journey, wrong, last))
    if controls.prediction is not None:
        angle = np.radians(controls.prediction)
        level = float(direction_error(np.array([np.cos(angle), np.sin(angle)]), found.common.weights))
        marks.append(Span("y", max(level, NOTHING), max(level, NOTHING), "your guess"))
    caption = f"{called(controls)}, η = {controls.lr:g}, {controls.loss} loss, from w⁰ = 0."
    panel = Panel(tuple(marks), ROUNDS, CHORD, "log", "log", xlim=(1.0, last))
    return View(title, caption, (panel,))


def _followed(controls: Controls, journey: Journey) -> list[Mark]:
    """Return what follows the exact rounds, with its error, and the closed form."""
    if journey.beyond is None:
        return []
    beyond, last = journey.beyond, 10.0**controls.decades
    rounds, chord = 10.0**beyond.decades, beyond.chord
    low, high = np.maximum(chord - beyond.error, chord / 2.0), chord + beyond.error
    x, y = _shown(rounds, chord, last)
    ends = (_shown(rounds, low, last)[1], _shown(rounds, high, last)[1])
    line = Series(x, y, "followed in log r", "measured", key(controls), error=ends, joined=True)
    if not np.isfinite(beyond.predicted).any():
        return [line]
    form = Series(*_shown(rounds, beyond.predicted, last), "closed form", "theory")
    return [line, form]


def _to_the_mean(journey: Journey, wrong: Float[np.ndarray, " 2"], last: float) -> Series:
    """Return how far the direction is from where averaging fully trained workers would go."""
    rounds, w = journey.exact.rounds.astype(float), journey.exact.w
    if journey.beyond is not None:
        later = 10.0**journey.beyond.decades > rounds[-1]
        rounds = np.concatenate([rounds, 10.0 ** journey.beyond.decades[later]])
        w = np.concatenate([w, journey.beyond.w[later]])
    label = "from the mean of the workers' own"
    return Series(*_shown(rounds, direction_error(w, wrong), last), label, "falsifier")


def resting(controls: Controls, rest: Rest, title: str) -> tuple[View, View, View]:
    """Return the points, the path of w, and its distances from the minimiser and from where it rests."""
    lines = (
        Separator(rest.minimiser, label="minimiser of f", role="theory"),
        Separator(rest.resting, label=f"rest of {called(controls)}", method_key=key(controls)),
    )
    path = rest.exact.w
    marks = (
        Trajectory(path[:, 0], path[:, 1], called(controls), "measured", key(controls)),
        *(
            Series(point[:1], point[1:], label, role)
            for point, label, role in (
                (rest.minimiser, "minimiser of f", "falsifier"),
                (rest.resting, "where it rests", "measured"),
            )
        ),
    )
    panel = Panel(marks, "$w_1$", "$w_2$", **_square(path), aspect="equal")
    walk = View("w stays finite", "Path of w in exact rounds, from 0.", (panel,))
    return plane(controls, (*lines, *guess(controls)), title), walk, _distances(controls, rest, title)


def _distances(controls: Controls, rest: Rest, title: str) -> View:
    exact, last = rest.exact, 10.0 ** min(controls.decades, np.log10(rest.exact.last))
    away = [np.linalg.norm(exact.w - point, axis=1) for point in (rest.minimiser, rest.resting)]
    marks = [
        Series(*_shown(exact.rounds, away[0], last), "from the minimiser", "falsifier"),
        Series(*_shown(exact.rounds, away[1], last), "from where it rests", "measured", key(controls)),
    ]
    if rest.bias > NOTHING:
        marks.append(Span("y", rest.bias, rest.bias, "bias, solved for", "theory"))
    caption = f"{called(controls)}, η = {controls.lr:g}, {controls.loss} loss, from w⁰ = 0."
    return View(title, caption, (Panel(tuple(marks), ROUNDS, "distance of w", "log", "log"),))


def _beside(journey: Journey, separator: Float[np.ndarray, " 2"]) -> str:
    """Say how far beside the ray of ŵ the path runs."""
    if journey.residual is None:
        return "The path of w"
    direction = separator / np.linalg.norm(separator)
    across = abs(float(direction[0] * journey.residual[1] - direction[1] * journey.residual[0]))
    return f"w runs beside the ray of ŵ, {across:.3g} away for ever: only its length makes the angle small"


def _square(path: Float[np.ndarray, "record 2"]) -> dict[str, tuple[float, float]]:
    """Return limits of a square that holds 0 and the path."""
    low, high = np.minimum(path.min(axis=0), 0.0), np.maximum(path.max(axis=0), 0.0)
    middle, half = (low + high) / 2.0, 0.5 * ROOM * float((high - low).max())
    return {
        name: (float(centre - half), float(centre + half))
        for name, centre in zip(("xlim", "ylim"), middle, strict=True)
    }


def _shown(
    rounds: np.ndarray, values: np.ndarray, last: float
) -> tuple[Float[np.ndarray, " record"], list[float | None]]:
    """Return what lies before the last round; values that a log axis cannot show are gaps."""
    kept = rounds <= last * (1.0 + 1e-9)
    shown = [float(v) if np.isfinite(v) and v > NOTHING else None for v in values[kept]]
    return np.asarray(rounds, dtype=float)[kept], shown
