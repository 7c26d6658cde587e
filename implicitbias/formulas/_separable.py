"""Closed forms around the max-margin limit on separable data: tightness, degenerate data, the cosine."""

import math

import numpy as np
from jaxtyping import Float

from implicitbias.formulas._formula import Formula, Variable


Values = float | Float[np.ndarray, "..."]


def tightness_flow(time: Values, start: Values) -> Values:
    """Gradient flow w₁(t) = log(t + e^{w₁(0)}) of e^{−w₁}, the tightness example of soudry2018; w₂ rests."""
    with np.errstate(divide="ignore"):  # t = 0 returns the start: log 0 = −∞ is then meant
        return np.logaddexp(np.log(time), start)


def degenerate_second(first: Values) -> Values:
    """w₂ with e^{w₂} + w₂ = w₁ + 1: the flow from 0 on the degenerate set (1,0), (1,1) (derived).

    w₂ = w₁ + 1 − W(e^{w₁+1}), W Lambert's function; computed as log ω(w₁ + 1), ω Wright's function, which
    neither overflows nor cancels. w₂ ~ log w₁ is unbounded: with a zero multiplier the residual is.
    """
    from scipy.special import wrightomega

    return np.log(wrightomega(np.asarray(first, dtype=float) + 1.0))


def degenerate_flow(log_time: Float[np.ndarray, "..."] | float) -> Float[np.ndarray, "... 2"]:
    """Flow (w₁, w₂) from 0 on the degenerate set at time e^τ, mean exponential loss (derived).

    Along the curve of `degenerate_second`, ds = 2 y′ e^{y}(1 + y) with y = e^{w₂} − 1, so y e^y = s/2:

        w₂ = log(1 + W(s/2)),   w₁ = W(s/2) + w₂.

    Parameters
    ----------
    log_time : array (...)
        τ = log s; any size, since W(e^τ/2) = ω(τ − log 2).

    Returns
    -------
    array (..., 2)
    """
    from scipy.special import wrightomega

    lambert = np.asarray(wrightomega(np.asarray(log_time, dtype=float) - math.log(2.0)))
    second = np.log1p(lambert)
    return np.stack([lambert + second, second], axis=-1)


def degenerate_growth(log_time: Values) -> Values:
    """w₂(τ) = log(1 + W(e^τ/2)) of `degenerate_flow`."""
    return degenerate_flow(log_time)[..., 1]


def cosine(log_time: Values, size: Values, residual: Values, alignment: Values) -> Values:
    """Cosine between ŵ and w = ŵL + ρ, with |ŵ|, |ρ| and c = cos(ρ, ŵ) given (derived).

    (L|ŵ| + |ρ|c)/√((L|ŵ| + |ρ|c)² + |ρ|²(1 − c²)).

    Parameters
    ----------
    log_time
        L > 0.
    size, residual
        |ŵ| and |ρ|.
    alignment
        c in [−1, 1].
    """
    along = log_time * size + residual * np.asarray(alignment)
    across = residual * np.sqrt((1.0 - alignment) * (1.0 + np.asarray(alignment)))
    return along / np.hypot(along, across)


def cosine_expansion(log_time: Values, size: Values, residual: Values, alignment: Values) -> Values:
    """1 − |ρ|²(1 − c²)/(2|ŵ|²L²), the expansion of `cosine` up to O(1/L³) (derived).

    It uses (1 + x)^(−1/2) = 1 − x/2 + (3/8)x² − …

    The arguments are those of `cosine`.
    """
    return 1.0 - (residual / size) ** 2 * (1.0 - alignment) * (1.0 + alignment) / (2.0 * log_time**2)


def cosine_expansion_printed(log_time: Values, size: Values, residual: Values, alignment: Values) -> Values:
    """1 + (2|ρ|²/|ŵ|²)(c² − 1/4)/L², the expansion as printed in an appendix of soudry2018.

    It takes 3/4 for the coefficient 3/8 and exceeds 1 for |c| > 1/2; kept as the nearby wrong statement.

    The arguments are those of `cosine`.
    """
    return 1.0 + 2.0 * (residual / size) ** 2 * (alignment - 0.5) * (alignment + 0.5) / log_time**2


def _tightness_flow(time, start):
    import sympy

    return sympy.log(time + sympy.exp(start))


def _degenerate_second(first):
    import sympy

    return first + 1 - sympy.LambertW(sympy.exp(first + 1))


def _degenerate_growth(log_time):
    import sympy

    return sympy.log(1 + sympy.LambertW(sympy.exp(log_time) / 2))


def _cosine(log_time, size, residual, alignment):
    import sympy

    along = log_time * size + residual * alignment
    return along / sympy.sqrt(along**2 + residual**2 * (1 - alignment**2))


def _cosine_expansion(log_time, size, residual, alignment):
    return 1 - residual**2 * (1 - alignment**2) / (2 * size**2 * log_time**2)


def _cosine_expansion_printed(log_time, size, residual, alignment):
    import sympy

    return 1 + 2 * residual**2 / size**2 * (alignment**2 - sympy.Rational(1, 4)) / log_time**2


COSINE = {
    "log_time": Variable("L", 5.0, 100.0),
    "size": Variable(r"{\|\hat w\|}", 0.5, 5.0),
    "residual": Variable(r"{\|\rho\|}", 0.1, 3.0),
    "alignment": Variable("c", -0.99, 0.99),
}

FORMULAS = (
    Formula(
        "tightness-flow",
        "flow of exp(−w₁) from w₁(0)",
        "soudry2018",
        "w_1(t)",
        {"time": Variable("t", 1e-3, 1e6), "start": Variable("w_0", -3.0, 3.0)},
        _tightness_flow,
        tightness_flow,
    ),
    Formula(
        "degenerate-curve",
        "curve exp(w₂) + w₂ = w₁ + 1 of the flow from 0 on (1,0), (1,1)",
        "derived",
        "w_2",
        {"first": Variable("w_1", 0.0, 300.0)},
        _degenerate_second,
        degenerate_second,
    ),
    Formula(
        "degenerate-growth",
        "second coordinate of that flow at time exp(τ)",
        "derived",
        r"w_2(e^\tau)",
        {"log_time": Variable("tau", -3.0, 300.0)},
        _degenerate_growth,
        degenerate_growth,
    ),
    Formula("cosine", "cosine of ŵL + ρ and ŵ", "derived", r"\cos\varphi", COSINE, _cosine, cosine),
    Formula(
        "cosine-expansion",
        "the cosine up to O(1/L³)",
        "derived",
        r"\cos\varphi",
        COSINE,
        _cosine_expansion,
        cosine_expansion,
    ),
    Formula(
        "cosine-expansion-printed",
        "the expansion as printed, with 3/4 for 3/8",
        "soudry2018",
        r"\cos\varphi",
        COSINE,
        _cosine_expansion_printed,
        cosine_expansion_printed,
    ),
)
