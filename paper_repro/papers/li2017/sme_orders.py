"""The modified equations of SGD have weak orders 1 and 2, seen on the mean of a quadratic."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import gd, Quadratics, RecordAt, RunSpec, Stream
from implicitbias.statistics import fit_order
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Traces,
)


FIRST, SECOND = "order of −∇L", "order of −∇(L + η|∇L|²/4)"
# Halvings of η from T/16 to T/512: the error of second order stays a million times above rounding.
STEPS = (16, 32, 64, 128, 256, 512)


@dataclass(frozen=True)
class OrderKnobs:
    """The quadratic ½ax² from x = 1, and the horizon."""

    curvature: float = knob(1.0, "a", "curvature", low=0.5, high=2.0)
    time: float = knob(1.0, "T", "conventional time", low=0.5, high=2.0)


@dataclass(frozen=True)
class OrderCase:
    """The knobs, and the sign of η|∇L|²/4 in the second equation."""

    curvature: float
    time: float
    sign: int = 1

    @property
    def rates(self) -> Float[np.ndarray, " rate"]:
        """η = T/steps."""
        return self.time / np.array(STEPS)

    def mean(self, correction: float) -> Float[np.ndarray, " rate"]:
        """E X(T) of dX = −∇(L + correction·η|∇L|²/4)dt + noise."""
        a = self.curvature
        return np.exp(-(a + correction * self.rates * a**2 / 2.0) * self.time)


def with_sign(sign: int) -> Callable[[OrderKnobs, Stream], OrderCase]:
    """Return the setup with this sign of the correction."""

    def setup(knobs: OrderKnobs, stream: Stream) -> OrderCase:
        del stream
        return OrderCase(knobs.curvature, knobs.time, sign)

    return setup


def needs(case: OrderCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Gradient descent from 1, which is the mean of SGD with any additive noise."""
    del budget
    problem = Quadratics(np.array([[[case.curvature]]]), np.zeros((1, 1)))
    return tuple(
        RunSpec(problem, gd(float(lr)), n, RecordAt.last(), start=(1.0,))
        for lr, n in zip(case.rates, STEPS, strict=True)
    )


def observe(case: OrderCase, traces: Traces) -> Observation:
    """Fit the orders of the errors of both means."""
    mean = np.array([trace.w[0, -1, 0] for trace in traces])
    errors = {FIRST: np.abs(mean - case.mean(0.0)), SECOND: np.abs(mean - case.mean(case.sign))}
    fits = {name: fit_order(case.rates, error) for name, error in errors.items()}
    quantities = {
        name: Measured(fit.slope, max(fit.interval.high - fit.slope, fit.slope - fit.interval.low))
        for name, fit in fits.items()
    }
    curves = tuple(Curve(case.rates, error, f"error, {name}") for name, error in errors.items())
    return Observation(quantities, curves)


def predict(case: OrderCase) -> Prediction:
    """1 and 2, with the leading terms of both errors."""
    stretched, decay = case.rates * case.curvature, np.exp(-case.curvature * case.time)
    scale = case.curvature * case.time * decay
    lines = (
        Curve(case.rates, scale * stretched / 2.0, "ηa²T exp(−aT)/2", "theory"),
        Curve(case.rates, scale * stretched**2 / 3.0, "η²a³T exp(−aT)/3", "theory"),
    )
    return Prediction({FIRST: Predicted(1.0), SECOND: Predicted(2.0)}, lines)


def both(order: float) -> Callable[[OrderCase], Prediction]:
    """Return the prediction of one order for both equations."""
    return lambda case: Prediction({FIRST: Predicted(order), SECOND: Predicted(order)})


PROOF = r"""On $\frac12ax^2$ with additive noise the mean of SGD is $(1-\eta a)^n$, $n=T/\eta$, and the means of the two
equations are $e^{-aT}$ and $e^{-(a+\eta a^2/2)T}$, since $\frac\eta4|\nabla L|^2=\frac\eta4a^2x^2$. From
$n\ln(1-\eta a)=-aT-\frac{\eta a^2}2T-\frac{\eta^2a^3}3T-\dots$ the errors are $-\frac{\eta a^2T}2e^{-aT}+O(\eta^2)$ and
$-\frac{\eta^2a^3T}3e^{-aT}+O(\eta^3)$; with the sign of the correction reversed the second is
$-\eta a^2Te^{-aT}+O(\eta^2)$, twice the first."""

CLAIM = Claim(
    key="li2017/sme-orders",
    title="The modified equation of SGD has weak order 1, and 2 with the correction η|∇L|²/4",
    statement=(
        r"On a horizon $T=O(1)$ of conventional time, $dX=-\nabla L\,dt+\sqrt{\eta/B}\,\Sigma^{1/2}dW$ approximates "
        r"SGD with weak error $O(\eta)$, and $dX=-\nabla(L+\frac\eta4|\nabla L|^2)dt+\sqrt{\eta/B}\,\Sigma^{1/2}dW$ "
        r"with $O(\eta^2)$ [recalled]. Checked for the mean on $\frac12ax^2$ with additive noise, where all three "
        r"means are known and that of SGD is a run of gradient descent."
    ),
    hypotheses=("T fixed as η → 0", "quadratic loss, additive noise; the test function is x"),
    reference=Reference("li2017", "weak orders of the modified equations; theorem numbers unknown"),
    source="recalled",
    proof=PROOF,
    knobs=OrderKnobs(),
    setup=with_sign(1),
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "L − η|∇L|²/4", "the sign that backward analysis of ascent would have", setup=with_sign(-1)
        ),
        Falsifier("no correction is needed for order 2", "the first equation has the right noise", both(2.0)),
        Falsifier("both have order 1", "the correction is as small as the error of the noise", both(1.0)),
    ),
    see=("li2019/stationary-variance",),
    axes=("learning rate η", "error of the mean", "log", "log"),
)
