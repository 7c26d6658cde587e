"""Causes of a path in a format shorter than doubles: the format itself, or one more mistake beside it."""

import dataclasses

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.formats import Format
from paper_repro.conformance.diagnosis.misfit import distance
from paper_repro.conformance.diagnosis.precision import carried, OTHER_ORDER
from paper_repro.conformance.diagnosis.recursion import path
from paper_repro.conformance.diagnosis.search import Search, searched


# Roundings that carry further than this hide so much that a second mistake cannot be named.
COARSE = 1e-3


def short_causes(search: Search, form: Format) -> list[Cause]:
    """Return the causes of a path that is written in a shorter format, to within what its roundings carry."""
    tolerance = OTHER_ORDER * carried(search.recipe, form, search.observed)
    rough = dataclasses.replace(search.observed, tolerance=tolerance)
    short = _short(form)
    if distance(path(search.recipe, rough.rounds), rough) <= tolerance:
        return [short]
    if tolerance > COARSE:
        return []
    return [_also(short, cause) for cause in searched(Search(search.recipe, rough), pairs_too=False)]


def _short(form: Format) -> Cause:
    return Cause(
        form.name,
        f"numbers are {form.name}: every coordinate is one, and the path is right up to its roundings; "
        "ask for float64 for data, model and average",
        form.spacing,
        (form.name,),
        lambda recipe: recipe.replaced(rounding=form.rounding),
        portable=False,
    )


def _also(short: Cause, cause: Cause) -> Cause:
    return Cause(
        f"{short.name}, and {cause.name}",
        f"numbers are {short.name}; and {cause.sentence}",
        cause.misfit,
        (short.name, *cause.parts),
        lambda recipe: short.change(cause.change(recipe)),
        cause.fitted,
        portable=False,
    )
