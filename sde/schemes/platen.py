"""Platen's explicit scheme of weak order 2 for one noise."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, Orders


@dataclass(frozen=True)
class Platen(AbstractScheme):
    """Y + ½(a(U) + a)Δ + ¼(b(U⁺) + b(U⁻) + 2b)w + ¼(b(U⁺) − b(U⁻))(w² − Δ)/√Δ (Itô, k = 1).

    U = Y + aΔ + bw, U^± = Y + aΔ ± b√Δ, and w has three points. Two points would leave order 1.
    """

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType({NoiseKind.SCALAR: Orders(None, 2.0)})

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
        a, b, root = sde.drift(x), sde.diffusion(x)[..., 0], np.sqrt(dt)
        above = sde.diffusion(x + a * dt + b * root)[..., 0]
        below = sde.diffusion(x + a * dt - b * root)[..., 0]
        drift = 0.5 * (a + sde.drift(x + a * dt + b * dw)) * dt
        return x + drift + 0.25 * ((above + below + 2.0 * b) * dw + (above - below) * (dw**2 - dt) / root)
