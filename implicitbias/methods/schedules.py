"""Learning rates over the step count, and numbers of local steps over the learning rate."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.errors import BadInput


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
        _positive("lr", self.lr)

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
        _positive("lr", self.lr)
        _positive("scale", self.scale)
        if not (np.isfinite(self.power) and self.power >= 0):
            raise BadInput(f"power = {self.power!r}: must be ≥ 0; 0 is a constant learning rate")

    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return lr·(1 + k/scale)^{−power}."""
        return self.lr * (1.0 + np.asarray(step) / self.scale) ** -self.power


@dataclass(frozen=True)
class Piecewise(AbstractSchedule):
    """η_k = rates[j] for boundaries[j−1] ≤ k < boundaries[j]."""

    rates: tuple[float, ...]
    boundaries: tuple[int, ...]

    def __post_init__(self):
        for rate in self.rates:
            _positive("rates", rate)
        if len(self.rates) != len(self.boundaries) + 1 or list(self.boundaries) != sorted(
            set(self.boundaries)
        ):
            raise BadInput(
                f"boundaries = {self.boundaries}: must increase, one fewer than the {len(self.rates)} rates"
            )

    def __call__(self, step: Int[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return the rate of the piece that holds the step."""
        return np.asarray(self.rates)[np.searchsorted(self.boundaries, step, side="right")]


class AbstractStepRule(ABC):
    """Number of local steps of a round, from the learning rate now and the steps left."""

    @abstractmethod
    def steps(self, lr: float, steps_left: float) -> int:
        """Return H ≥ 1."""


@dataclass(frozen=True)
class QuadraticRule(AbstractStepRule):
    """QSR: H = max(base, ⌊(growth/η)²⌋), so that η²H stays of order growth² as η decays [gu2024]."""

    base: int
    growth: float

    def __post_init__(self):
        _positive("base", self.base)
        _positive("growth", self.growth)

    def steps(self, lr: float, steps_left: float = np.inf) -> int:
        """Return min(max(base, ⌊(growth/η)²⌋), steps left)."""
        return int(min(max(self.base, np.floor((self.growth / lr) ** 2)), steps_left))


def _positive(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise BadInput(
            f"{name} = {value!r}: must be a number; schedules are given as lr=PowerDecay(…) objects"
        )
    if not (np.isfinite(value) and value > 0):
        raise BadInput(f"{name} = {value!r}: must be positive and finite")
