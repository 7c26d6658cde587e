r"""Closed forms under a fixed scaling D = diag(a, b), steps along D^{−1}g, in θ itself.

In a valley ½h(x)y² the flow dθ/ds = −D^{−1}∇L keeps G(x) − (b/a)y²/2, and with α/b for α the drift is that of D = I
over the determinant of D: a slow x and a slow y delay it alike, but only b shortens the rounds,

    dx = −(h′/(4abBh)) Σ_yy [1 + (M − 1)ψ(2αh/b)] dt + (σ_T/(a√B)) dW.

About the circle ½h(r − 1)² it keeps |x|^a/|y|^b. With w = b cos²φ + a sin²φ, the curvature hw/(ab) across, and the
parts nn, nt and tt of D^{−1/2}ΣD^{−1/2} in the frame n ∝ D^{−1/2}(cos φ, sin φ), t ⟂ n,

    dφ = −(1/2Bw²)[(a − b) sin φ cos φ (A Σ_nn + Σ_tt) + 2√(ab) A_m Σ_nt] dt + √(Σ_tt/(Bw)) dW,

A = 1 + (M − 1)ψ(2αhw/(ab)), A_m = 1 + (M − 1)ψ(αhw/(ab)). Noise across and along, uncorrelated, drives nothing for
D = I, and else φ towards the axis of the larger entry; with noise across alone dφ = −(a − b)σ_N² sin 2φ A/(4abBw) dt.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Gaussian
from sde.formulas import drift_factor, mixed_factor
from sde.landscapes import Landscape
from sde.landscapes.scaled import checked_diagonal
from sde.zoo.circle import circle
from sde.zoo.exponential_valley import ExponentialValley
from sde.zoo.quadratic_valley import QuadraticValley
from sde.zoo.valley import on_the_floor, Valley


# Newton's method for the time of descent to the circle: monotone, and quadratic once near.
NEWTON_STEPS = 60
# A step after which the next is below rounding.
NEGLIGIBLE = 1e-9

Points = Float[np.ndarray, "*batch 2"]
Scalars = Float[np.ndarray, "..."]
Parts = tuple[Scalars, Scalars, Scalars]


@dataclass(frozen=True)
class ScaledValley:
    """A valley under D = diag(a, b).

    Raises
    ------
    BadInput
        If the valley is none, or D no positive diagonal of two entries.
    """

    valley: Valley | ExponentialValley | QuadraticValley
    diagonal: tuple[float, float]

    def __post_init__(self):
        cure = "give zoo.valley(…), exponential_valley(…) or quadratic_valley(…)"
        checks.instance("valley", self.valley, Valley | ExponentialValley | QuadraticValley, cure)
        object.__setattr__(self, "diagonal", checked_diagonal(self.diagonal, 2))

    @property
    def landscape(self) -> Landscape:
        """½h(x)y²: the scaling is the method's."""
        return self.valley.landscape

    def project(self, theta: Points) -> Points:
        """Return Φ_D(θ)."""
        theta, (a, b) = np.asarray(theta, dtype=np.float64), self.diagonal
        return on_the_floor(self.valley.groove.descended(theta[..., 0], 0.5 * b / a * theta[..., 1] ** 2))

    def drift(self, x: Scalars, workers: int, total_batch: float, alpha: float) -> Scalars:
        """Return the slow drift of x."""
        a, b = self.diagonal
        return self.valley.groove.drift(x, workers, total_batch, alpha / b) / (a * b)

    def diffusion(self, x: Scalars, total_batch: float) -> Scalars:
        """Return σ_T/(a√B)."""
        return self.valley.groove.diffusion(x, total_batch) / self.diagonal[0]


@dataclass(frozen=True)
class ScaledCircle:
    """The circle under D = diag(a, b); φ between the axes, which the flow does not cross.

    Parameters
    ----------
    diagonal
        (a, b).
    curvature
        h > 0.
    normal, tangential
        σ_N and σ_T of one sample's noise, in the frame of the circle; equal for isotropic noise.
    law
        Of the noise, as for ``Factors``.

    Raises
    ------
    BadInput
        If D is no positive diagonal of two entries; and as ``circle``.
    """

    diagonal: tuple[float, float]
    curvature: float = 1.0
    normal: float = 1.0
    tangential: float = 0.0
    law: AbstractLaw = Gaussian()

    def __post_init__(self):
        object.__setattr__(self, "diagonal", checked_diagonal(self.diagonal, 2))
        checks.number("curvature", self.curvature, "give h > 0", above=0)
        for name in ("normal", "tangential"):
            checks.number(name, getattr(self, name), "give a standard deviation", least=0)

    @property
    def landscape(self) -> Landscape:
        """½h(r − 1)²: the scaling is the method's."""
        own = circle(self.curvature, normal=self.normal, tangential=self.tangential, law=self.law)
        return own.landscape

    def project(self, theta: Points) -> Points:
        """Return Φ_D(θ) = (x e^{−s/a}, y e^{−s/b}), the s with |Φ_D| = 1.

        Raises
        ------
        BadInput
            At the origin, where the flow goes nowhere.
        """
        theta, rates = np.asarray(theta, dtype=np.float64), 2.0 / np.array(self.diagonal)
        if not theta.any(axis=-1).all():
            raise BadInput("theta = 0: is the top of the loss, from which no flow descends; leave it out")
        squares = theta**2
        # From the left of its root Newton's method on a convex function that falls does not pass it.
        s = np.min(np.log(squares.sum(axis=-1, keepdims=True)) / rates, axis=-1)
        for _ in range(NEWTON_STEPS):
            parts = squares * np.exp(-rates * s[..., None])
            step = (parts.sum(axis=-1) - 1.0) / (rates * parts).sum(axis=-1)
            s = s + step
            if np.abs(step).max(initial=0.0) <= NEGLIGIBLE:
                break
        return theta * np.exp(-0.5 * rates * s[..., None])

    def drift(self, phi: Scalars, workers: int, total_batch: float, alpha: float) -> Scalars:
        """Return the slow drift of φ."""
        return self.drift_by(self.parts(phi), phi, workers, total_batch, alpha)

    def drift_by(self, parts: Parts, phi: Scalars, workers: int, total_batch: float, alpha: float) -> Scalars:
        """Return the drift that parts Σ_nn, Σ_nt and Σ_tt of a covariance in the variables D^{1/2}θ make."""
        (a, b), (normal, mixed, along), w = self.diagonal, parts, self.width(phi)
        h = self.curvature * w / (a * b)
        turned = (a - b) * np.sin(phi) * np.cos(phi)
        pulled = np.asarray(drift_factor(workers, alpha, h)) * normal + along
        crossed = 2.0 * np.sqrt(a * b) * np.asarray(mixed_factor(workers, alpha, h)) * mixed
        return -(turned * pulled + crossed) / (2.0 * total_batch * w**2)

    def diffusion(self, phi: Scalars, total_batch: float) -> Scalars:
        """Return √(Σ_tt/(Bw)) = σ_T/(w√B)."""
        return self.tangential / (np.sqrt(total_batch) * self.width(phi))

    def width(self, phi: Scalars) -> Scalars:
        """Return w = b cos²φ + a sin²φ."""
        a, b = self.diagonal
        return b * np.cos(phi) ** 2 + a * np.sin(phi) ** 2

    def parts(self, phi: Scalars) -> Parts:
        """Return Σ_nn, Σ_nt and Σ_tt of D^{−1/2}ΣD^{−1/2}: D^{−1/2} takes the normal of the circle to that of Γ̃."""
        (a, b), w = self.diagonal, self.width(phi)
        slant = (a - b) * np.sin(phi) * np.cos(phi) / np.sqrt(a * b)
        normal = (self.normal**2 * w / (a * b)) + self.tangential**2 * slant**2 / w
        return normal, self.tangential**2 * slant / w, self.tangential**2 / w
