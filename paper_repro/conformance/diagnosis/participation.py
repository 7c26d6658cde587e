"""Who took part: read off the path round by round, since any of them could have been drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, product
from typing import Literal

import numpy as np

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.misfit import Observed
from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.mutations import mutations
from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.recursion import advanced, initial


# How often every worker counts in one round: 0, 1, or more if workers are drawn with replacement.
Drawn = tuple[int, ...]
Weighting = Literal["renormalised", "unbiased", "plain"]

# 2^M sets of workers are tried in every round.
MOST_WORKERS = 8
# The same workers in every round by chance: so improbable that it is a mistake.
BY_CHANCE = 1e-3

SENTENCES: dict[Weighting, str] = {
    "renormalised": "p_m of those who take part are renormalised",
    "unbiased": "moves are multiplied by M/|S| p_m instead of renormalised p_m",
    "plain": "p_m of those who take part are not renormalised",
}


@dataclass(frozen=True)
class Decoded:
    """Who took part in every round under one weighting, and the misfit that is left."""

    weighting: Weighting
    drawn: tuple[Drawn, ...]
    misfit: float


def decoded(recipe: Recipe, observed: Observed, count: int, weighting: Weighting) -> Decoded | None:
    """Return workers whose rounds give the observed path; None if there are none, or M is too large."""
    if recipe.workers > MOST_WORKERS:
        return None
    choices = _choices(recipe.workers, count)
    state, drawn, worst = initial(recipe), [], 0.0
    for r, target in enumerate(observed.path):
        for present in choices:
            later = advanced(_weighed(recipe, present, weighting), state, present)
            apart = float(np.abs(later.server[: recipe.shown_dim] - target).max()) / float(observed.scales[r])
            if apart <= observed.tolerance:
                break
        else:
            return None
        state, worst = later, max(worst, apart)
        drawn.append(present)
    return Decoded(weighting, tuple(drawn), worst)


def participation_causes(recipe: Recipe, observed: Observed, count: int) -> Iterator[Cause]:
    """Yield what is wrong with who takes part, and else what is wrong with the rest; nothing if all is right."""
    for weighting in SENTENCES:
        found = decoded(recipe, observed, count, weighting)
        if found is not None:
            yield from _wrong(found, count)
            return
    for _, mutation in mutations(recipe):
        found = decoded(mutation.change(recipe), observed, count, "renormalised")
        if found is not None and not list(_wrong(found, count)):
            yield _of_rest(mutation, found)


def _choices(workers: int, count: int) -> list[Drawn]:
    """The right ones first: sets of ``count``; then draws with replacement, then other sets."""
    sets = [drawn for drawn in product((0, 1), repeat=workers) if any(drawn)]
    repeated = combinations_with_replacement(range(workers), count)
    draws = [tuple(np.bincount(chosen, minlength=workers).tolist()) for chosen in repeated]
    right = [drawn for drawn in draws if max(drawn) == 1]
    return [*right, *(d for d in draws if max(d) > 1), *(s for s in sets if sum(s) != count)]


def _weighed(recipe: Recipe, present: Drawn, weighting: Weighting) -> Recipe:
    shares = np.array(recipe.weights) * np.array(present)
    scale = {"renormalised": 1.0 / shares.sum(), "unbiased": recipe.workers / sum(present), "plain": 1.0}
    weighed = recipe.replaced(weights=tuple(float(w) for w in scale[weighting] * shares))
    if recipe.controls is None:
        return weighed
    return weighed.replaced(
        controls=replace(recipe.controls, weights=recipe.controls.weights or recipe.weights)
    )


def _wrong(found: Decoded, count: int) -> Iterator[Cause]:
    for name, sentence in _faults(found, count):
        yield Cause(name, sentence, found.misfit, (name,), lambda recipe: recipe, portable=False)


def _faults(found: Decoded, count: int) -> Iterator[tuple[str, str]]:
    """What is wrong with the sets; several if a smaller set can be a draw with one worker twice."""
    sizes = {sum(often > 0 for often in drawn) for drawn in found.drawn}
    workers = len(found.drawn[0])
    if sizes == {workers} and count < workers:
        yield "all take part", f"all {workers} workers take part in every round; {count} were asked"
    elif len(sizes) == 1 and sizes != {count}:
        yield f"{min(sizes)} take part", f"{min(sizes)} workers take part in every round; {count} were asked"
    elif len(sizes) > 1:
        if max(sizes) <= count:
            yield "drawn with replacement", "a worker is drawn twice in a round: draw without replacement"
        yield "numbers vary", f"{sorted(sizes)} workers take part, a varying number; {count} were asked"
    if (
        sizes == {count}
        and len(set(found.drawn)) == 1
        and _chance(workers, count, len(found.drawn)) < BY_CHANCE
    ):
        yield "always the same workers", "the same workers take part in every round: draw them anew"
    if found.weighting != "renormalised":
        yield f"weights of participants {found.weighting}", SENTENCES[found.weighting]


def _chance(workers: int, count: int, rounds: int) -> float:
    sets = len([drawn for drawn in product((0, 1), repeat=workers) if sum(drawn) == count])
    return float(sets) ** (1 - rounds)


def _of_rest(mutation: Mutation, found: Decoded) -> Cause:
    return Cause(mutation.name, mutation.sentence, found.misfit, (mutation.name,), mutation.change)
