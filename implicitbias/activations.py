"""Activations σ: R → R of hidden units, twice differentiable and increasing.

Both solve a differential equation σ′ = g(σ), so that the slope is a function of the value: a pass back takes it from
what the pass forth has computed. The second derivative is σ″ = g′(σ)σ′.

| activation | σ(z) | g(σ) | g′(σ) |
|---|---|---|---|
| ``Tanh()`` | tanh z | 1 − σ² | −2σ |
| ``Softplus()`` | log(1 + e^z) | 1 − e^{−σ} | e^{−σ} |

There is no ReLU: its second derivative does not exist where a unit switches, and Hessians are promised.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.losses import Logistic


Units = Float[np.ndarray, "..."]


class AbstractActivation(ABC):
    """A smooth increasing function of a hidden unit's input."""

    @abstractmethod
    def value(self, z: Units) -> Units:
        """Return σ(z)."""

    @abstractmethod
    def slope(self, value: Units) -> Units:
        """Return σ′ = g(σ) where σ has that value."""

    @abstractmethod
    def bend(self, value: Units) -> Units:
        """Return g′(σ) = σ″/σ′ where σ has that value."""


@dataclass(frozen=True)
class Tanh(AbstractActivation):
    """σ(z) = tanh z."""

    def latex(self) -> str:
        """Return σ(z) as LaTeX."""
        return r"\sigma(z) = \tanh z"

    def value(self, z: Units) -> Units:
        """Return tanh z."""
        return np.tanh(z)

    def slope(self, value: Units) -> Units:
        """Return 1 − σ²."""
        return 1.0 - value * value

    def bend(self, value: Units) -> Units:
        """Return −2σ."""
        return -2.0 * value


@dataclass(frozen=True)
class Softplus(AbstractActivation):
    """σ(z) = log(1 + e^z), a smooth ReLU."""

    def latex(self) -> str:
        """Return σ(z) as LaTeX."""
        return r"\sigma(z) = \log(1 + e^z)"

    def value(self, z: Units) -> Units:
        """Return log(1 + e^z), which cannot overflow: the logistic loss of the margin −z."""
        return Logistic().value(-z)

    def slope(self, value: Units) -> Units:
        """Return 1 − e^{−σ} without cancellation."""
        return -np.expm1(-value)

    def bend(self, value: Units) -> Units:
        """Return e^{−σ}."""
        return np.exp(-value)
