"""The control variates of a recipe: what they start from, how they bend a step, how they follow."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis.local_work import gradients
from paper_repro.conformance.diagnosis.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Held:
    """c_m of every worker, c, and the c of one round before."""

    own: Float[np.ndarray, "worker dim"]
    server: Float[np.ndarray, " dim"]
    stale: Float[np.ndarray, " dim"]


def start_of(recipe: Recipe, begin: np.ndarray) -> Held:
    """Return the controls before the first round."""
    if recipe.controls is None or not recipe.controls.warm:
        zero = np.zeros(begin.shape[1])
        return Held(np.zeros_like(begin), zero, zero)
    own = gradients(recipe, begin)
    server = _weights(recipe) @ own
    return Held(own, server, server)


def pull_of(recipe: Recipe, held: Held) -> Float[np.ndarray, "worker dim"]:
    """own·c_m − server·c, which a step subtracts."""
    controls = recipe.controls
    if controls is None:
        return held.own
    return controls.own * held.own - controls.server * (held.stale if controls.stale else held.server)


def updated(
    recipe: Recipe,
    held: Held,
    old: np.ndarray,
    new: np.ndarray,
    models: np.ndarray,
    present: np.ndarray,
    *,
    in_turn: bool = False,
) -> Held:
    """Return the controls after a round from x^r to x^{r+1}, those of absent workers as they were.

    Controls that follow in turn are updated in turn, and not once more after the round.
    """
    controls = recipe.controls
    if controls is None or controls.in_turn != in_turn:
        return held
    followed = _followed(recipe, held, new if controls.against == "new" else old, old, models)
    own = np.where(present[:, None], followed, held.own)
    server = _gathered(recipe, held, own)
    return Held(own if controls.own_updates else held.own, server, held.server)


def _followed(
    recipe: Recipe, held: Held, origin: np.ndarray, old: np.ndarray, models: np.ndarray
) -> np.ndarray:
    controls, work = recipe.controls, recipe.work
    assert controls is not None
    if controls.option == "gradient":
        return gradients(recipe, np.zeros_like(models) + old)
    if controls.option == "last gradient":
        return gradients(recipe, models)
    divisors = np.array(controls.divisors or np.multiply(work.counted_steps, work.counted_lr))[:, None]
    return held.own - controls.kept * held.server + (origin - models) / divisors


def _gathered(recipe: Recipe, held: Held, own: np.ndarray) -> np.ndarray:
    controls = recipe.controls
    assert controls is not None
    if not controls.server_updates:
        return held.server
    change = _weights(recipe) @ (own if controls.gathers == "sum" else own - held.own)
    return change if controls.gathers == "difference" else held.server + change


def _weights(recipe: Recipe) -> np.ndarray:
    assert recipe.controls is not None
    return np.array(recipe.controls.weights or recipe.weights)
