"""Logistic regression in units decades apart, with as much of it as wanted unlike from worker to worker."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import LinearClassification, Logistic, Stream
from implicitbias.scaled import minimiser
from paper_repro.classroom.scaling.controls import Controls


# Features, a power of two so that signs of equal size turn them; samples of a worker.
DIM, LOCAL = 8, 50
# Ratio of the units of two neighbours' own features.
UNLIKE = 6.0
# One instance for all classes: seeds draw other batches, not other data.
DATA = Stream(5).child("lesson of scaling")


@dataclass(frozen=True)
class Instance:
    """The problem of a setting, its minimum, and how ill-scaled it is."""

    decades: float
    rotated: bool
    heterogeneity: float
    workers: int
    ridge: float

    @cached_property
    def problem(self) -> LinearClassification:
        """f = (1/M) Σ f_m, logistic losses with an l2 term."""
        features, labels = _dealt(self)
        if self.rotated:
            plain = self._on(features, labels)
            features = features @ _levelling(_hessian(plain, minimiser(plain))).T
        return self._on(features, labels)

    @cached_property
    def best(self) -> Float[np.ndarray, " dim"]:
        """x*."""
        return minimiser(self.problem)

    @cached_property
    def least(self) -> float:
        """The least value of f."""
        return float(self.problem.loss(self.best))

    @cached_property
    def hessian(self) -> Float[np.ndarray, "dim dim"]:
        """∇²f at the minimum."""
        return _hessian(self.problem, self.best)

    @property
    def condition(self) -> float:
        """κ, the largest over the smallest eigenvalue of the Hessian."""
        return float(np.linalg.cond(self.hessian))

    @property
    def condition_scaled(self) -> float:
        """κ_D, the same with the diagonal of the Hessian divided out: what a scaling could leave at best."""
        root = 1.0 / np.sqrt(np.diag(self.hessian))
        return float(np.linalg.cond(root[:, None] * self.hessian * root))

    def _on(self, features: np.ndarray, labels: np.ndarray) -> LinearClassification:
        return LinearClassification(features, labels, workers=self.workers, loss=Logistic(), l2=self.ridge)


@lru_cache(maxsize=64)
def instance(decades: float, rotated: bool, heterogeneity: float, workers: int, ridge: float) -> Instance:
    """Return an instance, with what has been computed of it."""
    return Instance(decades, rotated, heterogeneity, workers, ridge)


def instance_of(controls: Controls) -> Instance:
    """Return the instance of a setting."""
    c = controls
    return instance(c.decades, c.rotated, c.heterogeneity, c.workers, c.ridge)


def _dealt(own: Instance) -> tuple[Float[np.ndarray, "sample dim"], Float[np.ndarray, " sample"]]:
    """Return the samples, worker by worker: those that all have, then its own, by label and in units of its own."""
    apart = round(own.heterogeneity * LOCAL)
    features, labels = _drawn("common", LOCAL - apart)
    others, theirs = _drawn("own", own.workers * apart)
    order = np.argsort(theirs, kind="stable").reshape(own.workers, apart)
    rows = [np.concatenate([features, others[k] * _own_units(m)]) for m, k in enumerate(order)]
    marks = [np.concatenate([labels, theirs[k]]) for k in order]
    return np.concatenate(rows) * _units(own.decades), np.concatenate(marks)


def _drawn(name: str, count: int) -> tuple[Float[np.ndarray, "sample dim"], Float[np.ndarray, " sample"]]:
    """Return features of unit size, and labels of a logistic truth in which every feature matters."""
    # An address of no lanes has no draws: draw one more than is kept.
    draws = DATA.at(f"{name} features", np.arange(count + 1)).normal(DIM)[:count]
    chance = 1.0 / (1.0 + np.exp(-draws @ DATA.at("truth").normal(DIM)))
    return draws, np.where(DATA.at(f"{name} labels").uniform(count + 1)[:count] < chance, 1.0, -1.0)


def _own_units(worker: int) -> Float[np.ndarray, " dim"]:
    """Return factors by which a worker's own features differ: large where its neighbours' are small."""
    return UNLIKE ** np.where((np.arange(DIM) + worker) % 2, 0.5, -0.5)


def _units(decades: float) -> Float[np.ndarray, " dim"]:
    return 10.0 ** (-decades * np.arange(DIM) / (DIM - 1))


def _hessian(problem: LinearClassification, w: Float[np.ndarray, " dim"]) -> Float[np.ndarray, "dim dim"]:
    return np.array([problem.hvp(w, unit) for unit in np.eye(problem.dim)])


def _levelling(hessian: Float[np.ndarray, "dim dim"]) -> Float[np.ndarray, "dim dim"]:
    """Return Q with diag(Q ∇²f Qᵀ) constant: eigenvectors, then signs of equal size 1/√d (Sylvester's matrix)."""
    signs = np.ones((1, 1))
    while len(signs) < len(hessian):
        signs = np.block([[signs, signs], [signs, -signs]])
    return signs / np.sqrt(len(hessian)) @ np.linalg.eigh(hessian)[1].T
