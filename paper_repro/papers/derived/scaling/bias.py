"""With H > 1 one frozen D̂ leaves a bias of first order in η(H − 1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import Quadratics, Stream
from implicitbias.scaled.fixed_points import first_order_bias, fixed_point
from paper_repro.claims import (
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
    Traces,
)
from paper_repro.papers.derived.scaling.setting import CEILING, different_quadratics, FLOOR, LARGEST


VECTOR = "lim (fixed point − x*)/(η(H − 1))"
EXPONENT = "exponent in η"
STEPS = "exponent in H − 1"
# η, in units of d_min/(LH): each is half of the one before.
SHARES = 0.1 * 0.5 ** np.arange(4)


@dataclass(frozen=True)
class BiasKnobs:
    """Workers with different quadratics, and rounds of more than one step."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=2, high=5)
    local_steps: int = knob(4, "H", "local steps", low=2, high=8)


@dataclass(frozen=True)
class BiasCase:
    """Different quadratics, one D̂ for all, H."""

    problem: Quadratics
    diagonal: Float[np.ndarray, " dim"]
    local_steps: int

    @property
    def rates(self) -> Float[np.ndarray, " rate"]:
        """Learning rates, small against d_min/(LH)."""
        return SHARES * FLOOR / (LARGEST * self.local_steps)

    def biases(self, local_steps: int) -> Float[np.ndarray, "rate dim"]:
        """Return fixed point − x*, by Newton's method on a round, at every learning rate."""
        points = [fixed_point(self.problem, self.diagonal, float(lr), local_steps) for lr in self.rates]
        return np.array(points) - self.problem.minimiser

    def leading(self, diagonal: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " dim"]:
        """Return the vector of the expansion, per η(H − 1)."""
        return first_order_bias(self.problem, diagonal, 1.0, 2)


def setup(knobs: BiasKnobs, stream: Stream) -> BiasCase:
    """Return the case of the knobs, with a random D̂."""
    problem = different_quadratics(knobs.workers, knobs.dim, stream)
    diagonal = stream.at("diagonal").generator().uniform(FLOOR, CEILING, size=knobs.dim)
    return BiasCase(problem, diagonal, knobs.local_steps)


def observe(case: BiasCase, traces: Traces) -> Observation:
    """Solve for the fixed points at η, η/2, …, for H and for 2H − 1 steps, and extrapolate to η = 0."""
    del traces
    h, rates = case.local_steps, case.rates[:, None]
    own, doubled = case.biases(h), case.biases(2 * h - 1)
    sizes, larger = np.linalg.norm(own, axis=1), np.linalg.norm(doubled, axis=1)
    quantities = {
        VECTOR: extrapolated(own / (rates * (h - 1))),
        EXPONENT: extrapolated(np.log2(sizes[:-1] / sizes[1:])),
        STEPS: extrapolated(np.log2(larger / sizes)),
    }
    curves = (
        Curve(case.rates, sizes, f"H = {h}", method=f"local_gd:H={h}"),
        Curve(case.rates, larger, f"H = {2 * h - 1}", method=f"local_gd:H={2 * h - 1}"),
    )
    return Observation(quantities, curves)


def extrapolated(values: Float[np.ndarray, "rate *shape"]) -> Measured:
    """Return the limit of values that are linear in η up to η², and as its error what the last halving moved it."""
    linear = 2.0 * values[1:] - values[:-1]
    return Measured(linear[-1], np.abs(linear[-1] - linear[-2]))


def predict(case: BiasCase) -> Prediction:
    """½A^{−1}(1/M) Σ A_m D̂^{−1}∇f_m(x*), and exponents 1."""
    vector = case.leading(case.diagonal)
    quantities = {VECTOR: Predicted(vector), EXPONENT: Predicted(1.0), STEPS: Predicted(1.0)}
    size = float(np.linalg.norm(vector))
    lines = tuple(
        Curve(case.rates, case.rates * (h - 1) * size, f"first order, H = {h}", "theory", f"local_gd:H={h}")
        for h in (case.local_steps, 2 * case.local_steps - 1)
    )
    return Prediction(quantities, lines)


def changed(name: str, value: Callable[[BiasCase], np.ndarray | float]) -> Callable[[BiasCase], Prediction]:
    """Return the prediction with another value of one quantity."""
    return lambda case: replace(
        predict(case), quantities=dict(predict(case).quantities) | {name: Predicted(value(case))}
    )


CLAIM = Claim(
    key="derived/scaled-bias",
    title="With H > 1 the fixed point leaves x* along a known vector, in proportion to η(H − 1)",
    statement=(
        r"Exact gradients, one frozen $\hat D$: $x_{\rm fix}-x^*=\eta\frac{H-1}2A^{-1}\frac1M\sum_mA_m\hat "
        r"D^{-1}\nabla f_m(x^*)+O(\eta^2)$, $A_m=\nabla^2f_m(x^*)$, $A$ their mean."
    ),
    hypotheses=(
        "f strongly convex, ηHL small against d_min",
        "D̂ frozen and the same for all, exact gradients",
    ),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"$H$ local steps from $x$ to second order in $\eta$: $x-\eta H\hat D^{-1}\nabla f_m+\eta^2\binom H2\hat "
        r"D^{-1}A_m\hat D^{-1}\nabla f_m$. Averaged, a fixed point has $\nabla f(x)=\eta\frac{H-1}2\frac1M\sum_m "
        r"A_m\hat D^{-1}\nabla f_m(x)+O(\eta^2)$; at $x=x^*+\delta$ the left is $A\delta+O(\delta^2)$, and "
        r"on the right "
        r"$x$ may be $x^*$."
    ),
    knobs=BiasKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "no bias", "with H = 1 there is none", changed(VECTOR, lambda case: np.zeros_like(case.diagonal))
        ),
        Falsifier("of second order", "T4 has η² in its (H − 1)² term", changed(EXPONENT, lambda case: 2.0)),
        Falsifier(
            "H for H − 1",
            "there are H steps in a round",
            changed(
                VECTOR,
                lambda case: case.leading(case.diagonal) * case.local_steps / (case.local_steps - 1),
            ),
        ),
        Falsifier(
            "the bias of Local GD",
            "D̂ cancels at H = 1",
            changed(VECTOR, lambda case: case.leading(np.ones_like(case.diagonal))),
        ),
    ),
    see=("derived/scaled-fixed-point",),
    axes=("learning rate η", "|fixed point − x*|", "log", "log"),
)
