"""Timing on a noisy machine: contestants take turns, medians and interquartile ranges are kept."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np


# Turns per contestant: enough for quartiles that a single burst of other work cannot move.
TURNS = 9
# Seconds one turn should take: far above the clock's resolution, short enough to share the weather.
TURN_SECONDS = 0.12


@dataclass(frozen=True)
class Timing:
    """Seconds per unit of work: median and quartiles over turns."""

    median: float
    lower: float
    upper: float

    @property
    def noise(self) -> float:
        """Interquartile range, relative to the median."""
        return (self.upper - self.lower) / self.median

    def as_dict(self) -> dict[str, float]:
        """Return the numbers for the record."""
        return asdict(self) | {"noise": self.noise}


def quartiles(values: np.ndarray) -> Timing:
    """Return the median and the quartiles."""
    lower, median, upper = np.percentile(values, [25, 50, 75])
    return Timing(float(median), float(lower), float(upper))


def in_turns(
    contestants: Mapping[str, Callable[[int], object]],
    turns: int = TURNS,
    clock: Callable[[], float] = time.perf_counter,
    turn_seconds: float = TURN_SECONDS,
) -> dict[str, np.ndarray]:
    """Return seconds per unit of work of every contestant in every turn.

    With ``time.process_time`` seconds of this process alone, all its threads: other programs on the core do not count.
    A contestant is a function of the amount of work; how much fills a turn is found out first.
    """
    amounts = {name: _amount(work, clock, turn_seconds) for name, work in contestants.items()}
    seconds = {name: np.empty(turns) for name in contestants}
    for turn in range(turns):
        for name, work in contestants.items():
            seconds[name][turn] = _seconds(work, amounts[name], clock) / amounts[name]
    return seconds


def _amount(work: Callable[[int], object], clock: Callable[[], float], turn_seconds: float) -> int:
    # The first call may compile; one unit alone would not reach all code.
    work(3)
    amount, taken = 1, _seconds(work, 1, clock)
    while taken < turn_seconds / 4:
        amount *= 4
        taken = _seconds(work, amount, clock)
    return max(1, int(amount * turn_seconds / taken))


def _seconds(work: Callable[[int], object], amount: int, clock: Callable[[], float]) -> float:
    start = clock()
    work(amount)
    return clock() - start
