"""|ℓ′| ≤ ℓ, ℓ″ ≤ |ℓ′|, −1 ≤ d log|ℓ′|/dz ≤ 0, and ℓ ≤ 2|ℓ′| for z ≥ 0: what the exponential tail gives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import Exponential, Logistic, PolynomialTail, Stream
from implicitbias.losses import AbstractLoss
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    symbolic,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.losses.sign import Answer, nonnegative


SLOPE, CURVATURE, DECAY = "|ℓ′| ≤ ℓ", "ℓ″ ≤ |ℓ′|", "−1 ≤ d log|ℓ′|/dz ≤ 0"
HALF_LINE = "ℓ ≤ 2|ℓ′| for z ≥ 0"
CODE = "largest violation by the implemented ℓ, ℓ′, ℓ″, relative"
# Margins at which the implementation is sampled.
SAMPLES = 2_000
# A value, a slope and a curvature are each a few correctly rounded operations.
ROUNDING = 16 * np.finfo(float).eps


@dataclass(frozen=True)
class LossKnobs:
    """Which loss, where its implementation is sampled, and the tail of the falsifier."""

    loss: str = knob("logistic", "ℓ", "loss", choices=("exponential", "logistic"))
    reach: float = knob(
        30.0, "z_max", "largest |z| at which the implementation is sampled", low=1.0, high=300.0
    )
    tail: int = knob(2, "a", "exponent of the tail (1+z)^{−a} that breaks ℓ ≤ 2|ℓ′|", low=1, high=8)


@dataclass(frozen=True)
class LossCase:
    """A loss twice: as implemented, and as a formula of z ≥ 0; with margins drawn to compare them."""

    implemented: AbstractLoss
    margins: Float[np.ndarray, " margin"]

    def formula(self, z: Any) -> Any:
        """ℓ(z) in SymPy."""
        import sympy

        if isinstance(self.implemented, PolynomialTail):
            return (1 + z) ** (-sympy.Integer(int(self.implemented.p)))
        return sympy.exp(-z) if isinstance(self.implemented, Exponential) else sympy.log(1 + sympy.exp(-z))


def setup(knobs: LossKnobs, stream: Stream) -> LossCase:
    """Return the loss of the knobs with margins in ± z_max."""
    return _case(Exponential() if knobs.loss == "exponential" else Logistic(), knobs, stream)


def polynomial(knobs: LossKnobs, stream: Stream) -> LossCase:
    """Return the tail (1+z)^{−a}, which is one only for z ≥ 0."""
    return _case(PolynomialTail(float(knobs.tail)), knobs, stream)


def _case(loss: AbstractLoss, knobs: LossKnobs, stream: Stream) -> LossCase:
    margins = stream.at("losses/margins").generator().uniform(-knobs.reach, knobs.reach, SAMPLES)
    return LossCase(loss, np.sort(np.append(margins, 0.0)))


def observe(case: LossCase, traces: Traces) -> Observation:
    """Prove each inequality, or find a margin that breaks it; then look for violations by the implementation."""
    del traces
    import sympy

    z = sympy.Symbol("z", real=True)
    loss = case.formula(z)
    slope, curvature = -sympy.diff(loss, z), sympy.diff(loss, z, 2)
    decay = curvature / slope
    answers = {
        SLOPE: (nonnegative(loss - slope, z),),
        CURVATURE: (nonnegative(slope - curvature, z),),
        DECAY: (nonnegative(decay, z), nonnegative(1 - decay, z)),
    }
    quantities = {name: _measured(*given) for name, given in answers.items()}
    quantities[CODE] = Measured(max(0.0, float(_excess(case).max())))
    return Observation({**quantities, **observe_half_line(case, ()).quantities}, _curves(case))


def observe_half_line(case: LossCase, traces: Traces) -> Observation:
    """Prove ℓ ≤ 2|ℓ′| for z ≥ 0, or find a margin that breaks it."""
    del traces
    import sympy

    z = sympy.Symbol("z", real=True)
    loss = case.formula(z)
    return Observation(
        {HALF_LINE: _measured(nonnegative(-2 * sympy.diff(loss, z) - loss, z, half_line=True))}
    )


def _measured(*answers: Answer) -> Measured:
    worst = max(answer.value for answer in answers)
    # An open question may still be proved or refuted: its interval covers both.
    return Measured(worst, 0.5 if worst == Answer.OPEN.value else 0.0)


def _excess(case: LossCase) -> Float[np.ndarray, "inequality margin"]:
    """Return (larger side the claim forbids − the other)/(the other) at the drawn margins; ≤ 0 if it holds."""
    z, loss = case.margins, case.implemented
    value, slope, curvature = loss.value(z), loss.slope(z), loss.curvature(z)
    half_line = np.where(z >= 0, value / (2.0 * slope), 0.0)
    return np.stack([slope / value, curvature / slope, -curvature / slope + 1.0, half_line]) - 1.0


def _curves(case: LossCase) -> tuple[Curve, ...]:
    z = np.linspace(0.0, 8.0, 81)
    loss, tail = case.implemented, PolynomialTail(2.0)
    return (
        Curve(z, loss.value(z) / loss.slope(z), "ℓ/|ℓ′|, at most 2"),
        Curve(z, tail.value(z) / tail.slope(z), "ℓ/|ℓ′| of (1+z)^{−2}", "falsifier"),
        Curve(z, np.full(len(z), 2.0), "2", "theory"),
        Curve(z, np.ones(len(z)), "1: |ℓ′| ≤ ℓ", "reference"),
    )


def predict(case: LossCase) -> Prediction:
    """All are proved, and the code agrees."""
    del case
    proved = {name: Predicted(Answer.PROVED.value) for name in (SLOPE, CURVATURE, DECAY, HALF_LINE)}
    code = Predicted(0.0, ROUNDING, Relation.AT_MOST, "rounding of ℓ, ℓ′, ℓ″ and their quotient")
    return Prediction(proved | {CODE: code})


def half_line_only(case: LossCase) -> Prediction:
    """ℓ ≤ 2|ℓ′| for z ≥ 0."""
    del case
    return Prediction({HALF_LINE: Predicted(Answer.PROVED.value)})


PROOF = r"""Exponential loss: $|\ell'| = \ell'' = \ell$. Logistic loss, with $t = e^{-z} > 0$: $\ell =
\log(1+t)$, $|\ell'| = \frac t{1+t}$, $\ell'' = \frac t{(1+t)^2}$. Then $\ell - |\ell'|$ vanishes at $t = 0$ and
has the $t$-derivative $\frac t{(1+t)^2} \ge 0$; $|\ell'| - \ell'' = \frac{t^2}{(1+t)^2} \ge 0$;
$\frac{d}{dz}\log|\ell'| = -\ell''/|\ell'| = -\frac1{1+t} \in [-1, 0]$. For $z \ge 0$, that is $t \le 1$,
$2|\ell'| - \ell$ vanishes at $t = 0$ and has the $t$-derivative $\frac{1-t}{(1+t)^2} \ge 0$. The tail
$(1+z)^{-a}$ has $\ell/|\ell'| = (1+z)/a$, which is unbounded. The computer algebra repeats exactly these steps;
every sign it uses follows from $t > 0$."""

CLAIM = Claim(
    key="derived/loss-inequalities",
    title="The loss bounds its slope, the slope its curvature and, for z ≥ 0, half the loss",
    statement=(
        r"For $\ell(z) = e^{-z}$ and $\ell(z) = \log(1+e^{-z})$: $|\ell'| \le \ell$, $\ell'' \le |\ell'|$ and $-1 "
        r"\le \frac{d}{dz}\log|\ell'| \le 0$ for all $z$; $\ell \le 2|\ell'|$ for $z \ge 0$."
    ),
    hypotheses=("exponential or logistic loss",),
    reference=Reference("derived", "inequalities used throughout"),
    source="derived",
    proof=PROOF,
    knobs=LossKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=symbolic,
    falsifiers=(
        Falsifier(
            "ℓ ≤ 2|ℓ′| for the tail (1+z)^{−a}",
            "it decreases to 0 and is convex too, but its slope falls faster than itself",
            predict=half_line_only,
            setup=polynomial,
            observe=observe_half_line,
        ),
    ),
    see=("derived/drift-bound",),
    axes=("margin z", "loss over slope", "linear", "linear"),
)
