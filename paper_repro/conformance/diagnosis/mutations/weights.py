"""Wrong weights of the average."""

from collections.abc import Callable, Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.mutations.steps import moves_few, orders
from paper_repro.conformance.diagnosis.recipe import Recipe


Weighing = Callable[[Recipe], np.ndarray]

# Rounding of M numbers that sum to 1; with such weights models and moves average alike.
SUMS_TO_ONE = 1e-12


def weight_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield the ways to weigh workers wrongly; where weights do not sum to 1, of moves and of models."""
    for name, sentence, weighing in (*_shares(), *_sums(), *_dropped(recipe)):
        yield Mutation(name, sentence, _weighed(weighing))
        if abs(float(weighing(recipe).sum()) - 1.0) > SUMS_TO_ONE:
            said = f"{sentence}, and models are added, not moves"
            yield Mutation(f"{name}, of models", said, _weighed_models(weighing))
    for order in orders(recipe.workers):
        yield _exchanged(order)


def _weighed(weighing: Weighing) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.replaced(weights=tuple(float(w) for w in weighing(recipe)))


def _weighed_models(weighing: Weighing) -> Callable[[Recipe], Recipe]:
    return lambda recipe: _weighed(weighing)(recipe).serving(moves="models")


def _share(values: object) -> np.ndarray:
    values = np.asarray(values, float)
    return values / values.sum()


def _shares() -> Iterator[tuple[str, str, Weighing]]:
    yield (
        "weights uniform",
        "the average weighs workers alike instead of by p_m",
        lambda r: _share(np.ones(r.workers)),
    )
    yield "weights n_m", "the average weighs workers by their samples", lambda r: _share(r.samples.sizes)
    yield "weights H_m", "the average weighs workers by their local steps", lambda r: _share(r.work.steps)
    yield (
        "weights n_m·H_m",
        "the average weighs workers by the samples that they have seen",
        lambda r: _share(np.multiply(r.samples.sizes, r.work.steps)),
    )
    yield (
        "weights p_m·n_m",
        "the average weighs by p_m and once more by samples",
        lambda r: _share(np.multiply(r.weights, r.samples.sizes)),
    )
    yield (
        "weights p_m²",
        "p_m enters the average twice",
        lambda r: _share(np.square(r.weights)),
    )
    yield (
        "weights p_m·H_m",
        "workers count by their local steps, too",
        lambda r: _share(np.multiply(r.weights, r.work.steps)),
    )
    yield "weights 1/n_m", "weights are inverted: 1/n_m", lambda r: _share(1.0 / np.array(r.samples.sizes))
    yield "weights 1/p_m", "weights are inverted: 1/p_m", lambda r: _share(1.0 / np.array(r.weights))


def _sums() -> Iterator[tuple[str, str, Weighing]]:
    said = "the weights do not sum to 1: {}"
    yield "sum, not mean", said.format("moves are added up"), lambda r: np.ones(r.workers)
    yield (
        "weights p_m/M",
        said.format("p_m, and divided by M once more"),
        lambda r: np.array(r.weights) / r.workers,
    )
    yield (
        "weights M·p_m",
        said.format("p_m, and the division by M is undone"),
        lambda r: np.array(r.weights) * r.workers,
    )
    yield "weights p_m², not renormalised", said.format("p_m enters twice"), lambda r: np.square(r.weights)


def _dropped(recipe: Recipe) -> Iterator[tuple[str, str, Weighing]]:
    for m in range(recipe.workers if recipe.workers > 1 else 0):
        yield (
            f"without worker {m + 1}",
            f"worker {m + 1} does not enter the average: look at the list of workers",
            lambda r, m=m: _share(np.array(r.weights) * _others(r, m)),
        )
        yield (
            f"without worker {m + 1}, not renormalised",
            f"worker {m + 1} does not enter, and its weight is missing from the sum",
            lambda r, m=m: np.array(r.weights) * _others(r, m),
        )
        if recipe.workers > 2:
            yield (
                f"worker {m + 1} only",
                f"the server takes over the model of worker {m + 1}: is one variable overwritten in a loop?",
                lambda r, m=m: (~_others(r, m)).astype(float),
            )


def _others(recipe: Recipe, worker: int) -> np.ndarray:
    return np.arange(recipe.workers) != worker


def _exchanged(order: tuple[int, ...]) -> Mutation:
    workers = ", ".join(str(m + 1) for m in order)
    return Mutation(
        f"weights exchanged: those of {workers}",
        f"weights and workers are in different orders: p of workers {workers}",
        _weighed(lambda recipe: np.array(recipe.weights)[list(order)]),
        rare=not moves_few(order),
    )
