"""Simplified weak Euler: the Euler step with increments ±√Δ, a bit each.

An SGD step is this scheme for the conventional SDE whenever its gradient noise is ±1.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class SimplifiedWeakEuler(AbstractScheme):
    """Y + aΔ + b ΔŴ with independent ΔŴ = ±√Δ (Itô)."""

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType({NoiseKind.GENERAL: Orders(None, 1.0)})

    @property
    def increments(self) -> Increments:
        """Return the two-point law."""
        return Increments.TWO_POINT

    def step(
        self,
        sde: SDE,
        x: Float[np.ndarray, "replica dim"],
        dt: float,
        dw: Float[np.ndarray, "replica noise"],
        area: Float[np.ndarray, "replica noise noise"] | None = None,
    ) -> Float[np.ndarray, "replica dim"]:
        """Return Y + aΔ + b ΔŴ."""
        del area
        return x + sde.drift(x) * dt + noise(sde.diffusion(x), dw)
