r"""What label noise decreases along Γ: tr(∇²L + (M − 1)F(2α∇²L)/(2α)), a function of the Hessian alone."""

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.formulas import Formula
from sde.formulas._factors import CURVATURE, ROUND_TIME, WORKERS
from sde.formulas._special import F, f_expression, Symbolic, Values


# A Hessian assembled in doubles is symmetric, and its zero eigenvalues are zero, to this share of the largest.
ROUNDING = 1e-9


def potential_of_curvature(curvature: Values, workers: Values, round_time: Values) -> Values:
    """H + (M − 1)F(2αh)/(2α), one eigenvalue's share of the potential: h for SGD, Mh as α → ∞ (derived).

    Parameters
    ----------
    curvature : float or array (...)
        h ≥ 0.
    workers, round_time : float or array (...)
        M ≥ 1 and α; 0 and infinity are the limits.
    """
    curvature, workers, time = (np.asarray(a, dtype=np.float64) for a in (curvature, workers, round_time))
    inner = (time > 0.0) & np.isfinite(time)
    alpha = np.where(inner, time, 1.0)
    share = np.where(inner, F(2.0 * alpha * curvature) / (2.0 * alpha), np.where(time > 0.0, curvature, 0.0))
    return (curvature + (workers - 1.0) * share)[()]


def label_noise_potential(
    hessian: Float[np.ndarray, "... dim dim"], workers: float, round_time: float
) -> Float[np.ndarray, "..."] | float:
    """tr(∇²L + (M − 1)F(2α∇²L)/(2α)) on Γ, whose gradient along Γ is what label noise follows (derived).

    dζ/dt = −(δ²/4B) ∇_Γ of it: tr ∇²L for SGD, M tr ∇²L as α → ∞, tr ∇²L + ((M − 1)α/2) tr (∇²L)² for small α.

    Parameters
    ----------
    hessian : array (..., dim, dim)
        ∇²L at points of Γ, symmetric positive semidefinite.
    workers, round_time : float
        M ≥ 1 and α = ηH; 0 and infinity are the limits.

    Returns
    -------
    float or array (...)

    Raises
    ------
    BadInput
        If the Hessian is not symmetric, or has a negative eigenvalue.
    """
    hessian = checks.real_array("hessian", hessian)
    _check_symmetric(hessian)
    values = np.linalg.eigvalsh(hessian)
    if not (values >= -ROUNDING * np.abs(values).max(initial=0.0)).all():
        rule = f"has eigenvalue {values.min():.6g}, and a minimum has none below 0"
        raise checks.refuse("hessian", hessian.tolist(), rule, "project the point on Γ first")
    return np.sum(potential_of_curvature(np.maximum(values, 0.0), workers, round_time), axis=-1)[()]


def _check_symmetric(hessian: np.ndarray) -> None:
    square = hessian.ndim >= 2 and hessian.shape[-1] == hessian.shape[-2]
    if not square or np.abs(hessian - np.swapaxes(hessian, -1, -2)).max() > ROUNDING * np.abs(hessian).max():
        rule = f"must be symmetric, of shape (…, d, d); got {hessian.shape}"
        raise checks.refuse("hessian", hessian.tolist(), rule, "use (A + Aᵀ)/2")


def potential_expression(curvature: Symbolic, workers: Symbolic, round_time: Symbolic) -> Symbolic:
    """Return h + (M − 1)F(2αh)/(2α)."""
    return curvature + (workers - 1) * f_expression(2 * round_time * curvature) / (2 * round_time)


FORMULAS = (
    Formula(
        "label-noise-potential",
        "share of one eigenvalue h of the Hessian in the potential of label noise",
        "derived",
        r"\phi(h)",
        {"curvature": CURVATURE, "workers": WORKERS, "round_time": ROUND_TIME},
        potential_expression,
        potential_of_curvature,
    ),
)
