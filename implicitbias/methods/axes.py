"""The values an axis of ``LocalMethod`` can take; every one is a frozen description without code."""

from dataclasses import dataclass

from implicitbias import checks


@dataclass(frozen=True)
class HeavyBall:
    """v ← βv − η∇f_m, w ← w + v on every worker; velocities are averaged with the models."""

    beta: float = 0.9

    def __post_init__(self):
        checks.number("beta", self.beta, "heavy-ball momentum is often 0.9", least=0, below=1)


@dataclass(frozen=True)
class Identity:
    """D = I: no scaling."""


@dataclass(frozen=True)
class Fixed:
    """w ← w − η D^{−1}∇f_m with a constant diagonal D > 0, given as a tuple of its entries."""

    diagonal: tuple[float, ...]

    def __post_init__(self):
        cure = "give one positive entry of D per parameter, e.g. Fixed((1.0, 2.0))"
        entries = checks.real_array("diagonal", self.diagonal, cure).ravel().tolist()
        for entry in checks.sequence("diagonal", entries, cure):
            checks.number("diagonal", entry, cure, above=0)
        object.__setattr__(self, "diagonal", tuple(entries))


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
        checks.number("rate", self.rate, "1 is plain averaging", above=0)
        checks.number("momentum", self.momentum, "0 is a server without momentum", least=0, below=1)
