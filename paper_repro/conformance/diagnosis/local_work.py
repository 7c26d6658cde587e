"""The local work of a round: every worker's model after its steps."""

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis import affine_work
from paper_repro.conformance.diagnosis.given import Given
from paper_repro.conformance.diagnosis.recipe import LocalWork, Recipe


Worked = tuple[np.ndarray, np.ndarray]


def work_locally(recipe: Recipe, given: Given) -> Worked:
    """Return the models v_m and the buffers u_m after the local work, shapes (worker, dim)."""
    if recipe.work.exact:
        return _solved(recipe, given), given.buffer
    if affine_work.is_affine(recipe):
        return affine_work.worked(recipe, given), given.buffer
    return stepped(recipe, given)


def gradients(recipe: Recipe, points: np.ndarray, step: int = 0) -> Float[np.ndarray, "worker dim"]:
    """ℓ_m ∇f_m at one point per worker."""
    curvatures, linear = recipe.samples.moments_at(step)
    plain = (curvatures @ points[:, :, None])[:, :, 0] - linear
    return recipe.rounding(recipe.work.loss_columns * plain)


def stepped(recipe: Recipe, given: Given) -> Worked:
    """Return what ``work_locally`` does, step by step: the definition."""
    work = recipe.work
    models = before = given.begin
    buffer = given.buffer
    for k, rates in enumerate(_rates(work, given.round_)):
        slope = _slope(
            recipe, given, {"here": models, "first": given.begin, "late": before}[work.evaluated], k
        )
        if work.momentum:
            moved = work.momentum * buffer + slope
            buffer = np.where(rates != 0.0, moved, buffer)
            slope = slope + work.momentum * moved if work.nesterov else moved
        before, models = models, recipe.rounding(models - rates * slope)
        if work.averages_every_step:
            models = np.zeros_like(models) + np.array(recipe.weights) @ models
    return models, buffer


def _rates(work: LocalWork, round_: int) -> Float[np.ndarray, "step worker 1"]:
    """η_m of every step of a round, 0 for workers that have finished."""
    last = max(work.steps)
    factors = [[work.schedule(round_, k, h) * (k < h) for h in work.steps] for k in range(last)]
    return (np.reshape(factors, (last, len(work.steps))) * np.array(work.lr))[:, :, None]


def _slope(recipe: Recipe, given: Given, point: np.ndarray, step: int) -> np.ndarray:
    """The direction of a step, with pull, decay and correction."""
    work = recipe.work
    slope = gradients(recipe, point, step)
    if work.proximal:
        slope = slope + work.proximal * (point - given.anchor)
    if work.weight_decay:
        slope = slope + work.weight_decay * point
    slope = work.transform(slope)
    corrected = recipe.controls is not None and not (recipe.controls.only_first_step and step > 0)
    return slope - given.pull if corrected else slope


def _solved(recipe: Recipe, given: Given) -> np.ndarray:
    """Argmin f_m(v) + (ρ/2)|v − anchor|², of several the nearest to the anchor."""
    curvatures, linear = recipe.samples.moments
    curved = curvatures + recipe.work.proximal * np.eye(linear.shape[1])
    slope = (curvatures @ given.anchor[:, :, None])[:, :, 0] - linear - given.pull
    return given.anchor - (np.linalg.pinv(curved, hermitian=True) @ slope[:, :, None])[:, :, 0]
