"""What more local steps buy at a fixed learning rate: a shift of log r, not a factor."""

from dataclasses import dataclass

import numpy as np

from implicitbias import local_gd, Stream
from implicitbias.asymptotics import chord_from_residual, direction_error
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.extrapolation import chord_at, divergence, residual_at_infinity
from paper_repro.claims.separable import certified_cases, classification, distributed, LOSSES, SeparableCase


# The round at which the two directions are compared: beyond every run, along the paths they have settled on.
COMPARED = 1e6
RATIO = "chord(H₁)/chord(H₂) at round 10⁶"


@dataclass(frozen=True)
class GainKnobs:
    """Two runs that differ in H alone."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.05, high=0.5, log=True)
    fewer: int = knob(1, "H₁", "fewer local steps", low=1, high=4)
    more: int = knob(100, "H₂", "more local steps", low=20, high=200, log=True)


@dataclass(frozen=True)
class GainCase:
    """The two cases; data, separator and limits are shared."""

    fewer: SeparableCase
    more: SeparableCase

    @property
    def factor(self) -> float:
        """H₂/H₁."""
        return self.more.step / self.fewer.step

    def log_times(self, rounds: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log(ηH₁r) and log(ηH₂r)."""
        return np.log(self.fewer.step * np.asarray(rounds)), np.log(self.more.step * np.asarray(rounds))


def setup(knobs: GainKnobs, stream: Stream) -> GainCase | AssumptionUnmet:
    """Return both cases, or which hypothesis the data break."""
    problem = classification(distributed(knobs.data, stream), knobs.loss)
    cases = certified_cases(problem, (local_gd(knobs.lr, h) for h in (knobs.fewer, knobs.more)))
    return cases if isinstance(cases, AssumptionUnmet) else GainCase(*cases)


def needs(case: GainCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per H; the longer rounds get fewer of them."""
    few, many = budget.pick(smoke=(30_000, 2_000), quick=(200_000, 20_000), paper=(10_000_000, 1_000_000))
    return (
        RunSpec(case.fewer.problem, case.fewer.method, few),
        RunSpec(case.more.problem, case.more.method, many),
    )


def observe(case: GainCase, traces: Traces) -> Observation:
    """Extrapolate both residuals, and compare the chords along ŵτ + ρ∞."""
    svm, exponent = case.fewer.svm, case.fewer.exponent
    first, second = (
        chord_at(residual_at_infinity(trace, svm.weights, exponent), svm.weights, float(tau))
        for trace, tau in zip(traces, case.log_times(COMPARED), strict=True)
    )
    curves = tuple(
        Curve(t.rounds[1:], direction_error(t.w[0, 1:], svm.weights), f"H = {h}, measured", method=method)
        for t, h, method in zip(traces, _steps(case), ("gd", "local_gd"), strict=True)
    )
    return Observation({RATIO: quotient(first, second)}, curves, divergence(traces))


def quotient(first: Measured, second: Measured) -> Measured:
    """Return a/b with its error; unknown if b may be 0."""
    a, b = float(first.value), float(second.value)
    da, db = float(first.error), float(second.error)
    return Measured(a / b, (da + a / b * db) / (b - db) if db < b else np.inf)


def predict(case: GainCase) -> Prediction:
    """The ratio of the chords of ŵτ + w̃: log(ηH₂r)/log(ηH₁r) up to the shift a of both clocks."""
    weights, end = case.fewer.svm.weights, case.fewer.residual_limit
    first, second = (float(chord_from_residual(end, weights, tau)) for tau in case.log_times(COMPARED))
    rounds = np.geomspace(1e3, COMPARED, 100)
    paths = zip(_steps(case), case.log_times(rounds), strict=True)
    curves = tuple(
        Curve(
            rounds,
            chord_from_residual(np.tile(end, (100, 1)), weights, tau),
            f"H = {h}, along ŵτ + w̃",
            "theory",
        )
        for h, tau in paths
    )
    return Prediction({RATIO: Predicted(first / second)}, curves)


def _steps(case: GainCase) -> tuple[int, int]:
    workers = case.fewer.problem.workers
    return case.fewer.method.steps(workers, 0)[0], case.more.method.steps(workers, 0)[0]


PROOF = r"""Along $w = \hat w\tau+\tilde w$ the angle $\varphi$ to $\hat w$ has $\cot\varphi = (\tau+a)/C$ exactly,
with $C = |\Pi_\perp\tilde w|/|\hat w|$ and $a = \tilde w\cdot\hat w/|\hat w|^2$, which depend neither on $\eta$ nor
on $H$. With $\tau_i = \log(\eta H_ir)$ the ratio of the chords is $(\tau_2+a)/(\tau_1+a)\,(1+O(\tau_1^{-2}))$, hence
$\log(\eta H_2r)/\log(\eta H_1r)$ to leading order: $\cot\varphi$ gains $\log(H_2/H_1)/C$, once and for all."""

CLAIM = Claim(
    key="derived/local-steps-gain",
    title="At a fixed learning rate, H times as many local steps only add log H to the clock of the direction",
    statement=(
        r"Fixed $\eta$, two numbers of local steps: $\mathrm{chord}(H_1)/\mathrm{chord}(H_2) = \frac{\log(\eta "
        r"H_2r)+a}{\log(\eta H_1r)+a}(1+O(1/\log^2r))$ with $a = \tilde w\cdot\hat w/|\hat w|^2$; to leading order "
        r"$\log(\eta H_2r)/\log(\eta H_1r)$. It is compared at round $10^6$, along the paths on which both runs "
        r"have settled."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0, the same learning rate",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=GainKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "ratio 1", "under η = c/H there is no gain", lambda case: Prediction({RATIO: Predicted(1.0)})
        ),
        Falsifier(
            "ratio H₂/H₁",
            "the loss gains the full factor, so the direction should",
            lambda case: Prediction({RATIO: Predicted(case.factor)}),
        ),
    ),
    see=("zhu2024/direction-limit", "derived/fixed-budget"),
    axes=("communication rounds r", "chord to ŵ", "log", "log"),
)
