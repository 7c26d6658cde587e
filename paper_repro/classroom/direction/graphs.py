"""Against the rounds, from the first to 10^100: how far the direction is from ŵ, or w from where it rests."""

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, Span, View
from figures.marks import Mark
from implicitbias.asymptotics import direction_error
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Journey
from paper_repro.classroom.direction.separators import Separators
from paper_repro.classroom.direction.trapped import Rest
from paper_repro.classroom.direction.wording import called, key, NOTHING


CHORD = "direction error |w/|w| − ŵ/|ŵ||"
ROUNDS = "communication rounds r"


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


def distances(controls: Controls, rest: Rest) -> View:
    """Return the distances of w from the minimiser and from where it rests."""
    exact, last = rest.exact, 10.0 ** min(controls.decades, np.log10(rest.exact.last))
    away = [np.linalg.norm(exact.w - point, axis=1) for point in (rest.minimiser, rest.resting)]
    marks: list[Mark] = [
        Series(*_shown(exact.rounds, away[0], last), "from the minimiser", "falsifier"),
        Series(*_shown(exact.rounds, away[1], last), "from where it rests", "measured", key(controls)),
    ]
    if rest.bias > NOTHING:
        marks.append(Span("y", rest.bias, rest.bias, "bias, solved for", "theory"))
    caption = f"{called(controls)}, η = {controls.lr:g}, {controls.loss} loss, from w⁰ = 0."
    title = (
        "It comes to rest, but not at the minimum"
        if rest.bias > NOTHING
        else "It comes to rest at the minimum"
    )
    return View(title, caption, (Panel(tuple(marks), ROUNDS, "distance of w", "log", "log"),))


def _shown(
    rounds: np.ndarray, values: np.ndarray, last: float
) -> tuple[Float[np.ndarray, " record"], list[float | None]]:
    """Return what lies before the last round; values that a log axis cannot show are gaps."""
    kept = rounds <= last * (1.0 + 1e-9)
    shown = [float(v) if np.isfinite(v) and v > NOTHING else None for v in values[kept]]
    return np.asarray(rounds, dtype=float)[kept], shown
