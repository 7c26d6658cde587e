"""Stochastic Heun: the trapezoidal predictor–corrector, which finds the Stratonovich solution."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class StochasticHeun(AbstractScheme):
    """Y + ½(a(Y) + a(U))Δ + ½(b(Y) + b(U)) ΔW,  U = Y + aΔ + b ΔW (Stratonovich)."""

    convention: ClassVar = Convention.STRATONOVICH
    orders: ClassVar = MappingProxyType(
        {
            NoiseKind.GENERAL: Orders(0.5, 1.0),
            NoiseKind.COMMUTATIVE: Orders(1.0, 1.0),
            NoiseKind.ADDITIVE: Orders(1.0, 2.0),
        }
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
        """Return the corrected step."""
        del area
        a, b = sde.drift(x), sde.diffusion(x)
        predicted = x + a * dt + noise(b, dw)
        a, b = a + sde.drift(predicted), b + sde.diffusion(predicted)
        return x + 0.5 * (a * dt + noise(b, dw))
