r"""Vector factorisation L = ½(u·v − y)², u, v ∈ R^k, label noise: the scalar law with |u + v||u − v| for D.

The flow scales p = u + v by 1/√E and q = u − v by √E, with |p|²/E − |q|²E = 4y at its end; directions of p and q do not
move, not even under label noise, and D = |p||q| obeys

    D′ = −(δ²/B) D [1 + (M − 1)ψ(2αS)],   S = √(D² + 4y²) = |u|² + |v|² on Γ.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.problems import AbstractLaw, TwoPoint
from sde.formulas import uv_rate
from sde.landscapes import Equations, LabelNoise, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


@dataclass(frozen=True)
class VectorFactorisation(AbstractClosedForms):
    """L = ½(u·v − y)² on R^{2k}, y > 0; ``start`` takes p and q along the first two axes.

    The attributes are the arguments of `vector_factorisation`.
    """

    product: float
    width: int
    label: float
    law: AbstractLaw
    shared: bool

    @property
    def landscape(self) -> Landscape:
        """L = ½(u·v − y)²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """D = |u + v||u − v|: its law closes without the other coordinates of Γ."""
        import sympy

        u, v = _variables(self.width)
        plus = sum((a + b) ** 2 for a, b in zip(u, v, strict=True))
        minus = sum((a - b) ** 2 for a, b in zip(u, v, strict=True))
        return (sympy.sqrt(plus * minus),)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ), for u + v ≠ 0: E = |p|²/P with P = 2y + √(4y² + D²), |p|² on Γ."""
        u, v = np.split(np.asarray(theta, dtype=np.float64), 2, axis=-1)
        p, q = u + v, u - v
        size = (p**2).sum(axis=-1, keepdims=True)
        kept = size * (q**2).sum(axis=-1, keepdims=True)
        scale = np.sqrt(size / (2.0 * self.product + np.sqrt(4.0 * self.product**2 + kept)))
        return _joined(p / scale, q * scale)

    def start(self, q: Coordinates) -> Points:
        """Return the point of Γ over D ≥ 0 with p = |p|e_1 and q = |q|e_2."""
        imbalance = np.asarray(q, dtype=np.float64)[..., 0]
        plus = np.sqrt(2.0 * self.product + np.hypot(2.0 * self.product, imbalance))
        first, second = np.eye(self.width)[:2]
        return _joined(plus[..., None] * first, (imbalance / plus)[..., None] * second)

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(δ²/B) D [1 + (M − 1)ψ(2αS)]."""
        q = np.asarray(q, dtype=np.float64)
        return -uv_rate(q, self.product, self.label, total_batch, workers, alpha) * q

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return 0: label noise vanishes along Γ."""
        del total_batch
        return np.zeros((*np.shape(q), 1))


def vector_factorisation(
    product: float = 1.0,
    width: int = 2,
    *,
    label: float = 1.0,
    law: AbstractLaw = TwoPoint(),
    shared: bool = False,
) -> VectorFactorisation:
    """Return L = ½(u·v − y)² on R^{2k}.

    Parameters
    ----------
    product
        y > 0.
    width
        k ≥ 2; ``scalar_factorisation`` is k = 1.
    label
        δ > 0.
    law, shared
        Of the noise, as for ``LabelNoise``.

    Raises
    ------
    BadInput
        For numbers out of range.
    """
    checks.number("product", product, "turn v round for y < 0", above=0)
    checks.integer("width", width, 2, "scalar_factorisation is k = 1")
    checks.number("label", label, "give the size of the label noise", above=0)
    return VectorFactorisation(product, width, label, law, shared)


@lru_cache(maxsize=64)
def _landscape(factorisation: VectorFactorisation) -> Landscape:
    u, v = _variables(factorisation.width)
    output = sum(a * b for a, b in zip(u, v, strict=True))
    return Landscape(
        (output - factorisation.product) ** 2 / 2,
        (*u, *v),
        LabelNoise(factorisation.label, (output,), factorisation.law, factorisation.shared),
        Equations(output - factorisation.product),
        project=factorisation.project,
        invariants=factorisation.coordinates,
        name="vector factorisation",
    )


def _variables(width: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    names = axes(f"u1:{width + 1} v1:{width + 1}")
    return names[:width], names[width:]


def _joined(p: np.ndarray, q: np.ndarray) -> Points:
    """Return (u, v) of p = u + v and q = u − v."""
    return 0.5 * np.concatenate([p + q, p - q], axis=-1)
