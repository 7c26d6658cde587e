"""Numbers of local steps over the step count and the learning rate at the start of a round."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from implicitbias import checks


TOTAL_CURE = "give the number of steps at which the run ends, or None if it has no end"


class AbstractStepRule(ABC):
    """Number of local steps of a round, from its first step and the learning rate there."""

    @abstractmethod
    def steps(self, lr: float, step: int) -> int:
        """Return H ≥ 1 of the round that starts at step count ``step`` with learning rate ``lr``."""


@dataclass(frozen=True)
class QuadraticRule(AbstractStepRule):
    """QSR: H = max(base, ⌊(growth/η)²⌋), so that η²H stays of order growth² as η decays [gu2024].

    The released rule in full, s the step at which the round starts and η its learning rate:

        H = max(min(max(⌊(growth/η)^power⌋, base), total − s), 1),   but ``first`` for s < warmup.

    Parameters
    ----------
    base
        Least number of local steps.
    growth
        α_Q, in units of η.
    power
        2 is the quadratic rule; 1 and 3 are its neighbours in the paper.
    warmup, first
        During the first ``warmup`` steps a round has ``first`` local steps; ``base`` if that is None.
    total
        Steps of the whole run, at which the last round ends; None for a run without end.

    Raises
    ------
    BadInput
        For a number outside its range.
    """

    base: int
    growth: float
    power: float = 2.0
    warmup: int = 0
    first: int | None = None
    total: int | None = None

    def __post_init__(self):
        checks.integer("base", self.base, 1, "1 lets every round start with a single step")
        checks.number("growth", self.growth, "H grows as (growth/η)²", above=0)
        checks.number("power", self.power, "2 is the quadratic rule", above=0)
        checks.integer("warmup", self.warmup, 0, "0 is no warm-up")
        if self.first is not None:
            checks.integer("first", self.first, 1, "None keeps base during the warm-up")
        _check_total(self.total)

    def steps(self, lr: float, step: int) -> int:
        """Return H, which is 1 beyond the end."""
        if step < self.warmup:
            return _until(self.first or self.base, step, self.total)
        return _until(max(np.floor((self.growth / lr) ** self.power), self.base), step, self.total)


@dataclass(frozen=True)
class PostLocal(AbstractStepRule):
    """H = 1, parallel SGD, until step ``switch``, and H = local_steps from there on [lin2020].

    Parameters
    ----------
    local_steps
        H after the switch.
    switch
        Step count of the switch; the rounds of single steps end exactly there.
    total
        Steps of the whole run, at which the last round ends; None for a run without end.

    Raises
    ------
    BadInput
        For a number outside its range.
    """

    local_steps: int
    switch: int
    total: int | None = None

    def __post_init__(self):
        checks.integer("local_steps", self.local_steps, 1, "give H after the switch")
        checks.integer("switch", self.switch, 0, "0 is Local SGD from the start")
        _check_total(self.total)

    def steps(self, lr: float, step: int) -> int:
        """Return 1 before the switch, H after it, which is 1 beyond the end."""
        del lr
        return _until(1 if step < self.switch else self.local_steps, step, self.total)


def _until(wanted: float, step: int, total: int | None) -> int:
    """Clip a round to the steps that are left."""
    return int(max(min(wanted, math.inf if total is None else total - step), 1))


def _check_total(total: int | None) -> None:
    if total is not None:
        checks.integer("total", total, 1, TOTAL_CURE)
