"""Wrong numbers of local steps."""

import math
from collections.abc import Callable, Iterator
from itertools import permutations

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Recipe


Counts = Callable[[Recipe], list[int]]

# Beyond five workers only exchanges of two are tried: 6! = 720 paths would take seconds.
ALL_ORDERS = 4


def step_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield the ways to count local steps wrongly; where steps are counted twice, in the loop alone, too."""
    counted_twice = recipe.controls is not None or recipe.normalisation is not None
    for name, sentence, counts, rare in _counts(recipe):
        yield Mutation(name, sentence, _everywhere(counts), rare)
        if counted_twice:
            said = f"{sentence}; the number that the correction divides by stays H_m"
            yield Mutation(f"{name} in the loop only", said, _in_the_loop(counts), rare)
    if counted_twice:
        yield from _miscounted()


def orders(workers: int) -> list[tuple[int, ...]]:
    """Return the orders of M workers but the given one; exchanges of two if M is large."""
    same = tuple(range(workers))
    if workers <= ALL_ORDERS:
        return [order for order in permutations(same) if order != same]
    pairs = ((i, j) for i in same for j in same if i < j)
    return [tuple(j if k == i else i if k == j else k for k in same) for i, j in pairs]


def moves_few(order: tuple[int, ...]) -> bool:
    """Whether an order is an exchange of two."""
    return sum(m != k for m, k in enumerate(order)) == 2


def _counts(recipe: Recipe) -> Iterator[tuple[str, str, Counts, bool]]:
    """Name, sentence, numbers of steps, and whether it is rare."""
    for common in (*_offsets(), *_common(), *_multiples(recipe)):
        yield *common, False
    for order in orders(recipe.workers):
        yield *_ordered(recipe, order), not moves_few(order)
    for single in _on_one_worker(recipe) if recipe.workers > 1 else ():
        yield *single, True


def _everywhere(counts: Counts) -> Callable[[Recipe], Recipe]:
    def change(recipe: Recipe) -> Recipe:
        steps = _whole(counts(recipe))
        return recipe.working(steps=steps, counted_steps=steps)

    return change


def _in_the_loop(counts: Counts) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.working(steps=_whole(counts(recipe)))


def _whole(counts: list[int]) -> tuple[int, ...]:
    return tuple(max(int(h), 0) for h in counts)


def _offsets() -> Iterator[tuple[str, str, Counts]]:
    yield (
        "H+1",
        "one local step too many: look at the bounds of the loop",
        lambda r: _each(r, lambda h: h + 1),
    )
    yield "H−1", "one local step too few: look at the bounds of the loop", lambda r: _each(r, lambda h: h - 1)
    yield "H+2", "two local steps too many", lambda r: _each(r, lambda h: h + 2)
    yield "H−2", "two local steps too few", lambda r: _each(r, lambda h: h - 2)


def _each(recipe: Recipe, changed: Callable[[int], int]) -> list[int]:
    return [changed(h) for h in recipe.work.steps]


def _common() -> Iterator[tuple[str, str, Counts]]:
    """One number for all workers."""
    said = "every worker takes {} steps: give each its own H_m"
    choices: dict[str, Callable[[tuple[int, ...]], float]] = {
        "that of the first worker": lambda steps: steps[0],
        "that of the last worker": lambda steps: steps[-1],
        "the largest H": max,
        "the smallest H": min,
        "the mean of H, rounded": lambda steps: round(float(np.mean(steps))),
        "the mean of H, rounded down": lambda steps: math.floor(np.mean(steps)),
        "the sum of all H": sum,
        "one": lambda steps: 1,
    }
    for words, choice in choices.items():
        yield f"H = {words}", said.format(words), lambda r, c=choice: [int(c(r.work.steps))] * r.workers


def _multiples(recipe: Recipe) -> Iterator[tuple[str, str, Counts]]:
    yield "2H", "twice the local steps: is the loop entered twice?", lambda r: _each(r, lambda h: 2 * h)
    yield "3H", "three times the local steps", lambda r: _each(r, lambda h: 3 * h)
    yield "H/2", "half of the local steps", lambda r: _each(r, lambda h: h // 2)
    yield "H·M", "M times the local steps", lambda r: _each(r, lambda h: h * r.workers)
    yield (
        "H·n_m",
        "a step per sample, so H passes over the data: H counts steps, not epochs",
        lambda r: [h * n for h, n in zip(r.work.steps, r.samples.sizes, strict=True)],
    )
    for batch in sorted({1, 2, 4, 5, 8, 10, 16, 32} & set(range(1, max(recipe.samples.sizes) + 1))):
        yield (
            f"⌈n_m/{batch}⌉ steps",
            f"one pass over the data in batches of {batch}, whatever H is: H counts steps, not epochs",
            lambda r, b=batch: [-(-n // b) for n in r.samples.sizes],
        )


def _ordered(recipe: Recipe, order: tuple[int, ...]) -> tuple[str, str, Counts]:
    shown = tuple(recipe.work.steps[m] for m in order)
    return (
        f"H exchanged: {shown}",
        f"workers take each other's numbers of steps, H = {shown}",
        lambda r: [r.work.steps[m] for m in order],
    )


def _on_one_worker(recipe: Recipe) -> Iterator[tuple[str, str, Counts]]:
    for m in range(recipe.workers):
        for extra in (1, -1):
            yield (
                f"H{extra:+d} on worker {m + 1}".replace("-", "−"),
                f"worker {m + 1} takes a step too {'many' if extra > 0 else 'few'}",
                lambda r, m=m, e=extra: [h + e * (k == m) for k, h in enumerate(r.work.steps)],
            )


def _miscounted() -> Iterator[Mutation]:
    """Right steps, counted wrongly by the correction."""
    for name, offset in (("H+1", 1), ("H−1", -1)):
        yield Mutation(
            f"{name} in the correction only",
            f"the loop is right, and the correction divides by {name}",
            lambda r, o=offset: r.working(counted_steps=tuple(max(h + o, 1) for h in r.work.counted_steps)),
        )
