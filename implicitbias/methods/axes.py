"""The values an axis of ``LocalMethod`` can take; every one is a frozen description without code."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from implicitbias import checks
from implicitbias.display import ends


@dataclass(frozen=True)
class HeavyBall:
    """v ← βv − η∇f_m, w ← w + v on every worker; velocities are averaged with the models."""

    beta: float = 0.9

    def __post_init__(self):
        checks.number("beta", self.beta, "heavy-ball momentum is often 0.9", least=0, below=1)


def heavy_ball(momentum: float) -> HeavyBall | None:
    """Return heavy ball with momentum β, or ``None`` for β = 0."""
    beta = checks.number("momentum", momentum, "give β itself; 0 is none, 0.9 is common", least=0, below=1)
    return HeavyBall(beta) if beta else None


@dataclass(frozen=True)
class GradientSteps:
    """Local work = H gradient steps, on f_m(v) + (ρ/2)|v − w^r|² where ρ = ``proximal`` is positive [li2020].

    The pull ρ(v − w^r) joins the gradient before it is scaled; ``Proximal(ρ)`` is where many such steps end.
    """

    proximal: float = 0.0

    def __post_init__(self):
        checks.number("proximal", self.proximal, "0 is plain gradient steps, FedProx has ρ > 0", least=0)

    def __repr__(self) -> str:
        return f"GradientSteps(proximal={self.proximal!r})" if self.proximal else "GradientSteps()"


@dataclass(frozen=True)
class Proximal:
    """Local work = argmin_w f_m(w) + (λ/2)|w − w^r|², solved exactly; neither η nor H enters.

    With Λ = log(1/λ) and u = w/Λ it tends to ``Projection`` as λ → 0.
    """

    regularisation: float

    def __post_init__(self):
        checks.number("regularisation", self.regularisation, "for λ → 0 use projection()", above=0)


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
class Flow:
    """Local work = gradient flow of f_m for the time e^{log_time}: many small steps, η → 0 at ηH = e^{log_time}.

    The logarithm is what is given: log_time = 1000 is a time beyond the floating-point range, and as quick as any.
    """

    log_time: float

    def __post_init__(self):
        checks.number("log_time", self.log_time, "give log(ηH); 0 flows for the time 1")


@dataclass(frozen=True)
class Average:
    """w^{r+1} = Σ_m p_m w_m.

    Parameters
    ----------
    weights
        p_m up to a factor, one positive number per worker; ``"samples"`` for n_m; None for 1/M each. What is descended
        is then Σ_m p_m f_m rather than the problem's own f = (1/M) Σ_m f_m.
    """

    weights: tuple[float, ...] | Literal["samples"] | None = None

    def __post_init__(self):
        if self.weights is None or (isinstance(self.weights, str) and self.weights == "samples"):
            return
        cure = "give one positive number per worker, 'samples', or None for 1/M each"
        given = checks.sequence("weights", self.weights, cure)
        object.__setattr__(self, "weights", tuple(checks.number("weights", p, cure, above=0) for p in given))

    def __repr__(self) -> str:
        """Show the ends of many weights."""
        shown = ends(self.weights) if isinstance(self.weights, tuple) else repr(self.weights)
        return f"Average(weights={shown})"


@dataclass(frozen=True)
class Anchored:
    """w^{r+1} = a_r w⁰ + (1 − a_r)(1/M) Σ_m w_m with a_r = 1/(r + 2) (Halpern, Lions, Wittmann, Bauschke)."""

    def coefficient(self, round: int) -> float:
        """Return a_r."""
        return 1.0 / (round + 2.0)


@dataclass(frozen=True)
class Sequential:
    """No average: w passes through workers 1 … M within one round (a cycle), w^{r+1} is the last worker's model.

    A velocity travels with the model. The model takes the steps of all workers, so times sum over them.
    """


@dataclass(frozen=True)
class Rescaling:
    """At rounds T_k = start + k·every the model is rescaled to |w| = R_k = radius·growth^k.

    Between them it is projected on that ball, w ← w·min(1, R_k/|w|); before T_0 it is left alone, and w = 0, which
    has no direction, stays 0.

    Parameters
    ----------
    radius
        R_0 > 0.
    growth
        Factor from one rescaling to the next, above 1.
    every
        Rounds between rescalings.
    start
        T_0, the round of the first one.
    """

    radius: float
    growth: float
    every: int
    start: int = 1

    def __post_init__(self):
        checks.number("radius", self.radius, "give R_0, e.g. the |w| that is reached by round T_0", above=0)
        checks.number("growth", self.growth, "1 keeps the norm, 1.1 grows it by a tenth", least=1)
        checks.integer("every", self.every, 1, "give the rounds T_{k+1} − T_k between rescalings")
        checks.integer("start", self.start, 1, "give T_0; round 0 is the start, which is never rescaled")

    def radius_at(self, round: int) -> float:
        """Return R_k of the phase T_k ≤ round < T_{k+1}, infinite before T_0 or beyond the floating-point range."""
        if round < self.start:
            return math.inf
        with np.errstate(over="ignore"):
            return float(self.radius * np.float64(self.growth) ** ((round - self.start) // self.every))

    def rescales_at(self, round: int) -> bool:
        """Whether the round is one of the T_k."""
        return round >= self.start and (round - self.start) % self.every == 0


@dataclass(frozen=True)
class Server:
    """w^{r+1} = w^r + rate·v, v ← momentum·v + Δ with Δ = aggregate − w^r; the default is plain averaging.

    Parameters
    ----------
    rate, momentum
        Rate and momentum of the server; momentum alone is heavy ball over rounds (FedAvgM) [hsu2019].
    nesterov
        w^{r+1} = w^r + rate·(Δ + momentum·v), after v ← momentum·v + Δ (the outer optimiser of DiLoCo) [douillard2023].
    delay
        Δ of round r reaches the server τ = ``delay`` rounds later; until then it has nothing to apply.
    """

    rate: float = 1.0
    momentum: float = 0.0
    nesterov: bool = False
    delay: int = 0

    def __post_init__(self):
        checks.number("rate", self.rate, "1 is plain averaging", above=0)
        checks.number("momentum", self.momentum, "0 is a server without momentum", least=0, below=1)
        checks.instance("nesterov", self.nesterov, bool, "give True or False")
        checks.integer("delay", self.delay, 0, "0 is a server that applies what it has just received")
