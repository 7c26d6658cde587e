"""Where w has been: exact rounds, what follows them to round 10^100, and what theory says of it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import RecordAt, run
from implicitbias.asymptotics import direction_error
from paper_repro.classroom.direction.controls import Controls


# Samples seen in local steps, and rounds, that take a few hundredths of a second.
EXACT_WORK = 1_000_000
EXACT_ROUNDS = 50_000
# A round costs as much as so many samples even if it sees fewer.
ROUND_COST = 20
# Points of the picture: of exact rounds, and of a continuation.
EXACT_POINTS = 30
FAR_POINTS = 120
# log₁₀ r that are one round.
NEAR = 1e-6
# Rounds 10^k whose direction is told in numbers, and the last.
TOLD = (0, 3, 6)


@dataclass(frozen=True, eq=False)
class Exact:
    """Exact rounds 1 … from w⁰ = 0, and models after them."""

    rounds: Int[np.ndarray, " record"]
    w: Float[np.ndarray, "record 2"]

    @property
    def last(self) -> int:
        """The last round."""
        return int(self.rounds[-1])

    @property
    def at_half(self) -> Float[np.ndarray, " 2"]:
        """The last model recorded in the first half of the rounds."""
        return self.w[np.flatnonzero(2 * self.rounds <= max(self.last, 2))[-1]]


@dataclass(frozen=True, eq=False)
class Beyond:
    """What follows exact rounds.

    Attributes
    ----------
    decades
        log₁₀ r, increasing.
    w
        Models.
    chord, error
        Their direction errors relative to ŵ, and estimated errors of these.
    predicted
        Direction errors by the closed form; NaN where it says nothing.
    """

    decades: Float[np.ndarray, " time"]
    w: Float[np.ndarray, "time 2"]
    chord: Float[np.ndarray, " time"]
    error: Float[np.ndarray, " time"]
    predicted: Float[np.ndarray, " time"]


@dataclass(frozen=True, eq=False)
class Journey:
    """The directions of one method.

    Attributes
    ----------
    exact, beyond
        Exact rounds, and what follows them, if that is known.
    target
        Where the direction tends, if that is known: a vector of any length.
    residual
        w̃, if w = ŵ log(ηHr) + w̃ + o(1).
    capped
        What was cut, in a sentence or two.
    form
        What ``beyond.predicted`` is called.
    """

    exact: Exact
    beyond: Beyond | None = None
    target: Float[np.ndarray, " 2"] | None = None
    residual: Float[np.ndarray, " 2"] | None = None
    capped: str = ""
    form: str = "closed form"

    @property
    def last(self) -> float:
        """log₁₀ of the last round seen."""
        return float(np.log10(self.exact.last) if self.beyond is None else self.beyond.decades[-1])


@dataclass(frozen=True)
class Look:
    """A look at round 10^k: the model, its direction error, how wrong that may be, and what theory predicts."""

    decade: float
    w: Float[np.ndarray, " 2"]
    chord: float
    error: float
    predicted: float


def looks(journey: Journey, separator: Float[np.ndarray, " 2"], decades: int) -> tuple[Look, ...]:
    """Return looks at the rounds told that were reached, the last round seen among them."""
    asked = [float(k) for k in told(decades) if k <= journey.last]
    wanted = sorted({*asked, min(journey.last, float(decades))})
    return tuple(_look(journey, separator, k) for k in wanted)


def _look(journey: Journey, separator: Float[np.ndarray, " 2"], decade: float) -> Look:
    """Prefer exact rounds to those that follow them."""
    beyond, predicted = journey.beyond, np.nan
    if beyond is not None:
        near = int(np.abs(beyond.decades - decade).argmin())
        predicted = float(beyond.predicted[near]) if decade >= beyond.decades[0] - NEAR else np.nan
        if 10.0**decade > journey.exact.last:
            return Look(
                decade, beyond.w[near], float(beyond.chord[near]), float(beyond.error[near]), predicted
            )
    w = journey.exact.w[np.abs(journey.exact.rounds - 10.0**decade).argmin()]
    return Look(decade, w, float(direction_error(w, separator)), 0.0, predicted)


def exact_rounds(controls: Controls, most: int = EXACT_ROUNDS) -> Exact:
    """Run as many exact rounds as come at once, a round number of them; record powers of ten among others."""
    problem = controls.problem
    steps = np.broadcast_to(controls.local_steps, problem.workers)
    cost = max(int(np.dot(steps, problem.sizes)), ROUND_COST)
    rounds = round_number(max(min(most, EXACT_WORK // cost), 2))
    spaced = np.round(np.geomspace(1, rounds, EXACT_POINTS)).astype(int)
    powers = 10 ** np.arange(len(str(rounds)))
    record = RecordAt.these(sorted({*spaced.tolist(), *powers.tolist()}))
    trace = run(problem, controls.method, rounds, record=record, progress=False)
    return Exact(trace.rounds[1:], trace.w[0, 1:])


def round_number(most: int) -> int:
    """Return the largest of 1, 2, 5, 10, 20, 50, … that is at most ``most`` ≥ 1."""
    power = 10 ** (len(str(most)) - 1)
    return max(factor * power for factor in (1, 2, 5) if factor * power <= most)


def told(decades: int) -> tuple[int, ...]:
    """Return the decades k whose round 10^k is told in numbers."""
    return tuple(sorted({k for k in TOLD if k < decades} | {decades}))


def grid(decades: int, first: float = 0.0) -> Float[np.ndarray, " time"]:
    """Return log₁₀ of the rounds of a continuation from round 10^first: evenly spaced, those told among them."""
    among = [k for k in told(decades) if k > first]
    return np.unique(np.concatenate([np.linspace(first, max(decades, first + 1.0), FAR_POINTS), among]))
