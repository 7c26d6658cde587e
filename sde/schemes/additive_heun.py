"""Heun's step for additive noise: weak order 2 at the price of two drifts."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class AdditiveHeun(AbstractScheme):
    """Y + ½(a(Y + aΔ + bw) + a)Δ + bw with constant b and w of three points, any d and k."""

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType({NoiseKind.ADDITIVE: Orders(None, 2.0)})

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
        a, kick = sde.drift(x), noise(sde.diffusion(x), dw)
        return x + 0.5 * (a + sde.drift(x + a * dt + kick)) * dt + kick
