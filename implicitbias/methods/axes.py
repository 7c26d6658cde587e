"""The values an axis of ``LocalMethod`` can take; every one is a frozen description without code."""

from dataclasses import dataclass

import numpy as np

from implicitbias.errors import BadInput


@dataclass(frozen=True)
class HeavyBall:
    """v ← βv − η∇f_m, w ← w + v on every worker; velocities are averaged with the models."""

    beta: float = 0.9

    def __post_init__(self):
        if not 0 <= self.beta < 1:
            raise BadInput(f"beta = {self.beta!r}: heavy-ball momentum must lie in [0, 1); 0.9 is common")


@dataclass(frozen=True)
class Identity:
    """D = I: no scaling."""


@dataclass(frozen=True)
class Fixed:
    """w ← w − η D^{−1}∇f_m with a constant diagonal D > 0, given as a tuple of its entries."""

    diagonal: tuple[float, ...]

    def __post_init__(self):
        object.__setattr__(self, "diagonal", tuple(float(x) for x in np.ravel(self.diagonal)))
        bad = [x for x in self.diagonal if not (np.isfinite(x) and x > 0)]
        if bad or not self.diagonal:
            raise BadInput(f"diagonal holds {bad or 'nothing'}: every entry of D must be positive and finite")


@dataclass(frozen=True)
class GradientSteps:
    """Local work = H gradient steps."""


@dataclass(frozen=True)
class Proximal:
    """Local work = argmin_w f_m(w) + (λ/2)|w − w^r|², solved exactly; neither η nor H enters.

    With Λ = log(1/λ) and u = w/Λ it tends to ``Projection`` as λ → 0.
    """

    regularisation: float

    def __post_init__(self):
        if not (np.isfinite(self.regularisation) and self.regularisation > 0):
            raise BadInput(
                f"regularisation = {self.regularisation!r}: λ must be positive and finite; for λ → 0 use projection()"
            )


@dataclass(frozen=True)
class Projection:
    """Local work = Euclidean projection on C_m = {u: x·u ≥ 1 for all x of worker m}.

    The iterate is u = w/Λ, the model in units of the large log-scale Λ = log(1/λ) → ∞. On linear
    regression: the projection on {w: X_m w = y_m}, the exact limit of many local steps.
    """


@dataclass(frozen=True)
class Sweeping:
    """Local work = Moreau's sweeping process, the limit H → ∞ of gradient steps.

    −du/ds ∈ N_{C_m(s)}(u), C_m(s) = {u: x·u ≥ s}, from s = min x·u^r to 1; the iterate is u = w/log(ηH).
    """


@dataclass(frozen=True)
class Full:
    """Every worker takes part in every round."""


@dataclass(frozen=True)
class Average:
    """w^{r+1} = (1/M) Σ_m w_m."""


@dataclass(frozen=True)
class Anchored:
    """w^{r+1} = a_r w⁰ + (1 − a_r)(1/M) Σ_m w_m with a_r = 1/(r + 2) (Halpern, Lions, Wittmann, Bauschke)."""

    def coefficient(self, round: int) -> float:
        """Return a_r."""
        return 1.0 / (round + 2.0)


@dataclass(frozen=True)
class Server:
    """w^{r+1} = w^r + rate·v, v ← momentum·v + (aggregate − w^r); rate 1 and momentum 0 is plain averaging."""

    rate: float = 1.0
    momentum: float = 0.0

    def __post_init__(self):
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise BadInput(f"rate = {self.rate!r}: the server rate must be positive; 1 is plain averaging")
        if not 0 <= self.momentum < 1:
            raise BadInput(f"momentum = {self.momentum!r}: server momentum must lie in [0, 1)")
