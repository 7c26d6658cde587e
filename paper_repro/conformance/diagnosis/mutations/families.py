"""Mistakes with a number in them, which is fitted to the path."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Family
from paper_repro.conformance.diagnosis.mutations.local import clipped
from paper_repro.conformance.diagnosis.recipe import Recipe


MOMENTA = {"0.9": 0.9, "0.5": 0.5, "0.99": 0.99, "0.95": 0.95, "0.8": 0.8, "0.1": 0.1}
DECAYS = {"0.99": 0.99, "0.9": 0.9, "0.5": 0.5, "0.95": 0.95, "0.999": 0.999, "0.998": 0.998, "0.1": 0.1}
PENALTIES = {f"{v:g}": v for v in (1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 1.0)}


def families(recipe: Recipe) -> Iterator[Family]:
    """Yield the families in the order in which they are tried."""
    yield from _server(recipe)
    yield from _local(recipe)
    yield from _scales(recipe)
    if recipe.controls is not None:
        yield from _controls(recipe)
    if recipe.work.proximal > 0.0:
        yield _pull(recipe)


def ratios(recipe: Recipe) -> dict[str, float]:
    """Return factors with a meaning: 2, 1/half, M, n, H and their like."""
    marks = {"2": 2.0, "1/2": 0.5, "10": 10.0, "1/10": 0.1, "4": 4.0, "1/4": 0.25, "3": 3.0, "1/3": 1.0 / 3.0}
    named: dict[str, float] = {"M": recipe.workers, "d": len(recipe.start)}
    named |= {
        "M+1": recipe.workers + 1,
        "1 + 1/M": 1 + 1 / recipe.workers,
        "Σ n_m": sum(recipe.samples.sizes),
    }
    named |= {"η": recipe.work.lr[0], "ηH_1": recipe.work.lr[0] * recipe.work.steps[0]}
    for words, values in (("H", recipe.work.steps), ("n", recipe.samples.sizes)):
        named |= {
            f"max {words}": max(values),
            f"min {words}": min(values),
            f"mean {words}": float(np.mean(values)),
        }
    for words, value in named.items():
        if value > 0:
            marks |= {words: float(value), f"1/({words})": 1.0 / value}
    return {words: value for words, value in marks.items() if value != 1.0}


def _server(recipe: Recipe) -> Iterator[Family]:
    yield Family(
        "server rate",
        "the server moves by another rate than the task's",
        lambda r, v: r.serving(rate=v),
        -2.0,
        6.0,
        ratios(recipe),
    )
    for nesterov, words in ((False, "server momentum"), (True, "server Nesterov momentum")):
        yield Family(
            words,
            "the server has another momentum than the task's",
            lambda r, v, n=nesterov: r.serving(momentum=v, nesterov=n),
            -0.5,
            1.2,
            MOMENTA,
        )
    yield Family(
        "server momentum, damped",
        "the server's buffer is βu + (1 − β)Δ",
        lambda r, v: r.serving(momentum=v, damping=1.0 - v),
        -0.5,
        0.999,
        MOMENTA,
    )
    yield Family(
        "server rate decays per round by",
        "the server's rate is multiplied by a factor after every round",
        lambda r, v: r.serving(schedule=lambda round_: v**round_),
        0.01,
        1.5,
        DECAYS,
    )
    yield Family(
        "smoothed record",
        "a moving average of the server's vectors is shown",
        lambda r, v: r.recording(smoothing=v),
        -0.5,
        0.999,
        MOMENTA,
    )


def _local(recipe: Recipe) -> Iterator[Family]:
    for kept, when in ((False, "reset every round"), (True, "kept over rounds")):
        for nesterov, kind in ((False, "heavy-ball"), (True, "Nesterov")):
            yield Family(
                f"local {kind} momentum, {when},",
                f"the local optimiser has {kind} momentum, {when}",
                lambda r, v, n=nesterov, k=kept: r.working(momentum=v, nesterov=n, keeps_buffer=k),
                -0.5,
                1.1,
                MOMENTA,
            )
    yield Family(
        "weight decay",
        "the local optimiser has weight decay",
        lambda r, v: r.working(weight_decay=v),
        -1.0,
        1.0 / max(recipe.work.lr),
        PENALTIES,
    )
    yield Family(
        "η decays per step by",
        "the learning rate decays by a factor at every step of a round",
        lambda r, v: r.working(schedule=lambda round_, k, h: v**k),
        0.01,
        1.2,
        DECAYS,
    )
    yield Family(
        "η decays per round by",
        "the learning rate decays by a factor in every round",
        lambda r, v: r.working(schedule=lambda round_, k, h: v**round_),
        0.01,
        1.5,
        DECAYS,
    )
    yield Family(
        "η in round 1 multiplied by",
        "the learning rate of the first round is multiplied by a factor, as by a warm-up",
        lambda r, v: r.working(schedule=lambda round_, k, h: 1.0 if round_ else v),
        -1.0,
        8.0,
        ratios(recipe),
    )
    yield Family(
        "η/(1 + γ·step) with γ =",
        "the learning rate decays like 1/(1 + γk) over the steps of a round",
        lambda r, v: r.working(schedule=lambda round_, k, h: 1.0 / (1.0 + v * k)),
        0.0,
        5.0,
        PENALTIES,
    )
    yield Family(
        "clipped at",
        "gradients are clipped",
        lambda r, v: r.working(transform=lambda g: clipped(g, v)),
        1e-3,
        20.0,
        {"1": 1.0, "0.5": 0.5, "0.1": 0.1, "5": 5.0, "10": 10.0},
    )
    if recipe.work.proximal == 0.0:
        yield Family(
            "pull to the server with ρ =",
            "steps are pulled to the server's vector as in FedProx",
            lambda r, v: r.working(proximal=v),
            -1.0,
            1.0 / max(recipe.work.lr),
            PENALTIES,
        )


def _scales(recipe: Recipe) -> Iterator[Family]:
    marks = ratios(recipe)
    yield _scale("η multiplied by", "the learning rate is multiplied by a factor", _rate, marks)
    yield _scale("features multiplied by", "all features are scaled", _features, marks)
    labels = _scale("labels multiplied by", "all labels are scaled", _labels, marks)
    yield dataclasses.replace(labels, moves_offset_only=True)
    if recipe.controls is not None or recipe.work.proximal > 0.0:
        yield _scale("loss multiplied by", "the gradient of f_m is multiplied by a factor", _loss, marks)
    for m in range(recipe.workers if recipe.workers > 1 else 0):
        yield Family(
            f"η of worker {m + 1} multiplied by",
            f"the learning rate of worker {m + 1} is multiplied by a factor",
            lambda r, v, m=m: _rate(r, v, only=m),
            0.0,
            8.0,
            marks,
        )
        yield Family(
            f"weight of worker {m + 1} multiplied by",
            f"the weight of worker {m + 1} is multiplied by a factor, and the others stay",
            lambda r, v, m=m: r.replaced(weights=_only(r.weights, v, m)),
            -2.0,
            8.0,
            marks,
        )


def _scale(
    name: str, sentence: str, change: Callable[[Recipe, float], Recipe], marks: dict[str, float]
) -> Family:
    return Family(name, sentence, change, -1.0, 8.0, marks)


def _only(values: tuple[float, ...], factor: float, worker: int | None) -> tuple[float, ...]:
    return tuple(v * factor if worker is None or m == worker else v for m, v in enumerate(values))


def _rate(recipe: Recipe, factor: float, only: int | None = None) -> Recipe:
    work = recipe.work
    return recipe.working(lr=_only(work.lr, factor, only), counted_lr=_only(work.counted_lr, factor, only))


def _loss(recipe: Recipe, factor: float) -> Recipe:
    return recipe.working(loss_factors=_only(recipe.work.loss_factors, factor, None))


def _features(recipe: Recipe, factor: float) -> Recipe:
    old = recipe.samples
    return recipe.replaced(samples=type(old)(tuple(factor * x for x in old.features), old.labels, old.batch))


def _labels(recipe: Recipe, factor: float) -> Recipe:
    old = recipe.samples
    return recipe.replaced(samples=type(old)(old.features, tuple(factor * y for y in old.labels), old.batch))


def _controls(recipe: Recipe) -> Iterator[Family]:
    marks = ratios(recipe)
    changes: dict[str, Callable[[Recipe, float], Recipe]] = {
        "correction multiplied by": lambda r, v: r.controlling(own=v, server=v),
        "c in the correction multiplied by": lambda r, v: r.controlling(server=v),
        "c_m in the correction multiplied by": lambda r, v: r.controlling(own=v),
        "c in the control update multiplied by": lambda r, v: r.controlling(kept=v),
        "path in the control update multiplied by": _path_scaled,
        "c multiplied by": lambda r, v: r.controlling(weights=tuple(v * p for p in r.weights)),
    }
    for name, change in changes.items():
        yield _scale(name, f"SCAFFOLD: {name} a factor", change, marks)


def _path_scaled(recipe: Recipe, factor: float) -> Recipe:
    work = recipe.work
    divisors = np.multiply(work.counted_steps, work.counted_lr) / (factor or 1e-12)
    return recipe.controlling(divisors=tuple(float(v) for v in divisors))


def _pull(recipe: Recipe) -> Family:
    return Family(
        "ρ multiplied by",
        "the pull of FedProx is multiplied by a factor",
        lambda r, v: r.working(proximal=v * r.work.proximal),
        -1.0,
        20.0,
        ratios(recipe),
    )
