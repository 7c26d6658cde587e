r"""The gradient flow of a diagonal network, solved: Φ(u, v) = (u∘e^{−2Xᵀν}, v∘e^{2Xᵀν}) for the ν that fits the labels.

ν minimises the convex ¼ Σ_k (u_k² e^{−4X_k·ν} + v_k² e^{4X_k·ν}) + y·ν. An Euler flow with small steps would not keep
u∘v; the exponentials do, to rounding.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified


# Damped Newton steps; far starts take some ten, near Γ three or four.
STEPS = 200
# Residual of the labels at which it stops, relative to the terms of Xw: rounding.
RESIDUAL = 1e-14

Halves = Float[np.ndarray, "*batch feature"]


def project_exponentially(
    features: Float[np.ndarray, "sample feature"],
    labels: Float[np.ndarray, " sample"],
    u: Halves,
    v: Halves,
) -> tuple[Halves, Halves]:
    """Return the end of the flow from (u, v).

    Raises
    ------
    NotCertified
        If the labels are not met: rows of X that depend, or labels out of reach of zero weights.
    """
    for _ in range(STEPS):
        residual, scale = _missed(features, labels, u, v)
        if (np.abs(residual) <= RESIDUAL * scale).all():
            return u, v
        shift = _damped(features, u**2 + v**2, residual)
        u, v = u * np.exp(-2.0 * shift), v * np.exp(2.0 * shift)
    missed = np.abs(_missed(features, labels, u, v)[0]).max()
    raise NotCertified(
        f"Φ: after {STEPS} Newton steps the labels are missed by {missed:.3g}; the rows of X must be independent, and "
        "u, v must not vanish where the labels need them"
    )


def _missed(
    features: Float[np.ndarray, "sample feature"], labels: Float[np.ndarray, " sample"], u: Halves, v: Halves
) -> tuple[np.ndarray, np.ndarray]:
    """Return Xw − y, and the size of its terms."""
    scale = (u**2 + v**2) @ np.abs(features).T + np.abs(labels)
    return (u**2 - v**2) @ features.T - labels, scale.max(axis=-1, keepdims=True)


def _damped(
    features: Float[np.ndarray, "sample feature"], magnitudes: Halves, residual: np.ndarray
) -> Halves:
    """Return Xᵀdν for the Newton step, shortened by log(1 + β)/β.

    β = 4|Xᵀdν|_∞ is how fast the logarithm of the second derivative can change along the step: so shortened, it
    never overshoots.
    """
    bend = 4.0 * np.einsum("ik,...k,jk->...ij", features, magnitudes, features)
    # Where all weights of a label vanish there is no step to take, and the label stays missed.
    shift = (np.linalg.pinv(bend, hermitian=True) @ residual[..., None])[..., 0] @ features
    reach = 4.0 * np.abs(shift).max(axis=-1, keepdims=True)
    return shift * np.where(reach > 0.0, np.log1p(reach) / np.where(reach > 0.0, reach, 1.0), 1.0)
