"""The search for causes: single changes, then numbers that are fitted, then pairs of changes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.fit import fit_family
from paper_repro.conformance.diagnosis.misfit import misfit, Observed
from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.mutations import families, mutations
from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.recursion import path


# Explanations within the tolerance that miss by this much more than the best one are worse, not equal …
WORSE = 1e3
# … unless they miss by no more than the rounding of a long run.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Search:
    """An observed path, and the recipe of the simulator that should have given it."""

    recipe: Recipe
    observed: Observed

    @cached_property
    def single(self) -> list[tuple[str, Mutation, Recipe]]:
        """Topic, change and changed recipe of every change that changes this task's path."""
        right = Observed(path(self.recipe, self.observed.rounds), self.observed.start)
        changed = [(topic, m, m.change(self.recipe)) for topic, m in mutations(self.recipe)]
        return [(t, m, r) for t, m, r in changed if misfit(r, right) > right.tolerance]


def searched(search: Search, *, pairs_too: bool = True) -> list[Cause]:
    """Return the causes that the first successful stage finds: one change; one with a number to fit; two."""
    found = equally_good([*single_changes(search), *marked_numbers(search)])
    found = found or equally_good(list(fitted_numbers(search)))
    return found or (equally_good(list(pairs(search))) if pairs_too else [])


def equally_good(causes: list[Cause]) -> list[Cause]:
    """Leave out what misses clearly more than the best, and fitted numbers where nothing needs to be fitted."""
    if not causes:
        return []
    fewest = min(len(cause.fitted) for cause in causes)
    causes = [cause for cause in causes if len(cause.fitted) == fewest]
    allowed = max(WORSE * min(cause.misfit for cause in causes), ROUNDING)
    return [cause for cause in causes if cause.misfit <= allowed]


def single_changes(search: Search) -> Iterator[Cause]:
    """Yield the single changes whose path is the observed one."""
    for _, mutation, recipe in search.single:
        apart = misfit(recipe, search.observed)
        if apart <= search.observed.tolerance:
            yield Cause(mutation.name, mutation.sentence, apart, (mutation.name,), mutation.change)


def marked_numbers(search: Search) -> Iterator[Cause]:
    """Yield the families of changes that explain the path with a number that has a meaning, such as 2 or M."""
    for family in families(search.recipe):
        for words, mark in family.marks.items():
            apart = misfit(family.change(search.recipe, mark), search.observed)
            if apart <= search.observed.tolerance:
                member = family.at(mark, words)
                yield Cause(member.name, member.sentence, apart, (family.name,), member.change)
                break


def fitted_numbers(search: Search) -> Iterator[Cause]:
    """Yield the families of changes whose number can be chosen so that the path is the observed one."""
    if search.observed.numbers <= 1:
        return
    for family in families(search.recipe):
        if family.moves_offset_only and len(search.recipe.start) == 1:
            continue
        fit = fit_family(family, search.recipe, search.observed)
        if fit.misfit <= search.observed.tolerance:
            value = fit.values[0]
            member = family.at(value, f"{value:.8g}")
            yield Cause(member.name, member.sentence, fit.misfit, (family.name,), member.change, (value,))


def pairs(search: Search) -> Iterator[Cause]:
    """Yield pairs of changes of different parts whose path is the observed one.

    A change that leaves the first round as it is can only join one that explains the first round by itself.
    """
    for (topic, first, changed), (other, second, _) in _candidates(search):
        if topic == other:
            continue
        apart = misfit(second.change(changed), search.observed)
        if apart <= search.observed.tolerance:
            yield _compound(first, second, apart)


def _compound(first: Mutation, second: Mutation, apart: float) -> Cause:
    return Cause(
        f"{first.name}, and {second.name}",
        f"{first.sentence}; and {second.sentence}",
        apart,
        (first.name, second.name),
        lambda recipe: second.change(first.change(recipe)),
    )


Candidate = tuple[str, Mutation, Recipe]


def _candidates(search: Search) -> Iterator[tuple[Candidate, Candidate]]:
    """Pairs that can explain the first round."""
    head = search.observed.head(1)
    right = Observed(path(search.recipe, 1), head.start)
    common = [c for c in search.single if not c[1].rare]
    late = [c for c in common if misfit(c[2], right) <= right.tolerance]
    early = [c for c in common if c not in late]
    if misfit(search.recipe, head) <= head.tolerance:
        yield from combinations(late, 2)
        return
    explaining = [c for c in early if misfit(c[2], head) <= head.tolerance]
    for candidate in explaining:
        yield from ((candidate, other) for other in late)
    yield from combinations(early, 2)


def departs(search: Search) -> bool:
    """Whether the observed path is another than the right one."""
    return math.isinf(misfit(search.recipe, search.observed))
