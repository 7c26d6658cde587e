"""Local work in closed form: the twin of ``local_work`` where a step is one and the same affine map."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis.given import Given
from paper_repro.conformance.diagnosis.recipe import constant, LocalWork, Recipe, Samples, unchanged


# Pairs of mutations share most of their parts, and a search looks at a few hundred different local works.
KEPT = 2048
# Below it 1 − (1 − z)^H comes from expm1 without cancellation; above, from the power, which has none.
SMALL = 0.5


def is_affine(recipe: Recipe) -> bool:
    """Whether every step of a round is the same affine map of v."""
    work = recipe.work
    corrected_once = recipe.controls is not None and recipe.controls.only_first_step
    return not (
        work.momentum
        or work.exact
        or work.averages_every_step
        or corrected_once
        or recipe.samples.batch
        or work.evaluated != "here"
        or work.schedule is not constant
        or work.transform is not unchanged
        or recipe.rounding is not unchanged
    )


def worked(recipe: Recipe, given: Given) -> Float[np.ndarray, "worker dim"]:
    """v_m = Q_m v + S_m(ℓ_m g_m + ρ·anchor + pull), with K_m = ℓ_m A_m + (ρ + λ)I.

    Q_m = (I − η_m K_m)^{H_m}, and S_m = η_m Σ_{k<H_m} (I − η_m K_m)^k = (I − Q_m)K_m⁻¹.
    """
    powers, sums = _powers_and_sums(recipe.samples, recipe.work)
    _, linear = recipe.samples.moments
    pushed = recipe.work.loss_columns * linear + recipe.work.proximal * given.anchor + given.pull
    return (powers @ given.begin[:, :, None] + sums @ pushed[:, :, None])[:, :, 0]


@lru_cache(maxsize=KEPT)
def _powers_and_sums(
    samples: Samples, work: LocalWork
) -> tuple[Float[np.ndarray, "worker dim dim"], Float[np.ndarray, "worker dim dim"]]:
    """Q_m and S_m, from eigenvalues."""
    curvatures, linear = samples.moments
    added = (work.proximal + work.weight_decay) * np.eye(linear.shape[1])
    values, vectors = np.linalg.eigh(work.loss_columns[:, :, None] * curvatures + added)
    powers, sums = _of_eigenvalues(values, np.array(work.lr)[:, None], np.array(work.steps)[:, None])
    turned = vectors.transpose(0, 2, 1)
    return (vectors * powers[:, None, :]) @ turned, (vectors * sums[:, None, :]) @ turned


def _of_eigenvalues(values: np.ndarray, lr: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(1 − ηκ)^H, and η Σ_{k<H} (1 − ηκ)^k, which is ηH at κ = 0."""
    with np.errstate(all="ignore"):
        z = lr * values
        powers = (1.0 - z) ** steps
        gone = np.where(np.abs(z) < SMALL, -np.expm1(steps * np.log1p(-np.minimum(z, SMALL))), 1.0 - powers)
        return powers, np.where(z == 0.0, lr * steps, lr * gone / np.where(z == 0.0, 1.0, z))
