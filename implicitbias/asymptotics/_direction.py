"""How far a direction is from the max-margin direction, without cancellation."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput


def unit(vectors: Float[np.ndarray, "... dim"]) -> Float[np.ndarray, "... dim"]:
    """Return v/|v| along the last axis, safe for |v| from 1e-300 to 1e300.

    Raises
    ------
    BadInput
        If a vector is 0 or not finite: it has no direction.
    """
    vectors = np.asarray(vectors, dtype=float)
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    if not (np.isfinite(largest).all() and (largest > 0.0).all()):
        raise BadInput(
            f"largest |entry| = {float(np.min(largest))} … {float(np.max(largest))}: a direction needs a finite "
            "vector other than 0; drop round 0 (w⁰ = 0) or look at the status of the trace"
        )
    scaled = vectors / largest
    return scaled / np.linalg.norm(scaled, axis=-1, keepdims=True)


def direction_error(
    u: Float[np.ndarray, "... dim"], v: Float[np.ndarray, "... dim"]
) -> Float[np.ndarray, "..."]:
    """Chord |u/|u| − v/|v|| between two directions, in [0, 2].

    Unit vectors are subtracted, so small angles keep their digits: the absolute error is a few ulps of 1,
    where arccos(u·v) would lose everything below 1e-8. For |w| so large that even this is not enough, use
    `chord_from_residual`.

    Parameters
    ----------
    u, v : array (..., dim)
        Vectors other than 0; leading axes broadcast.

    Returns
    -------
    array (...)

    Raises
    ------
    BadInput
        If a vector is 0 or not finite.
    """
    return np.linalg.norm(unit(u) - unit(v), axis=-1)


def angle_from_chord(chord: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Angle φ = 2 arcsin(chord/2) in [0, π], accurate for small chords."""
    return 2.0 * np.arcsin(np.minimum(np.asarray(chord, dtype=float) / 2.0, 1.0))


def chord_from_residual(
    residual: Float[np.ndarray, "... dim"],
    weights: Float[np.ndarray, "dim"],
    log_time: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "..."]:
    """Chord between w = ŵτ + ρ and ŵ, to full relative precision at any log-time.

    2 sin(φ/2) with φ = atan2(|Π⊥ρ|, τ|ŵ| + ρ·ŵ/|ŵ|), Π⊥ the projection orthogonal to ŵ. Nothing of size τ
    is subtracted, so the result is as accurate at τ = 10⁶, round 10^434294, as at τ = 10.

    Parameters
    ----------
    residual : array (..., dim)
        ρ = w − ŵτ.
    weights : array (dim,)
        Max-margin vector ŵ.
    log_time : array (...)
        τ = log(ηHr), broadcast against the leading axes of `residual`.

    Returns
    -------
    array (...)
    """
    along, across, size = _components(residual, weights)
    return 2.0 * np.sin(0.5 * np.arctan2(across, np.asarray(log_time) * size + along))


def _components(
    residual: Float[np.ndarray, "... dim"], weights: Float[np.ndarray, "dim"]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Components of ρ along and orthogonal to ŵ, and |ŵ|."""
    residual, weights = np.asarray(residual, dtype=float), np.asarray(weights, dtype=float)
    direction = unit(weights)
    along = residual @ direction
    across = np.linalg.norm(residual - along[..., None] * direction, axis=-1)
    return along, across, float(np.linalg.norm(weights))
