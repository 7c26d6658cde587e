"""How gradient noise gathers over the local steps of a worker: the conditional covariance of where they end."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.recursions.gradient_noise import Covariance, gradient_noise
from implicitbias.recursions.local_map import Descent
from implicitbias.recursions.round_map import RoundMap
from implicitbias.recursions.stacked import Form


Moments = Float[np.ndarray, "*batch m m"]


@dataclass(frozen=True, eq=False)
class LocalNoise:
    """Noise of H local steps v ← v + u′, u′ = βu − (…) − ηD^{-1}ξ, Cov ξ a linear function of E (v, 1)(v, 1)ᵀ.

    Attributes
    ----------
    descent
        The steps without noise.
    start : array (3 dim + 1, n + 1)
        (v, u, q, 1) at the start as a function of (z, 1).
    steps
        H_m.
    covariance
        Covariance of ξ.
    momentum
        Whether the velocity is kept.
    """

    descent: Descent
    start: Float[np.ndarray, "local1 n1"]
    steps: int
    covariance: Covariance
    momentum: bool

    __repr__ = in_brief

    def gathered(self, second: Moments) -> Moments:
        """Return E Cov(w_m, u_m | z) from E (z, 1)(z, 1)ᵀ; a linear function of it, for whole batches."""
        step, dim = self.descent.step, len(self.descent.scale)
        onward, kick = _with_one(step), -np.tile(np.diag(self.descent.scale), (2, 1))
        here, size = [*range(dim), 3 * dim], 2 * dim
        second = self.start @ second @ self.start.T
        spread = np.zeros((*second.shape[:-2], 3 * dim, 3 * dim))
        for _ in range(self.steps):
            seen = second[..., here, :][..., here]
            seen[..., :dim, :dim] += spread[..., :dim, :dim]
            spread = step @ spread @ step.T
            spread[..., :size, :size] += kick @ self.covariance(seen) @ kick.T
            second = onward @ second @ onward.T
        kept = size if self.momentum else dim
        return spread[..., :kept, :kept]


def local_noises(rounds: RoundMap, size: int) -> list[LocalNoise]:
    """Return the noise of every worker, none if gradients are exact; z is the first ``size`` entries of the stack."""
    if rounds.method.batch is None:
        return []
    noises = []
    for m in range(rounds.problem.workers):
        steps = rounds.descent(m, *rounds.start)
        covariance = gradient_noise(rounds.problem, rounds.method, m)
        start = augmented(steps.before, size)
        noises.append(
            LocalNoise(steps, start, rounds.steps[m], covariance, rounds.method.momentum is not None)
        )
    return noises


def augmented(form: Form, size: int) -> Float[np.ndarray, "entry1 n1"]:
    """Return the matrix of (z, 1) ↦ (form(z), 1)."""
    linear = np.column_stack([form.matrix[:, :size], form.offset])
    return np.vstack([linear, np.eye(size + 1)[-1]])


def _with_one(matrix: np.ndarray) -> np.ndarray:
    grown = np.eye(len(matrix) + 1)
    grown[:-1, :-1] = matrix
    return grown
