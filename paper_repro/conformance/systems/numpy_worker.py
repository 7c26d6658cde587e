"""The local work of a client in NumPy, for libraries that leave it to their users."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.task import Task


@dataclass(frozen=True, eq=False)
class NumpyWorker:
    """Worker m of a task: H_m steps v ← v − η(∇f_m(v) + ρ(v − x)) from the server's vector x.

    Attributes
    ----------
    features, labels
        X_m, shape (n_m, d), and y_m, shape (n_m,).
    lr, steps
        η and H_m.
    batch
        Size of mini-batches, drawn with replacement; None: full gradients.
    examples
        The integer that the client reports as its number of samples, proportional to p_m.
    random
        Generator of the worker's own.
    """

    features: Float[np.ndarray, "sample dim"]
    labels: Float[np.ndarray, " sample"]
    lr: float
    steps: int
    batch: int | None
    examples: int
    random: np.random.Generator

    def local_work(self, x: Float[np.ndarray, " dim"], proximal: float = 0.0) -> Float[np.ndarray, " dim"]:
        """Return v after H_m steps from x."""
        v = x
        for _ in range(self.steps):
            v = v - self.lr * (self.gradient(v) + proximal * (v - x))
        return v

    def gradient(self, v: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " dim"]:
        """Return ∇f_m(v), or that of a mini-batch."""
        features, labels = self.features, self.labels
        if self.batch is not None:
            rows = self.random.integers(len(labels), size=self.batch)
            features, labels = features[rows], labels[rows]
        return features.T @ (features @ v - labels) / len(labels)


def numpy_workers(task: Task) -> list[NumpyWorker]:
    """Return the workers of a task, each with its address in the seed."""
    return [
        NumpyWorker(X, y, task.lr, steps, task.batch, examples, np.random.default_rng((task.seed, m)))
        for m, (X, y, steps, examples) in enumerate(
            zip(task.features, task.labels, task.local_steps, whole_weights(task), strict=True)
        )
    ]


def whole_weights(task: Task) -> list[int]:
    """Return integers proportional to p_m: the n_m themselves if they are, else p_m to 53 binary digits.

    Libraries that weigh clients by the samples they report want a whole number; a client may report any.
    """
    sizes = [len(y) for y in task.labels]
    if np.allclose(task.weights, np.divide(sizes, sum(sizes)), rtol=1e-15, atol=0.0):
        return sizes
    return [round(weight * 2**53) for weight in task.weights]
