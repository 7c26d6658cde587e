"""Losses of a margin, ℓ: R → (0, ∞), decreasing to 0.

A loss offers ``value``, ``slope`` = −ℓ′ > 0, the logarithms of both (finite at margins of ±10⁴) and ``curvature`` = ℓ″.

| loss | ℓ(z) | tail |
|---|---|---|
| ``Exponential()`` | e^{−z} | exponential |
| ``Logistic()`` | log(1 + e^{−z}) | exponential |
| ``PolynomialTail(p)`` | (1+z)^{−p} for z ≥ 0, 1 − pz below | polynomial: another limit than the max margin |
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import tex


Margins = Float[np.ndarray, "..."]


class AbstractLoss(ABC):
    """A decreasing positive loss of the margin z = y·(feature·w)."""

    @abstractmethod
    def value(self, margin: Margins) -> Margins:
        """Return ℓ(z)."""

    @abstractmethod
    def log_value(self, margin: Margins) -> Margins:
        """Return log ℓ(z), finite wherever z is."""

    @abstractmethod
    def slope(self, margin: Margins) -> Margins:
        """Return −ℓ′(z) > 0, infinite where it leaves the floating-point range."""

    @abstractmethod
    def log_slope(self, margin: Margins) -> Margins:
        """Return log(−ℓ′(z)), finite wherever z is."""

    @abstractmethod
    def curvature(self, margin: Margins) -> Margins:
        """Return ℓ″(z) ≥ 0."""

    @property
    @abstractmethod
    def smoothness(self) -> float:
        """Sup ℓ″, infinite for the exponential loss."""


@dataclass(frozen=True)
class Exponential(AbstractLoss):
    """ℓ(z) = e^{−z}. Not smooth: a step too long overflows, and the run ends as ``Diverged``."""

    def latex(self) -> str:
        """Return ℓ(z) as LaTeX."""
        return r"\ell(z) = e^{-z}"

    def value(self, margin: Margins) -> Margins:
        """Return e^{−z}."""
        with np.errstate(over="ignore"):
            return np.exp(-margin)

    def log_value(self, margin: Margins) -> Margins:
        """Return −z."""
        return -margin

    def slope(self, margin: Margins) -> Margins:
        """Return e^{−z}."""
        return self.value(margin)

    def log_slope(self, margin: Margins) -> Margins:
        """Return −z."""
        return -margin

    def curvature(self, margin: Margins) -> Margins:
        """Return e^{−z}."""
        return self.value(margin)

    @property
    def smoothness(self) -> float:
        """Sup ℓ″ = ∞."""
        return float("inf")


@dataclass(frozen=True)
class Logistic(AbstractLoss):
    """ℓ(z) = log(1 + e^{−z}), 1/4-smooth."""

    def latex(self) -> str:
        """Return ℓ(z) as LaTeX."""
        return r"\ell(z) = \log(1 + e^{-z})"

    def value(self, margin: Margins) -> Margins:
        """Return log(1 + e^{−z}), through log1p on either side of 0."""
        return np.maximum(-margin, 0.0) + np.log1p(np.exp(-np.abs(margin)))

    def log_value(self, margin: Margins) -> Margins:
        """Return log ℓ(z); for large z, where ℓ underflows, log log(1+x) = log x + O(x) with x = e^{−z}."""
        with np.errstate(divide="ignore"):
            direct = np.log(self.value(margin))
        return np.where(margin > LOGISTIC_TAIL, -margin, direct)

    def slope(self, margin: Margins) -> Margins:
        """Return 1/(1 + e^{z}) from e^{−|z|}, which cannot overflow."""
        decay = np.exp(-np.abs(margin))
        return np.where(margin >= 0, decay, 1.0) / (1.0 + decay)

    def log_slope(self, margin: Margins) -> Margins:
        """Return −log(1 + e^{z}), through log1p on either side of 0."""
        return -np.maximum(margin, 0.0) - np.log1p(np.exp(-np.abs(margin)))

    def curvature(self, margin: Margins) -> Margins:
        """Return e^{z}/(1 + e^{z})²."""
        decay = np.exp(-np.abs(margin))
        return decay / (1.0 + decay) ** 2

    @property
    def smoothness(self) -> float:
        """Sup ℓ″ = 1/4, at z = 0."""
        return 0.25


# Beyond it log(1 + x) = x to the last bit of a double (x < 2⁻⁵³ at z > 36.7).
LOGISTIC_TAIL = 37.0


@dataclass(frozen=True)
class PolynomialTail(AbstractLoss):
    """ℓ(z) = (1+z)^{−p} for z ≥ 0 and 1 − pz below: convex, once differentiable, p(p+1)-smooth.

    Parameters
    ----------
    p
        Exponent of the tail, p > 0.

    Raises
    ------
    BadInput
        If p is not positive.
    """

    p: float

    def __post_init__(self):
        checks.number("p", self.p, "give a tail exponent, e.g. p = 2", above=0)

    def latex(self) -> str:
        """Return ℓ(z) as LaTeX."""
        p = tex(self.p)
        return rf"\ell(z) = (1 + z)^{{-{p}}} \text{{ for }} z \ge 0, \quad 1 - {p}\, z \text{{ below}}"

    def value(self, margin: Margins) -> Margins:
        """Return (1+z)^{−p}, or 1 − pz for z < 0."""
        tail = (1.0 + np.maximum(margin, 0.0)) ** -self.p
        return np.where(margin >= 0, tail, 1.0 - self.p * margin)

    def log_value(self, margin: Margins) -> Margins:
        """Return log ℓ(z)."""
        tail = -self.p * np.log1p(np.maximum(margin, 0.0))
        return np.where(margin >= 0, tail, np.log1p(-self.p * np.minimum(margin, 0.0)))

    def slope(self, margin: Margins) -> Margins:
        """Return p (1+z)^{−p−1}, constant p for z < 0."""
        return self.p * (1.0 + np.maximum(margin, 0.0)) ** (-self.p - 1.0)

    def log_slope(self, margin: Margins) -> Margins:
        """Return log p − (p+1) log(1+z), constant for z < 0."""
        return np.log(self.p) - (self.p + 1.0) * np.log1p(np.maximum(margin, 0.0))

    def curvature(self, margin: Margins) -> Margins:
        """Return p(p+1)(1+z)^{−p−2}, and 0 for z < 0."""
        tail = self.p * (self.p + 1.0) * (1.0 + np.maximum(margin, 0.0)) ** (-self.p - 2.0)
        return np.where(margin >= 0, tail, 0.0)

    @property
    def smoothness(self) -> float:
        """Sup ℓ″ = p(p+1), at z = 0."""
        return self.p * (self.p + 1.0)
