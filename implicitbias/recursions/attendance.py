"""Who takes part in a round: every outcome with its probability, and the weights it gives."""

import math
from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod, Sampled
from implicitbias.recursions.round_map import Workers


# Outcomes that are listed one by one; each costs a product of matrices per round.
MOST_OUTCOMES = 5000


class Outcome(NamedTuple):
    """One outcome of the draw.

    Attributes
    ----------
    probability
        π, summing to 1 over all outcomes.
    share : array (worker,)
        a_m, the weights in the average.
    present : array (worker,)
        Who was drawn.
    """

    probability: float
    share: Workers
    present: Bool[np.ndarray, " worker"]


def outcomes(method: LocalMethod, weights: Workers) -> list[Outcome]:
    """Return every outcome of a draw of |S| of M workers with weights p_m; one that is certain if all take part.

    Raises
    ------
    BadInput
        If more are drawn than there are, or the outcomes are too many to list.
    """
    drawn, workers = method.participation, len(weights)
    if not isinstance(drawn, Sampled):
        return [Outcome(1.0, weights, np.ones(workers, dtype=bool))]
    _check(drawn, workers)
    return [
        Outcome(probability, _share(drawn, weights, counts), counts > 0)
        for probability, counts in _counts(drawn, workers)
    ]


def _counts(drawn: Sampled, workers: int) -> Iterator[tuple[float, Float[np.ndarray, " worker"]]]:
    """Yield how often each worker is drawn: multinomial with replacement, else all subsets alike."""
    choose = combinations_with_replacement if drawn.replacement else combinations
    for chosen in choose(range(workers), drawn.count):
        counts = np.bincount(chosen, minlength=workers)
        if drawn.replacement:
            orders = math.factorial(drawn.count) // math.prod(math.factorial(int(c)) for c in counts)
            yield orders / workers**drawn.count, counts.astype(float)
        else:
            yield 1.0 / math.comb(workers, drawn.count), counts.astype(float)


def _share(drawn: Sampled, weights: Workers, counts: Float[np.ndarray, " worker"]) -> Workers:
    share = weights * counts
    return share * (len(weights) / drawn.count) if drawn.weighting == "unbiased" else share / share.sum()


def _check(drawn: Sampled, workers: int) -> None:
    if drawn.count > workers and not drawn.replacement:
        raise BadInput(
            f"participation = {drawn!r}: there are only M = {workers} workers; draw fewer, or give Full()"
        )
    many = math.comb(workers + drawn.count - 1 if drawn.replacement else workers, drawn.count)
    if many > MOST_OUTCOMES:
        raise BadInput(
            f"participation = {drawn!r}: of M = {workers} workers that has {many} outcomes, at most {MOST_OUTCOMES} "
            "are listed; draw fewer, or estimate moments from replicas: run(problem, method, …, replicas=10_000)"
        )
