"""Tasks with known answers: the golden instance, worked by hand, and instances drawn from a seed."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.conformance.task import Algorithm, Task


# ηλ ≤ 1/2 on every worker: gradient steps shrink every mode, and hardly any of it in a single step.
CURVATURES = (0.5, 2.0)
RATES = (0.1, 0.25)
# All different, so that no two workers can be mistaken for each other.
LOCAL_STEPS = (2, 3, 5, 7)
SAMPLES = (4, 5, 7, 9)
PROXIMAL = 1.0
ROUNDS = 5

_OWN: dict[str, dict[str, Any]] = {"fedprox": {"proximal": PROXIMAL}, "fednova": {"local_steps": (10, 2)}}


def golden(algorithm: Algorithm = "fedavg", **changes: Any) -> Task:
    """Return the golden instance: f_1 = x²/2, f_2 = (x − 1)²/8, equal weights, x⁰ = 0; x* = 1/5.

    One sample each, feature 1 with label 0 and feature 1/2 with label 1/2; η = 0.1 and H = 10, for FedNova
    (10, 2), for FedProx ρ = 1.

    Parameters
    ----------
    algorithm
        What is asked to run on it.
    **changes
        Of other attributes of the task.
    """
    given: dict[str, Any] = {
        "features": (np.array([[1.0]]), np.array([[0.5]])),
        "labels": (np.array([0.0]), np.array([0.5])),
        "lr": 0.1,
        "local_steps": (10, 10),
        "rounds": ROUNDS,
        "weights": (0.5, 0.5),
        "start": np.zeros(1),
        "algorithm": algorithm,
    }
    return Task(**(given | _OWN.get(algorithm, {}) | changes))


def random_instance(seed: int, algorithm: Algorithm = "fedavg", *, index: int = 0, **changes: Any) -> Task:
    """Return instance ``index`` of a seed: d = 3, M = 4, all H_m different, all n_m different, p_m = n_m/n.

    A_m has eigenvalues between 1/2 and 2 in a basis of its own, labels are noisy, x⁰ is a normal vector.
    Two algorithms are given the same samples.

    Parameters
    ----------
    seed, index
        Which instance: another index of the same seed is independent.
    algorithm
        What the task asks for.
    **changes
        Fields of `Task` to replace.
    """
    base = _drawn(seed, index)
    given: dict[str, Any] = {
        "features": tuple(np.array(rows) for rows in base.features),
        "labels": tuple(np.array(values) for values in base.labels),
        "start": np.array(base.start),
        "algorithm": algorithm,
        "proximal": PROXIMAL if algorithm == "fedprox" else 0.0,
    }
    return replace(base, **(given | changes))


@lru_cache(maxsize=32)
def _drawn(seed: int, index: int) -> Task:
    """Return an instance on arrays that nobody else may see."""
    draw = _Draw(Stream(seed), index)
    sizes = [SAMPLES[k] for k in draw.order("sizes")]
    features = tuple(draw.features(m, n) for m, n in enumerate(sizes))
    return Task(
        features=features,
        labels=tuple(draw.labels(m, rows) for m, rows in enumerate(features)),
        lr=RATES[0] + (RATES[1] - RATES[0]) * float(draw.at("lr").uniform(1)[0]),
        local_steps=tuple(LOCAL_STEPS[k] for k in draw.order("steps")),
        rounds=ROUNDS,
        weights=tuple(n / sum(sizes) for n in sizes),
        start=draw.at("start").normal(3),
        seed=int(draw.at("seed").integers(2**31 - 1, 1)[0]),
    )


@dataclass(frozen=True)
class _Draw:
    """Draws of one instance."""

    stream: Stream
    index: int

    def at(self, purpose: str, worker: int = 0) -> Any:
        return self.stream.at(f"conformance/{purpose}", self.index, worker)

    def order(self, purpose: str) -> list[int]:
        return self.at(purpose).permutation(4).tolist()

    def features(self, worker: int, size: int) -> Float[np.ndarray, "sample 3"]:
        """Return X with XᵀX/n = V diag(λ) Vᵀ: √n·U diag(√λ) Vᵀ, columns of U and V orthonormal."""
        normal = self.at("features", worker).normal(3 * size + 9)
        left, _ = np.linalg.qr(normal[: 3 * size].reshape(size, 3))
        right, _ = np.linalg.qr(normal[3 * size :].reshape(3, 3))
        low, high = CURVATURES
        curvatures = low + (high - low) * self.at("curvatures", worker).uniform(3)
        return np.sqrt(size) * (left * np.sqrt(curvatures)) @ right.T

    def labels(self, worker: int, features: Float[np.ndarray, "sample 3"]) -> Float[np.ndarray, " sample"]:
        """Return y = X b + noise, b a standard normal vector of the worker's own."""
        normal = self.at("labels", worker).normal(3 + len(features))
        return features @ normal[:3] + normal[3:]
