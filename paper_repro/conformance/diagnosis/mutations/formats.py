"""One part of a run in numbers shorter than doubles, the rest in doubles: its path is known to the digit."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from paper_repro.conformance.diagnosis.formats import Format, FORMATS
from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Numbers, Recipe


def format_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield samples, learning rate, weights or record in a shorter format."""
    for form in FORMATS:
        said = f"in {form.name}, where float64 was asked"
        yield Mutation(
            f"{form.name} record",
            f"vectors are handed out {said}",
            lambda r, f=form: r.recording(rounding=f.rounding),
            True,
        )
        yield Mutation(f"{form.name} data", f"samples are {said}", lambda r, f=form: _samples(r, f), True)
        yield Mutation(
            f"{form.name} learning rate",
            f"the learning rate is {said}",
            lambda r, f=form: r.working(lr=_short(r.work.lr, f), counted_lr=_short(r.work.counted_lr, f)),
            True,
        )
        yield Mutation(
            f"{form.name} weights",
            f"the weights of the average are {said}",
            lambda r, f=form: r.replaced(weights=_short(r.weights, f)),
            True,
        )


def _short(values: Numbers, form: Format) -> Numbers:
    return tuple(float(v) for v in form.rounding(np.array(values)))


def _samples(recipe: Recipe, form: Format) -> Recipe:
    old = recipe.samples
    return recipe.replaced(
        samples=dataclasses.replace(
            old,
            features=tuple(form.rounding(x) for x in old.features),
            labels=tuple(form.rounding(y) for y in old.labels),
        )
    )
