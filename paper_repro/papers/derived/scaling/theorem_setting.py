"""Scaled runs against T1–T4: problems, methods whose β meets the averaging condition, and both sides of the bound."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from implicitbias import Identity, LinearClassification, LocalMethod, Logistic, OASIS, RMSProp, savic, Stream
from implicitbias.bounds import Bound
from implicitbias.scaled import (
    admissible_drift,
    largest_weight,
    method_constants,
    metric_constants,
    MiniBatch,
    minimiser,
    THEOREMS,
)
from implicitbias.scaled_run import scaled_run, ScaledRun
from paper_repro.claims import (
    AssumptionUnmet,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Relation,
    Traces,
)
from paper_repro.claims.ensembles import mean_of


STARTS = ("at x*", "at distance 1 from x*")
LOCAL_STEPS = (1, 8, 32)
# d_min, d_max and the rule of each family: what its samples are like on rows of length about 1.
FAMILIES: dict[str, tuple[float, float, str]] = {
    "identity": (1.0, 1.0, ""),
    "RMSProp": (0.05, 0.2, "squared"),
    "OASIS": (0.1, 0.4, "linear"),
}
# Samples per worker: with coin-flip labels, too many for any w to separate.
LOCAL = 24
# Share of the admissible drift, so that rounding of β cannot exceed it.
DRIFT_SHARE = 0.95
# Half of the replicas start at x*, where the term of the start vanishes.
REPLICAS = 400
WARM_UP = 30
FEWEST_ROUNDS = 4


@dataclass(frozen=True)
class TheoremKnobs:
    """Sizes of the problem, the methods, and how far the step condition is used."""

    workers: int = knob(4, "M", "workers", low=2, high=4)
    dim: int = knob(3, "d", "dimension", low=2, high=4)
    share: float = knob(1.0, "s", "η as a share of the step condition", low=0.4, high=1.0)
    steps: int = knob(32, "T", "local steps in all; more if they are not four rounds", low=8, high=48)
    local_steps: int = knob(1, "H", "local steps of a round", choices=LOCAL_STEPS)
    scan: int = knob(2, "n", "other numbers of local steps besides", low=0, high=2)


@dataclass(frozen=True)
class Theorem:
    """Which theorem, its data, and whether it bounds the gap of the average or the distance of the end."""

    name: str
    identical: bool
    ridge: float
    limit: float
    average: bool

    def lr(self, share: float, floor: float, rough: float, local_steps: int) -> float:
        """Return η as a share of d_min/(4L), or of d_min/(8L max(1, H − 1))."""
        apart = 1 if self.identical else max(1, local_steps - 1)
        return share * floor / (self.limit * rough * apart)


@dataclass(frozen=True)
class Setting:
    """One method on the problem, with the bounds for a start at x* and for one at distance 1."""

    family: str
    local_steps: int
    rounds: int
    method: LocalMethod
    bounds: tuple[Bound, Bound]

    @property
    def drift(self) -> float:
        """C of the bounds."""
        return self.bounds[0].constants["c"]


@dataclass(frozen=True)
class TheoremCase:
    """All settings, on one problem."""

    theorem: Theorem
    problem: LinearClassification
    minimiser: Float[np.ndarray, " dim"]
    settings: tuple[Setting, ...]
    stream: Stream

    def run(self, setting: Setting) -> ScaledRun:
        """Return the run; the first half of its replicas starts at x*."""
        away = np.repeat([0.0, 1.0], REPLICAS // 2)[:, None] * np.eye(self.problem.dim)[0]
        name = f"{setting.family}-{setting.local_steps}"
        return scaled_run(
            self.problem,
            setting.method,
            setting.rounds,
            start=self.minimiser + away,
            replicas=REPLICAS,
            stream=self.stream.child(name),
            drift=setting.drift,
        )

    def bounded(self, run: ScaledRun) -> Float[np.ndarray, " replica"]:
        """Return f(x̄) − f* or |x̂_T − x*|² of every replica."""
        if self.theorem.average:
            return self.problem.loss(run.average) - self.problem.loss(self.minimiser)
        return ((run.models[:, -1] - self.minimiser) ** 2).sum(axis=-1)


def case_of(
    theorem: Theorem, knobs: TheoremKnobs, stream: Stream, **options: Any
) -> TheoremCase | AssumptionUnmet:
    """Return the case, or which hypotheses of the theorem its settings do not meet; options are those of scalings."""
    problem = _problem(theorem, knobs, stream)
    x = minimiser(_pooled(problem))
    settings = tuple(_settings(theorem, knobs, problem, x, options))
    unmet = {hypothesis for s in settings for b in s.bounds for hypothesis in b.unmet}
    if unmet:
        return AssumptionUnmet(f"hypothesis not met: {'; '.join(sorted(unmet))}")
    return TheoremCase(theorem, problem, x, settings, stream)


def _problem(theorem: Theorem, knobs: TheoremKnobs, stream: Stream) -> LinearClassification:
    numbers = stream.at("scaling/theorems").generator()
    count = LOCAL if theorem.identical else LOCAL * knobs.workers
    features = numbers.normal(size=(count, knobs.dim))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    labels = np.where(numbers.uniform(size=count) < 0.5, 1.0, -1.0)
    if theorem.identical:
        features, labels = np.tile(features, (knobs.workers, 1)), np.tile(labels, knobs.workers)
    return LinearClassification(features, labels, workers=knobs.workers, loss=Logistic(), l2=theorem.ridge)


def _pooled(problem: LinearClassification) -> LinearClassification:
    loss, l2 = problem.loss_function, problem.l2
    return LinearClassification(problem.features, problem.labels, workers=1, loss=loss, l2=l2)


def _settings(
    theorem: Theorem,
    knobs: TheoremKnobs,
    problem: LinearClassification,
    x: np.ndarray,
    options: dict[str, Any],
) -> Iterator[Setting]:
    euclidean = metric_constants(problem, np.ones(problem.dim), MiniBatch(1), x)
    rough = euclidean.smoothness if theorem.identical else euclidean.sample_smoothness
    others = [h for h in LOCAL_STEPS if h != knobs.local_steps][: knobs.scan]
    for family, (floor, ceiling, rule) in FAMILIES.items():
        for local_steps in sorted({knobs.local_steps, *others}):
            rounds = max(FEWEST_ROUNDS, knobs.steps // local_steps)
            lr = theorem.lr(knobs.share, floor, rough, local_steps)
            mu = euclidean.strong_convexity / ceiling
            drift = 1.0 / rounds if theorem.average else admissible_drift(lr, local_steps, mu)
            scaling = Identity()
            if rule:
                weight = largest_weight(rule, DRIFT_SHARE * drift, ceiling / floor)  # pyright: ignore[reportArgumentType]
                make = RMSProp if rule == "squared" else OASIS
                scaling = make(beta=1.0 - weight, floor=floor, ceiling=ceiling, warmup=WARM_UP)
                scaling = dataclasses.replace(scaling, **options)
            method = savic(lr, local_steps, scaling, 1)
            given = method_constants(problem, method, at=x)
            bound = THEOREMS[theorem.name]
            at, away = (bound(given, squared_distance=r0, rounds=rounds) for r0 in (0.0, 1.0))
            yield Setting(family, local_steps, rounds, method, (at, away))


def observe(case: TheoremCase, traces: Traces) -> Observation:
    """Run every setting, and divide the mean over replicas, with its interval, by the bound."""
    del traces
    half, comparisons = REPLICAS // 2, 2 * len(case.settings)
    means = []
    for setting in case.settings:
        values = case.bounded(case.run(setting))
        means.append([mean_of(v, comparisons) for v in (values[:half], values[half:])])
    bounds = np.array([[b.value for b in s.bounds] for s in case.settings])
    value, error = (
        np.array([[getattr(m, part) for m in pair] for pair in means]) for part in ("value", "error")
    )
    quantities = {
        start: Measured(value[:, k] / bounds[:, k], error[:, k] / bounds[:, k])
        for k, start in enumerate(STARTS)
    }
    return Observation(quantities)


def predict(case: TheoremCase) -> Prediction:
    """At most 1: no mean exceeds its bound."""
    del case
    return Prediction({start: Predicted(1.0, relation=Relation.AT_MOST) for start in STARTS})


def altered(value: Callable[[Bound], float]) -> Callable[[TheoremCase], Prediction]:
    """Return the prediction with another value made of the terms of the bound."""

    def predicted(case: TheoremCase) -> Prediction:
        ratios = np.array([[value(b) / b.value for b in s.bounds] for s in case.settings])
        quantities = {
            start: Predicted(ratios[:, k], relation=Relation.AT_MOST) for k, start in enumerate(STARTS)
        }
        return Prediction(quantities)

    return predicted


def without_floor(bound: Bound) -> float:
    """Return the term of the start alone."""
    return bound.constants["start"]


def share_of(factor: float) -> Callable[[Bound], float]:
    """Return a share of the bound."""
    return lambda bound: factor * bound.value


def view_of(title: str) -> Callable[[TheoremCase, Observation, Prediction], View]:
    """Return the picture: measured over bound against H, for both starts, with what is left of wrong bounds."""

    def view(case: TheoremCase, observation: Observation, prediction: Prediction) -> View:
        del prediction
        panels = tuple(_panel(case, observation, k) for k in range(len(STARTS)))
        caption = (
            f"Logistic regression, M = {case.problem.workers}, d = {case.problem.dim}, batch 1: mean of "
            f"{REPLICAS // 2} replicas over the bound of {case.theorem.name}, with intervals that hold for the whole "
            "catalogue (cut at a tenth). β is what the averaging condition admits."
        )
        return View(title, caption, panels, legend="shared")

    return view


KEYS = {"identity": "local_sgd", "RMSProp": "rmsprop", "OASIS": "oasis"}


def _panel(case: TheoremCase, observation: Observation, start: int) -> Panel:
    measured = observation.quantities[STARTS[start]]
    value, error = np.asarray(measured.value), np.asarray(measured.error)
    steps = np.array([s.local_steps for s in case.settings])
    marks = []
    for family in FAMILIES:
        own = np.array([s.family == family for s in case.settings])
        low = np.maximum(value[own] - error[own], value[own] / 10.0)
        marks.append(
            Series(steps[own], value[own], family, "measured", KEYS[family], (low, value[own] + error[own]))
        )
    grid = np.unique(steps)
    marks.append(Series(grid, np.ones(len(grid)), "bound", "theory"))
    return Panel(tuple(marks), "local steps H", "measured over bound", "log", "log", f"start {STARTS[start]}")
