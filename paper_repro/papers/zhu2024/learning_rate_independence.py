"""One learning rate for every number of local steps."""

from dataclasses import dataclass

import numpy as np

from implicitbias import local_gd, max_margin, Stream
from implicitbias.asymptotics import direction_error, residual, unit
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.extrapolation import (
    at_infinity,
    divergence,
    residual_at_infinity,
    slope_in_log_time,
    unit_vector,
)
from paper_repro.claims.separable import certified_cases, classification, distributed, SeparableCase


LOCAL_STEPS = (1, 10, 100, 1000)
DIRECTION = "direction of dw/dlog r as r → ∞, H = 1000"
# Directions closer than this are one and the same: rounding of two certified separators.
SAME_DIRECTION = 1e-9


@dataclass(frozen=True)
class OneRateKnobs:
    """Data, and the learning rate that serves every H; the loss is logistic."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    lr: float = knob(0.2, "η", "learning rate, the same for every H", low=0.05, high=0.5, log=True)


@dataclass(frozen=True)
class OneRateCase:
    """One separable case per H."""

    cases: tuple[SeparableCase, ...]

    @property
    def any(self) -> SeparableCase:
        """One of them: separator, κ and w̃ are shared."""
        return self.cases[0]


def setup(knobs: OneRateKnobs, stream: Stream) -> OneRateCase | AssumptionUnmet:
    """Return the cases of H = 1, …, 1000, or which hypothesis the data break."""
    problem = classification(distributed(knobs.data, stream), "logistic")
    cases = certified_cases(problem, (local_gd(knobs.lr, h) for h in LOCAL_STEPS))
    return cases if isinstance(cases, AssumptionUnmet) else OneRateCase(cases)


def needs(case: OneRateCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per H, of about the same number of local steps for the larger H."""
    rounds, steps = budget.pick(
        smoke=(20_000, 200_000), quick=(50_000, 1_000_000), paper=(1_000_000, 100_000_000)
    )
    return tuple(
        RunSpec(c.problem, c.method, min(rounds, steps // h))
        for c, h in zip(case.cases, LOCAL_STEPS, strict=True)
    )


def quantity(steps: int) -> str:
    """Name of what is measured for one H."""
    return f"limit of w − ŵ log(ηHr), H = {steps}"


def observe(case: OneRateCase, traces: Traces) -> Observation:
    """Extrapolate the residual of every run, and the two-time slope of the one with most local steps."""
    weights, exponent = case.any.svm.weights, case.any.exponent
    quantities, curves = {}, []
    for steps, trace in zip(LOCAL_STEPS, traces, strict=True):
        quantities[quantity(steps)] = residual_at_infinity(trace, weights, exponent)
        rho = residual(trace.w[0, 1:], weights, trace.log_time[1:])
        distance = np.linalg.norm(rho - case.any.residual_limit, axis=1)
        curves.append(Curve(trace.rounds[1:], distance, f"H = {steps}", method=f"local_gd:H={steps}"))
    quantities[DIRECTION] = unit_vector(at_infinity(*slope_in_log_time(traces[-1]), exponent))
    return Observation(quantities, tuple(curves), divergence(traces))


def predict(case: OneRateCase) -> Prediction:
    """The same w̃ for every H, and the direction of ŵ."""
    limits = {quantity(h): Predicted(case.any.residual_limit) for h in LOCAL_STEPS}
    return Prediction({**limits, DIRECTION: Predicted(case.any.svm.direction)})


def clock_without_steps(case: OneRateCase) -> Prediction:
    """The limits if w followed ŵ log(ηr): those of w − ŵ log(ηHr) would move by −ŵ log H."""
    end, weights = case.any.residual_limit, case.any.svm.weights
    return Prediction({quantity(h): Predicted(end - weights * np.log(h)) for h in LOCAL_STEPS})


def local_average(case: OneRateCase) -> Prediction | AssumptionUnmet:
    """The direction of the average of the local SVMs, where the first round of many local steps leads."""
    average = np.mean([max_margin(rows).weights for rows in case.any.problem.local_signed], axis=0)
    if direction_error(average, case.any.svm.weights) <= SAME_DIRECTION:
        return AssumptionUnmet("on these data the average of the local SVMs is the max-margin direction")
    return Prediction({DIRECTION: Predicted(unit(average))})


PROOF = r"""Assume $f(w^r)\to0$; for the logistic loss it does for every $\eta$ and $H$ [second-hand: crawshaw2025], so
that no condition would couple them.
Then $w^r = \hat w\log(\eta Hr)+\tilde w+o(1)$ with $\tilde w$ given by $p_i\exp(-x_i\cdot\tilde w) =
\alpha_i$, in which neither $\eta$ nor $H$ appears (claim zhu2024/residual-limit)."""

CLAIM = Claim(
    key="zhu2024/learning-rate-independence",
    title="One learning rate serves H = 1, 10, 100 and 1000: plain Local GD with logistic loss keeps its limit",
    statement=(
        r"The source says of its MODIFIED Local GD that it reaches the centralised max-margin direction with a "
        r"learning rate independent of the number of local steps [second-hand; under exact local solves, a method "
        r"in which neither $\eta$ nor $H$ appears]. Tested here is what we can prove of PLAIN Local GD with "
        r"logistic loss: one fixed $\eta$, not $\eta = O(1/H)$, serves $H = 1, 10, 100, 1000$, with the same "
        r"$\tilde w = \lim(w^r-\hat w\log(\eta Hr))$ and the direction of $\hat w$."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "logistic loss (with the exponential loss a large ηH may overflow)",
        "f(w^r) → 0 for each of these H",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference(
        "zhu2024", "learning rate of the modified method; theorem number unknown", ("v1", "v2")
    ),
    source="derived",
    proof=PROOF,
    knobs=OneRateKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("log(ηr) for log(ηHr)", "a round is a round, however long", clock_without_steps),
        Falsifier(
            "H = 1000 stays at the average of the local SVMs",
            "at a fixed rate many local steps solve the local problems",
            local_average,
        ),
    ),
    see=("zhu2024/residual-limit", "derived/loss-rate-corrected"),
    axes=("communication rounds r", "distance of w − ŵ log(ηHr) to w̃", "log", "log"),
)
