"""A fixed number N = HR of local steps: how it is split does not matter to leading order."""

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
from paper_repro.claims.extrapolation import at_infinity, chord_at, divergence, residual_at_infinity
from paper_repro.claims.separable import certified_cases, classification, distributed, LOSSES, SeparableCase


SPLITS = (1, 10, 100)
# The budget at which the directions are compared, along the paths on which the runs have settled.
COMPARED = 1e6
CHORDS = "chord after N = 10⁶ local steps, H = 1, 10, 100"
LOSSES_SCALED = "γ²ηN f as N → ∞, H = 1, 10, 100"


@dataclass(frozen=True)
class BudgetKnobs:
    """Knobs of runs that split the same number of local steps differently."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.05, high=0.5, log=True)


@dataclass(frozen=True)
class BudgetCase:
    """One separable case per split."""

    cases: tuple[SeparableCase, ...]
    lr: float

    @property
    def any(self) -> SeparableCase:
        """One of them: separator and limits are shared."""
        return self.cases[0]


def setup(knobs: BudgetKnobs, stream: Stream) -> BudgetCase | AssumptionUnmet:
    """Return the cases, or which hypothesis the data break."""
    problem = classification(distributed(knobs.data, stream), knobs.loss)
    cases = certified_cases(problem, (local_gd(knobs.lr, h) for h in SPLITS))
    return cases if isinstance(cases, AssumptionUnmet) else BudgetCase(cases, knobs.lr)


def needs(case: BudgetCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per split, of N/H rounds."""
    steps = budget.pick(smoke=100_000, quick=1_000_000, paper=30_000_000)
    return tuple(RunSpec(c.problem, c.method, steps // h) for c, h in zip(case.cases, SPLITS, strict=True))


def observe(case: BudgetCase, traces: Traces) -> Observation:
    """Extrapolate every run; compare chords at the same N and the constants of the loss."""
    svm, exponent = case.any.svm, case.any.exponent
    tau = float(np.log(case.lr * COMPARED))
    chords = [chord_at(residual_at_infinity(t, svm.weights, exponent), svm.weights, tau) for t in traces]
    scaled = [at_infinity(t.rounds[1:], svm.margin**2 * t.time[1:] * t.loss[0, 1:], exponent) for t in traces]
    curves = tuple(
        Curve(
            t.rounds[1:] * h, direction_error(t.w[0, 1:], svm.weights), f"H = {h}", method=f"local_gd:H={h}"
        )
        for t, h in zip(traces, SPLITS, strict=True)
    )
    return Observation({CHORDS: stacked(chords), LOSSES_SCALED: stacked(scaled)}, curves, divergence(traces))


def stacked(parts: list[Measured]) -> Measured:
    """Return measured scalars as one array."""
    return Measured(np.array([p.value for p in parts]), np.array([p.error for p in parts]))


def predict(case: BudgetCase) -> Prediction:
    """The same chord and the same loss for every split."""
    return depending_on(case, np.ones(len(SPLITS)))


def rounds_only(case: BudgetCase) -> Prediction:
    """Both as functions of the rounds R = N/H alone, as they are for H = 1."""
    return depending_on(case, np.array(SPLITS, dtype=float))


def depending_on(case: BudgetCase, split: np.ndarray) -> Prediction:
    """The prediction if N/split mattered: chord at log(ηN/split), loss constant times split."""
    weights, end = case.any.svm.weights, case.any.residual_limit
    chords = chord_from_residual(np.tile(end, (len(split), 1)), weights, np.log(case.lr * COMPARED / split))
    steps = np.geomspace(1e3, COMPARED, 100)
    path = chord_from_residual(np.tile(end, (100, 1)), weights, np.log(case.lr * steps))
    line = Curve(steps, path, "along ŵτ + w̃, τ = log(ηN)", "theory")
    return Prediction({CHORDS: Predicted(chords), LOSSES_SCALED: Predicted(split)}, (line,))


PROOF = r"""Both $w^R = \hat w\log(\eta HR)+\tilde w+o(1)$ and $f(w^R) = (1+o(1))/(\gamma^2\eta HR)$ contain $H$ and
$R$ only through $N = HR$. The $o(1)$ does depend on the split: it is $O(R^{-\kappa})$, with a factor $\log R$ if
$\kappa = 1$ or $\lambda_{\min}^+ = \theta-1$, so many local steps pay with a later onset."""

CLAIM = Claim(
    key="derived/fixed-budget",
    title="With N = HR local steps in all, direction and loss do not depend on how N is split",
    statement=(
        r"At a fixed learning rate, chord and $\eta N f$ after $R$ rounds of $H$ steps are, to leading order, "
        r"functions of $\eta N = \eta HR$ alone. Communication can be saved; nothing else is gained or lost in the "
        r"limit."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0, the same learning rate",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=BudgetKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(Falsifier("R alone", "the known rates are stated in communication rounds", rounds_only),),
    see=("derived/local-steps-gain", "zhu2024/loss-limit"),
    axes=("local steps N = HR", "chord to ŵ", "log", "log"),
)
