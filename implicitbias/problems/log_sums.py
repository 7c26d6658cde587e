"""Logarithms of objectives, finite where the objectives themselves under- or overflow."""

import numpy as np
from jaxtyping import Float


def log_sum(
    log_terms: Float[np.ndarray, "*batch term"], l2: float, w: Float[np.ndarray, "*batch dim"]
) -> Float[np.ndarray, "*batch"]:
    """Return log(Σ_i e^{term_i} + (l2/2)|w|²)."""
    if l2 == 0.0:
        return np.logaddexp.reduce(log_terms, axis=-1)
    # Scaled to largest entry 1, for |w|² overflows long before w does.
    scale = np.maximum(np.abs(w).max(axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    with np.errstate(divide="ignore"):
        ridge = np.log(0.5 * l2 * ((w / scale) ** 2).sum(axis=-1, keepdims=True)) + 2 * np.log(scale)
    return np.logaddexp.reduce(np.concatenate([log_terms, ridge], axis=-1), axis=-1)
