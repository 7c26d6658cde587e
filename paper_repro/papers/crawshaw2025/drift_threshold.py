"""f ≤ γ/(70ηHM) is enough: from there on the drift is at most a fifth of the gradient."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from implicitbias import AbstractProblem, LinearClassification, max_margin, Stream
from implicitbias.bounds import crawshaw_threshold
from implicitbias.drift import round_drift
from paper_repro.claims import (
    bound,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.drift.setting import drift_case, DriftCase, DriftKnobs, lagging_case, one_run


SHARE = "5|b_r|/|∇f(w^r)| past the threshold"
# Where rounding is a larger share of the gradient it could decide; such rounds say nothing.
LARGEST_ROUNDING = 1e-3
# Just below the threshold, so that rounding of the root does not put round 0 above it.
STARTS_AT = 0.999
# A ray ŵ + 0.9 u/b_x with |u| = 1 keeps all margins ≥ 0.1: it separates, in a direction that the SVM did not choose.
TILT = 0.9


@dataclass(frozen=True)
class ThresholdKnobs(DriftKnobs):
    """Knobs of the drift; the lemma is about the logistic loss."""

    loss: str = knob("logistic", "ℓ", "loss", choices=("logistic",))


@dataclass(frozen=True)
class ThresholdCase:
    """A run, and the loss below which the drift is said to be harmless."""

    run: DriftCase
    threshold: float


def setup(knobs: ThresholdKnobs, stream: Stream) -> ThresholdCase:
    """Return a run that starts at the threshold γ/(70 b_x³ ηHM), on a random ray of separators."""
    case = drift_case(knobs, stream)
    svm = max_margin(case.problem)
    threshold = crawshaw_threshold(
        svm.margin,
        lr=case.lr,
        local_steps=case.local_steps,
        workers=case.problem.workers,
        row_norm=case.problem.radius,
    ).value
    noise = stream.at("threshold/ray").generator().standard_normal(case.problem.dim)
    ray = svm.weights + TILT * noise / (np.linalg.norm(noise) * case.problem.radius)
    start = _on_ray(case.problem, ray, STARTS_AT * threshold) * ray
    return ThresholdCase(dataclasses.replace(case, start=tuple(map(float, start))), threshold)


def _on_ray(problem: LinearClassification, ray: np.ndarray, loss: float) -> float:
    """Return the least s ≥ 0 with f(s·ray) ≤ ``loss``; every margin grows along the ray."""
    if float(problem.loss(0.0 * ray)) <= loss:
        return 0.0
    end = -np.log(loss) / float(problem.margins(ray).min())
    return float(brentq(lambda s: float(problem.log_loss(s * ray)) - np.log(loss), 0.0, max(2.0 * end, 1.0)))


def without_workers(knobs: ThresholdKnobs, stream: Stream) -> ThresholdCase:
    """Return four orthonormal samples (γ = 1/2), one lagging so that f lies just below γ/(ηH)."""
    del stream
    lr, local_steps, workers = 1.0, 32, 4
    threshold = 0.5 / (lr * local_steps)
    case = lagging_case(workers, knobs.loss, lr, local_steps, worker_loss=0.999 * workers * threshold)
    return ThresholdCase(case, threshold)


def needs(case: ThresholdCase, budget: Budget) -> tuple[RunSpec, ...]:
    """The run along which the drift is measured."""
    return one_run(case.run, budget.pick(smoke=300, quick=3_000, paper=100_000))


def observe(case: ThresholdCase, traces: Traces) -> Observation:
    """Measure |b_r|/|∇f| by one round from every recorded w^r."""
    (trace,) = traces
    w, f = trace.w[0], trace.loss[0]
    drift, gradient = round_drift(case.run.problem, case.run.method, w), _sizes(case.run.problem, w)
    share = 5.0 * np.linalg.norm(drift.value, axis=1) / gradient
    rounding = 5.0 * drift.rounding / gradient
    past = (f <= case.threshold) & (rounding <= LARGEST_ROUNDING)
    curve = Curve(f / case.threshold, share, "5|b_r|/|∇f|", method="local_gd")
    if not past.any():
        return Observation({SHARE: Measured(0.0, np.inf)}, (curve,), "the run ended before the threshold")
    return Observation({SHARE: Measured(share[past], rounding[past])}, (curve,))


def _sizes(problem: AbstractProblem, w: np.ndarray) -> np.ndarray:
    return np.linalg.norm(problem.gradient(w), axis=1)


def predict(case: ThresholdCase) -> Prediction:
    """At most 1 where f is at most the threshold."""
    del case
    region = Curve(np.array([0.1, 1.0]), np.ones(2), "a fifth of the gradient, below the threshold", "theory")
    return Prediction({SHARE: Predicted(1.0, relation=Relation.AT_MOST)}, (region,))


CLAIM = Claim(
    key="crawshaw2025/drift-threshold",
    title="Once f ≤ γ/(70ηHM), the drift of Local GD is at most a fifth of the gradient",
    statement=(
        r"For the logistic loss, separable data with $|x_i| \le b_x$ and margin $\gamma$, any $\eta > 0$ and $H "
        r"\ge 1$: $f(w^r) \le \gamma/(70\, b_x^3\,\eta HM)$ implies $|b_r| \le \tfrac15|\nabla f(w^r)|$, where "
        r"$w^{r+1} = w^r - \eta H(\nabla f(w^r) + b_r)$. (Stated for $b_x = 1$.)"
    ),
    hypotheses=("separable data, margin γ > 0", "logistic loss", "f(w^r) ≤ γ/(70 b_x³ ηHM)"),
    reference=Reference("crawshaw2025", "a lemma of the analysis; number unknown", ("ICML 2025",)),
    source="second-hand",
    knobs=ThresholdKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "threshold γ/(ηH)",
            "M and the 70 look like slack; one lagging worker of four, each with one sample, tells",
            setup=without_workers,
        ),
    ),
    see=("derived/drift-bound", "derived/onset"),
    axes=("f(w^r) over the threshold", "5 |b_r|/|∇f|", "log", "log"),
)
