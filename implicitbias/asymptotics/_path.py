"""The predicted path w = ŵ log(ηHr) + w̃ + o(1), its residual, and the constants of the chord."""

import numpy as np
from jaxtyping import Float

from implicitbias.asymptotics._direction import _components


def residual(
    trace_w: Float[np.ndarray, "... dim"],
    weights: Float[np.ndarray, "dim"],
    log_time: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "... dim"]:
    """Residual ρ = w − ŵτ, with τ = log(ηHr).

    Parameters
    ----------
    trace_w : array (..., record, dim)
        Iterates.
    weights : array (dim,)
        Max-margin vector ŵ.
    log_time : array (record,) or broadcastable to the leading axes of `trace_w`
        τ at each record.

    Returns
    -------
    array (..., record, dim)
        Absolute error about 1e-16·τ|ŵ|: at τ beyond 1e5 carry ρ itself instead of w.
    """
    return np.asarray(trace_w) - np.asarray(log_time, dtype=float)[..., None] * np.asarray(weights)


def predicted_path(
    weights: Float[np.ndarray, "dim"],
    residual_limit: Float[np.ndarray, "dim"],
    log_time: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "... dim"]:
    """Path ŵτ + w̃ towards which local GD converges (soudry2018 for one machine; derived for M workers)."""
    return np.asarray(log_time, dtype=float)[..., None] * np.asarray(weights) + np.asarray(residual_limit)


def rate_constant(weights: Float[np.ndarray, "dim"], residual_limit: Float[np.ndarray, "dim"]) -> float:
    """C = |Π⊥w̃|/|ŵ|, the limit of chord·τ.

    0 if w̃ is parallel to ŵ: then the chord vanishes faster than 1/τ.
    """
    _, across, size = _components(residual_limit, weights)
    return float(across) / size


def rate_correction(weights: Float[np.ndarray, "dim"], residual_limit: Float[np.ndarray, "dim"]) -> float:
    """Second-order term a = w̃·ŵ/|ŵ|² of the chord: chord·τ = C (1 − a/τ + O(1/τ²)).

    It is a shift of the clock, chord ≈ C/(τ + a), and the reason why chord·τ is still 30 % off at round 10⁵.
    """
    along, _, size = _components(residual_limit, weights)
    return float(along) / size


def predicted_chord(
    weights: Float[np.ndarray, "dim"],
    residual_limit: Float[np.ndarray, "dim"],
    log_time: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "..."]:
    """Second-order prediction C/(τ + a) of the chord, relative error O(1/τ²) for w = ŵτ + w̃.

    The exact chord of that path is ``chord_from_residual(residual_limit, weights, log_time)``.
    """
    shifted = np.asarray(log_time, dtype=float) + rate_correction(weights, residual_limit)
    return rate_constant(weights, residual_limit) / shifted


def margin_rate_constant(
    weights: Float[np.ndarray, "dim"],
    residual_limit: Float[np.ndarray, "dim"],
    support_rows: Float[np.ndarray, "support dim"],
) -> float:
    """( w̃·ŵ/|ŵ|² − min_S x_i·w̃ )/|ŵ|, the limit of margin gap·τ; S the support vectors.

    Parameters
    ----------
    weights, residual_limit : array (dim,)
        ŵ and w̃.
    support_rows : array (support, dim)
        Rows x_i with x_i·ŵ = 1.
    """
    worst = float((np.asarray(support_rows) @ np.asarray(residual_limit)).min())
    size = float(np.linalg.norm(weights))
    return (rate_correction(weights, residual_limit) - worst) / size
