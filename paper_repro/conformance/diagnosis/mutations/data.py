"""Right algorithm, wrong data."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.mutations.steps import moves_few, orders
from paper_repro.conformance.diagnosis.recipe import Recipe, Samples


Named = tuple[str, str, Callable[[Recipe], Recipe]]
OfWorker = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

# Samples are left out one by one up to this many in all; beyond, only the first and the last of every worker.
EVERY_SAMPLE = 40


def data_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield added intercepts, transformed and lost samples, exchanged workers, other partitions, mini-batches."""
    for name, sentence, change in (
        *_transformed(recipe),
        *_lost_everywhere(),
        *_same_everywhere(recipe),
        *_partitions(recipe),
        *_batches(recipe),
    ):
        yield Mutation(name, sentence, change)
    for order in orders(recipe.workers):
        yield _exchanged(order)
    for name, sentence, change in (*_lost(recipe), *_duplicated(recipe)):
        yield Mutation(name, sentence, change, rare=True)


def _mapped(of_worker: OfWorker) -> Callable[[Recipe], Recipe]:
    """Change the samples of every worker by themselves."""

    def change(recipe: Recipe) -> Recipe:
        old = recipe.samples
        pairs = [of_worker(x, y) for x, y in zip(old.features, old.labels, strict=True)]
        return _with(recipe, [x for x, _ in pairs], [y for _, y in pairs])

    return change


def _with(recipe: Recipe, features: list[np.ndarray], labels: list[np.ndarray]) -> Recipe:
    return recipe.replaced(
        samples=dataclasses.replace(recipe.samples, features=tuple(features), labels=tuple(labels))
    )


def _taken(recipe: Recipe, workers: list[int]) -> Recipe:
    """Give worker m the samples of another."""
    old = recipe.samples
    return _with(recipe, [old.features[m] for m in workers], [old.labels[m] for m in workers])


def _pool(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate(samples.features), np.concatenate(samples.labels)


def _transformed(recipe: Recipe) -> Iterator[Named]:
    yield "intercept", "the model has a bias: switch it off", _with_intercept
    yield (
        "intercept first, shown",
        "the model has a bias, and the record shows it in place of the last coordinate",
        lambda r: r if len(r.start) < 2 else _with_intercept(r, front=True),
    )
    said = "{}: give the samples to the model as they are"
    yield (
        "labels centred",
        said.format("labels are centred on every worker"),
        _mapped(lambda x, y: (x, y - y.mean())),
    )
    yield (
        "features centred",
        said.format("features are centred on every worker"),
        _mapped(lambda x, y: (x - x.mean(0), y)),
    )
    yield (
        "features and labels centred",
        said.format("features and labels are centred on every worker"),
        _mapped(lambda x, y: (x - x.mean(0), y - y.mean())),
    )
    yield (
        "features standardised",
        said.format("features are standardised on every worker"),
        _mapped(lambda x, y: ((x - x.mean(0)) / _nonzero(x.std(0)), y)),
    )
    yield (
        "rows normalised",
        said.format("every sample has norm 1"),
        _mapped(lambda x, y: (x / _nonzero(np.linalg.norm(x, axis=1))[:, None], y)),
    )
    yield "labels' sign", said.format("labels have the wrong sign"), _mapped(lambda x, y: (x, -y))
    for shift in (1, -1):
        yield (
            f"labels shifted by {shift}".replace("-", "−"),
            "samples have the labels of their neighbours: are both shuffled alike?",
            _mapped(lambda x, y, s=shift: (x, np.roll(y, s))),
        )
    yield "labels reversed", "labels are in reverse order", _mapped(lambda x, y: (x, y[::-1]))
    if len(recipe.start) > 1:
        yield "features reversed", "coordinates are reversed", _mapped(lambda x, y: (x[:, ::-1], y))
    yield from _transformed_together()


def _transformed_together() -> Iterator[Named]:
    """What needs the samples of all workers."""
    yield (
        "labels centred on all",
        "labels are centred by the mean over all workers",
        lambda r: _centred(r, 0, 1),
    )
    yield "features centred on all", "features are centred by the mean over all", lambda r: _centred(r, 1, 0)
    yield (
        "features standardised on all",
        "features are standardised by mean and deviation over all workers",
        lambda r: _centred(r, 1, 0, scaled=True),
    )


def _centred(recipe: Recipe, features: int, labels: int, *, scaled: bool = False) -> Recipe:
    x, y = _pool(recipe.samples)
    scale = _nonzero(x.std(0)) if scaled else 1.0
    old = recipe.samples
    return _with(
        recipe,
        [(rows - features * x.mean(0)) / scale for rows in old.features],
        [values - labels * y.mean() for values in old.labels],
    )


def _nonzero(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0.0, values, 1.0)


def _with_intercept(recipe: Recipe, *, front: bool = False) -> Recipe:
    column = 0 if front else len(recipe.start)
    widened = _mapped(lambda x, y: (np.insert(x, column, 1.0, axis=1), y))(recipe)
    return widened.replaced(start=np.insert(recipe.start, column, 0.0), shown_dim=len(recipe.start))


def _lost_everywhere() -> Iterator[Named]:
    yield (
        "last sample lost everywhere",
        "every worker lacks its last sample: look at the bounds of the loader",
        _mapped(lambda x, y: (x[:-1], y[:-1]) if len(y) > 1 else (x, y)),
    )
    yield (
        "first sample lost everywhere",
        "every worker lacks its first sample: is it read as a header?",
        _mapped(lambda x, y: (x[1:], y[1:]) if len(y) > 1 else (x, y)),
    )


def _lost(recipe: Recipe) -> Iterator[Named]:
    sizes = recipe.samples.sizes
    for m, n in enumerate(sizes):
        for i in range(n) if sum(sizes) <= EVERY_SAMPLE else sorted({0, n - 1}):
            if n > 1:
                yield (
                    f"sample {i + 1} of worker {m + 1} lost",
                    f"worker {m + 1} lacks its sample {i + 1}",
                    lambda r, m=m, i=i: _without(r, m, i),
                )


def _without(recipe: Recipe, worker: int, sample: int) -> Recipe:
    features, labels = list(recipe.samples.features), list(recipe.samples.labels)
    if len(labels[worker]) <= max(sample, 1):
        return recipe
    features[worker] = np.delete(features[worker], sample, axis=0)
    labels[worker] = np.delete(labels[worker], sample)
    return _with(recipe, features, labels)


def _exchanged(order: tuple[int, ...]) -> Mutation:
    shown = ", ".join(str(m + 1) for m in order)
    return Mutation(
        f"data exchanged: those of {shown}",
        f"workers hold each other's samples, those of workers {shown}, all else being their own",
        lambda recipe: _taken(recipe, list(order)),
        rare=not moves_few(order),
    )


def _same_everywhere(recipe: Recipe) -> Iterator[Named]:
    for m in range(recipe.workers if recipe.workers > 1 else 0):
        yield (
            f"data of worker {m + 1} everywhere",
            f"every worker trains on the samples of worker {m + 1}: does a loop keep one loader?",
            lambda r, m=m: _taken(r, [m] * r.workers),
        )


def _duplicated(recipe: Recipe) -> Iterator[Named]:
    """One worker holds another one's samples; of two, that is the same samples everywhere."""
    workers = range(recipe.workers if recipe.workers > 2 else 0)
    for m, k in ((m, k) for m in workers for k in workers if m != k):
        yield (
            f"worker {k + 1} holds the data of worker {m + 1}",
            f"worker {k + 1} trains on the samples of worker {m + 1}",
            lambda r, k=k, m=m: _taken(r, [m if j == k else j for j in range(r.workers)]),
        )


def _partitions(recipe: Recipe) -> Iterator[Named]:
    if recipe.workers == 1:
        return
    said = "the samples are partitioned anew: {}"
    yield "pooled data", "every worker trains on all samples: the partition is lost", _pooled
    yield (
        "split evenly",
        said.format("in equal parts, in their order"),
        lambda r: _split(r, lambda n, m: np.array_split(np.arange(n), m)),
    )
    yield (
        "dealt out in turn",
        said.format("sample i to worker i mod M"),
        lambda r: _split(r, lambda n, m: [np.arange(k, n, m) for k in range(m)]),
    )


def _pooled(recipe: Recipe) -> Recipe:
    x, y = _pool(recipe.samples)
    return _with(recipe, [x] * recipe.workers, [y] * recipe.workers)


def _split(recipe: Recipe, parts: Callable[[int, int], list[np.ndarray]]) -> Recipe:
    x, y = _pool(recipe.samples)
    picked = parts(len(y), recipe.workers)
    if min(len(part) for part in picked) == 0:
        return recipe
    return _with(recipe, [x[part] for part in picked], [y[part] for part in picked])


def _batches(recipe: Recipe) -> Iterator[Named]:
    for batch in sorted({1, 2, 4, 5, 8, 10, 16, 32} & set(range(1, max(recipe.samples.sizes)))):
        yield (
            f"mini-batches of {batch}",
            f"a step sees {batch} sample(s), in their order: full gradients were asked",
            lambda r, b=batch: r.replaced(samples=dataclasses.replace(r.samples, batch=b)),
        )
