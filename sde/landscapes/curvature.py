"""Curvature at a point of Γ, and the parts of the noise that the slow equations weigh with it.

With eigenpairs (λ_i, v_i) of the Hessian, normal (λ_i > 0) or tangent (λ_i = 0), and sums over the pairs of
which at least one is normal:

    Σ_∥ = P_T Σ P_T,   Σ_◇ = Σ − Σ_∥,
    Σ̂   = Σ_ij ⟨Σ, v_i v_jᵀ⟩/(λ_i + λ_j) v_i v_jᵀ,
    Ψ̂   = Σ_ij ψ(α(λ_i + λ_j)) ⟨Σ, v_i v_jᵀ⟩/(λ_i + λ_j) v_i v_jᵀ,      Ψ without the denominator.

A mixed pair has λ_j = 0 and enters with ψ(αλ_i).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput


# A normal eigenvalue below this share of the largest one is none: the rank of the Hessian has dropped.
RANK_TOLERANCE = 1e-9
# A tangent eigenvalue above this share says that the point is not a minimum along Γ.
FLAT_TOLERANCE = 1e-5

Matrices = Float[np.ndarray, "*batch dim dim"]
Weights = Callable[[Matrices], Matrices]


@dataclass(frozen=True, eq=False)
class Curvature:
    """Eigenpairs of ∇²L, ∇³L and Σ at points of Γ.

    Attributes
    ----------
    eigenvalues
        λ_i, the normal ones first (decreasing), then zeros.
    eigenvectors
        v_i as columns.
    third
        ∇³L.
    covariance
        Σ of one sample.
    codimension
        Number m_c of normal directions.
    """

    eigenvalues: Float[np.ndarray, "*batch dim"]
    eigenvectors: Matrices
    third: Float[np.ndarray, "*batch dim dim dim"]
    covariance: Matrices
    codimension: int

    __repr__ = in_brief

    @property
    def normal(self) -> Bool[np.ndarray, " dim"]:
        """Which of the eigenvectors are normal to Γ."""
        return np.arange(self.eigenvalues.shape[-1]) < self.codimension

    @cached_property
    def tangent_projector(self) -> Matrices:
        """P_T, which is also ∂Φ."""
        tangent = self.eigenvectors[..., :, self.codimension :]
        return tangent @ tangent.swapaxes(-1, -2)

    @cached_property
    def pseudo_inverse(self) -> Matrices:
        """∇²L⁺."""
        normal = self.eigenvectors[..., :, : self.codimension]
        return (normal / self.eigenvalues[..., None, : self.codimension]) @ normal.swapaxes(-1, -2)

    @cached_property
    def sigma_parallel(self) -> Matrices:
        """Σ_∥."""
        return self.tangent_projector @ self.covariance @ self.tangent_projector

    @cached_property
    def sigma_mixed(self) -> Matrices:
        """Σ_◇: normal–normal and mixed."""
        return self.covariance - self.sigma_parallel

    @property
    def sums(self) -> Matrices:
        """λ_i + λ_j."""
        return self.eigenvalues[..., :, None] + self.eigenvalues[..., None, :]

    def weighted(self, weights: Weights, covariance: Matrices | None = None) -> Matrices:
        """Return Σ_ij w(λ_i + λ_j)⟨Σ, v_i v_jᵀ⟩ v_i v_jᵀ over the pairs of which at least one is normal."""
        v = self.eigenvectors
        inner = v.swapaxes(-1, -2) @ (self.covariance if covariance is None else covariance) @ v
        pairs = self.normal[:, None] | self.normal
        weighed = np.where(pairs, weights(np.where(pairs, self.sums, 1.0)), 0.0)
        return v @ (weighed * inner) @ v.swapaxes(-1, -2)

    @cached_property
    def sigma_hat(self) -> Matrices:
        """Σ̂."""
        return self.weighted(lambda sums: 1.0 / sums)

    def psi_hat(self, alpha: float) -> Matrices:
        """Return Ψ̂ at round time α = ηH; Σ̂ at α = ∞."""
        return self.weighted(lambda sums: _psi(alpha, sums) / sums)

    def psi(self, alpha: float) -> Matrices:
        """Return Ψ at round time α = ηH; Σ_◇ at α = ∞."""
        return self.weighted(lambda sums: _psi(alpha, sums))

    def effective_covariance(self, workers: int, alpha: float) -> Matrices:
        """Return Σ + (M − 1)Ψ: what drives invariants of the flow."""
        return self.covariance + (workers - 1) * self.psi(alpha)

    def contracted(self, matrix: Matrices) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇³L[S]_k = Σ_ij ∂_i∂_j∂_kL S_ij."""
        return np.einsum("...ijk,...ij->...k", self.third, matrix)

    def second_of_projection(self, matrix: Matrices) -> Float[np.ndarray, "*batch dim"]:
        """Return ∂²Φ[S] = −∇²L⁺∇³L[S_∥] − P_T∇³L[Ŝ], S_∥ and Ŝ made of S as of Σ."""
        parallel = self.tangent_projector @ matrix @ self.tangent_projector
        along = self.contracted(self.weighted(lambda sums: 1.0 / sums, matrix))
        bent = self.pseudo_inverse @ self.contracted(parallel)[..., None]
        return -(bent + self.tangent_projector @ along[..., None])[..., 0]

    def projected(
        self, diffusion: Float[np.ndarray, "*batch dim channel"], drift: Float[np.ndarray, "*batch dim"]
    ) -> tuple[Float[np.ndarray, "*batch dim"], Float[np.ndarray, "*batch dim channel"]]:
        """Return P_ζ(A dW + b dt) as drift ∂Φ b + ½∂²Φ[AAᵀ] and diffusion ∂Φ A (Itô)."""
        moved = (self.tangent_projector @ drift[..., None])[..., 0]
        bent = self.second_of_projection(diffusion @ diffusion.swapaxes(-1, -2))
        return moved + 0.5 * bent, self.tangent_projector @ diffusion


def curvature_of(hessian: Matrices, third: np.ndarray, covariance: Matrices, codimension: int) -> Curvature:
    """Return the curvature, the d − m_c smallest eigenvalues being those along Γ.

    Raises
    ------
    BadInput
        If a normal eigenvalue vanishes or is negative, or one along Γ does not vanish.
    """
    values, vectors = eigenpairs(hessian, codimension)
    return Curvature(values, vectors, third, covariance, codimension)


def eigenpairs(hessian: Matrices, codimension: int) -> tuple[Float[np.ndarray, "*batch dim"], Matrices]:
    """Return eigenvalues, decreasing and 0 along Γ, and eigenvectors as columns.

    Raises
    ------
    BadInput
        As ``curvature_of``.
    """
    values, vectors = np.linalg.eigh(hessian)
    values, vectors = values[..., ::-1], vectors[..., ::-1]
    scale = np.abs(values).max(axis=-1, keepdims=True)
    if codimension and not (values[..., codimension - 1] > RANK_TOLERANCE * scale[..., 0]).all():
        raise _rank_dropped(values, codimension)
    if not (np.abs(values[..., codimension:]) <= FLAT_TOLERANCE * scale).all():
        raise _not_flat(values, codimension)
    return np.where(np.arange(values.shape[-1]) < codimension, values, 0.0), vectors


def _psi(alpha: float, sums: np.ndarray) -> np.ndarray:
    from sde.formulas import psi

    return np.asarray(psi(alpha * sums))


def _rank_dropped(values: np.ndarray, codimension: int) -> BadInput:
    worst = values.reshape(-1, values.shape[-1])
    worst = worst[np.argmin(worst[:, codimension - 1])]
    return BadInput(
        f"∇²L has eigenvalues {np.array2string(worst, precision=3)}: on Γ exactly m_c = {codimension} of them must be "
        "positive; the rank of the Hessian changes along Γ, or the point is not on Γ: stay away from where it drops"
    )


def _not_flat(values: np.ndarray, codimension: int) -> BadInput:
    worst = values.reshape(-1, values.shape[-1])
    worst = worst[np.argmax(np.abs(worst[:, codimension:]).max(axis=1))]
    return BadInput(
        f"∇²L has eigenvalues {np.array2string(worst, precision=3)}: along Γ, d − m_c = {len(worst) - codimension} of "
        "them must vanish; the point is not on Γ (use landscape.project), or Γ has other equations"
    )
