"""Numbers shorter than doubles: which format a path is written in, and how far its roundings carry."""

from dataclasses import dataclass

import numpy as np

from paper_repro.conformance.diagnosis.misfit import Observed
from paper_repro.conformance.diagnosis.recipe import Recipe, Rounding
from paper_repro.conformance.diagnosis.recursion import path


@dataclass(frozen=True, eq=False)
class Format:
    """A floating-point format by its name, its rounding of doubles, and its relative spacing."""

    name: str
    rounding: Rounding
    spacing: float


def _to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Round to 8 significant bits, halves to even; of the exponent float32 takes care."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


# The shortest first: what is written in it is written in the longer ones, too.
FORMATS = (
    Format("bfloat16", _to_bfloat16, 2.0**-7),
    Format("float16", lambda values: np.asarray(values, np.float16).astype(np.float64), 2.0**-10),
    Format("float32", lambda values: np.asarray(values, np.float32).astype(np.float64), 2.0**-23),
)

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
