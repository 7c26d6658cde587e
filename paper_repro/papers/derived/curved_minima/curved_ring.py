"""Local SGD on a ring with the slow SDE of its angle: h(φ) = 1 + 0.6 sin φ, noise along, across, and mixed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.problems import TwoPoint
from sde.equations import Convention, SDE
from sde.zoo import Ring, ring


START = np.array([1.0, 0.0])

Drift = Callable[[Float[np.ndarray, "*batch 1"]], Float[np.ndarray, "*batch 1"]]


def ring_with(mixed: float, tangential: float = 1.0) -> Ring:
    """Return the ring with σ_N = 1; only Σ enters the limit, so that the noise is ±1."""
    return ring(normal=1.0, tangential=tangential, mixed=mixed, law=TwoPoint())


def projected_angle(ring: Ring, theta: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
    """Return the angle of Φ(θ) by one step along the orbit, up to O((r − 1)⁴) = O(η²).

    From depth s = ln r + 1/r − 1 the flow descends along dφ/ds = h′/2h.
    """
    r, phi = np.hypot(theta[..., 0], theta[..., 1]), np.arctan2(theta[..., 1], theta[..., 0])
    return phi - 0.5 * ring.groove.log_slope(phi) * (np.log(r) + 1.0 / r - 1.0)


@dataclass(frozen=True)
class SlowAngle:
    """φ ↦ the slow drift of the angle with M, B and α given, (…, 1)."""

    ring: Ring
    workers: int
    total_batch: float
    alpha: float

    def __call__(self, q: Float[np.ndarray, "*batch 1"]) -> Float[np.ndarray, "*batch 1"]:
        """Return the drift."""
        return self.ring.slow_drift(q, self.workers, self.total_batch, self.alpha)


def slow_equation(ring: Ring, drift: Drift, total_batch: float) -> SDE:
    """Return dφ = drift dt + (σ_T/√B) dW."""
    return SDE(
        drift,
        lambda q: ring.slow_diffusion(q, total_batch),
        dim=1,
        noises=1,
        convention=Convention.ITO,
        name="slow SDE of the angle",
    )
