"""Closed forms of proximal solves, anchored averaging, local regression and local bias."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.formulas._formula import Formula, Variable


Values = float | Float[np.ndarray, "..."]

NULL = 1e-10  # singular values below NULL·largest count as 0: rounding of an SVD is 1e-15·largest


def prox_margin(samples: Values, log_scale: Values, multiplier: Values) -> Values:
    """Margin x·u = 1 − log(n Λ β)/Λ of an active sample after a proximal solve (derived).

    The solve argmin f_m(w) + (λ/2)|w − w⁰|², f_m a mean over n exponential losses, Λ = log(1/λ), u = w/Λ, is
    stationary when u − u⁰ = Σ β_i x_i with β_i = e^{Λ(1 − x_i·u)}/(nΛ).
    """
    return 1.0 - np.log(samples * log_scale * np.asarray(multiplier)) / log_scale


def prox_single_margin(samples: Values, log_scale: Values, start_margin: Values, row_norm: Values) -> Values:
    """Margin x·u after a proximal solve in which one sample acts: m₀ + W((|x|²/n) e^{Λ(1 − m₀)})/Λ (derived).

    With u = u⁰ + βx and y = Λβ|x|², `prox_margin` reads y e^y = (|x|²/n)e^{Λ(1 − m₀)}, m₀ = x·u⁰. As Λ → ∞ the
    margin tends to 1 if m₀ < 1 (the projection), at the slow rate log(Λ)/Λ.

    Parameters
    ----------
    samples
        n of the worker.
    log_scale
        Λ = log(1/λ).
    start_margin
        m₀.
    row_norm
        |x|.
    """
    from scipy.special import wrightomega

    exponent = log_scale * (1.0 - np.asarray(start_margin)) + np.log(row_norm**2 / samples)
    return start_margin + wrightomega(exponent) / log_scale


def halpern_residual(distance: Values, rounds: Values) -> Values:
    """2D/(r + 1), the most |u^r − T u^r| can be for Halpern's iteration from distance D (lieder2021)."""
    return 2.0 * distance / (rounds + 1)


def regression_rate(
    features: Sequence[Float[np.ndarray, "sample dim"]], lr: float, local_steps: float = math.inf
) -> float:
    """Linear rate of local GD on consistent least squares: spectral radius of T_H on the row space (derived).

    f_m = |X_m w − y_m|²/(2 n_m), G_m = X_mᵀX_m/n_m, T_H = (1/M) Σ_m (I − ηG_m)^H. Each factor is symmetric,
    has norm at most 1 and fixes exactly null(X_m), so T_H contracts on the row space of all X_m. For H = ∞ it
    is I − (1/M) Σ X_m⁺X_m and the rate is 1 − θ_min, θ_min the least eigenvalue of that mean projection there.

    Parameters
    ----------
    features : sequence of array (sample, dim)
        X_m of each worker.
    lr : float
        0 < η < 2/max_m λ_max(G_m); not used for H = ∞.
    local_steps : float
        H ≥ 1, or infinity.

    Returns
    -------
    float
        Factor by which the error shrinks per round, in [0, 1).

    Raises
    ------
    BadInput
        If η is not below 2/max λ_max(G_m).
    """
    blocks = [np.asarray(x, dtype=float) for x in features]
    _, singular, rows = np.linalg.svd(np.vstack(blocks), full_matrices=False)
    basis = rows[singular > NULL * singular[0]]
    moved = sum(_moved(block @ basis.T, lr, local_steps) for block in blocks) / len(blocks)
    return float(np.abs(1.0 - np.linalg.eigvalsh(moved)).max())


def _moved(block: Float[np.ndarray, "sample dim"], lr: float, local_steps: float) -> np.ndarray:
    """Return I − (I − ηG)^H from the singular values of X; the projection X⁺X for H = ∞."""
    _, singular, rows = np.linalg.svd(block, full_matrices=False)
    kept = singular > NULL * singular[0]
    curvature, rows = singular[kept] ** 2 / len(block), rows[kept]
    if math.isinf(local_steps):
        return rows.T @ rows
    if not 0.0 < lr * curvature[0] < 2.0:
        raise BadInput(
            f"lr = {lr}: local steps on least squares need 0 < η < 2/λ_max(G_m) = {2.0 / curvature[0]:.6g}; "
            "take a smaller step"
        )
    return (rows.T * (1.0 - (1.0 - lr * curvature) ** local_steps)) @ rows


def two_line_rate(lr: Values, local_steps: Values, curvature: Values, cosine: Values) -> Values:
    """`regression_rate` of two workers with one sample each, of equal norm: 1 − (1 − (1 − ηs)^H)(1 − |cos φ|)/2.

    s = |x|², φ the angle between the two samples (derived).

    Parameters
    ----------
    lr, local_steps
        η < 2/s, and H.
    curvature
        s.
    cosine
        cos φ.
    """
    return 1.0 - (1.0 - (1.0 - lr * curvature) ** local_steps) * (1.0 - np.abs(cosine)) / 2.0


def local_bias(
    hessians: Float[np.ndarray, "worker dim dim"],
    gradients: Float[np.ndarray, "worker dim"],
    lr: float,
    local_steps: float,
) -> Float[np.ndarray, "dim"]:
    """First-order bias (η(H − 1)/2) [∇²f]⁻¹ (1/M) Σ_m ∇²f_m ∇f_m of local GD at a minimiser of f (derived).

    The averaged H-step map has a fixed point at the minimiser plus this, up to O((ηH)²). It vanishes for
    H = 1, and if all workers share the minimiser.

    Parameters
    ----------
    hessians, gradients : array (worker, dim, dim), array (worker, dim)
        ∇²f_m and ∇f_m at the minimiser of f = (1/M) Σ f_m.
    lr, local_steps : float
        η and H.
    """
    hessians, gradients = np.asarray(hessians, dtype=float), np.asarray(gradients, dtype=float)
    mean_product = np.einsum("mij,mj->i", hessians, gradients) / len(hessians)
    return 0.5 * lr * (local_steps - 1) * np.linalg.solve(hessians.mean(axis=0), mean_product)


def quadratic_bias(
    lr: Values, local_steps: Values, curvature_1: Values, curvature_2: Values, distance: Values
) -> Values:
    """`local_bias` for f₁ = a₁v²/2, f₂ = a₂(v − D)²/2: η(H − 1) a₁a₂(a₁ − a₂)D/(2(a₁ + a₂)²) (derived).

    Parameters
    ----------
    lr, local_steps
        η and H.
    curvature_1, curvature_2
        a₁ and a₂, positive.
    distance
        D, between the two minimisers.
    """
    product = curvature_1 * curvature_2 * (curvature_1 - curvature_2) * distance
    return lr * (local_steps - 1) * product / (2.0 * (curvature_1 + curvature_2) ** 2)


def _prox_margin(samples, log_scale, multiplier):
    import sympy

    return 1 - sympy.log(samples * log_scale * multiplier) / log_scale


def _prox_single_margin(samples, log_scale, start_margin, row_norm):
    import sympy

    push = row_norm**2 / samples * sympy.exp(log_scale * (1 - start_margin))
    return start_margin + sympy.LambertW(push) / log_scale


def _halpern_residual(distance, rounds):
    return 2 * distance / (rounds + 1)


def _two_line_rate(lr, local_steps, curvature, cosine):
    return 1 - (1 - (1 - lr * curvature) ** local_steps) * (1 - abs(cosine)) / 2


def _quadratic_bias(lr, local_steps, curvature_1, curvature_2, distance):
    a1, a2 = curvature_1, curvature_2
    return lr * (local_steps - 1) * a1 * a2 * (a1 - a2) * distance / (2 * (a1 + a2) ** 2)


LR, STEPS = Variable("eta", 0.01, 0.5), Variable("H", 1.0, 50.0)
SAMPLES, LOG_SCALE = Variable("n", 1.0, 20.0), Variable("Lambda", 5.0, 100.0)
CURVATURE = Variable("s", 0.1, 1.5)

FORMULAS = (
    Formula(
        "prox-margin",
        "margin of an active sample after a weakly regularised solve",
        "derived",
        r"x \cdot u",
        {"samples": SAMPLES, "log_scale": LOG_SCALE, "multiplier": Variable("beta", 0.01, 5.0)},
        _prox_margin,
        prox_margin,
    ),
    Formula(
        "prox-single-margin",
        "that margin in closed form when one sample acts",
        "derived",
        r"x \cdot u",
        {
            "samples": SAMPLES,
            "log_scale": LOG_SCALE,
            "start_margin": Variable("m_0", -3.0, 0.9),
            "row_norm": Variable("b", 0.2, 3.0),
        },
        _prox_single_margin,
        prox_single_margin,
    ),
    Formula(
        "halpern-residual",
        "worst fixed-point residual of Halpern's iteration",
        "lieder2021",
        r"\max \|u^r - T u^r\|",
        {"distance": Variable("D", 0.1, 10.0), "rounds": Variable("r", 0.0, 1e4)},
        _halpern_residual,
        halpern_residual,
    ),
    Formula(
        "two-line-rate",
        "rate of local GD for regression, two workers with one sample each",
        "derived",
        r"\varrho(T_H)",
        {"lr": LR, "local_steps": STEPS, "curvature": CURVATURE, "cosine": Variable("kappa", -0.99, 0.99)},
        _two_line_rate,
        two_line_rate,
    ),
    Formula(
        "quadratic-bias",
        "first-order bias of local GD for two scalar quadratics",
        "derived",
        r"\Delta v",
        {
            "lr": LR,
            "local_steps": STEPS,
            "curvature_1": Variable("a_1", 0.1, 2.0),
            "curvature_2": Variable("a_2", 0.1, 2.0),
            "distance": Variable("D", 0.1, 5.0),
        },
        _quadratic_bias,
        quadratic_bias,
    ),
)
