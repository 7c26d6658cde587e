"""Drawn logistic problems, local states, D and η, at which a one-step lemma is evaluated exactly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from implicitbias import LinearClassification, Logistic, Stream
from implicitbias.scaled import (
    expected_step,
    metric_constants,
    MetricConstants,
    MiniBatch,
    minimiser,
    OneStep,
)
from paper_repro.claims import knob, Measured, Observation, Predicted, Prediction, Relation, Traces


RATIO = "left over right side, largest over drawn problems and states"

# The factor of a coefficient in a wrong lemma, given M.
Factor = Callable[[int], float]
NAMES = {"consensus": "disagreement V", "noise": "noise", "gap": "Δ"}

STATES = 80
# Intervals of the picture.
BINS = 16
# Samples per worker; labels are coin flips, so that no w separates them.
LOCAL = 6
# Decades of feature scales, of D, and of the distances of x̂ from x* and of x^m from x̂.
SCALES, DIAGONALS = 0.5, 1.0
FAR, APART = (-4.0, 2.0), (-4.0, 1.5)
# Sums of d·M products of correctly rounded numbers, relative to the side they add up to.
ROUNDING = 1e-12


@dataclass(frozen=True)
class OneStepKnobs:
    """Sizes of the problems, and how far the step condition is used."""

    workers: int = knob(8, "M", "workers", low=6, high=12)
    dim: int = knob(3, "d", "dimension", low=2, high=5)
    ridge: float = knob(0.02, "λ", "l2 regularisation, hence μ", low=0.002, high=0.1, log=True)
    share: float = knob(1.0, "s", "largest η as a share of the step condition", low=0.5, high=1.0)
    problems: int = knob(12, "n", "problems, each with its own D, η and 80 states", low=4, high=12)


@dataclass(frozen=True)
class Side:
    """A lemma's right-hand side, the coefficients it has, and the largest η L_D it admits.

    ``terms`` names the coefficient of each term; ``rough`` says which L_D the step condition means.
    """

    value: Callable[..., Float[np.ndarray, " state"] | float]
    coefficients: dict[str, float]
    limit: float
    rough: Callable[[MetricConstants], float]
    identical: bool


@dataclass(frozen=True)
class Evaluated:
    """States of one problem after an exact step, and the constants in the metric of its D."""

    step: OneStep
    constants: MetricConstants


@dataclass(frozen=True)
class OneStepCase:
    """Both sides at every state."""

    side: Side
    evaluated: tuple[Evaluated, ...]

    @property
    def workers(self) -> int:
        """M."""
        return self.evaluated[0].step.workers

    @property
    def left(self) -> np.ndarray:
        """E|x̂⁺ − x*|²_D of all states."""
        return np.concatenate([np.atleast_1d(e.step.expected) for e in self.evaluated])

    def right(self, **coefficients: float) -> np.ndarray:
        """Return the right-hand side of all states, with other coefficients if they are given."""
        return np.concatenate(
            [np.atleast_1d(self.side.value(e.step, e.constants, **coefficients)) for e in self.evaluated]
        )

    def share(self, term: str) -> np.ndarray:
        """Return the size of a term in units of the right-hand side."""
        without = self.right(**{term: 0.0})
        return np.abs(without / self.right() - 1.0)


def case_of(side: Side, knobs: OneStepKnobs, stream: Stream) -> OneStepCase:
    """Draw problems and states, and take one exact step from each."""
    numbers = stream.at("scaling/one-step").generator()
    return OneStepCase(side, tuple(_evaluated(side, knobs, numbers) for _ in range(knobs.problems)))


def observe(case: OneStepCase, traces: Traces) -> Observation:
    """Divide both sides."""
    del traces
    return Observation({RATIO: Measured(case.left / case.right(), ROUNDING)})


def predict(case: OneStepCase) -> Prediction:
    """At most 1."""
    del case
    return Prediction({RATIO: Predicted(1.0, 2.0 * ROUNDING, Relation.AT_MOST, "rounding of both sides")})


def changing(term: str, factor: Factor) -> Callable[[OneStepCase], Prediction]:
    """Return the prediction with a coefficient multiplied by a factor."""

    def predicted(case: OneStepCase) -> Prediction:
        changed = {term: factor(case.workers) * case.side.coefficients[term]}
        return Prediction({RATIO: Predicted(case.right(**changed) / case.right(), relation=Relation.AT_MOST)})

    return predicted


def view_of(title: str, wrong: dict[str, Factor]) -> Callable[[OneStepCase, Observation, Prediction], View]:
    """Return the picture: the ratio against the share of each term, with the line of its wrong coefficient."""

    def view(case: OneStepCase, observation: Observation, prediction: Prediction) -> View:
        del prediction
        ratio = np.asarray(observation.quantities[RATIO].value)
        panels = tuple(_panel(case, ratio, term, factor(case.workers)) for term, factor in wrong.items())
        caption = (
            f"{len(ratio)} drawn states of {len(case.evaluated)} logistic problems, M = "
            f"{case.workers}, each with its D and η: one step in exact conditional expectation. Shown are, by "
            "intervals of the share, the states farthest above the broken line; above it they refute the lemma with "
            "that coefficient. None is above 1."
        )
        return View(title, caption, panels)

    return view


def _panel(case: OneStepCase, ratio: np.ndarray, term: str, factor: float) -> Panel:
    share, sign = case.share(term), 1.0 if term == "gap" else -1.0
    grid = np.linspace(0.0, float(share.max()), 50)
    # The descent term is subtracted: with a larger coefficient the side falls, as it does without an added one.
    wrong = np.maximum(1.0 + sign * (1.0 - factor) * grid, 0.0)
    shown = _telling(share, ratio - (1.0 + sign * (1.0 - factor) * share))
    marks = (
        Series(share[shown], ratio[shown], "exact steps", "measured"),
        Series(grid, np.ones_like(grid), "lemma", "theory"),
        Series(grid, wrong, f"{NAMES[term]} times {factor:.3g}", "falsifier"),
    )
    return Panel(marks, f"share of the term of {NAMES[term]}", "left over right side", ylim=(0.0, 1.1))


def _evaluated(side: Side, knobs: OneStepKnobs, numbers: np.random.Generator) -> Evaluated:
    problem = _problem(side, knobs, numbers)
    x, noise = minimiser(pooled(problem)), MiniBatch(1)
    diagonal = 10.0 ** numbers.uniform(-DIAGONALS, DIAGONALS, knobs.dim)
    constants = metric_constants(problem, diagonal, noise, x)
    lr = side.limit / side.rough(constants) * knobs.share * numbers.uniform(0.2, 1.0)
    step = expected_step(problem, _states(x, knobs, numbers), diagonal, lr, noise, at=x)
    return Evaluated(step, constants)


def _telling(share: np.ndarray, above: np.ndarray) -> list[int]:
    """Return the state that is farthest above the wrong lemma in each of equal intervals of the share."""
    place = np.minimum((BINS * share / share.max()).astype(int), BINS - 1)
    return [int(np.flatnonzero(place == k)[above[place == k].argmax()]) for k in np.unique(place)]


def pooled(problem: LinearClassification) -> LinearClassification:
    """Return the samples of equally many per worker on one worker: the same f, M times as fast."""
    features, labels, loss, l2 = problem.features, problem.labels, problem.loss_function, problem.l2
    return LinearClassification(features, labels, workers=1, loss=loss, l2=l2)


def _problem(side: Side, knobs: OneStepKnobs, numbers: np.random.Generator) -> LinearClassification:
    count = LOCAL if side.identical else LOCAL * knobs.workers
    features = numbers.normal(size=(count, knobs.dim)) * 10.0 ** numbers.uniform(-SCALES, SCALES, knobs.dim)
    labels = np.where(numbers.uniform(size=count) < 0.5, 1.0, -1.0)
    if side.identical:
        features, labels = np.tile(features, (knobs.workers, 1)), np.tile(labels, knobs.workers)
    return LinearClassification(features, labels, workers=knobs.workers, loss=Logistic(), l2=knobs.ridge)


def _states(x: np.ndarray, knobs: OneStepKnobs, numbers: np.random.Generator) -> np.ndarray:
    """Return local states of all distances of x̂ from x*, and of x^m from x̂."""
    far, apart = (10.0 ** numbers.uniform(*decades, (STATES, 1, 1)) for decades in (FAR, APART))
    mean = numbers.normal(size=(STATES, 1, knobs.dim))
    local = numbers.normal(size=(STATES, knobs.workers, knobs.dim))
    return x + far * mean + apart * (local - local.mean(axis=1, keepdims=True))
