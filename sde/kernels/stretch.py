"""A number of rounds of a method: local steps, learning rates and the clock behind them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.definition import advance
from implicitbias.engine.kernels.rates import chunks, later, RATES_PER_CHUNK
from implicitbias.engine.state import Clock
from implicitbias.methods import AbstractStepRule, LocalMethod
from implicitbias.methods.schedules import Constant


@dataclass(frozen=True)
class Stretch:
    """Rounds that one call moves.

    Attributes
    ----------
    rounds
        Their number.
    steps
        Local steps of every worker, one row for all rounds or one for each.
    rates
        η at step ``origin`` of a worker's life and at those after it; one entry where it is constant.
    end
        Clock after the last round.
    """

    rounds: int
    steps: Int[np.ndarray, "turn worker"]
    rates: Float[np.ndarray, " step"]
    origin: int
    end: Clock


def next_stretch(method: LocalMethod, clock: Clock, rounds: int) -> Stretch:
    """Return at most so many rounds; fewer where their learning rates would fill the memory."""
    if isinstance(method.local_steps, AbstractStepRule):
        count, steps, end = _by_rule(method, clock, rounds)
    else:
        count, rates = next(chunks(method, clock, rounds))
        steps, end = np.array([method.steps(len(clock.steps), 0)]), later(clock, method, rates, count)
    origin = min(clock.steps)
    known = 1 if isinstance(method.schedule, Constant) else max(end.steps) - origin
    return Stretch(count, steps, method.schedule(np.arange(origin, origin + known)), origin, end)


def _by_rule(method: LocalMethod, clock: Clock, rounds: int) -> tuple[int, np.ndarray, Clock]:
    """Return rounds whose local steps a rule finds one after the other."""
    first, steps = max(clock.steps), []
    while len(steps) < rounds and max(clock.steps) - first < RATES_PER_CHUNK:
        steps.append(method.steps(len(clock.steps), max(clock.steps)))
        clock = advance(method, clock)
    return len(steps), np.array(steps), clock
