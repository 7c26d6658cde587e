"""The graph of a loss's slope, {(z, c) : c = e^a·(−ℓ′(z))}, and the point where a line meets it.

Exactly solved local problems pair every margin z_i with a coefficient c_i on this graph, a = −log(n_m λ) of
any size. For large a neither z ↦ c (it overflows) nor c ↦ z (it is a step) is a good coordinate. Minty's is:
lines z = t + g·c, g > 0, meet a decreasing graph once, so  t = z − g·c  runs through R, and both z(t) and g·c(t)
are 1-Lipschitz [minty1962].
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.losses import AbstractLoss, Exponential, Logistic, PolynomialTail


Samples = Float[np.ndarray, " sample"]

# Newton on a convex function of slope ≥ 1, within log 2 of 0 at the start, needs five steps; the rest is spare.
SCALAR_STEPS = 50

# Last step of that Newton iteration, in units of max(1, |θ|): a few roundings.
SCALAR_STEP = 1e-15


@dataclass(frozen=True)
class AbstractTailGraph(ABC):
    """The graph c = e^a·(−ℓ′(z)) of one loss.

    Parameters
    ----------
    log_height
        a, of any size and sign.
    """

    log_height: float

    @abstractmethod
    def log_slope(self, margin: Samples) -> Samples:
        """Return log(−ℓ′(z)), finite wherever z is."""

    @abstractmethod
    def decay(self, margin: Samples) -> Samples:
        """Return −d log(−ℓ′)/dz ≥ 0."""

    @abstractmethod
    def rise(self, intercept: Samples, stiffness: Samples) -> Samples:
        """Return g·c where the line z = t + g·c of intercept t and stiffness g > 0 meets the graph."""

    def log_coefficient(self, margin: Samples) -> Samples:
        """Return log c = a + log(−ℓ′(z))."""
        return self.log_height + self.log_slope(margin)


@dataclass(frozen=True)
class ExponentialGraph(AbstractTailGraph):
    """c = e^{a−z}."""

    def log_slope(self, margin: Samples) -> Samples:
        """Return −z."""
        return -margin

    def decay(self, margin: Samples) -> Samples:
        """Return 1."""
        return np.ones_like(margin)

    def rise(self, intercept: Samples, stiffness: Samples) -> Samples:
        """Return ω(a − t + log g), with Wright's ω + log ω = its argument."""
        return scipy.special.wrightomega(self.log_height - intercept + np.log(stiffness))


@dataclass(frozen=True)
class LogisticGraph(AbstractTailGraph):
    """c = e^a/(1 + e^z)."""

    def log_slope(self, margin: Samples) -> Samples:
        """Return −log(1 + e^z)."""
        return -np.logaddexp(0.0, margin)

    def decay(self, margin: Samples) -> Samples:
        """Return 1/(1 + e^{−z})."""
        return scipy.special.expit(margin)

    def rise(self, intercept: Samples, stiffness: Samples) -> Samples:
        """Return e^s, where s + log(1 + e^{t + e^s}) = a + log g."""
        target = self.log_height + np.log(stiffness)
        exponential = scipy.special.wrightomega(target - intercept)

        def excess(s: Samples) -> tuple[Samples, Samples]:
            margin = intercept + np.exp(s)
            return s + np.logaddexp(0.0, margin) - target, 1.0 + np.exp(s) * scipy.special.expit(margin)

        # log(1 + e^z) ≥ max(0, z): both bounds lie above the root, the function is at most log 2 at the smaller.
        return np.exp(_root(excess, np.minimum(target, target - intercept - exponential)))


@dataclass(frozen=True)
class PolynomialGraph(AbstractTailGraph):
    """c = e^a·p(1+z)^{−p−1}, constant e^a·p below z = 0."""

    p: float

    def log_slope(self, margin: Samples) -> Samples:
        """Return log p − (p+1) log(1 + z₊)."""
        return np.log(self.p) - (self.p + 1.0) * np.log1p(np.maximum(margin, 0.0))

    def decay(self, margin: Samples) -> Samples:
        """Return (p+1)/(1+z), and 0 below z = 0."""
        return np.where(margin >= 0, (self.p + 1.0) / (1.0 + np.maximum(margin, 0.0)), 0.0)

    def rise(self, intercept: Samples, stiffness: Samples) -> Samples:
        """Return z − t for the root of (z − t)(1 + z₊)^{p+1} = e^a·p·g.

        On the tail, with x = 1 + z and b = 1 + t, its logarithm is α·θ + β·log(|b| + e^θ) = target:
        θ = log(x − b), (α, β) = (1, p+1) for b > 0, and θ = log x, (α, β) = (p+1, 1) for b ≤ 0.
        """
        target = self.log_height + np.log(self.p * stiffness)
        rising = intercept > -1.0
        alpha, beta = np.where(rising, 1.0, self.p + 1.0), np.where(rising, self.p + 1.0, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            offset = np.log(np.abs(1.0 + intercept))
            saturated = np.exp(target)

        def excess(theta: Samples) -> tuple[Samples, Samples]:
            value = alpha * theta + beta * np.logaddexp(offset, theta) - target
            return value, alpha + beta * scipy.special.expit(theta - offset)

        theta = _root(excess, np.minimum((target - beta * offset) / alpha, target / (alpha + beta)))
        tail = np.where(rising, np.exp(theta), np.expm1(theta) - intercept)
        return np.where(intercept + saturated <= 0.0, saturated, tail)


def tail_graph(loss: AbstractLoss, log_height: float) -> AbstractTailGraph:
    """Return the graph c = e^a·(−ℓ′(z)) of a loss.

    Parameters
    ----------
    loss
        ``Exponential()``, ``Logistic()`` or ``PolynomialTail(p)``.
    log_height
        a.

    Raises
    ------
    BadInput
        For another loss: log(−ℓ′) without overflow is not known for it.
    """
    match loss:
        case Exponential():
            return ExponentialGraph(log_height)
        case Logistic():
            return LogisticGraph(log_height)
        case PolynomialTail():
            return PolynomialGraph(log_height, loss.p)
    raise BadInput(
        f"loss = {loss!r}: an exact local solve needs log(−ℓ′) and its inverse in closed form; "
        "use Exponential(), Logistic() or PolynomialTail(p)"
    )


def _root(excess: Callable[[Samples], tuple[Samples, Samples]], above: Samples) -> Samples:
    """Newton's method on an increasing convex function, from above its root: monotone, hence safe."""
    theta = above
    for _ in range(SCALAR_STEPS):
        value, slope = excess(theta)
        step = value / slope
        theta = theta - step
        if (np.abs(step) <= SCALAR_STEP * np.maximum(1.0, np.abs(theta))).all():
            break
    return theta
