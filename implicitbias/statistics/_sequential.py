"""Sampling until the three-way rule decides: few looks, fixed in advance, one level for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.statistics._estimate import check_level, mean_interval
from implicitbias.statistics._interval import Interval, Outcome, three_way
from implicitbias.statistics._moments import Moments


CATALOGUE_LEVEL = 1e-3  # chance of any wrong statistical verdict in one run of a whole catalogue
MOST_LOOKS = 5  # a sixth look would halve the first sample for a few per cent of budget


def claim_level(statistical_claims: int, level: float = CATALOGUE_LEVEL) -> float:
    """Level left to each of `statistical_claims` claims by the union bound: level/claims."""
    if statistical_claims < 1:
        raise BadInput(f"statistical claims = {statistical_claims}: at least 1 shares the level; count them")
    return level / statistical_claims


@dataclass(frozen=True)
class SequentialPlan:
    """When to look at a growing sample, and how much of the level each look may spend.

    The K looks double the sample, n_k ≈ budget/2^(K − k), so a clear case costs 1/2^(K − 1) of the budget.
    Look k spends level·(n_k − n_{k−1})/n_K (linear spending). The spent levels sum to `level`, so by the
    union bound all K intervals hold together with probability at least 1 − level, whatever the dependence
    between looks. O'Brien–Fleming spending would make early looks idle here: at level 1e-3 and a sixteenth
    of the budget it asks for 13 standard errors, where linear spending asks for about 4.

    Parameters
    ----------
    budget_samples : int
        Most samples ever drawn: a count, never seconds, so that a verdict does not depend on the machine.
    looks : int
        K, between 1 and 5; the first look must have at least two samples.
    level : float
        Probability, over all looks together, that some interval misses the truth.
    """

    budget_samples: int
    looks: int = MOST_LOOKS
    level: float = CATALOGUE_LEVEL

    def __post_init__(self):
        check_level(self.level)
        if not 1 <= self.looks <= MOST_LOOKS:
            raise BadInput(f"looks = {self.looks}: between 1 and {MOST_LOOKS}; use the default {MOST_LOOKS}")
        if self.budget_samples < 2**self.looks:
            raise BadInput(
                f"budget_samples = {self.budget_samples}: {self.looks} doubling looks need at least "
                f"{2**self.looks}, two samples at the first; raise the budget or take fewer looks"
            )

    @property
    def look_sizes(self) -> tuple[int, ...]:
        """Samples seen at each look, increasing to `budget_samples`."""
        return tuple(self.budget_samples >> (self.looks - 1 - k) for k in range(self.looks))

    def level_at(self, look: int) -> float:
        """Level of the interval at look 0, 1, …, looks − 1."""
        before = self.look_sizes[look - 1] if look else 0
        return self.level * (self.look_sizes[look] - before) / self.budget_samples


class SequentialResult(NamedTuple):
    """The outcome, the interval that gave it, and the number of samples it took."""

    outcome: Outcome
    interval: Interval
    samples_used: int


def sequential(
    sample_fn: Callable[[int, int], Float[np.ndarray, "sample"]],
    allowed: Interval,
    plan: SequentialPlan,
    interval: Callable[[Moments, float], Interval] = mean_interval,
) -> SequentialResult:
    """Draw samples until the three-way rule decides or the budget is spent.

    Parameters
    ----------
    sample_fn : callable
        ``sample_fn(k0, k1)`` returns the scalar samples addressed k0, …, k1 − 1. Addressed means: the same
        address gives the same number, so a larger budget continues a smaller one.
    allowed : Interval
        Prediction ± allowance for the mean.
    plan : SequentialPlan
        Look sizes and levels.
    interval : callable, optional
        From moments and a level to a confidence interval; Student's by default.

    Returns
    -------
    SequentialResult
        INCONCLUSIVE when the budget is spent undecided, never a pass.

    Raises
    ------
    BadInput
        If `sample_fn` returns another number of samples than asked for, or one that is not finite.
    """
    moments, seen, measured, outcome = Moments(), 0, allowed, Outcome.INCONCLUSIVE
    for look, size in enumerate(plan.look_sizes):
        moments = moments.merge(_drawn(sample_fn, seen, size))
        seen = size
        measured = interval(moments, plan.level_at(look))
        outcome = three_way(measured, allowed)
        if outcome is not Outcome.INCONCLUSIVE:
            break
    return SequentialResult(outcome, measured, seen)


def _drawn(sample_fn: Callable[[int, int], Float[np.ndarray, "sample"]], k0: int, k1: int) -> Moments:
    samples = np.asarray(sample_fn(k0, k1), dtype=float)
    if samples.shape != (k1 - k0,):
        raise BadInput(
            f"sample_fn({k0}, {k1}) has shape {samples.shape}: it must return one scalar per address, "
            f"shape ({k1 - k0},); reduce each sample to a number"
        )
    return Moments.of(samples)
