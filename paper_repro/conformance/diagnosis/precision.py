"""Numbers shorter than doubles: which format a path is written in, and how far its roundings carry."""

import numpy as np

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.formats import Format, FORMATS
from paper_repro.conformance.diagnosis.misfit import distance, Observed
from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.recursion import path


# Another order of operations rounds otherwise: so many times as far as our own, at most.
OTHER_ORDER = 16.0
# Errors of one round that an affine map of x leaves less than this share of are no rounding, but a mistake.
SMOOTH = 0.1


def written_in(observed: Observed, right: np.ndarray) -> Format | None:
    """Return the shortest format that holds every number of the path, unless it holds the right path, too."""
    with np.errstate(all="ignore"):
        for form in FORMATS:
            if np.array_equal(form.rounding(observed.path), observed.path):
                return None if np.array_equal(form.rounding(right), right) else form
    return None


def carried(recipe: Recipe, form: Format, observed: Observed) -> float:
    """Return how far roundings of this format carry a path, relative to its size: as measured, one spacing at least."""
    with np.errstate(all="ignore"):
        short = path(recipe.replaced(rounding=form.rounding), observed.rounds)
        apart = np.abs(short - path(recipe, observed.rounds)).max(axis=1) / observed.scales
    return max(float(np.max(apart)), form.spacing) if np.isfinite(apart).all() else form.spacing


def by_size(recipe: Recipe, observed: Observed) -> list[Cause]:
    """Return float32 as the cause of departures of its size that are no affine map: roundings, of which we see a mean.

    An average in doubles of models in float32 is written in neither.
    """
    stateless = recipe.controls is None and not (recipe.server.momentum or recipe.server.delay)
    departure = distance(path(recipe, observed.rounds), observed)
    expected = carried(recipe, FORMATS[-1], observed)
    if not stateless or not expected / OTHER_ORDER <= departure <= OTHER_ORDER * expected:
        return []
    if _smooth(observed, departure):
        return []
    sentence = (
        "departures have the size of float32's roundings, and their disorder: ask for float64 everywhere"
    )
    return [
        Cause(
            "float32",
            sentence,
            departure,
            ("float32",),
            lambda r: r.replaced(rounding=FORMATS[-1].rounding),
            portable=False,
        )
    ]


def _smooth(observed: Observed, departure: float) -> bool:
    """Whether x^{r+1} is an affine map of x^r, as wrong code gives; also where rounds are too few to tell."""
    before, after = observed.path[:-1], observed.path[1:]
    wide = np.column_stack([before, np.ones(len(before))])
    if len(before) < wide.shape[1] + 2:
        return True
    left = after - wide @ np.linalg.lstsq(wide, after, rcond=None)[0]
    return float(np.abs(left).max() / observed.scales[-1]) < SMOOTH * departure
