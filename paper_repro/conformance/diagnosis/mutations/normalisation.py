"""Wrong normalised averaging, FedNova."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Normalisation, Recipe


def normalisation_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield wrong divisors and wrong τ of FedNova; and FedNova itself where plain averaging was asked."""
    if recipe.normalisation is None:
        yield Mutation(
            "FedNova's averaging",
            "moves are divided by H_m and multiplied by Σ p_m H_m: that is FedNova",
            lambda r: r.replaced(normalisation=Normalisation()),
        )
        return
    yield Mutation(
        "not normalised", "plain averaging: FedNova divides by H_m", lambda r: r.replaced(normalisation=None)
    )
    for name, sentence, effective in _effective():
        yield Mutation(
            name, sentence, lambda r, e=effective: _normalised(r, effective=float(e(r, _counted(r))))
        )
    for name, sentence, divisor in _divisors():
        yield Mutation(
            name,
            sentence,
            lambda r, d=divisor: _normalised(r, divisors=tuple(float(d(_counted(r))) for _ in r.weights)),
        )


def _counted(recipe: Recipe) -> np.ndarray:
    return np.array(recipe.work.counted_steps, float)


def _normalised(recipe: Recipe, **changes: object) -> Recipe:
    if recipe.normalisation is None:
        return recipe
    return recipe.replaced(normalisation=dataclasses.replace(recipe.normalisation, **changes))


def _effective() -> Iterator[tuple[str, str, Callable[[Recipe, np.ndarray], float]]]:
    said = "τ is {} instead of Σ p_m H_m"
    yield "τ = 1", said.format("1: it is missing"), lambda r, h: 1.0
    yield "τ = max H", said.format("the largest H"), lambda r, h: h.max()
    yield "τ = min H", said.format("the smallest H"), lambda r, h: h.min()
    yield "τ = mean H", said.format("the mean of H, without the weights,"), lambda r, h: h.mean()
    yield "τ = Σ H", said.format("the sum of H"), lambda r, h: h.sum()
    yield "τ = H_1", said.format("H of the first worker"), lambda r, h: h[0]
    yield "τ by n_m", said.format("Σ n_m H_m/Σ n_m"), lambda r, h: np.average(h, weights=r.samples.sizes)
    yield (
        "τ = Σ p_m H_m²/Σ p_m H_m",
        said.format("the mean of H over steps"),
        lambda r, h: np.average(h * h, weights=r.weights) / np.average(h, weights=r.weights),
    )


def _divisors() -> Iterator[tuple[str, str, Callable[[np.ndarray], float]]]:
    said = "moves are divided by {} instead of their own H_m"
    yield "moves not divided by H_m", said.format("nothing (and multiplied by τ)"), lambda h: 1.0
    yield "moves divided by Σ H", said.format("the sum of H"), lambda h: h.sum()
    yield "moves divided by max H", said.format("the largest H"), lambda h: h.max()
    yield "moves divided by mean H", said.format("the mean of H"), lambda h: h.mean()
