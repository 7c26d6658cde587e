"""What moves a point: a drift, and noise along factors."""

from dataclasses import dataclass
from typing import Any

from sde.kernels.laws import Law


@dataclass(frozen=True)
class Field:
    """The expressions of a step θ ← θ + p a(θ) + q B(θ) ξ.

    Attributes
    ----------
    variables
        Coordinates θ_1 … θ_d, SymPy symbols.
    drift
        a(θ), d SymPy expressions.
    factors
        B(θ), d rows of K expressions; empty without noise.
    law
        Of the ξ; ``None`` without noise.
    """

    variables: tuple[Any, ...]
    drift: tuple[Any, ...]
    factors: tuple[tuple[Any, ...], ...] = ()
    law: Law | None = None

    @property
    def dim(self) -> int:
        """Number of coordinates d."""
        return len(self.variables)

    @property
    def channels(self) -> int:
        """Number of noises K."""
        return len(self.factors[0]) if self.law is not None else 0
