"""Fits that need no hypothesis about the mistake, only about the part that has it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.fit import fit_numbers
from paper_repro.conformance.diagnosis.misfit import Observed
from paper_repro.conformance.diagnosis.recipe import Recipe


@dataclass(frozen=True, eq=False)
class FreePart:
    """Numbers of one part of the algorithm, all to be fitted; the rest of the recipe is then right.

    ``change`` makes (recipe, numbers) a recipe; ``start`` are the right numbers of a recipe.
    """

    name: str
    sentence: str
    change: Callable[[Recipe, np.ndarray], Recipe]
    start: Callable[[Recipe], np.ndarray]


def free_fits(recipe: Recipe, observed: Observed) -> Iterator[Cause]:
    """Yield the parts whose numbers can be chosen so that the path is the observed one, if it has more numbers."""
    for part in _parts(recipe):
        start = part.start(recipe)
        if len(start) >= observed.numbers:
            continue
        fit = fit_numbers(lambda v, p=part: p.change(recipe, v), start, observed)
        if fit.misfit <= observed.tolerance:
            yield _cause(part, fit.values, fit.misfit)


def _cause(part: FreePart, values: tuple[float, ...], apart: float) -> Cause:
    shown = ", ".join(f"{v:.6g}" for v in values)
    return Cause(
        f"{part.name} ({shown})",
        f"{part.sentence}: fitted are ({shown}); all else is right",
        apart,
        (part.name,),
        lambda recipe: part.change(recipe, np.array(values)),
        values,
        portable=False,
    )


def _parts(recipe: Recipe) -> Iterator[FreePart]:
    yield FreePart(
        "other weights",
        "moves are averaged with other weights",
        lambda r, v: r.replaced(weights=tuple(v)),
        lambda r: np.array(r.weights),
    )
    yield FreePart(
        "other weights, of models",
        "models, not moves, are added with other weights",
        lambda r, v: r.replaced(weights=tuple(v)).serving(moves="models"),
        lambda r: np.array(r.weights),
    )
    yield FreePart(
        "other learning rates",
        "workers have other learning rates",
        lambda r, v: r.working(lr=tuple(v), counted_lr=tuple(v)),
        lambda r: np.array(r.work.lr),
    )
    yield FreePart(
        "other start",
        "the run starts elsewhere, or only its first round is wrong",
        lambda r, v: r.replaced(start=v),
        lambda r: r.start,
    )
    if recipe.controls is not None:
        yield FreePart(
            "other divisors",
            "control updates divide by other numbers",
            lambda r, v: r.controlling(divisors=tuple(v)),
            lambda r: np.multiply(r.work.counted_steps, r.work.counted_lr),
        )
    if recipe.normalisation is not None or recipe.controls is not None or recipe.work.proximal > 0.0:
        yield FreePart(
            "other scales of the losses",
            "the losses are scaled",
            lambda r, v: r.working(loss_factors=tuple(v)),
            lambda r: np.array(r.work.loss_factors),
        )
    yield from _pairs_of_numbers()


def _pairs_of_numbers() -> Iterator[FreePart]:
    yield FreePart(
        "other η and server rate",
        "the learning rate is multiplied by the first number, and the server's by the second",
        lambda r, v: _rate(r, v[0]).serving(rate=v[1] * r.server.rate),
        lambda r: np.ones(2),
    )
    yield FreePart(
        "other server rate and momentum",
        "the server has another rate and another momentum",
        lambda r, v: r.serving(rate=v[0], momentum=v[1]),
        lambda r: np.array([r.server.rate, r.server.momentum]),
    )
    yield FreePart(
        "other η and weight decay",
        "the learning rate is multiplied by the first number, and there is weight decay",
        lambda r, v: _rate(r, v[0]).working(weight_decay=v[1]),
        lambda r: np.array([1.0, 0.0]),
    )


def _rate(recipe: Recipe, factor: float) -> Recipe:
    work = recipe.work
    return recipe.working(
        lr=tuple(factor * v for v in work.lr), counted_lr=tuple(factor * v for v in work.counted_lr)
    )
