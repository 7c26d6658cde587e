"""Wrong control variates of SCAFFOLD."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Recipe


def control_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield wrong divisors, signs, updates and weights of the controls."""
    if recipe.controls is None:
        return
    for name, sentence, change in (*_divisors(), *_terms(), *_updates(), *_weights()):
        yield Mutation(name, sentence, change)


Named = tuple[str, str, Callable[[Recipe], Recipe]]


def _controlled(name: str, sentence: str, **changes: Any) -> Named:
    return name, sentence, lambda recipe: recipe.controlling(**changes)


def _divided(name: str, sentence: str, divisors: Callable[[np.ndarray, np.ndarray], object]) -> Named:
    """Change what the path is divided by: a function of counted H_m and η_m."""

    def change(recipe: Recipe) -> Recipe:
        steps, lrs = np.array(recipe.work.counted_steps, float), np.array(recipe.work.counted_lr)
        values = np.zeros(recipe.workers) + np.asarray(divisors(steps, lrs))
        return recipe.controlling(divisors=tuple(float(v) for v in np.maximum(values, 1e-300)))

    return name, sentence, change


def _divisors() -> Iterator[Named]:
    said = "the control update divides {}: it is (x − v_m)/(H_m η)"
    yield _divided("control not divided by H", said.format("by η alone"), lambda h, e: e)
    yield _divided("control not divided by η", said.format("by H alone"), lambda h, e: h)
    yield _divided("control not divided", said.format("by nothing"), lambda h, e: 1.0)
    yield _divided("control divided by 2Hη", said.format("by 2Hη"), lambda h, e: 2.0 * h * e)
    yield _divided("control divided by H²η", said.format("by H twice"), lambda h, e: h * h * e)
    yield _divided("control divided by Hη²", said.format("by η twice"), lambda h, e: h * e * e)
    yield _divided("control divided by the largest H", said.format("by max H·η"), lambda h, e: h.max() * e)
    yield _divided("control divided by the smallest H", said.format("by min H·η"), lambda h, e: h.min() * e)
    yield _divided("control divided by the mean H", said.format("by mean H·η"), lambda h, e: h.mean() * e)
    yield _divided("control divided by the sum of H", said.format("by Σ H·η"), lambda h, e: h.sum() * e)
    yield _divided("control divided by the first H", said.format("by H_1·η"), lambda h, e: h[0] * e)
    yield _divided("control divided by the last H", said.format("by H_M·η"), lambda h, e: h[-1] * e)
    yield _divided(
        "control's path reversed", said.format("v_m − x, the wrong way round,"), lambda h, e: -h * e
    )
    yield (
        "control divided by n_m·η",
        said.format("by n_m·η"),
        lambda r: r.controlling(
            divisors=tuple(n * e for n, e in zip(r.samples.sizes, r.work.counted_lr, strict=True))
        ),
    )


def _terms() -> Iterator[Named]:
    yield _controlled(
        "correction's sign", "steps go along g + c_m − c: the signs are exchanged", own=-1.0, server=-1.0
    )
    yield _controlled("correction without c_m", "steps go along g + c: − c_m is missing", own=0.0)
    yield _controlled("correction without c", "steps go along g − c_m: + c is missing", server=0.0)
    yield _controlled("correction with −c", "steps go along g − c_m − c: c's sign is wrong", server=-1.0)
    yield _controlled("correction with +c_m", "steps go along g + c_m + c: c_m's sign is wrong", own=-1.0)
    yield _controlled("correction halved", "half of the correction is applied", own=0.5, server=0.5)
    yield _controlled("correction doubled", "twice the correction is applied", own=2.0, server=2.0)
    yield _controlled(
        "correction in the first step only", "later steps go along g alone", only_first_step=True
    )
    yield _controlled("correction absent", "steps go along g: this is FedAvg", own=0.0, server=0.0)
    yield _controlled("c_m⁺ without −c", "the control update lacks its − c", kept=0.0)
    yield _controlled("c_m⁺ with +c", "the control update adds c, which it should subtract", kept=-1.0)


def _updates() -> Iterator[Named]:
    yield _controlled("c_m never updated", "workers' controls stay 0: are they kept?", own_updates=False)
    yield _controlled(
        "c never updated", "the server's control stays 0: is it sent back?", server_updates=False
    )
    yield _controlled(
        "controls never updated", "all controls stay 0", own_updates=False, server_updates=False
    )
    yield _controlled("stale c", "steps see the server's control of one round before", stale=True)
    yield _controlled(
        "c updated in turn", "c moves after every worker, so the next one sees it", in_turn=True
    )
    yield _controlled("path from the new x", "controls measure from x^{r+1}, not x^r", against="new")
    yield _controlled("option I", "controls are ∇f_m(x^r), the paper's option I", option="gradient")
    yield _controlled(
        "controls from the last gradient", "controls are ∇f_m at the local model", option="last gradient"
    )
    yield _controlled("warm controls", "controls start at ∇f_m(x⁰), not 0", warm=True)
    yield (
        "warm controls, option I",
        "controls are ∇f_m(x^r) from the start",
        lambda r: r.controlling(warm=True, option="gradient"),
    )
    yield _controlled("c accumulates", "c adds Σ p_m c_m to itself in every round", gathers="sum")
    yield _controlled(
        "c is the last change", "c is replaced by its change, not moved by it", gathers="difference"
    )


def _weights() -> Iterator[Named]:
    yield (
        "c weighted uniformly",
        "c = mean of c_m; here p_m weigh",
        _weighed(lambda r: np.ones(r.workers) / r.workers),
    )
    yield "c is a sum", "c = Σ c_m: the weights p_m are missing", _weighed(lambda r: np.ones(r.workers))
    yield "c weighted by n_m", "c weighs by samples; here p_m weigh", _weighed(_by_samples)
    yield (
        "c divided by M once more",
        "c = Σ p_m c_m/M",
        _weighed(lambda r: np.array(r.weights) / r.workers),
    )


def _by_samples(recipe: Recipe) -> np.ndarray:
    return np.array(recipe.samples.sizes) / np.sum(recipe.samples.sizes)


def _weighed(weights: Callable[[Recipe], np.ndarray]) -> Callable[[Recipe], Recipe]:
    return lambda recipe: recipe.controlling(weights=tuple(float(w) for w in weights(recipe)))
