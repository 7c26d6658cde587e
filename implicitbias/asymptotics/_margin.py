"""How far the normalised margin of an iterate is from the best one."""

import numpy as np
from jaxtyping import Float

from implicitbias.asymptotics._direction import _components, unit


def normalised_margin(
    w: Float[np.ndarray, "... dim"], signed: Float[np.ndarray, "sample dim"]
) -> Float[np.ndarray, "..."]:
    """Return min_i x_i·w/|w|, at most γ, reached by ŵ alone.

    Parameters
    ----------
    w : array (..., dim)
        Iterates other than 0.
    signed : array (sample, dim)
        Rows x_i = label·feature.
    """
    return (unit(w) @ np.asarray(signed, dtype=float).T).min(axis=-1)


def margin_gap(
    w: Float[np.ndarray, "... dim"], signed: Float[np.ndarray, "sample dim"], margin: float
) -> Float[np.ndarray, "..."]:
    """Margin gap γ − min_i x_i·w/|w| ≥ 0.

    Absolute error of a few ulps of the largest |x_i|; for gaps near that, use `margin_gap_from_residual`.
    """
    return margin - normalised_margin(w, signed)


def margin_gap_from_residual(
    residual: Float[np.ndarray, "... dim"],
    weights: Float[np.ndarray, "dim"],
    log_time: Float[np.ndarray, "..."],
    signed: Float[np.ndarray, "sample dim"],
    slack: Float[np.ndarray, "sample"],
) -> Float[np.ndarray, "..."]:
    """Margin gap of w = ŵτ + ρ without subtracting anything of size τ.

    With ρ = a ŵ/|ŵ| + ρ⊥, b = |ρ⊥|, γ = 1/|ŵ| and g_i = x_i·ŵ − 1 ≥ 0,

        gap·|w| = γ ( a + b²/(|w| + τ|ŵ| + a) ) − min_i ( τ g_i + x_i·ρ ),

    since γ|w| and x_i·w share the term τ, which has been cancelled by hand.

    Parameters
    ----------
    residual : array (..., dim)
        ρ = w − ŵτ.
    weights : array (dim,)
        Max-margin vector ŵ.
    log_time : array (...)
        τ > 0.
    signed : array (sample, dim)
        Rows x_i.
    slack : array (sample,)
        g_i, exactly 0 on the certified support set: an error δ in it becomes an error δτ.

    Returns
    -------
    array (...)
    """
    along, across, size = _components(residual, weights)
    tau = np.asarray(log_time, dtype=float)
    forward = tau * size + along
    norm = np.hypot(forward, across)
    worst = (tau[..., None] * slack + np.asarray(residual) @ np.asarray(signed).T).min(axis=-1)
    return ((along + across**2 / (norm + forward)) / size - worst) / norm
