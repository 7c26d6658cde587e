"""Wrong learning rates and scales of the loss."""

from collections.abc import Callable, Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Recipe, Schedule


Factors = Callable[[Recipe], np.ndarray]


def rate_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield wrong factors of η, of the loss, and decays of η."""
    for name, words, factors in _factors(recipe):
        yield from _scaled(recipe, name, words, factors)
    for name, words, factors in _on_one_worker(recipe) if recipe.workers > 1 else ():
        yield from _scaled(recipe, name, words, factors, rare=True)
    for name, words, schedule in _decays():
        yield Mutation(
            f"η {name}", f"the learning rate decays: {words}", lambda r, s=schedule: r.working(schedule=s)
        )


def _scaled(
    recipe: Recipe, name: str, words: str, factors: Factors, rare: bool = False
) -> Iterator[Mutation]:
    yield Mutation(f"η·{name}", f"the learning rate is {words}", _scaled_rate(factors), rare)
    if _has_other_terms(recipe):
        said = f"the gradient of f_m is {words}, all else right"
        yield Mutation(f"loss·{name}", said, _scaled_loss(factors), rare)
    if recipe.controls is not None:
        said = f"the steps' learning rate is {words}, the control update has the right one"
        yield Mutation(f"η·{name} in the steps only", said, _scaled_steps(factors), rare)


def _has_other_terms(recipe: Recipe) -> bool:
    """Whether the loss is not all that a step sees, so that its scale and η differ."""
    return recipe.controls is not None or recipe.work.proximal > 0.0


def _times(values: tuple[float, ...], factors: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in np.array(values) * factors)


def _scaled_rate(factors: Factors) -> Callable[[Recipe], Recipe]:
    def change(recipe: Recipe) -> Recipe:
        f = factors(recipe)
        return recipe.working(lr=_times(recipe.work.lr, f), counted_lr=_times(recipe.work.counted_lr, f))

    return change


def _scaled_steps(factors: Factors) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.working(lr=_times(recipe.work.lr, factors(recipe)))


def _scaled_loss(factors: Factors) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.working(loss_factors=_times(recipe.work.loss_factors, factors(recipe)))


def _factors(recipe: Recipe) -> Iterator[tuple[str, str, Factors]]:
    yield "2", "doubled: is the loss without its 1/2?", lambda r: np.full(r.workers, 2.0)
    yield "1/2", "halved: has the loss a 1/2 too many?", lambda r: np.full(r.workers, 0.5)
    yield (
        "n_m",
        "multiplied by n_m: is the loss a sum, not a mean?",
        lambda r: np.array(r.samples.sizes, float),
    )
    yield (
        "2n_m",
        "multiplied by 2n_m: is the loss a sum of squares, not half their mean?",
        lambda r: 2.0 * np.array(r.samples.sizes),
    )
    yield (
        "1/n_m",
        "divided by n_m once more: is the loss's mean taken twice?",
        lambda r: 1.0 / np.array(r.samples.sizes),
    )
    yield (
        "n_m/(n_m−1)",
        "multiplied by n_m/(n_m − 1): the mean divides by one sample too few",
        lambda r: np.array(r.samples.sizes) / np.maximum(np.array(r.samples.sizes) - 1, 1),
    )
    yield "M", "multiplied by M", lambda r: np.full(r.workers, float(r.workers))
    yield "1/M", "divided by M", lambda r: np.full(r.workers, 1.0 / r.workers)
    yield "p_m", "multiplied by p_m: the weights belong to the average", lambda r: np.array(r.weights)
    yield "M·p_m", "multiplied by M·p_m", lambda r: r.workers * np.array(r.weights)
    yield "1/H_m", "divided by H_m", lambda r: 1.0 / np.maximum(r.work.steps, 1)
    yield (
        "n_m/n̄",
        "multiplied by n_m over its mean: one mean over all samples for every worker?",
        lambda r: np.array(r.samples.sizes) / np.mean(r.samples.sizes),
    )
    yield (
        "n_m/Σn",
        "multiplied by n_m/Σ n_m: the mean over all workers' samples",
        lambda r: np.array(r.samples.sizes) / np.sum(r.samples.sizes),
    )
    dim = len(recipe.start)
    if dim > 1:
        yield (
            "1/d",
            "divided by the dimension: a mean over coordinates?",
            lambda r: np.full(r.workers, 1.0 / dim),
        )


def _on_one_worker(recipe: Recipe) -> Iterator[tuple[str, str, Factors]]:
    for m in range(recipe.workers):
        for word, factor in (("2", 2.0), ("1/2", 0.5)):
            yield (
                f"{word} on worker {m + 1}",
                f"multiplied by {word} on worker {m + 1}",
                lambda r, m=m, f=factor: np.where(np.arange(r.workers) == m, f, 1.0),
            )


def _decays() -> Iterator[tuple[str, str, Schedule]]:
    yield "∝ 1/(k+1)", "η/(k+1) at step k of every round", lambda r, k, h: 1.0 / (k + 1)
    yield "∝ 1/√(k+1)", "η/√(k+1) at step k of every round", lambda r, k, h: (k + 1) ** -0.5
    yield "∝ 1/(r+1)", "η/(r+1) in round r", lambda r, k, h: 1.0 / (r + 1)
    yield "∝ 1/√(r+1)", "η/√(r+1) in round r", lambda r, k, h: (r + 1) ** -0.5
    yield "∝ 1/(t+1)", "η/(t+1) after t steps of all rounds", lambda r, k, h: 1.0 / (r * h + k + 1)
    yield "∝ 1/√(t+1)", "η/√(t+1) after t steps of all rounds", lambda r, k, h: (r * h + k + 1) ** -0.5
    yield "linear to 0", "linearly to 0 within a round", lambda r, k, h: 1.0 - k / max(h, 1)
    yield (
        "cosine",
        "by a cosine to 0 within a round",
        lambda r, k, h: 0.5 * (1.0 + np.cos(np.pi * k / max(h, 1))),
    )
    yield "warm-up", "linear warm-up in every round", lambda r, k, h: (k + 1) / max(h, 1)
