"""Platen's explicit scheme of weak order 2 for several noises that need not commute."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class PlatenGeneral(AbstractScheme):
    """Weak order 2 for columns b^1, …, b^k (Itô), w^j of three points, V_jr of two (``BrownianPath.antisymmetric``).

    Y + ½(a(U) + a)Δ
      + ¼ Σ_j [b^j(R⁺_j) + b^j(R⁻_j) + 2b^j + Σ_{r≠j} (b^j(S⁺_r) + b^j(S⁻_r) − 2b^j)] w^j
      + ¼ Σ_j [(b^j(R⁺_j) − b^j(R⁻_j))((w^j)² − Δ) + Σ_{r≠j} (b^j(S⁺_r) − b^j(S⁻_r))(w^j w^r + V_rj)]/√Δ,

    U = Y + aΔ + Σ_j b^j w^j, R^±_j = Y + aΔ ± b^j√Δ, S^±_r = Y ± b^r√Δ. Without V it has order 1.
    """

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType({NoiseKind.GENERAL: Orders(None, 2.0)})
    antisymmetric: ClassVar = True

    @property
    def increments(self) -> Increments:
        """Return the three-point law."""
        return Increments.THREE_POINT

    def step(
        self,
        sde: SDE,
        x: Float[np.ndarray, "replica dim"],
        dt: float,
        dw: Float[np.ndarray, "replica noise"],
        area: Float[np.ndarray, "replica noise noise"] | None = None,
    ) -> Float[np.ndarray, "replica dim"]:
        """Return the step above."""
        assert area is not None
        a, b = sde.drift(x), sde.diffusion(x)
        drift = 0.5 * (a + sde.drift(x + a * dt + noise(b, dw))) * dt
        # Entry [n, r] of products: what multiplies b^j along b^r, for every j: w^j w^r + V_rj, where V_rr = −Δ.
        products = dw[:, :, None] * dw[:, None, :] + area
        mean = 4.0 * b
        turned = np.zeros_like(x)
        for r in range(sde.noises):
            shift = b[..., r] * np.sqrt(dt)
            above, below = _supports(sde, x, a * dt, shift, r)
            mean += above + below - 2.0 * b
            turned += noise(above - below, products[:, r])
        return x + drift + 0.25 * (noise(mean, dw) + turned / np.sqrt(dt))


def _supports(
    sde: SDE, x: np.ndarray, ahead: np.ndarray, shift: np.ndarray, r: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return b at S^±_r, its own column r at R^±_r."""
    both = []
    for signed in (shift, -shift):
        b = np.array(sde.diffusion(x + signed))
        b[..., r] = sde.diffusion(x + ahead + signed)[..., r]
        both.append(b)
    return both[0], both[1]
