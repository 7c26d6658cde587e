r"""ψ, its discrete form ψ_d, and the integrals F and J: what a round of local steps does to one mode.

    ψ(x) = 1 − (1 − e^{−x})/x,   F(x) = ∫_0^x ψ,   J(x) = ∫_0^x ψ(y)/y dy,   ψ_d(q, H) = 1 − (1 − q^H)/(H(1 − q)).

Workers that leave their average drift apart; ψ(α(λ_i + λ_j)) is the mean over the round of how far, as a share of
how far they would get in an endless round.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.formulas import Formula, Variable


Values = float | Float[np.ndarray, "..."]
Array = Float[np.ndarray, "..."]

if TYPE_CHECKING:
    import sympy

    Symbolic = sympy.Expr | float
else:
    Symbolic = Any  # SymPy is imported only when an expression is asked for

SERIES = 0.5  # below, the closed forms cancel: their relative error is an ulp over x, for F over x²
TERMS = 16  # x^16/18! is below 1e-20 at x = 1/2
# A zero eigenvalue of a Hessian is known to about 1e-10 of the largest, and α times it is what arrives here.
ROUNDING = 1e-6
LOG_SERIES = 0.05  # 1 − q below which −log q − (1 − q) has lost two of its sixteen digits
LOG_TERMS = 14  # 0.05^14 is below 1e-18
STABLE_CURE = "take a smaller step, η < 2/λ_max"

_PSI_SERIES = [(-1.0) ** j / math.factorial(j + 2) for j in range(TERMS)]
_J_SERIES = [c / (j + 1) for j, c in enumerate(_PSI_SERIES)]
_F_SERIES = [c / (j + 2) for j, c in enumerate(_PSI_SERIES)]
_LOG_SERIES = [0.0, *(1.0 / (k + 1) for k in range(1, LOG_TERMS))]


def psi(x: Values) -> Values:
    """ψ(x) = (e^{−x} − 1 + x)/x, increasing from ψ(0) = 0 to ψ(∞) = 1; ψ = x/2 − x²/6 + … (gu2023).

    Parameters
    ----------
    x : float or array (...)
        α(λ_i + λ_j) ≥ 0; infinity is the limit of long rounds.

    Raises
    ------
    BadInput
        If x is negative beyond rounding, or no real number.
    """
    return _piecewise(x, lambda near: near * _sum(near, _PSI_SERIES), _psi_far)


def F(x: Values) -> Values:
    """F(x) = ∫_0^x ψ = x − ln x − γ_E − E_1(x) = x − Ein(x), x²/4 − … near 0 (derived).

    Label noise decreases tr F(2α∇²L)/(2α), F applied as a matrix function.

    Parameters
    ----------
    x : float or array (...)
        At least 0.

    Raises
    ------
    BadInput
        If x is negative beyond rounding, or no real number.
    """
    return _piecewise(x, lambda near: near**2 * _sum(near, _F_SERIES), _f_far)


def J(x: Values) -> Values:
    """J(x) = ∫_0^x ψ(y)/y dy = Ein(x) − ψ(x), x/2 − … near 0, in stationary laws (derived).

    Parameters
    ----------
    x : float or array (...)
        At least 0.

    Raises
    ------
    BadInput
        If x is negative beyond rounding, or no real number.
    """
    return _piecewise(x, lambda near: near * _sum(near, _J_SERIES), lambda far: _ein(far) - _psi_far(far))


def psi_discrete(factor: Values, local_steps: Values) -> Values:
    """ψ_d(q, H) = 1 − (1 − q^H)/(H(1 − q)) = (1/H) Σ_{k<H} (1 − q^k), ψ at a finite learning rate (derived).

    A pair of modes contracts by q = (1 − ηλ_i)(1 − ηλ_j) per step; at ηH = α fixed, ψ_d tends to ψ(α(λ_i + λ_j)).
    H = 1 is parallel SGD: ψ_d = 0.

    Parameters
    ----------
    factor : float or array (...)
        −1 < q ≤ 1.
    local_steps : float or array (...)
        H ≥ 1, whole where q < 0.

    Raises
    ------
    BadInput
        For an unstable q, or H below 1 or broken.
    """
    q = checks.real_array("factor", factor)
    steps = checks.real_array("local_steps", local_steps)
    _check_discrete(q, steps)
    q, steps = np.broadcast_arrays(q, steps)
    lost = np.maximum(1.0 - q, 0.0)
    near = lost <= SERIES
    value = np.where(
        near, _near_one(np.where(near, lost, 0.0), steps), _far_from_one(np.where(near, 0.0, q), steps)
    )
    return np.where(steps == 1.0, 0.0, value)[()]


def _near_one(lost: Array, steps: Array) -> Array:
    """ψ_d = ψ(x) − g (1 − ψ(x)) with x = −H log q and 1 + g = −log q/(1 − q): two terms of known digits."""
    rate = -np.log1p(-lost)
    small = lost < LOG_SERIES
    far = np.where(small, SERIES, lost)
    excess = np.where(small, _sum(lost, _LOG_SERIES), (-np.log1p(-far) - far) / far)
    # At q = 1 an endless round has 0·∞, and no disagreement that could saturate.
    x = np.multiply(steps, rate, where=rate > 0.0, out=np.zeros_like(rate))
    share = np.asarray(psi(x))
    return share - excess * (1.0 - share)


def _far_from_one(q: Array, steps: Array) -> Array:
    return 1.0 - (1.0 - q**steps) / (steps * (1.0 - q))


def _check_discrete(q: Array, steps: Array) -> None:
    if not ((q > -1.0) & (q <= 1.0 + ROUNDING)).all():
        rule = "q = (1 − ηλ_i)(1 − ηλ_j) must lie in (−1, 1], or local steps blow up"
        raise checks.refuse("factor", q.tolist(), rule, STABLE_CURE)
    whole = steps == np.floor(steps)
    if not ((steps >= 1.0) & (whole | (q >= 0.0))).all():
        rule = "H must be at least 1, and whole where q < 0"
        raise checks.refuse("local_steps", steps.tolist(), rule, "H = 1 averages after every step")


def _piecewise(x: Values, near: Callable[[Array], Array], far: Callable[[Array], Array]) -> Values:
    """Use the power series below SERIES and the closed form above, neither outside its range."""
    x = checks.real_array("x", x)
    if not (x >= -ROUNDING).all():
        cure = "α(λ_i + λ_j) is not negative at a minimum; look at the sign of the Hessian"
        raise checks.refuse("x", x.tolist(), "must be at least 0", cure)
    small = x < SERIES
    return np.where(small, near(np.where(small, x, 0.0)), far(np.where(small, 1.0, x)))[()]


def _sum(x: Array, coefficients: Sequence[float]) -> Array:
    return np.polynomial.polynomial.polyval(x, coefficients)


def _psi_far(x: Array) -> Array:
    return 1.0 + np.expm1(-x) / x


def _f_far(x: Array) -> Array:
    endless = np.isinf(x)
    finite = np.where(endless, 1.0, x)
    return np.where(endless, np.inf, finite - _ein(finite))


def _ein(x: Array) -> Array:
    """Ein(x) = ∫_0^x (1 − e^{−y})/y dy = ln x + γ_E + E_1(x)."""
    from scipy.special import exp1

    return np.log(x) + np.euler_gamma + exp1(x)


def psi_expression(x: Symbolic) -> Symbolic:
    """ψ as an expression; other formulas are built from it."""
    import sympy

    return 1 - (1 - sympy.exp(-x)) / x


def f_expression(x: Symbolic) -> Symbolic:
    """F as an expression."""
    import sympy

    return x - sympy.log(x) - sympy.EulerGamma - sympy.expint(1, x)


def j_expression(x: Symbolic) -> Symbolic:
    """J as an expression."""
    import sympy

    return sympy.log(x) + sympy.EulerGamma + sympy.expint(1, x) - psi_expression(x)


def psi_discrete_expression(factor: Symbolic, local_steps: Symbolic) -> Symbolic:
    """ψ_d as an expression."""
    return 1 - (1 - factor**local_steps) / (local_steps * (1 - factor))


ARGUMENT = Variable("x", 1e-4, 300.0)

FORMULAS = (
    Formula(
        "psi",
        "mean over a round of the share that the disagreement has of its limit",
        "gu2023",
        r"\psi(x)",
        {"x": ARGUMENT},
        psi_expression,
        psi,
    ),
    Formula(
        "F", "integral of ψ, which label noise decreases", "derived", "F(x)", {"x": ARGUMENT}, f_expression, F
    ),
    Formula(
        "J", "integral of ψ(y)/y, in stationary laws", "derived", "J(x)", {"x": ARGUMENT}, j_expression, J
    ),
    Formula(
        "psi-discrete",
        "ψ at a finite learning rate, with the factor q of a pair of modes per step",
        "derived",
        r"\psi_d(q, H)",
        {"factor": Variable("q", 0.01, 0.9999), "local_steps": Variable("H", 1.0, 500.0)},
        psi_discrete_expression,
        psi_discrete,
    ),
)
