"""Learning rates over the step count or the loss."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.display import in_brief


RATE_CURE = "give e.g. lr = 0.1, or a schedule such as PowerDecay(0.1)"
PIECES_CURE = "give e.g. rates=(0.1, 0.01), boundaries=(100,)"


class AbstractSchedule(ABC):
    """Learning rate η_k over a worker's step count k, which starts at 0."""

    @abstractmethod
    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return η at every step."""


@dataclass(frozen=True)
class Constant(AbstractSchedule):
    """η_k = lr."""

    lr: float

    def __post_init__(self):
        checks.number("lr", self.lr, RATE_CURE, above=0)

    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return lr at every step."""
        return np.full(np.shape(step), self.lr, dtype=np.float64)


@dataclass(frozen=True)
class PowerDecay(AbstractSchedule):
    """η_k = lr·(1 + k/scale)^{−power}."""

    lr: float
    power: float = 0.5
    scale: float = 1.0

    def __post_init__(self):
        checks.number("lr", self.lr, RATE_CURE, above=0)
        checks.number("scale", self.scale, "1 is the common choice", above=0)
        checks.number("power", self.power, "0 is a constant learning rate", least=0)

    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return lr·(1 + k/scale)^{−power}."""
        return self.lr * (1.0 + np.asarray(step) / self.scale) ** -self.power


@dataclass(frozen=True)
class Piecewise(AbstractSchedule):
    """η_k = rates[j] for boundaries[j−1] ≤ k < boundaries[j]."""

    rates: tuple[float, ...]
    boundaries: tuple[int, ...]

    __repr__ = in_brief

    def __post_init__(self):
        for rate in checks.sequence("rates", self.rates, PIECES_CURE):
            checks.number("rates", rate, RATE_CURE, above=0)
        for step in checks.sequence("boundaries", self.boundaries, PIECES_CURE):
            checks.integer("boundaries", step, 1, PIECES_CURE)
        if len(self.rates) != len(self.boundaries) + 1 or list(self.boundaries) != sorted(
            set(self.boundaries)
        ):
            rule = f"must increase, one fewer than the {len(self.rates)} rates"
            raise checks.refuse("boundaries", self.boundaries, rule, PIECES_CURE)

    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return the rate of the piece that holds the step."""
        return np.asarray(self.rates)[np.searchsorted(self.boundaries, step, side="right")]


@dataclass(frozen=True)
class WarmupCosine(AbstractSchedule):
    """η_k rises linearly from final to peak over ``warmup`` steps, then falls along a cosine back to final.

    η_k = final + (peak − final)·k/warmup for k < warmup, else final + (peak − final)(1 + cos πs)/2 with
    s = (k − warmup)/(total − warmup); from k = total on it stays at final.

    Parameters
    ----------
    peak
        Largest η.
    total, warmup
        Steps of the whole schedule, and of its rise.
    final
        η at both ends.
    """

    peak: float
    total: int
    warmup: int = 0
    final: float = 1e-6

    def __post_init__(self):
        checks.number("final", self.final, "1e-6 is common; rules that divide by η need one above 0", above=0)
        checks.number("peak", self.peak, "the cosine falls from peak to final", least=self.final)
        checks.integer("warmup", self.warmup, 0, "0 starts at the peak")
        checks.integer("total", self.total, self.warmup + 1, "give the number of all steps, warm-up included")

    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return the rate of the warm-up or of the cosine."""
        step = np.asarray(step, dtype=np.float64)
        risen = step / max(self.warmup, 1)
        share = np.minimum((step - self.warmup) / (self.total - self.warmup), 1.0)
        fallen = 0.5 * (1.0 + np.cos(np.pi * share))
        return self.final + (self.peak - self.final) * np.where(step < self.warmup, risen, fallen)


@dataclass(frozen=True)
class Normalised:
    """η_k = e_k/f_m(v) at the worker's own model v: gradient descent v ← v − e_k ∇log f_m(v) on log f_m.

    Every worker divides by its own loss, which it knows without communication. A centralised run on f itself has
    one worker; with M > 1 and H = 1 the mean of the ∇log f_m is not ∇log f. Times and clocks count e_k, which is
    the same for all replicas, where Σ η is not.

    Parameters
    ----------
    rate
        e, or a schedule of it over the step count: ``PowerDecay(e)`` is η_k = e/(√(k + 1) f_m).

    Raises
    ------
    BadInput
        If e is no rate.
    """

    rate: float | AbstractSchedule

    def __post_init__(self):
        _ = self.schedule

    @cached_property
    def schedule(self) -> AbstractSchedule:
        """e_k over the step count."""
        return as_schedule(self.rate)


def as_schedule(rate: float | AbstractSchedule) -> AbstractSchedule:
    """Return a rate as a schedule: itself, or constant.

    Raises
    ------
    BadInput
        If it is no rate.
    """
    return rate if isinstance(rate, AbstractSchedule) else Constant(rate)
