"""The local steps of every worker, read off the first round.

Its moves add up over workers, x¹ − x⁰ = Σ_m C_m(H_m), so half of the workers can be tried against the other half.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.misfit import misfit, Observed
from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.recursion import path


# Numbers of steps that are tried go up to this multiple of the largest H.
BEYOND = 3
# So many combinations of half of the workers; more workers than that leave are not decoded.
COMBINATIONS = 300_000
# Local work that has converged looks the same for many H: then the steps cannot be read off.
AMBIGUOUS = 20


def free_steps(recipe: Recipe, observed: Observed) -> Iterator[Cause]:
    """Yield the numbers of local steps whose path is the observed one."""
    for steps in _first_round(recipe, observed):
        for change, where in ((_everywhere, ""), (_in_the_loop, " in the loop only")):
            apart = misfit(change(recipe, steps), observed)
            if apart <= observed.tolerance:
                yield Cause(
                    f"H = {steps}{where}",
                    f"workers take {steps} local steps instead of {recipe.work.steps}{where}",
                    apart,
                    ("other local steps",),
                    lambda r, c=change, s=steps: c(r, s),
                    portable=False,
                )
                break


def _everywhere(recipe: Recipe, steps: tuple[int, ...]) -> Recipe:
    return recipe.working(steps=steps, counted_steps=steps)


def _in_the_loop(recipe: Recipe, steps: tuple[int, ...]) -> Recipe:
    return recipe.working(steps=steps)


def _first_round(recipe: Recipe, observed: Observed) -> list[tuple[int, ...]]:
    """All numbers of steps, as taken, that lead to the observed x¹; none if they are too many to tell."""
    choices = BEYOND * max(recipe.work.steps) + 1
    half = recipe.workers // 2
    if recipe.work.begins == "turns" or choices ** (recipe.workers - half) > COMBINATIONS:
        return []
    moves = _moves(recipe, choices)
    left, right = _sums(moves[:half]), _sums(moves[half:])
    target = observed.path[0] - path(recipe.working(steps=(0,) * recipe.workers), 1)[0]
    found = _meeting(left, right, target, observed.tolerance * float(observed.scales[0]))
    shape = (choices,) * recipe.workers
    steps = [tuple(int(h) for h in np.unravel_index(i * len(right) + j, shape)) for i, j in found]
    return steps if len(steps) <= AMBIGUOUS else []


def _moves(recipe: Recipe, choices: int) -> Float[np.ndarray, "worker choice dim"]:
    """C_m(h): what worker m adds to x¹ with h steps."""
    still = path(recipe.working(steps=(0,) * recipe.workers), 1)[0]

    def alone(m: int, steps: int) -> np.ndarray:
        return path(recipe.working(steps=tuple(steps * (k == m) for k in range(recipe.workers))), 1)[0]

    return np.array([[alone(m, h) - still for h in range(choices)] for m in range(recipe.workers)])


def _sums(moves: np.ndarray) -> Float[np.ndarray, "combination dim"]:
    """Σ_m C_m(h_m) for all combinations, the last worker's h running fastest."""
    total = np.zeros((1, moves.shape[2] if moves.ndim == 3 else 1))
    for of_worker in moves:
        total = (total[:, None, :] + of_worker[None, :, :]).reshape(-1, of_worker.shape[1])
    return total


def _meeting(
    left: np.ndarray, right: np.ndarray, target: np.ndarray, apart: float
) -> Iterator[tuple[int, int]]:
    """Indices with left + right = target."""
    order = np.argsort(right[:, 0])
    first = right[order, 0]
    wanted = target - left
    low = np.searchsorted(first, wanted[:, 0] - apart)
    high = np.searchsorted(first, wanted[:, 0] + apart)
    for i in np.flatnonzero(high > low):
        near = order[low[i] : high[i]]
        for j in near[np.abs(right[near] - wanted[i]).max(axis=1) <= apart]:
            yield int(i), int(j)
