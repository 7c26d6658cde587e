"""Projected Euler: an Euler step in R^d and back onto the manifold Γ on which X lives."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE
from sde.schemes.abstract import AbstractScheme, noise, Orders


@dataclass(frozen=True)
class ProjectedEuler(AbstractScheme):
    """Φ(Y + aΔ + b ΔW) with b tangent to Γ (Itô).

    Φ is ``sde.retract``: the limit of the gradient flow, the closest point, or any retraction whose second derivative
    on tangent vectors is normal to Γ. Then only the tangential part of a matters: what the curvature of Γ adds, Φ adds.

    Parameters
    ----------
    law
        Law of the increments: Gaussian, or two-point for a bit each.
    """

    convention: ClassVar = Convention.ITO
    orders: ClassVar = MappingProxyType({NoiseKind.GENERAL: Orders(0.5, 1.0)})
    needs: ClassVar = ("retract",)

    law: Increments = Increments.GAUSSIAN

    def __post_init__(self):
        checks.instance("law", self.law, Increments, "give e.g. Increments.TWO_POINT")

    @property
    def increments(self) -> Increments:
        """Return the law chosen."""
        return self.law

    def step(
        self,
        sde: SDE,
        x: Float[np.ndarray, "replica dim"],
        dt: float,
        dw: Float[np.ndarray, "replica noise"],
        area: Float[np.ndarray, "replica noise noise"] | None = None,
    ) -> Float[np.ndarray, "replica dim"]:
        """Return Φ of Euler's step."""
        del area
        assert sde.retract is not None
        return sde.retract(x + sde.drift(x) * dt + noise(sde.diffusion(x), dw))
