r"""ψ, its integrals F and J and its discrete form ψ_d, as they are computed, against their definitions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

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
    Traces,
)
from sde.formulas import F, J, psi, psi_discrete


SHARE, INTEGRAL, LOGARITHMIC = "ψ(x)", "F(x) = ∫ψ", "J(x) = ∫ψ(y)/y dy"
PAIR, MIXED = "ψ_d((1 − ηh)², H)", "ψ_d(1 − ηh, H)"

# Relative: a few ulps, amplified a hundredfold where two terms cancel.
ACCURACY = 1e-11
# Decimal digits of the definitions: the literal ψ loses as many as x is small, and ten remain in hand.
DIGITS = 40
# Where integrals are cut: e^{−x} varies on the scale 1, and x reaches a few hundred.
PIECES = (3, 30)
# 24 nodes a piece; doubling them changes no digit that is used.
GAUSS_DEGREE = 4
# Arguments around the one of the knobs, so that no wrong function agrees by crossing the right one there.
SPREAD = np.array([0.03, 0.3, 1.0, 3.0, 10.0])


@dataclass(frozen=True)
class SpecialKnobs:
    """Where the functions are evaluated."""

    argument: float = knob(1.0, "x", "α(λ_i + λ_j)", low=1e-5, high=30.0, log=True)
    lr: float = knob(0.01, "η", "learning rate", low=1e-4, high=0.1, log=True)
    curvature: float = knob(1.0, "h", "eigenvalue of the Hessian", low=0.1, high=5.0)
    local_steps: int = knob(100, "H", "local steps", low=2, high=300)


@dataclass(frozen=True)
class SpecialCase:
    """Arguments x, and the discrete setting."""

    knobs: SpecialKnobs

    @property
    def x(self) -> Float[np.ndarray, " argument"]:
        """Arguments of ψ, F and J."""
        return self.knobs.argument * SPREAD

    @property
    def factor(self) -> float:
        """1 − ηh."""
        return 1.0 - self.knobs.lr * self.knobs.curvature


def setup(knobs: SpecialKnobs, stream: Stream) -> SpecialCase:
    """Return the case of the knobs."""
    del stream
    return SpecialCase(knobs)


def observe(case: SpecialCase, traces: Traces) -> Observation:
    """Evaluate what the rest of the project uses."""
    del traces
    steps = case.knobs.local_steps
    values = {
        SHARE: psi(case.x),
        INTEGRAL: F(case.x),
        LOGARITHMIC: J(case.x),
        PAIR: psi_discrete(case.factor**2, steps),
        MIXED: psi_discrete(case.factor, steps),
    }
    grid = np.geomspace(1e-2, 1e2, 81)
    curves = tuple(
        Curve(grid, np.asarray(f(grid)), f"{name}(x)") for name, f in (("ψ", psi), ("F", F), ("J", J))
    )
    return Observation({name: Measured(value) for name, value in values.items()}, curves)


def predict(case: SpecialCase) -> Prediction:
    """The defining integrals and sums, to forty digits."""
    quantities = {
        name: Predicted(value, ACCURACY * np.abs(value), reason="rounding of the evaluation")
        for name, value in definitions(case).items()
    }
    return Prediction(quantities)


@lru_cache(maxsize=8)
def definitions(case: SpecialCase) -> dict[str, Any]:
    """Return every function by its definition; kept, as the falsifiers change one and keep the others."""
    import mpmath

    with mpmath.workdps(DIGITS):
        return {
            SHARE: _each(case.x, _literal_psi),
            INTEGRAL: _each(case.x, lambda x: _integral(_literal_psi, x)),
            LOGARITHMIC: _each(case.x, lambda x: _integral(lambda y: _literal_psi(y) / y, x)),
            PAIR: _mean_of_powers(case.factor**2, case.knobs.local_steps),
            MIXED: _mean_of_powers(case.factor, case.knobs.local_steps),
        }


def _literal_psi(x: Any) -> Any:
    import mpmath

    return (mpmath.exp(-x) - 1 + x) / x


def _integral(integrand: Callable[[Any], Any], end: Any) -> Any:
    """∫_0^x by Gauss' rule, whose nodes keep away from 0, where the literal ψ cancels."""
    import mpmath

    pieces = [0, *(point for point in PIECES if point < end), end]
    return mpmath.quad(integrand, pieces, method="gauss-legendre", maxdegree=GAUSS_DEGREE)


def _each(
    x: Float[np.ndarray, " argument"], function: Callable[[Any], Any]
) -> Float[np.ndarray, " argument"]:
    import mpmath

    return np.array([float(function(mpmath.mpf(float(value)))) for value in x])


def _mean_of_powers(factor: float, steps: int) -> float:
    """(1/H) Σ_{k<H} (1 − q^k)."""
    import mpmath

    q = mpmath.mpf(factor)
    return float(mpmath.fsum(1 - q**k for k in range(steps)) / steps)


def changed(name: str, value: Callable[[SpecialCase], Any]) -> Callable[[SpecialCase], Prediction]:
    """Return the prediction with one function replaced."""

    def wrong(case: SpecialCase) -> Prediction:
        right = predict(case).quantities
        return Prediction({**right, name: replace(right[name], value=value(case))})

    return wrong


PROOF = r"""Between two averagings the workers' disagreement in the pair of modes $(i,j)$ reaches the share
$1-e^{-a\tau/\alpha}$, $a=\alpha(\lambda_i+\lambda_j)$, of its limit at time $\tau$; its mean over the round is
$\frac1\alpha\int_0^\alpha(1-e^{-a\tau/\alpha})d\tau = \psi(a)$, and step by step
$\frac1H\sum_{k<H}(1-q^k) = 1-\frac{1-q^H}{H(1-q)} = \psi_d(q,H)$. With $\mathrm{Ein}(x)=\int_0^x\frac{1-e^{-y}}y\,dy =
\ln x+\gamma_E+E_1(x)$: $\psi(y)=1-\frac{1-e^{-y}}y$ integrates to $F(x)=x-\mathrm{Ein}(x)$, and $(\psi(y))'
=\frac{1-e^{-y}}{y^2}-\frac{e^{-y}}y$ gives $\frac{\psi(y)}y=\frac{1-e^{-y}}y-\psi'(y)$, hence
$J(x)=\mathrm{Ein}(x)-\psi(x)$."""

CLAIM = Claim(
    key="derived/slow-sde-special-functions",
    title="ψ, its integrals F and J, and its discrete form ψ_d are computed to eleven digits",
    statement=(
        r"$\psi(x)=\frac{e^{-x}-1+x}x$ is the mean over a round of the share that a pair of modes has reached of its "
        r"stationary disagreement; $F(x)=\int_0^x\psi=x-\ln x-\gamma_E-E_1(x)$, $J(x)=\int_0^x\frac{\psi(y)}y\,dy="
        r"\ln x+\gamma_E+E_1(x)-\psi(x)$, and at a finite learning rate $\psi_d(q,H)=1-\frac{1-q^H}{H(1-q)}$."
    ),
    hypotheses=("x > 0", "0 < ηh < 2"),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=SpecialKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "(1 − e^{−x})/x for ψ",
            "the share of a round that is left, not the one that is reached",
            changed(SHARE, lambda case: -np.expm1(-case.x) / case.x),
        ),
        Falsifier(
            "1 − e^{−x} for ψ",
            "the disagreement at the end of the round for its mean",
            changed(SHARE, lambda case: -np.expm1(-case.x)),
        ),
        Falsifier(
            "xψ(x)/2 for F",
            "the triangle under a straight line; right to first order in x",
            changed(INTEGRAL, lambda case: case.x * np.asarray(psi(case.x)) / 2.0),
        ),
        Falsifier(
            "ψ for ψ_d",
            "a step is small; but at H = 1 the discrete form is 0",
            changed(PAIR, lambda case: psi(-2.0 * case.knobs.local_steps * np.log(case.factor))),
        ),
    ),
    axes=("x", "", "log", "log"),
)
