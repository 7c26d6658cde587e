"""Least squares of a recipe's numbers to an observed path, by Gauss and Newton with differences."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis.misfit import Observed, residuals
from paper_repro.conformance.diagnosis.mutation import Family
from paper_repro.conformance.diagnosis.recipe import Recipe


# Points at which a single number is tried before it is refined.
GRID = 33
# Rounds that the grid looks at; most numbers show in the first two or three.
GLANCE = 3
# Valleys of the grid that are refined.
VALLEYS = 2
# Without a misfit below this after the first refinement no number will do: Newton at a zero residual squares errors.
PROMISING = 1e-4
ITERATIONS = 12
# Relative step of a difference: its error 1e-7 slows Newton down, and does not move a zero of the residual.
DIFFERENCE = 1e-7


@dataclass(frozen=True)
class Fit:
    """Fitted numbers and what is left of the misfit."""

    values: tuple[float, ...]
    misfit: float


Making = Callable[[np.ndarray], Recipe]


def fit_family(family: Family, recipe: Recipe, observed: Observed) -> Fit:
    """Return the number of a family that meets the path best, from the best valleys of a grid."""
    glance = observed.head(GLANCE)
    grid = np.linspace(family.low, family.high, GRID)
    sizes = [_size(residuals(family.change(recipe, float(v)), glance)) for v in grid]
    fits = [_refined(family, recipe, observed, float(grid[i])) for i in _valleys(np.array(sizes))]
    return min(fits, key=lambda fit: fit.misfit, default=Fit((math.nan,), math.inf))


def fit_numbers(
    making: Making, start: Float[np.ndarray, " number"], observed: Observed, iterations: int = ITERATIONS
) -> Fit:
    """Return the numbers that Gauss and Newton reach from a start, with steps halved until they gain."""
    values = np.array(start, float)
    left = residuals(making(values), observed)
    for _ in range(iterations):
        if not np.isfinite(left).all():
            return Fit(tuple(values), math.inf)
        gained = _gained(making, observed, values, left)
        if gained is None:
            break
        values, left = gained
    return Fit(tuple(float(v) for v in values), float(np.abs(left).max()))


def _refined(family: Family, recipe: Recipe, observed: Observed, start: float) -> Fit:
    """First on a few rounds, then on all."""

    def making(values: np.ndarray) -> Recipe:
        return family.change(recipe, float(values[0]))

    few = fit_numbers(making, np.array([start]), observed.head(GLANCE))
    if not few.misfit < PROMISING:
        return few if math.isinf(few.misfit) else Fit(few.values, math.inf)
    fit = fit_numbers(making, np.array(few.values), observed)
    return fit if family.low <= fit.values[0] <= family.high else Fit(fit.values, math.inf)


def _valleys(sizes: np.ndarray) -> list[int]:
    """Grid points no larger than their neighbours, the lowest first; equal sizes are no valley."""
    walled = np.concatenate(([math.inf], sizes, [math.inf]))
    low = [i for i in range(len(sizes)) if walled[i] >= sizes[i] <= walled[i + 2] and math.isfinite(sizes[i])]
    return sorted(low, key=lambda i: sizes[i])[:VALLEYS]


def _size(left: np.ndarray) -> float:
    return float(np.linalg.norm(left))


def _gained(
    making: Making, observed: Observed, values: np.ndarray, left: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """The values after one step and their residuals; None if no step gains."""
    steps = DIFFERENCE * np.maximum(np.abs(values), 1.0)
    columns = [
        (residuals(making(values + step * unit), observed) - left) / step
        for step, unit in zip(steps, np.eye(len(values)), strict=True)
    ]
    slope = np.stack(columns, axis=1)
    if not np.isfinite(slope).all():
        return None
    change = np.linalg.lstsq(slope, -left, rcond=None)[0]
    for shortened in 0.5 ** np.arange(6):
        moved = values + shortened * change
        new = residuals(making(moved), observed)
        if _size(new) < _size(left):
            return moved, new
    return None
