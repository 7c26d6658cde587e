"""What can be said about a path that nothing explains."""

from collections.abc import Iterator

import numpy as np

from paper_repro.conformance.diagnosis.misfit import agreeing_rounds, misfit, Observed
from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.recursion import path
from paper_repro.conformance.diagnosis.search import Search


# How many explanations of the first round are named.
NAMED = 4
# Ratios of successive moves that differ by less show a rate.
STEADY = 0.05
# An apparent limit that is this near to a point with a name, relative to the path's size, is said to be there.
NEAR = 1e-3


def hints(search: Search) -> Iterator[str]:
    """Yield sentences: where the path departs, whether its first round is explained, its rate and limit."""
    yield _departure(search)
    yield from _first_round(search)
    yield from _rate_and_limit(search.recipe, search.observed)


def _departure(search: Search) -> str:
    agreeing = agreeing_rounds(search.recipe, search.observed)
    apart = np.abs(_right(search)[agreeing] - search.observed.path[agreeing]).max()
    where = "in round 1" if agreeing == 0 else f"in round {agreeing + 1}; the rounds before are right"
    return f"the path departs {where} (by {apart:.3g})"


def _right(search: Search) -> np.ndarray:
    return path(search.recipe, search.observed.rounds)


def _first_round(search: Search) -> Iterator[str]:
    head = search.observed.head(1)
    if misfit(search.recipe, head) <= head.tolerance:
        yield "the local work of the first round, its weights and its record are right: look at what is kept"
        return
    names = [m.name for _, m, recipe in search.single if misfit(recipe, head) <= head.tolerance]
    if names:
        more = "" if len(names) <= NAMED else f" and {len(names) - NAMED} more"
        yield f"the first round alone would be explained by {', '.join(names[:NAMED])}{more}, later ones are not"
    else:
        yield "no single change explains even the first round"


def _rate_and_limit(recipe: Recipe, observed: Observed) -> Iterator[str]:
    moves = np.diff(observed.path, axis=0)
    sizes = np.linalg.norm(moves, axis=1)
    if len(sizes) < 3 or not (sizes[-3:] > 0.0).all():
        return
    ratios = sizes[-2:] / sizes[-3:-1]
    if abs(ratios[1] - ratios[0]) > STEADY * ratios[1]:
        yield f"successive moves shrink by {ratios[0]:.4g}, then {ratios[1]:.4g}: no rate yet"
    elif ratios[1] >= 1.0:
        yield f"successive moves grow by {ratios[1]:.4g} per round: it diverges"
    else:
        limit = observed.path[-1] + moves[-1] * ratios[1] / (1.0 - ratios[1])
        where = f"{_shown(limit)}{_named(recipe, observed, limit)}"
        yield f"apparent rate {ratios[1]:.4g} per round, apparent limit {where}"


def _shown(vector: np.ndarray) -> str:
    return "(" + ", ".join(f"{v:.5g}" for v in vector) + ")"


def _named(recipe: Recipe, observed: Observed, limit: np.ndarray) -> str:
    for words, point in _points(recipe).items():
        if np.abs(limit - point).max() <= NEAR * observed.scales[-1]:
            return f", near {words}"
    return ""


def _points(recipe: Recipe) -> dict[str, np.ndarray]:
    """Points that wrong code likes to end at, by their names."""
    curvatures, linear = recipe.samples.moments
    sizes = np.array(recipe.samples.sizes) / np.sum(recipe.samples.sizes)
    optima = np.array([np.linalg.lstsq(a, g, rcond=None)[0] for a, g in zip(curvatures, linear, strict=True)])

    def minimiser(weights: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(np.tensordot(weights, curvatures, 1), weights @ linear, rcond=None)[0]

    uniform = np.ones(recipe.workers) / recipe.workers
    points = {
        "the minimiser of Σ p_m f_m": minimiser(np.array(recipe.weights)),
        "the minimiser of the mean of all f_m": minimiser(uniform),
        "the least squares of all samples": minimiser(sizes),
        "the mean of the workers' own minimisers": optima.mean(axis=0),
        "x⁰": recipe.start,
        "0": np.zeros_like(recipe.start),
    }
    return points | {f"the minimiser of worker {m + 1}": point for m, point in enumerate(optima)}
