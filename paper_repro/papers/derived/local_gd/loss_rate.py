"""Under η = c/H the loss is 1/(γ²cr): more local steps gain nothing."""

from dataclasses import dataclass

import numpy as np

from implicitbias import local_gd, Stream
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
from paper_repro.claims.extrapolation import at_infinity, divergence
from paper_repro.claims.separable import certified_cases, classification, distributed, LOSSES, SeparableCase


LOCAL_STEPS = (1, 10, 100, 1000)
LIMITS = "r f as r → ∞, for H = 1, 10, 100, 1000"


@dataclass(frozen=True)
class DividedRateKnobs:
    """Knobs of runs whose learning rate is c/H."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    loss: str = knob("exponential", "ℓ", "loss", choices=tuple(LOSSES))
    step: float = knob(0.5, "c", "ηH, the same for every H", low=0.2, high=2.0, log=True)


@dataclass(frozen=True)
class DividedRateCase:
    """One separable case per H, with ηH = c."""

    cases: tuple[SeparableCase, ...]
    step: float

    @property
    def any(self) -> SeparableCase:
        """One of them: separator, margin and κ are shared."""
        return self.cases[0]

    @property
    def loss_limit(self) -> float:
        """1/(γ²c), the limit of r f."""
        return 1 / (self.any.svm.margin**2 * self.step)


def setup(knobs: DividedRateKnobs, stream: Stream) -> DividedRateCase | AssumptionUnmet:
    """Return the cases of H = 1, …, 1000, or which hypothesis the data break."""
    problem = classification(distributed(knobs.data, stream), knobs.loss)
    cases = certified_cases(problem, (local_gd(knobs.step / h, h) for h in LOCAL_STEPS))
    return cases if isinstance(cases, AssumptionUnmet) else DividedRateCase(cases, knobs.step)


def needs(case: DividedRateCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per H, of the same number of rounds."""
    rounds = budget.pick(smoke=600, quick=10_000, paper=200_000)
    return tuple(RunSpec(c.problem, c.method, rounds) for c in case.cases)


def limits(case: DividedRateCase, traces: Traces) -> Measured:
    """Extrapolated limits of r f(w^r), one per H."""
    ends = [at_infinity(t.rounds[1:], t.rounds[1:] * t.loss[0, 1:], case.any.exponent) for t in traces]
    return Measured(np.array([e.value for e in ends]), np.array([e.error for e in ends]))


def observe(case: DividedRateCase, traces: Traces) -> Observation:
    """Extrapolate r f(w^r) for every H."""
    curves = tuple(
        Curve(t.rounds[1:], t.rounds[1:] * t.loss[0, 1:], f"H = {steps}", method=f"local_gd:H={steps}")
        for steps, t in zip(LOCAL_STEPS, traces, strict=True)
    )
    return Observation({LIMITS: limits(case, traces)}, curves, divergence(traces))


def predict(case: DividedRateCase) -> Prediction:
    """1/(γ²c) for every H."""
    line = Curve(np.array([1.0, 1e4]), np.full(2, case.loss_limit), "1/(γ²c)", "theory")
    return Prediction({LIMITS: Predicted(np.full(len(LOCAL_STEPS), case.loss_limit))}, (line,))


def divided_by_steps(case: DividedRateCase) -> Prediction:
    """H r f → 1/(γ²c), the gain of a factor H that the condition on η takes back."""
    return Prediction({LIMITS: Predicted(case.loss_limit / np.array(LOCAL_STEPS))})


def without_square(case: DividedRateCase) -> Prediction:
    """1/(γc) for 1/(γ²c)."""
    return Prediction({LIMITS: Predicted(np.full(len(LOCAL_STEPS), case.loss_limit * case.any.svm.margin))})


PROOF = r"""By $\eta Hr f(w^r)\to 1/\gamma^2$ for any fixed $\eta$ and $H$ (claim zhu2024/loss-limit), with $\eta H =
c$: $rf(w^r)\to 1/(\gamma^2c)$, where $H$ no longer appears. In the same way $w^r = \hat w\log(cr)+\tilde w+o(1)$, so
that the direction does not depend on $H$ either."""

CLAIM = Claim(
    key="derived/loss-rate-corrected",
    title="With η = c/H, r times the loss tends to 1/(γ²c) for every H: local steps gain nothing",
    statement=(
        r"Let $\eta = c/H$. Then $r\,f(w^r) \to 1/(\gamma^2c)$ for every $H$. A gain of a factor $H$ needs a "
        r"learning rate that does not fall with $H$: $f \sim 1/(\gamma^2\eta Hr)$ at fixed $\eta$."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0, learning rate η = c/H",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=DividedRateKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "H r f → 1/(γ²c)", "H times as many steps ought to give H times less loss", divided_by_steps
        ),
        Falsifier("1/(γc)", "the norm of ŵ, for its square", without_square),
    ),
    see=("zhu2024/loss-rate-reading", "zhu2024/loss-limit"),
    axes=("communication rounds r", "r f", "log", "linear"),
)
