"""Local methods with a common adaptive D on logistic regression, as NumPy users would write them.

Every round, at the model w: h_m is the gradient of worker m (RMSProp) or v∘(∇²f_m v) with random signs v (OASIS);
D² ← βD² + (1 − β)(1/M) Σ h_m², or D ← βD + (1 − β)(1/M) Σ h_m; then H local steps w_m ← w_m − η g_m/max(|D|, d_min).

Draws come from NumPy's generator, as its user would have them: with mini-batches or signs the paths are others than
the kernel's, the work is the same.
"""

from abc import ABC, abstractmethod
from typing import final

import numpy as np
from jaxtyping import Float

from implicitbias import Adaptive, LinearClassification, LocalMethod


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1/(1 + e^{−z}), for margins far from overflow."""
    return 1.0 / (1.0 + np.exp(-z))


class AbstractPeer(ABC):
    """The data of equal workers, the rates of the method, and D̂."""

    def __init__(self, problem: LinearClassification, method: LocalMethod):
        scaling = method.scaling
        assert isinstance(scaling, Adaptive) and scaling.floor is not None
        self.rows: Float[np.ndarray, "worker local dim"] = np.stack(problem.local_signed)
        self.workers, self.local, self.dim = self.rows.shape
        self.lr, self.steps = method.first_lr, method.steps(problem.workers, 0)[0]
        self.batch = None if method.batch is None else int(method.batch)
        self.hessian, self.beta, self.floor = scaling.curvature == "hessian", scaling.beta, scaling.floor

    def run(self, rounds: int) -> Float[np.ndarray, " dim"]:
        """Return w after a number of rounds from 0."""
        w, memory, random = np.zeros(self.dim), np.zeros(self.dim), np.random.default_rng(0)
        for _ in range(rounds):
            samples = self.samples(w, random)
            if self.hessian:
                memory = self.beta * memory + (1.0 - self.beta) * samples.mean(axis=0)
            else:
                mean = (samples * samples).mean(axis=0)
                memory = np.sqrt(self.beta * memory * memory + (1.0 - self.beta) * mean)
            w = self.local_work(w, np.maximum(np.abs(memory), self.floor), random)
        return w

    @abstractmethod
    def samples(self, w: np.ndarray, random: np.random.Generator) -> Float[np.ndarray, "worker dim"]:
        """Return every worker's curvature sample at w."""

    @abstractmethod
    def local_work(
        self, w: np.ndarray, diagonal: np.ndarray, random: np.random.Generator
    ) -> Float[np.ndarray, " dim"]:
        """Return the average of the workers' models after their local steps from w."""


@final
class Loop(AbstractPeer):
    """Python loops over workers and local steps."""

    def samples(self, w: np.ndarray, random: np.random.Generator) -> Float[np.ndarray, "worker dim"]:
        """Return them worker by worker."""
        h = np.empty((self.workers, self.dim))
        for m, own in enumerate(self.rows):
            rows = own if self.batch is None else own[random.integers(self.local, size=self.batch)]
            slopes = sigmoid(-(rows @ w))
            if self.hessian:
                v = 1.0 - 2.0 * random.integers(2, size=self.dim)
                h[m] = v * ((slopes * (1.0 - slopes) * (rows @ v)) @ rows) / len(rows)
            else:
                h[m] = slopes @ rows / -len(rows)
        return h

    def local_work(
        self, w: np.ndarray, diagonal: np.ndarray, random: np.random.Generator
    ) -> Float[np.ndarray, " dim"]:
        """Take each step as two matrix–vector products."""
        total = np.zeros(self.dim)
        for own in self.rows:
            local, rows = w.copy(), own
            rate = self.lr / (len(own) if self.batch is None else self.batch) / diagonal
            for _ in range(self.steps):
                if self.batch is not None:
                    rows = own[random.integers(self.local, size=self.batch)]
                local += rate * (sigmoid(-(rows @ local)) @ rows)
            total += local
        return total / self.workers


class AbstractBatched(AbstractPeer):
    """All workers' curvature samples at once."""

    def drawn(self, random: np.random.Generator) -> Float[np.ndarray, "worker draw dim"]:
        """Return each worker's rows of a mini-batch, or all."""
        if self.batch is None:
            return self.rows
        places = random.integers(self.local, size=(self.workers, self.batch))
        return self.rows[np.arange(self.workers)[:, None], places]

    @final
    def samples(self, w: np.ndarray, random: np.random.Generator) -> Float[np.ndarray, "worker dim"]:
        """Return them by batched products."""
        rows = self.drawn(random)
        slopes = sigmoid(-(rows @ w))
        if not self.hessian:
            return (slopes[:, None] @ rows)[:, 0] / -rows.shape[1]
        v = 1.0 - 2.0 * random.integers(2, size=(self.workers, self.dim))
        weights = slopes * (1.0 - slopes) * np.einsum("mid,md->mi", rows, v)
        return v * (weights[:, None] @ rows)[:, 0] / rows.shape[1]


@final
class Batched(AbstractBatched):
    """Local steps of all workers as products batched over the worker axis."""

    def local_work(
        self, w: np.ndarray, diagonal: np.ndarray, random: np.random.Generator
    ) -> Float[np.ndarray, " dim"]:
        """Take each step for all workers at once."""
        models = np.tile(w, (self.workers, 1))
        for _ in range(self.steps):
            rows = self.drawn(random)
            slopes = sigmoid(-(rows @ models[:, :, None])[:, :, 0])
            models += (self.lr / rows.shape[1] / diagonal) * (slopes[:, None] @ rows)[:, 0]
        return models.mean(axis=0)


@final
class BatchedGram(AbstractBatched):
    """The same on margins: a local step multiplies by the workers' blocks X_m D̂^{−1} X_mᵀ."""

    def local_work(
        self, w: np.ndarray, diagonal: np.ndarray, random: np.random.Generator
    ) -> Float[np.ndarray, " dim"]:
        """Take each step for all workers at once."""
        scaled = self.rows / diagonal
        blocks = scaled @ self.rows.transpose(0, 2, 1)
        margins, coefficients = self.rows @ w, np.zeros((self.workers, self.local))
        for _ in range(self.steps):
            step = self._weights(random) * sigmoid(-margins)
            margins += (blocks @ step[:, :, None])[:, :, 0]
            coefficients += step
        return w + np.einsum("mi,mid->d", coefficients, scaled) / self.workers

    def _weights(self, random: np.random.Generator) -> float | Float[np.ndarray, "worker local"]:
        """Return η/n_m, or η/B times how often each sample was drawn."""
        if self.batch is None:
            return self.lr / self.local
        drawn = random.integers(self.local, size=(self.workers, self.batch))
        places = (drawn + self.local * np.arange(self.workers)[:, None]).ravel()
        counts = np.bincount(places, minlength=self.workers * self.local)
        return counts.reshape(self.workers, self.local) * (self.lr / self.batch)


PEERS: dict[str, type[AbstractPeer]] = {
    "NumPy loop": Loop,
    "NumPy, batched": Batched,
    "NumPy, Gram blocks": BatchedGram,
}
