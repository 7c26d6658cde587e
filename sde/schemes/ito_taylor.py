"""The Itô–Taylor scheme of weak order 2 for one noise, with derivatives from the symbolic equation."""

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE, SymbolicSDE
from sde.equations.field import Field
from sde.schemes.abstract import AbstractScheme, Orders


@dataclass(frozen=True)
class ItoTaylor(AbstractScheme):
    """Y + aΔ + bw + ½ L¹b (w² − Δ) + ½ (L¹a + L⁰b) wΔ + ½ L⁰a Δ² (Itô, k = 1), w of three points.

    L⁰ = a·∇ + ½⟨bbᵀ, ∇²⟩ and L¹ = b·∇; in one dimension L¹b = bb′, L⁰a = aa′ + ½a″b².
    """

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType({NoiseKind.SCALAR: Orders(None, 2.0)})
    needs: ClassVar = ("symbolic",)

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
        del area
        assert sde.symbolic is not None
        a, b, b_along_b, mixed, a_ahead = np.moveaxis(_terms(sde.symbolic)(x), -1, 0)
        euler = x + a * dt + b * dw
        return euler + 0.5 * (b_along_b * (dw**2 - dt) + mixed * dw * dt + a_ahead * dt**2)


@lru_cache(maxsize=64)
def _terms(sde: SymbolicSDE) -> Field:
    """Return x ↦ a, b, L¹b, L¹a + L⁰b, L⁰a as columns (…, d, 5)."""
    b = list(sde.diffusion)
    rows: list[Any] = []
    for a_i, b_i in zip(sde.drift, b, strict=True):
        slopes = [sum(c * f.diff(x) for c, x in zip(b, sde.variables, strict=True)) for f in (a_i, b_i)]
        rows += [a_i, b_i, slopes[1], slopes[0] + sde.generator(b_i), sde.generator(a_i)]
    return sde.field(rows, (sde.dim, 5))
