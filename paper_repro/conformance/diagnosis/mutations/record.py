"""A right run, wrongly shown or wrongly started."""

from collections.abc import Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Recipe


def record_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield shifted and exchanged records, and wrong starts."""
    yield Mutation(
        "record before the round",
        "vectors are recorded before each round: x⁰, x¹, …; wanted are x¹, x², …",
        lambda r: r.recording(shift=r.record.shift - 1),
    )
    yield Mutation(
        "record one round late",
        "vectors are those of a round later: the first round is not recorded",
        lambda r: r.recording(shift=r.record.shift + 1),
    )
    yield Mutation(
        "two rounds per record", "a record comes after two rounds", lambda r: r.recording(stride=2, shift=1)
    )
    yield Mutation(
        "same record",
        "one and the same vector is recorded: copy it after every round",
        lambda r: r.recording(aliased=True),
    )
    yield Mutation(
        "average of the models shown",
        "the average of the local models is shown, not the server's vector",
        lambda r: r.recording(shown="average"),
    )
    yield Mutation(
        "mean of all rounds shown",
        "the mean of all rounds so far is shown",
        lambda r: r.recording(shown="mean so far"),
    )
    for m in range(recipe.workers):
        yield Mutation(
            f"worker {m + 1} shown",
            f"the model of worker {m + 1} is shown, not the server's vector",
            lambda r, m=m: r.recording(shown=m),
        )
    yield Mutation(
        "starts at 0", "the run starts at 0, not at x⁰", lambda r: _started(r, np.zeros_like(r.start))
    )
    yield Mutation(
        "starts at 1", "the run starts at ones, not at x⁰", lambda r: _started(r, np.ones_like(r.start))
    )
    yield Mutation("starts at −x⁰", "the run starts at −x⁰", lambda r: _started(r, -r.start))


def _started(recipe: Recipe, start: np.ndarray) -> Recipe:
    return recipe.replaced(start=start)
