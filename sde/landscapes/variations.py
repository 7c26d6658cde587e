r"""Φ with its first and second derivatives, by the variational equations of the flow: no differences, no eigenpairs.

Along dθ/ds = −∇L(θ), with V = ∂θ(s)/∂θ(0) and S = ∂²θ(s)/∂θ(0)²,

    V′ = −∇²L V,   S′_kij = −∇²L_kl S_lij − ∇³L_kab V_ai V_bj,   V(0) = I, S(0) = 0;

their limits are ∂Φ and ∂²Φ, at any θ from which the flow reaches Γ. On Γ the same is known from the eigenpairs of the
Hessian (``Curvature``): the two ways share nothing but ∇L, ∇²L and ∇³L.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief


if TYPE_CHECKING:
    from sde.landscapes.landscape import Landscape

# Error per step of the integrator; what is normal to Γ contracts, what is along it adds up over some hundred steps.
RTOL, ATOL = 1e-12, 1e-14
# Times 1/λ_min after which what has not arrived is e^{−40}, less than rounding.
RELAXATIONS = 40.0


@dataclass(frozen=True, eq=False)
class Variations:
    """Φ and its derivatives at points.

    Attributes
    ----------
    limit
        Φ_k(θ).
    first
        ∂_iΦ_k at [k, i].
    second
        ∂_i∂_jΦ_k at [k, i, j].
    """

    limit: Float[np.ndarray, "*batch dim"]
    first: Float[np.ndarray, "*batch dim dim"]
    second: Float[np.ndarray, "*batch dim dim dim"]

    __repr__ = in_brief

    def contracted(self, matrix: Float[np.ndarray, "*batch dim dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return ∂²Φ[S]_k = Σ_ij ∂_i∂_jΦ_k S_ij."""
        return np.einsum("...kij,...ij->...k", self.second, matrix)


def variations_of(landscape: "Landscape", theta: Float[np.ndarray, "*batch dim"]) -> Variations:
    """Return Φ, ∂Φ and ∂²Φ at θ.

    Raises
    ------
    NotCertified
        If a flow does not come to rest on Γ.
    BadInput
        Without a manifold, or if the rank of the Hessian drops where a flow ends.
    """
    theta = np.asarray(theta, dtype=np.float64)
    dim = theta.shape[-1]
    ends = np.array([_integrated(landscape, point) for point in theta.reshape(-1, dim)])
    limit, first, second = np.split(ends, [dim, dim + dim**2], axis=1)
    batch = theta.shape[:-1]
    return Variations(
        limit.reshape(*batch, dim), first.reshape(*batch, dim, dim), second.reshape(*batch, dim, dim, dim)
    )


def _integrated(landscape: "Landscape", theta: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " state"]:
    from scipy.integrate import solve_ivp

    from sde.landscapes.projection import flow_limit

    dim = len(theta)
    curvature = landscape.curvature(flow_limit(landscape, theta))
    slowest = curvature.eigenvalues[curvature.codimension - 1]

    def velocity(s: float, state: np.ndarray) -> np.ndarray:
        del s
        at, v = state[:dim], state[dim : dim + dim**2].reshape(dim, dim)
        bend = landscape.hessian(at)
        second = state[dim + dim**2 :].reshape(dim, dim**2)
        source = np.einsum("kab,ai,bj->kij", landscape.third(at), v, v).reshape(dim, dim**2)
        return -np.concatenate([landscape.gradient(at), (bend @ v).ravel(), (bend @ second + source).ravel()])

    start = np.concatenate([theta, np.eye(dim).ravel(), np.zeros(dim**3)])
    span = (0.0, RELAXATIONS / slowest)
    return solve_ivp(velocity, span, start, "DOP853", t_eval=span[1:], rtol=RTOL, atol=ATOL).y[:, -1]
