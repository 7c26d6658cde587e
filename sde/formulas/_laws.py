r"""Laws of the slow SDE on landscapes where it closes: stationary densities, uv, the circle, diagonal networks.

B is the total batch; one sample's gradient has normal variance σ_N², tangent variance σ_T², mixed covariance ρ.
Infinite α gives the M-fold limit, α = 0 gives SGD.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.formulas import Formula, Variable
from sde.formulas._factors import (
    CURVATURE,
    drift_expression,
    drift_factor,
    mixed_expression,
    mixed_factor,
    ROUND_TIME,
    WORKERS,
)
from sde.formulas._potential import potential_expression, potential_of_curvature
from sde.formulas._special import J, j_expression, psi, psi_expression, Values


# The integrator's own tolerance; laws are smooth and contract, so that errors of its steps do not grow.
TOLERANCE = 1e-12


def stationary_log_density(
    curvature: Values, exponent: Values, workers: Values, round_time: Values
) -> Values:
    """Log p = −κ log h − (M − 1)κJ(2αh) + const on a flat or round one-dimensional Γ, normal noise (derived).

    κ = σ_N²/(2σ_T²). SGD has h^{−κ}, the M-fold limit h^{−Mκ}; B does not enter.

    Parameters
    ----------
    curvature : float or array (...)
        h > 0 at the point of Γ.
    exponent : float
        κ.
    workers, round_time : float
        M, and 0 ≤ α < ∞: the M-fold limit is SGD's law with exponent Mκ.
    """
    curvature = np.asarray(curvature, dtype=np.float64)
    extra = (np.asarray(workers) - 1.0) * exponent * J(2.0 * np.asarray(round_time) * curvature)
    return -exponent * np.log(curvature) - extra


def label_noise_log_density(curvature: Values, ratio: Values, workers: Values, round_time: Values) -> Values:
    """Log p = −(δ²/(2σ_T²))[h + (M − 1)F(2αh)/(2α)] + const, label noise and tangent noise (derived).

    Parameters
    ----------
    curvature : float or array (...)
        h > 0 at the point of Γ.
    ratio : float
        δ²/σ_T².
    workers, round_time : float
        M and α.
    """
    return -0.5 * np.asarray(ratio) * potential_of_curvature(curvature, workers, round_time)


def uv_rate(
    imbalance: Values,
    product: Values,
    label_noise: Values,
    total_batch: Values,
    workers: Values,
    round_time: Values,
) -> Values:
    """−D′/D = (δ²/B)[1 + (M − 1)ψ(2αS)], S = √(D² + 4y²), for ½(uv − y)² with label noise, D = u² − v² (derived).

    Parameters
    ----------
    imbalance, product : float or array (...)
        D and y.
    label_noise, total_batch, workers, round_time : float
        δ, B, M and α.
    """
    sharpness = np.hypot(imbalance, 2.0 * np.asarray(product))
    return np.asarray(label_noise) ** 2 / total_batch * drift_factor(workers, round_time, sharpness)


def uv_imbalance(
    time: float,
    start: float,
    product: float,
    *,
    label_noise: float,
    total_batch: float,
    workers: float,
    round_time: float,
) -> float:
    """D(t) of the law of `uv_rate` from D(0), an ODE: for SGD D(0)e^{−δ²t/B} (derived).

    Parameters
    ----------
    time, start, product : float
        Slow time t, D(0) and y.
    label_noise, total_batch, workers, round_time : float
        δ, B, M and α.
    """
    from scipy.integrate import solve_ivp

    def velocity(t: float, log_ratio: np.ndarray) -> np.ndarray:
        imbalance = start * np.exp(log_ratio)
        return -np.asarray(uv_rate(imbalance, product, label_noise, total_batch, workers, round_time))

    found = solve_ivp(velocity, (0.0, time), [0.0], "DOP853", rtol=TOLERANCE, atol=TOLERANCE)
    return start * float(np.exp(found.y[0, -1]))


def uv_isotropic_drift(
    imbalance: Values, product: Values, total_batch: Values, workers: Values, round_time: Values
) -> Values:
    """D′ = −(M − 1)ψ(2αS)D/(BS) for ½(uv − y)² with noise Σ = I: 0 for SGD, D is then a martingale (derived).

    Parameters
    ----------
    imbalance, product
        D and y.
    total_batch, workers, round_time
        B, M and α.
    """
    sharpness = np.hypot(imbalance, 2.0 * np.asarray(product))
    gain = (np.asarray(workers) - 1.0) * psi(2.0 * np.asarray(round_time) * sharpness)
    return -gain * np.asarray(imbalance) / (total_batch * sharpness)


def circle_drift(
    mixed_noise: Values, total_batch: Values, workers: Values, round_time: Values, curvature: Values
) -> Values:
    """μ = −(ρ/B)[1 + (M − 1)ψ(αh)], drift of the angle on a circle of constant curvature h (derived).

    The angle at slow time t is normal with mean φ_0 + μt and variance σ_T²t/B.

    Parameters
    ----------
    mixed_noise
        ρ, the covariance of normal and tangential noise of one sample.
    total_batch, workers, round_time
        B, M and α.
    curvature
        h > 0.
    """
    return -np.asarray(mixed_noise) / total_batch * mixed_factor(workers, round_time, curvature)


def circle_moment(order: Values, mean: Values, variance: Values) -> Values:
    """E cos(jφ) = e^{−j²v/2} cos(jm) of an angle φ ~ N(m, v); the mean of sin is this at m − π/(2j) (derived)."""
    order = np.asarray(order, dtype=np.float64)
    return np.exp(-0.5 * order**2 * variance) * np.cos(order * mean)


def diagonal_network_rates(
    features: Float[np.ndarray, "sample dim"],
    magnitudes: Float[np.ndarray, "... dim"],
    *,
    label_noise: float,
    total_batch: float,
    workers: float,
    round_time: float,
) -> Float[np.ndarray, "... dim"]:
    """−p_k′/p_k = (4δ²/(nB)) X_kᵀ[I + (M − 1)ψ(2αG)]X_k, p_k = u_k v_k, of w = u∘u − v∘v with label noise (derived).

    G = (4/n) X diag(u² + v²) Xᵀ carries the spectrum of the Hessian and X_k is column k of X. SGD has rates
    4δ²|X_k|²/(nB), whatever u and v.

    Parameters
    ----------
    features : array (sample, dim)
        X.
    magnitudes : array (..., dim)
        u² + v².
    label_noise, total_batch, workers, round_time : float
        δ, B, M and α.
    """
    samples = len(features)
    gram = 4.0 / samples * np.einsum("ik,...k,jk->...ij", features, magnitudes, features)
    values, vectors = np.linalg.eigh(gram)
    projected = np.einsum("...ia,ik->...ak", vectors, features)
    gains = np.asarray(drift_factor(workers, round_time, np.maximum(values, 0.0)))
    return 4.0 * label_noise**2 / (samples * total_batch) * np.einsum("...a,...ak->...k", gains, projected**2)


def _stationary_log_density(curvature, exponent, workers, round_time):
    import sympy

    extra = (workers - 1) * j_expression(2 * round_time * curvature)
    return -exponent * (sympy.log(curvature) + extra)


def _label_noise_log_density(curvature, ratio, workers, round_time):
    return -ratio / 2 * potential_expression(curvature, workers, round_time)


def _sharpness(imbalance, product):
    import sympy

    return sympy.sqrt(imbalance**2 + 4 * product**2)


def _uv_rate(imbalance, product, label_noise, total_batch, workers, round_time):
    gain = drift_expression(workers, round_time, _sharpness(imbalance, product))
    return label_noise**2 / total_batch * gain


def _uv_isotropic_drift(imbalance, product, total_batch, workers, round_time):
    sharpness = _sharpness(imbalance, product)
    share = psi_expression(2 * round_time * sharpness)
    return -(workers - 1) * share * imbalance / (total_batch * sharpness)


def _circle_drift(mixed_noise, total_batch, workers, round_time, curvature):
    return -mixed_noise / total_batch * mixed_expression(workers, round_time, curvature)


def _circle_moment(order, mean, variance):
    import sympy

    return sympy.exp(-(order**2) * variance / 2) * sympy.cos(order * mean)


BATCH = Variable("B", 1.0, 64.0)
UV = {"imbalance": Variable("D", -5.0, 5.0), "product": Variable("y", 0.2, 3.0)}
NETWORK = {"total_batch": BATCH, "workers": WORKERS, "round_time": ROUND_TIME}

FORMULAS = (
    Formula(
        "stationary-log-density",
        "logarithm of the stationary density under constant noise, up to a constant",
        "derived",
        r"\log p",
        {
            "curvature": CURVATURE,
            "exponent": Variable("kappa", 0.1, 8.0),
            "workers": WORKERS,
            "round_time": ROUND_TIME,
        },
        _stationary_log_density,
        stationary_log_density,
    ),
    Formula(
        "label-noise-log-density",
        "logarithm of the stationary density under label noise, up to a constant",
        "derived",
        r"\log p",
        {
            "curvature": CURVATURE,
            "ratio": Variable(r"{\delta^2/\sigma_T^2}", 0.1, 8.0),
            "workers": WORKERS,
            "round_time": ROUND_TIME,
        },
        _label_noise_log_density,
        label_noise_log_density,
    ),
    Formula(
        "uv-rate",
        "rate at which label noise balances u and v in (uv − y)²/2",
        "derived",
        r"-\dot D/D",
        UV | {"label_noise": Variable("delta", 0.1, 3.0)} | NETWORK,
        _uv_rate,
        uv_rate,
    ),
    Formula(
        "uv-isotropic-drift",
        "drift of u² − v² under isotropic noise",
        "derived",
        r"\dot D",
        UV | NETWORK,
        _uv_isotropic_drift,
        uv_isotropic_drift,
    ),
    Formula(
        "circle-drift",
        "drift of the angle on a circle of constant curvature",
        "derived",
        r"\mu",
        {"mixed_noise": Variable("rho", -2.0, 2.0)} | NETWORK | {"curvature": CURVATURE},
        _circle_drift,
        circle_drift,
    ),
    Formula(
        "circle-moment",
        "mean of the cosine of j times an angle of mean m and variance v",
        "derived",
        r"\mathbb{E}\cos j\varphi",
        {
            "order": Variable("j", 1.0, 5.0),
            "mean": Variable("m", -2.0, 2.0),
            "variance": Variable("v", 0.0, 4.0),
        },
        _circle_moment,
        circle_moment,
    ),
)
