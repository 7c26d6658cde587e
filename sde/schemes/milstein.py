"""Milstein's scheme, for noise whose iterated integrals need no Lévy area."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class Milstein(AbstractScheme):
    """Y + aΔ + b ΔW + ½ Σ_jm (b^j·∇) b^m (ΔW_j ΔW_m − δ_jm Δ) (Itô, commutative noise)."""

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType(
        {
            kind: Orders(1.0, 1.0)
            for kind in (NoiseKind.COMMUTATIVE, NoiseKind.DIAGONAL, NoiseKind.SCALAR, NoiseKind.ADDITIVE)
        }
    )
    needs: ClassVar = ("diffusion_jacobian",)

    @property
    def increments(self) -> Increments:
        """Return the Gaussian law."""
        return Increments.GAUSSIAN

    def step(
        self,
        sde: SDE,
        x: Float[np.ndarray, "replica dim"],
        dt: float,
        dw: Float[np.ndarray, "replica noise"],
        area: Float[np.ndarray, "replica noise noise"] | None = None,
    ) -> Float[np.ndarray, "replica dim"]:
        """Return Euler's step with the symmetric iterated integrals added."""
        del area
        assert sde.diffusion_jacobian is not None
        b = sde.diffusion(x)
        iterated = dw[:, :, None] * dw[:, None, :] - dt * np.eye(sde.noises)
        along = np.einsum("nijl,nlj->ni", sde.diffusion_jacobian(x), b @ iterated)
        return x + sde.drift(x) * dt + noise(b, dw) + 0.5 * along
