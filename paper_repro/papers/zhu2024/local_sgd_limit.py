"""Local SGD settles on the limit of Local GD."""

from dataclasses import dataclass

import numpy as np

from implicitbias import local_sgd, Stream
from implicitbias.asymptotics import residual
from implicitbias.statistics import mean_interval
from paper_repro.claims import (
    AssumptionUnmet,
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
    sampled_limit,
    share_of_level,
    Traces,
)
from paper_repro.claims.extrapolation import at_infinity, divergence
from paper_repro.claims.separable import certified_case, classification, distributed, LOSSES, SeparableCase


LIMIT = "mean over replicas of lim w − ŵ log(ηHr)"


@dataclass(frozen=True)
class LocalSGDKnobs:
    """Knobs of a random run on separable data; mini-batches are drawn with replacement."""

    data: str = knob("A-prime", "X", "data set", choices=("A", "A-prime", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.1, high=0.5, log=True)
    local_steps: int = knob(5, "H", "local steps", low=1, high=10)
    batch: int = knob(2, "B", "batch size per worker", low=2, high=4)


@dataclass(frozen=True)
class LocalSGDCase:
    """The separable case, its batch, and the source of mini-batches."""

    separable: SeparableCase
    batch: int
    stream: Stream


def setup(knobs: LocalSGDKnobs, stream: Stream) -> LocalSGDCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    problem = classification(distributed(knobs.data, stream), knobs.loss)
    case = certified_case(problem, local_sgd(knobs.lr, knobs.local_steps, knobs.batch))
    return (
        case
        if isinstance(case, AssumptionUnmet)
        else LocalSGDCase(case, knobs.batch, stream.child("batches"))
    )


def needs(case: LocalSGDCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Independent replicas of one run."""
    rounds, replicas = budget.pick(smoke=(1_000, 8), quick=(20_000, 16), paper=(300_000, 64))
    of = case.separable
    return (RunSpec(of.problem, of.method, rounds, replicas=replicas, stream=case.stream),)


def observe(case: LocalSGDCase, traces: Traces) -> Observation:
    """Extrapolate every replica; add the interval of their mean to the error of extrapolating the mean."""
    (trace,) = traces
    rounds, weights = trace.rounds[1:], case.separable.svm.weights
    rho = residual(trace.w[:, 1:], weights, trace.log_time[1:])
    exponent = case.separable.exponent
    mean = at_infinity(rounds, rho.mean(axis=0), exponent)
    ends = np.stack([at_infinity(rounds, path, exponent).value for path in rho])
    error = confidence(ends) + np.asarray(mean.error)
    distance = np.linalg.norm(rho - case.separable.residual_limit, axis=2)
    curve = Curve(rounds, np.median(distance, axis=0), "|ρ − w̃|, median of the replicas", method="local_sgd")
    spread = Curve(rounds, distance.max(axis=0), "largest of the replicas", "reference")
    return Observation({LIMIT: Measured(mean.value, error)}, (curve, spread), divergence(traces))


def confidence(samples: np.ndarray) -> np.ndarray:
    """Half-widths of the intervals of the mean, coordinate by coordinate, at the level of this claim together."""
    level = share_of_level(samples.shape[1])
    return np.array([mean_interval(column, level).half_width for column in samples.T])


def predict(case: LocalSGDCase) -> Prediction:
    """The w̃ of Local GD, and the heuristic envelope of the fluctuations."""
    power = min(0.5, case.separable.exponent)
    rounds = np.array([1e2, 1e4])
    line = Curve(rounds, (rounds / rounds[0]) ** -power, f"slope −min(1/2, κ) = −{power:.2f}", "theory")
    return Prediction({LIMIT: Predicted(case.separable.residual_limit)}, (line,))


def another_clock(case: LocalSGDCase, factor: float) -> Prediction:
    """The limit of w − ŵ log(ηHr) if the clock were ``factor``·ηHr."""
    moved = case.separable.residual_limit + case.separable.svm.weights * np.log(factor)
    return Prediction({LIMIT: Predicted(moved)})


def epochs(case: LocalSGDCase) -> Prediction | AssumptionUnmet:
    """The clock ηHr/n_m, with the mean size of a worker."""
    size = float(np.mean(case.separable.problem.sizes))
    if size == 1:
        return AssumptionUnmet("n_m = 1: steps and epochs are the same")
    return another_clock(case, 1 / size)


CLAIM = Claim(
    key="zhu2024/local-sgd-same-limit",
    title="Local SGD with mini-batches settles on the very limit of Local GD",
    statement=(
        r"Local SGD (mini-batches of size $B$ per worker, drawn uniformly with replacement) has the implicit bias "
        r"of Local GD [second-hand; conditions and rate unknown to us, and so is the sampling scheme]. Checked "
        r"here, not proved: $w^r = \hat w\log(\eta Hr)+\tilde w+o(1)$ with the same $\tilde w$; neither $B$ nor the "
        r"number of epochs enters the clock. Sketch: once $f = O(1/r)$, a round is one of Local GD plus a martingale "
        r"increment of size $O(1/r)$; these are square-summable, so their sum converges almost surely, and the drift "
        r"$-\frac1rA_Se$ of the residual contracts. Heuristically, in mean square and up to logarithms, fluctuations "
        r"are of order $r^{-\min(1/2,\kappa)}$."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0; batches with replacement",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("zhu2024", "extension to Local SGD; theorem number unknown", ("v2",)),
    source="second-hand",
    knobs=LocalSGDKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "ηHB for ηH",
            "a batch of B samples looks like B steps",
            lambda case: another_clock(case, case.batch),
        ),
        Falsifier("ηH/n_m for ηH", "stochastic methods are counted in epochs", epochs),
    ),
    see=("zhu2024/residual-limit",),
    axes=("communication rounds r", "distance to w̃", "log", "log"),
)
