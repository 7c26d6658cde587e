"""Learning rates by the chunk, and the clock that they move."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias.engine.state import Clock
from implicitbias.methods import Constant, LocalMethod


# Learning rates handed over at a time: memory does not grow with the number of rounds.
RATES_PER_CHUNK = 2**14
# Terms that are added faster by Python than by a call into NumPy.
FEW = 16

Rates = Float[np.ndarray, "worker round step"]


def chunks(method: LocalMethod, clock: Clock, rounds: int) -> Iterator[tuple[int, Rates]]:
    """Yield numbers of rounds and their learning rates; an axis of length one stands for equal entries."""
    if isinstance(method.schedule, Constant):
        if rounds > 0:
            yield rounds, rates_between(method, clock, 0, rounds)
        return
    steps = method.steps(len(clock.steps), 0)
    size = max(1, RATES_PER_CHUNK // (max(steps) * (1 if workers_alike(method, clock) else len(steps))))
    for done in range(0, rounds, size):
        count = min(size, rounds - done)
        yield count, rates_between(method, clock, done, count)


def rates_between(method: LocalMethod, clock: Clock, done: int, count: int) -> Rates:
    """Return the learning rates of ``count`` rounds, the first of them ``done`` rounds after the clock."""
    steps = method.steps(len(clock.steps), 0)
    longest = max(steps)
    if isinstance(method.schedule, Constant):
        return method.schedule(np.arange(longest))[None, None]
    alike = workers_alike(method, clock)
    first = np.array(clock.steps[:1] if alike else clock.steps)
    each = np.array(steps[:1] if alike else steps)
    k = first[:, None] + each[:, None] * np.arange(done, done + count)
    return np.ascontiguousarray(method.schedule(k[:, :, None] + np.arange(longest)), dtype=np.float64)


def workers_alike(method: LocalMethod, clock: Clock) -> bool:
    """Return whether all workers are at the same step and take as many steps in a round."""
    return len(set(zip(clock.steps, method.steps(len(clock.steps), 0), strict=True))) == 1


def later(clock: Clock, method: LocalMethod, rates: Rates, rounds: int) -> Clock:
    """Return the clock ``rounds`` later, by the same sums in the same order as round by round."""
    steps = method.steps(len(clock.steps), 0)
    moved = tuple(k + rounds * h for k, h in zip(clock.steps, steps, strict=True))
    if isinstance(method.schedule, Constant):
        times, slow_times = _constant_means(method.schedule, steps)
    else:
        times, slow_times = _means(rates, steps), _means(rates * rates, steps)
    time = _running_sum(clock.time, times, rounds)
    return Clock(clock.round + rounds, moved, time, _running_sum(clock.slow_time, slow_times, rounds))


def _means(rates: Rates, steps: tuple[int, ...]) -> Float[np.ndarray, " round"]:
    """Return the mean over workers of Σ over local steps, in every round."""
    sums = [rates[m % len(rates), :, :h].sum(axis=-1) for m, h in enumerate(steps)]
    return np.ascontiguousarray(np.transpose(sums)).mean(axis=-1)


@lru_cache(maxsize=64)
def _constant_means(schedule: Constant, steps: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    # Kept, as it is asked twice for every record.
    rates = schedule(np.arange(max(steps)))[None, None]
    return _means(rates, steps), _means(rates * rates, steps)


def _running_sum(start: float, terms: Float[np.ndarray, " term"], count: int) -> float:
    """Return start + terms[0] + terms[1] + …, one after the other; a single term stands for all.

    ``sum`` would add pairs first, and round otherwise than a clock that ticks round by round.
    """
    if count <= FEW:
        values = terms.tolist()
        for r in range(count):
            start += values[r % len(values)]
        return start
    for low in range(0, count, RATES_PER_CHUNK):
        part = np.empty(min(RATES_PER_CHUNK, count - low) + 1)
        part[0] = start
        part[1:] = terms if len(terms) == 1 else terms[low : low + len(part) - 1]
        start = float(np.cumsum(part)[-1])
    return start
