"""The coefficient behind the cosine expansion, proved by computer algebra: 3/8, and what 3/4 would give."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from implicitbias import Stream
from implicitbias.formulas import formula
from paper_repro.claims import (
    Claim,
    Falsifier,
    Measured,
    NoKnobs,
    Observation,
    Predicted,
    Prediction,
    Reference,
    symbolic,
    Traces,
)


COEFFICIENT = "coefficient of x² in (1 + x)^(−1/2)"
EXPANSION = "Taylor polynomial of the cosine − expansion"
EXPLANATION = "the same steps with 3/4 − printed line"


@dataclass(frozen=True)
class SeriesCase:
    """Which formula is proposed as the expansion, and which coefficient for the printed line."""

    expansion: str = "cosine-expansion"
    printed_coefficient: tuple[int, int] = (3, 4)


def always(case: SeriesCase) -> Callable[[NoKnobs, Stream], SeriesCase]:
    """Return a setup without knobs."""
    return lambda knobs, stream: case


def observe(case: SeriesCase, traces: Traces) -> Observation:
    """Reduce the differences symbolically: 0 where algebra finds zero, else 1."""
    import sympy

    del traces
    x = sympy.Symbol("x")
    coefficient = sympy.series((1 + x) ** sympy.Rational(-1, 2), x, 0, 3).removeO().coeff(x, 2)
    assumed = expanded_with(sympy.Rational(*case.printed_coefficient))
    return Observation(
        {
            COEFFICIENT: Measured(float(coefficient)),
            EXPANSION: Measured(_nonzero(taylor_of_cosine() - _in_small(formula(case.expansion)))),
            EXPLANATION: Measured(_nonzero(assumed - _in_small(formula("cosine-expansion-printed")))),
        }
    )


def predict(case: SeriesCase) -> Prediction:
    """3/8, and both differences zero."""
    del case
    return Prediction({COEFFICIENT: Predicted(3 / 8), EXPANSION: Predicted(0.0), EXPLANATION: Predicted(0.0)})


@cache
def taylor_of_cosine() -> Any:
    """Return the cosine of ŵ/ε + ρ and ŵ up to ε²."""
    return _second_order(_in_small(formula("cosine")))


@cache
def expanded_with(coefficient: Any) -> Any:
    """Return (1 + εa)(1 − x/2 + k x²) up to ε², x = 2εa + ε²b², for a given k; a = |ρ|c/|ŵ|, b = |ρ|/|ŵ|."""
    import sympy

    v = formula("cosine").symbols()
    small = sympy.Symbol("epsilon", positive=True)
    along = small * v["residual"] * v["alignment"] / v["size"]
    x = 2 * along + (small * v["residual"] / v["size"]) ** 2
    return _second_order((1 + along) * (1 - x / 2 + coefficient * x**2))


@cache
def _in_small(chosen: Any) -> Any:
    """Return a formula of the cosine with log t = 1/ε."""
    import sympy

    return chosen.symbolic().subs(chosen.symbols()["log_time"], 1 / sympy.Symbol("epsilon", positive=True))


def _second_order(expression: Any) -> Any:
    """Return the Taylor polynomial in ε of degree 2 at 0+."""
    import sympy

    small = sympy.Symbol("epsilon", positive=True)
    smooth = sympy.simplify(
        expression
    )  # without the pole that log t = 1/ε leaves in numerator and denominator
    return sum(sympy.diff(smooth, small, k).subs(small, 0) * small**k / sympy.factorial(k) for k in range(3))


@cache
def _nonzero(difference: Any) -> float:
    import sympy

    return 0.0 if sympy.simplify(difference) == 0 else 1.0


CLAIM = Claim(
    key="soudry2018/cosine-series",
    title="(1 + x)^(−1/2) has the coefficient 3/8, which turns the printed cosine into the right one",
    statement=(
        r"$(1+x)^{-1/2} = 1 - \frac12x + \frac38x^2 - \dots$; inserted into $\cos(\hat w\log t+\rho,\hat w)$ it gives "
        r"$1 - \frac{|\rho|^2(1-c^2)}{2|\hat w|^2\log^2t}$, while $\frac34$ in place of $\frac38$ gives exactly the "
        r"line of the appendix as we read it."
    ),
    hypotheses=("c = cos(ρ, ŵ), log t > 0",),
    reference=Reference("soudry2018", "the appendix behind Theorem 5", ("JMLR 19(70)",)),
    source="derived",
    proof=r"Computer algebra: derivatives in $1/\log t$ at $0$, and simplification of the differences to $0$.",
    setup=always(SeriesCase()),
    observe=observe,
    predict=predict,
    judge=symbolic,
    falsifiers=(
        Falsifier(
            "the printed line is the expansion",
            "the line of the appendix as we read it",
            setup=always(SeriesCase(expansion="cosine-expansion-printed")),
        ),
        Falsifier(
            "5/8 explains the printed line",
            "another slip of the pen might have the same effect",
            setup=always(SeriesCase(printed_coefficient=(5, 8))),
        ),
    ),
    see=("soudry2018/cosine-expansion", "soudry2018/cosine-expansion-printed"),
)
