"""The stationary variance does not rank the modified equations: that of the second order is farther off."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
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
    Relation,
    Traces,
)


VARIANCE = "stationary variance of SGD, in units of ηs²"
RATIO = "error of order 2 over error of order 1"

# What is left of the start after the recursion has run; it contracts by (1 − ηa)² per step.
REMAINDER = 1e-15
# Rounding of the recursion, relative; differences of variances are ηa/4 of them, which the ratio divides by.
ROUNDING = 1e-14


@dataclass(frozen=True)
class VarianceKnobs:
    """Curvature and learning rate; the noise s² is a unit."""

    curvature: float = knob(1.0, "a", "curvature", low=0.5, high=2.0)
    lr: float = knob(0.1, "η", "learning rate", low=0.02, high=0.5, log=True)


@dataclass(frozen=True)
class VarianceCase:
    """The knobs."""

    curvature: float
    lr: float

    def of_equation(self, order: int) -> float:
        """Stationary variance of the modified equation of order 1 or 2, over ηs²."""
        return 1.0 / (2.0 * self.curvature + (self.lr * self.curvature**2 if order == 2 else 0.0))


def setup(knobs: VarianceKnobs, stream: Stream) -> VarianceCase:
    """Return the case of the knobs."""
    del stream
    return VarianceCase(knobs.curvature, knobs.lr)


def observe(case: VarianceCase, traces: Traces) -> Observation:
    """Iterate the variance of SGD, v ← (1 − ηa)²v + η²s², to rest."""
    del traces
    factor = (1.0 - case.lr * case.curvature) ** 2
    path = [0.0]
    # At ηa = 1 one step forgets everything.
    for _ in range(int(np.ceil(np.log(REMAINDER) / np.log(max(factor, REMAINDER))))):
        path.append(factor * path[-1] + case.lr)
    errors = [abs(path[-1] - case.of_equation(order)) for order in (1, 2)]
    rounding = 4.0 * ROUNDING * path[-1] / errors[0]
    quantities = {
        VARIANCE: Measured(path[-1], ROUNDING * path[-1]),
        RATIO: Measured(errors[1] / errors[0], rounding),
    }
    return Observation(
        quantities, (Curve(np.arange(len(path)), np.array(path), "variance/(ηs²)", method="sgd"),)
    )


def predict(case: VarianceCase) -> Prediction:
    """1/(2a − ηa²), and 2/(1 + ηa/2) > 1."""
    stretched = case.lr * case.curvature
    value, ratio = 1.0 / (case.curvature * (2.0 - stretched)), 2.0 / (1.0 + stretched / 2.0)
    reason = "rounding of the recursion"
    ends = np.array([0.0, 20.0 / stretched])
    lines = (
        Curve(ends, np.full(2, value), "1/(2a − ηa²)", "theory"),
        Curve(ends, np.full(2, case.of_equation(1)), "first order, 1/(2a)", "reference"),
        Curve(
            ends, np.full(2, case.of_equation(2)), "second order, 1/(2a + ηa²)", "theory", "conventional_sde"
        ),
    )
    accuracy = 16.0 * ROUNDING / stretched
    return Prediction(
        {
            VARIANCE: Predicted(value, 4.0 * ROUNDING * value, reason=reason),
            RATIO: Predicted(ratio, 4.0 * accuracy, reason=reason),
        },
        lines,
    )


def changed(name: str, value: Callable[[VarianceCase], Predicted]) -> Callable[[VarianceCase], Prediction]:
    """Return the prediction with one quantity replaced."""
    return lambda case: replace(
        predict(case), quantities=dict(predict(case).quantities) | {name: value(case)}
    )


CLAIM = Claim(
    key="li2019/stationary-variance",
    title="On a quadratic the second-order equation has the better mean but the worse stationary variance",
    statement=(
        r"On $\frac12ax^2$ with additive noise $s^2$ SGD has the stationary variance $\frac{\eta s^2}{2a-\eta a^2}$, "
        r"the modified equations $\frac{\eta s^2}{2a}$ and $\frac{\eta s^2}{2a+\eta a^2}$: the one of second order is "
        r"$\frac{2}{1+\eta a/2}$ times as far off. Weak orders hold on finite horizons, and say nothing about rest."
    ),
    hypotheses=("0 < ηa ≤ 1", "additive noise"),
    reference=Reference("li2019", "example of a quadratic"),
    source="derived",
    proof=(
        r"$v=(1-\eta a)^2v+\eta^2s^2$ gives $v=\frac{\eta s^2}{2a-\eta a^2}$; an Ornstein–Uhlenbeck process with rate "
        r"$b$ and noise $\eta s^2$ has variance $\frac{\eta s^2}{2b}$, with $b=a$ and $b=a+\frac{\eta a^2}2$. In units "
        r"of $\eta s^2$ the errors are $\frac{\eta a^2}{2a(2a-\eta a^2)}$ and "
        r"$\frac{2\eta a^2}{(2a-\eta a^2)(2a+\eta a^2)}$."
    ),
    knobs=VarianceKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "the variance 1/(2a) of the first equation",
            "it is right as η → 0",
            changed(VARIANCE, lambda case: Predicted(case.of_equation(1), ROUNDING)),
        ),
        Falsifier(
            "the second-order equation is nearer to SGD",
            "its weak order is higher, as the mean shows",
            changed(RATIO, lambda case: Predicted(1.0, 0.0, Relation.AT_MOST)),
        ),
    ),
    see=("li2017/sme-orders",),
    axes=("step", "variance/(ηs²)", "linear", "linear"),
)
