"""With long rounds SCAFFOLD's option I diverges where curvatures differ sixfold, though every worker is stable."""

import math
from dataclasses import dataclass

import numpy as np

from implicitbias import Quadratics, RecordAt, RunSpec, scaffold, Stream
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)


FACTOR = "(x^{r+2} − x*)/(x^r − x*)"
ROUNDS = 8
# Rounds last until a worker has come within e^{−ARRIVAL} of its minimiser, which is what the factor is known to.
ARRIVAL, ACCURACY = 20.0, 1e-6


@dataclass(frozen=True)
class RatioKnobs:
    """Two workers in one dimension with unlike curvatures."""

    ratio: float = knob(10.0, "a", "ratio of the curvatures", low=7.0, high=20.0)
    share: float = knob(0.5, "s", "η as a share of 2/max A_m", low=0.3, high=0.8)


@dataclass(frozen=True)
class RatioCase:
    """The workers, and long rounds."""

    problem: Quadratics
    lr: float
    option: str = "gradient"

    @property
    def minimiser(self) -> float:
        """x*."""
        return float(self.problem.minimiser[0])

    @property
    def factor(self) -> float:
        """1 − mean(1/A_m)·mean(A_m)."""
        curvatures = self.problem.hessians[:, 0, 0]
        return float(1.0 - np.mean(1.0 / curvatures) * np.mean(curvatures))


def setup(knobs: RatioKnobs, stream: Stream) -> RatioCase:
    """Return curvatures 1 and a."""
    del stream
    problem = Quadratics(np.array([[[1.0]], [[knobs.ratio]]]), np.array([[0.0], [1.0]]))
    return RatioCase(problem, knobs.share * 2.0 / knobs.ratio)


def option_two(knobs: RatioKnobs, stream: Stream) -> RatioCase:
    """Return the same with option II."""
    case = setup(knobs, stream)
    return RatioCase(case.problem, case.lr, "path")


def needs(case: RatioCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run of a few long rounds."""
    del budget
    steps = math.ceil(ARRIVAL / case.lr)
    method = scaffold(case.lr, steps, option=case.option)  # pyright: ignore[reportArgumentType]
    return (RunSpec(case.problem, method, ROUNDS, RecordAt.every(1)),)


def observe(case: RatioCase, traces: Traces) -> Observation:
    """Factors over two rounds."""
    errors = traces[0].w[0, :, 0] - case.minimiser
    curve = Curve(traces[0].rounds, np.abs(errors), "the run", method="scaffold")
    return Observation({FACTOR: Measured(errors[2:] / errors[:-2])}, (curve,))


def multiplies(case: RatioCase, factor: float, label: str, role: str) -> Prediction:
    """Return the prediction of a factor over two rounds, from rounds 0 and 1."""
    rounds = np.arange(ROUNDS + 1)
    sizes = np.abs([case.minimiser, 0.5 - case.minimiser])
    line = np.abs(factor) ** (rounds // 2) * sizes[rounds % 2]
    allowance = ACCURACY * (1.0 + abs(factor))
    target = np.full(ROUNDS - 1, factor)
    predicted = Predicted(target, allowance, reason="how far the workers are from their minimisers")
    return Prediction({FACTOR: predicted}, (Curve(rounds, line, label, role),))


def predict(case: RatioCase) -> Prediction:
    """1 − (1 + a)²/(4a)."""
    return multiplies(case, case.factor, "1 − (1 + a)²/(4a) over two rounds", "theory")


CLAIM = Claim(
    key="karimireddy2020/late-gradient",
    title="With long rounds SCAFFOLD's option I diverges once Σ p_m A_m⁻¹·Σ p_m A_m has an eigenvalue above 2",
    statement=(
        r"$\eta<2/\max_m\lambda_{\max}(A_m)$ makes every worker's steps contract, and FedAvg converge for all $H$. "
        r"SCAFFOLD with option I does not: for long rounds its error is multiplied over two rounds by "
        r"$I-\bar AA$, $\bar A=\sum_mp_mA_m^{-1}$, $A=\sum_mp_mA_m$ (see karimireddy2020/long-rounds, $\eta_g=1$). "
        r"With two workers of curvatures $1$ and $a$ that is $1-(1+a)^2/(4a)$, below $-1$ for $a>3+2\sqrt2$."
    ),
    hypotheses=("quadratic losses, full gradients, all workers take part", "ηH min λ(A_m) → ∞, η_g = 1"),
    reference=Reference("karimireddy2020", "option I of the algorithm; the divergence is ours", ("arXiv 1910.06378",)),
    source="derived",
    proof=(
        r"By karimireddy2020/long-rounds $x^{r+1}=\sum_mp_mw_m=x^{r-1}-\bar A\nabla f(x^{r-1})$ for $W_m=I$, and "
        r"$\nabla f(x)=A(x-x^*)$. $\frac12(1+\frac1a)\frac12(1+a)=\frac{(1+a)^2}{4a}>2$ iff $a^2-6a+1>0$."
    ),
    knobs=RatioKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "x* after two rounds", "controls that are exact gradients make every worker arrive there",
            lambda case: multiplies(case, 0.0, "x*", "falsifier"),
        ),
        Falsifier("option II", "both options have one limit", setup=option_two),
    ),
    see=("karimireddy2020/long-rounds", "karimireddy2020/limit"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)  # fmt: skip
