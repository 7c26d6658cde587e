"""The loss of Local GD is 1/(γ²ηHr): H enters, but only through ηH."""

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
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.extrapolation import at_infinity, divergence
from paper_repro.claims.separable import certified_case, classification, distributed, LOSSES, SeparableCase


@dataclass(frozen=True)
class LossKnobs:
    """Knobs of two runs that differ in the loss alone."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    lr: float = knob(0.2, "η", "learning rate", low=0.02, high=0.5, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=100, log=True)


@dataclass(frozen=True)
class LossCase:
    """The same data and method with either loss."""

    by_loss: dict[str, SeparableCase]

    @property
    def any(self) -> SeparableCase:
        """Either of them: separator, margin, κ and step are shared."""
        return self.by_loss["logistic"]


def setup(knobs: LossKnobs, stream: Stream) -> LossCase | AssumptionUnmet:
    """Return the case with both losses, or which hypothesis the data break."""
    samples, method = distributed(knobs.data, stream), local_gd(knobs.lr, knobs.local_steps)
    cases = {}
    for loss in LOSSES:
        case = certified_case(classification(samples, loss), method)
        if isinstance(case, AssumptionUnmet):
            return case
        cases[loss] = case
    return LossCase(cases)


def needs(case: LossCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per loss."""
    rounds = budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)
    return tuple(RunSpec(c.problem, c.method, rounds) for c in case.by_loss.values())


def quantity(loss: str) -> str:
    """Name of what is measured."""
    return f"ηHr f as r → ∞, {loss} loss"


def observe(case: LossCase, traces: Traces) -> Observation:
    """Extrapolate ηHr·f(w^r), which approaches its limit like the residual does."""
    quantities, curves = {}, []
    for loss, trace in zip(case.by_loss, traces, strict=True):
        scaled = trace.time[1:] * trace.loss[0, 1:]
        quantities[quantity(loss)] = at_infinity(trace.rounds[1:], scaled, case.any.exponent)
        method = "local_gd" if loss == "logistic" else None
        curves.append(Curve(trace.rounds[1:], scaled, f"{loss}, measured", method=method))
    return Observation(quantities, tuple(curves), divergence(traces))


def predict(case: LossCase) -> Prediction:
    """1/γ² for both losses."""
    return everywhere(case, 1 / case.any.svm.margin**2, "1/γ²", "theory")


def everywhere(case: LossCase, value: float, label: str, role: str = "falsifier") -> Prediction:
    """The same limit for both losses."""
    line = Curve(np.array([1.0, 1e7]), np.array([value, value]), label, role)
    return Prediction({quantity(loss): Predicted(value) for loss in case.by_loss}, (line,))


def divided_by_steps(case: LossCase) -> Prediction | AssumptionUnmet:
    """(η/H) r f → 1/γ², hence ηHr f → H²/γ²."""
    steps = case.any.method.steps(case.any.problem.workers, 0)[0]
    if steps == 1:
        return AssumptionUnmet("H = 1: ηH and η/H are the same")
    return everywhere(case, (steps / case.any.svm.margin) ** 2, "H²/γ²")


PROOF = r"""$f(w^r) = \sum_i p_i\ell(x_i\cdot w^r)$ with $w^r = \hat w\log(\eta Hr) + \tilde w + o(1)$. On the support
$x_i\cdot\hat w = 1$ and $p_ie^{-x_i\cdot\tilde w} = \alpha_i$, so its terms are $\alpha_i/(\eta Hr)\,(1+o(1))$, since
$\ell(z) = e^{-z}(1+O(e^{-z}))$ for both losses; the others are $O(r^{-\theta})$ with $\theta > 1$. Hence $\eta Hr f
\to \sum_S\alpha_i$, and $|\hat w|^2 = \hat w\cdot\sum\alpha_ix_i = \sum\alpha_i$, while $|\hat w| = 1/\gamma$."""

CLAIM = Claim(
    key="zhu2024/loss-limit",
    title="ηHr times the loss tends to 1/γ², for the exponential and the logistic loss",
    statement=(
        r"For any fixed $\eta$ and $H$ with $f(w^r)\to0$: $\eta H r\,f(w^r) \to \sum_S\alpha_i = |\hat w|^2 = "
        r"1/\gamma^2$. Number of workers, sizes and loss drop out. (The source gives $f = O(1/(Hr))$ under $\eta = "
        r"O(1/H)$, known to us second-hand; this is the exact constant.)"
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("zhu2024", "rate of the loss; theorem number unknown", ("v1", "v2")),
    source="derived",
    proof=PROOF,
    knobs=LossKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "1/γ",
            "the norm of ŵ, for its square",
            lambda case: everywhere(case, 1 / case.any.svm.margin, "1/γ"),
        ),
        Falsifier(
            "(η/H) r f → 1/γ²",
            "a step size O(1/H) suggests that H divides the effective step",
            divided_by_steps,
        ),
    ),
    see=("zhu2024/loss-rate-reading", "derived/loss-rate-corrected"),
    axes=("communication rounds r", "ηHr f", "log", "linear"),
)
