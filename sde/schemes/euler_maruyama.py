"""Euler–Maruyama: the explicit Euler step with Gaussian increments."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class EulerMaruyama(AbstractScheme):
    """Y + aΔ + b ΔW (Itô)."""

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType(
        {NoiseKind.GENERAL: Orders(0.5, 1.0), NoiseKind.ADDITIVE: Orders(1.0, 1.0)}
    )

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
        """Return Y + aΔ + b ΔW."""
        del area
        return x + sde.drift(x) * dt + noise(sde.diffusion(x), dw)
