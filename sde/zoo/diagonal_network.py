r"""Diagonal linear networks with label noise: w = u∘u − v∘v, L = (1/2n)|Xw − y|².

Γ = {Xw = y}, where ∇²L has the non-zero spectrum of G = (4/n)X diag(u² + v²)Xᵀ. The flow keeps
p_k = u_k v_k, and Σ_k κ_k log|u_k| for κ in the kernel of X: together they are coordinates of Γ. Σ_∥ = 0, so that the
slow SDE is the ODE, with s_k = (8/n)X_kᵀ[I + (M − 1)ψ(2αG)]X_k,

    θ′ = −(δ²/4B) P_T(s∘u, s∘v),   p_k′ = −(δ²/2B) s_k p_k,   (κ·log|u|)′ = −(δ²/4B) κ·s.

It drives p to 0 and w to the minimiser of Σ_k |X_k|²|w_k| on Xw = y.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, TwoPoint
from sde.formulas import diagonal_network_rates
from sde.landscapes import Equations, LabelNoise, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.exponential_projection import project_exponentially
from sde.zoo.valley import axes


Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class DiagonalNetwork(AbstractClosedForms):
    """A diagonal linear network on n samples in R^d; θ = (u, v) ∈ R^{2d}.

    Attributes
    ----------
    features, labels
        X, row by row, and y.
    label
        δ.
    truth
        w* of a planted instance, else empty.
    law, shared
        Of the label noise.
    """

    features: Rows
    labels: tuple[float, ...]
    label: float
    truth: tuple[float, ...] = ()
    law: AbstractLaw = TwoPoint()
    shared: bool = False

    __repr__ = in_brief

    @property
    def matrix(self) -> Float[np.ndarray, "sample feature"]:
        """X."""
        return np.array(self.features)

    @property
    def landscape(self) -> Landscape:
        """L = (1/2n)|X(u∘u − v∘v) − y|²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """p_k for every k, then κ·log|u| for an orthonormal basis κ of the kernel of X."""
        import sympy

        u, v = _variables(len(self.features[0]))
        logs = [sympy.log(a**2) / 2 for a in u]
        products = tuple(a * b for a, b in zip(u, v, strict=True))
        kept = (sum(k * log for k, log in zip(row, logs, strict=True)) for row in self.kernel.tolist())
        return (*products, *kept)

    @property
    def kernel(self) -> Float[np.ndarray, "kept feature"]:
        """Orthonormal rows κ with Xκ = 0."""
        return np.linalg.svd(self.matrix)[2][len(self.features) :]

    def weights(self, theta: Points) -> Float[np.ndarray, "*batch feature"]:
        """Return w = u∘u − v∘v."""
        u, v = self._halves(theta)
        return u**2 - v**2

    def magnitudes(self, theta: Points) -> Float[np.ndarray, "*batch feature"]:
        """Return u∘u + v∘v, whose sum the trace of ∇²L weighs with (4/n)|X_k|²."""
        u, v = self._halves(theta)
        return u**2 + v**2

    def held_out_error(self, theta: Points) -> Float[np.ndarray, "*batch"]:
        """Return E|x·(w − w*)|² over features x ~ N(0, I): |w − w*|².

        Raises
        ------
        BadInput
            If no truth was planted.
        """
        if not self.truth:
            raise BadInput("truth = (): this network has labels but no w*; plant one with sparse_network")
        return ((self.weights(theta) - np.array(self.truth)) ** 2).sum(axis=-1)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ) = (u∘e^{−2Xᵀν}, v∘e^{2Xᵀν}), ν by Newton's method on a convex problem.

        Raises
        ------
        NotCertified
            If Newton's method does not end on Γ.
        """
        u, v = self._halves(theta)
        moved = project_exponentially(self.matrix, np.array(self.labels), u, v)
        return np.concatenate(moved, axis=-1)

    def start(self, q: Coordinates) -> Points:
        """Return the point of Γ with u > 0 over (p, κ·log u)."""
        q = np.asarray(q, dtype=np.float64)
        dim = len(self.features[0])
        u = np.exp(q[..., dim:] @ self.kernel)
        return self.project(np.concatenate([u, q[..., :dim] / u], axis=-1))

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return (p′, (κ·log u)′)."""
        q = np.asarray(q, dtype=np.float64)
        rates = self.rates(self.start(q), workers, total_batch, alpha)
        shrinking = -rates * q[..., : rates.shape[-1]]
        return np.concatenate([shrinking, -0.5 * rates @ self.kernel.T], axis=-1)

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return 0: label noise vanishes along Γ."""
        del total_batch
        return np.zeros((*np.shape(q), 1))

    def rates(
        self, zeta: Points, workers: int, total_batch: float, alpha: float
    ) -> Float[np.ndarray, "*batch feature"]:
        """Return −p_k′/p_k = (4δ²/(nB)) X_kᵀ[I + (M − 1)ψ(2αG)]X_k at points of Γ."""
        return diagonal_network_rates(
            self.matrix,
            self.magnitudes(zeta),
            label_noise=self.label,
            total_batch=total_batch,
            workers=workers,
            round_time=alpha,
        )

    def velocity(self, zeta: Points, workers: int, total_batch: float, alpha: float) -> Points:
        """Return θ′ = −(δ²/4B) P_T(s∘u, s∘v) at points of Γ."""
        u, v = self._halves(zeta)
        pull = -0.5 * self.rates(zeta, workers, total_batch, alpha)
        normals = np.concatenate([self.matrix * u[..., None, :], -self.matrix * v[..., None, :]], axis=-1)
        free = np.concatenate([pull * u, pull * v], axis=-1)[..., None]
        return (free - np.linalg.pinv(normals) @ (normals @ free))[..., 0]

    def _halves(self, theta: Points) -> tuple[np.ndarray, np.ndarray]:
        u, v = np.split(np.asarray(theta, dtype=np.float64), 2, axis=-1)
        return u, v


@lru_cache(maxsize=16)
def _landscape(network: DiagonalNetwork) -> Landscape:

    u, v = _variables(len(network.features[0]))
    weights = [a**2 - b**2 for a, b in zip(u, v, strict=True)]
    outputs = [sum(x * w for x, w in zip(row, weights, strict=True)) for row in network.features]
    residuals = [f - y for f, y in zip(outputs, network.labels, strict=True)]
    return Landscape(
        sum(r**2 for r in residuals) / (2 * len(residuals)),
        (*u, *v),
        LabelNoise(network.label, tuple(outputs), network.law, network.shared),
        Equations(*residuals),
        project=network.project,
        invariants=network.coordinates,
        name="diagonal network",
    )


def _variables(dim: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    names = axes(f"u1:{dim + 1} v1:{dim + 1}")
    return names[:dim], names[dim:]
