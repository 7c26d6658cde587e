"""Logistic regression whose features have units decades apart, the same data turned, and rounds until the gap stays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import (
    Adam,
    Identity,
    LinearClassification,
    Logistic,
    OASIS,
    RecordAt,
    RMSProp,
    RunSpec,
    savic,
    Stream,
    Trace,
)
from implicitbias.methods import Scaling
from implicitbias.scaled import minimiser
from implicitbias.statistics import Moments, student_quantile
from paper_repro.claims.level import share_of_level
from paper_repro.claims.observation import Measured


SAMPLES, DIM, WORKERS = 400, 16, 4
# Units run over so many decades, and the weights of the truth against them, so that every feature matters. The
# condition number of the Hessian at the minimum is 3400, and 6 if its diagonal is divided out.
DECADES, RIDGE = 2.0, 1e-5
# One instance: claims judge other batches on it, not other data.
DATA = Stream(5).child("ill-scaled logistic regression")
# Rounds, by H, after which a family that has not come near counts as if it came in the next.
HORIZON = {1: 160, 8: 40, 32: 20}
# On turned data all come late; with most local steps, within so many rounds.
TURNED_STEPS, TURNED_ROUNDS = 32, 160
NAMES = {"identity": "identity", "rmsprop": "RMSProp", "adam": "Adam", "oasis": "OASIS"}
FAMILIES = tuple(NAMES)
METHODS = {name: name for name in NAMES} | {"identity": "local_sgd"}


def scaling(family: str) -> Scaling:
    """Return a family with β = 0.99, built up by 100 samples before the first round."""
    families = {"rmsprop": RMSProp, "adam": Adam, "oasis": OASIS}
    return Identity() if family == "identity" else families[family](beta=0.99, floor=1e-4, warmup=100)


@dataclass(frozen=True)
class Instance:
    """A logistic problem and the gap of its models above the minimum.

    Parameters
    ----------
    turned
        Whether the features are turned by an orthogonal matrix after which all diagonal entries of the Hessian at
        the minimum are equal: the same condition number, none of which a diagonal can see.
    """

    turned: bool = False

    @cached_property
    def problem(self) -> LinearClassification:
        """f, over four workers whose data are alike."""
        features, labels = _rows()
        if self.turned:
            features = features @ _levelling(_on(features, labels)).T
        return _on(features, labels)

    @cached_property
    def least(self) -> float:
        """The least value of f."""
        return float(self.problem.loss(minimiser(self.problem)))

    @cached_property
    def hessian(self) -> Float[np.ndarray, "dim dim"]:
        """∇²f at the minimum."""
        return _hessian(self.problem)

    def gap(self, trace: Trace) -> Float[np.ndarray, "replica record"]:
        """Return f(w) − min f; ∞ where a run has left the numbers."""
        gap = np.exp(trace.log_loss) - self.least
        return np.where(np.isfinite(gap), gap, np.inf)

    def spec(
        self, family: str, local_steps: int, lr: float, batch: int, replicas: int, stream: Stream
    ) -> RunSpec:
        """Return replicas of a run from w = 0, recorded at every round."""
        method = savic(lr, local_steps, scaling(family), batch)
        rounds, record = TURNED_ROUNDS if self.turned else HORIZON[local_steps], RecordAt.every(1)
        return RunSpec(self.problem, method, rounds, record, replicas=replicas, stream=stream)


def rounds_until(gaps: Float[np.ndarray, "replica record"], accuracy: float, comparisons: int) -> Measured:
    """Return log₂ of the round from which the mean gap stays ≤ ε, up to the horizon, with its interval.

    Its ends are the rounds from which the lower and the upper ends of the intervals of the mean, at every record, stay
    ≤ ε. A mean that does not stay below counts as the round after the horizon, which is too early.

    Parameters
    ----------
    gaps
        f − min f of every replica at rounds 0, 1, …
    accuracy
        ε.
    comparisons
        How many such rounds decide the claim.
    """
    moments = Moments.of(gaps)
    level = share_of_level(comparisons * gaps.shape[1])
    width = student_quantile(level, moments.count - 1) * np.asarray(moments.standard_error)
    mean = np.asarray(moments.mean)
    low, high = (np.log2(first_below(curve, accuracy)) for curve in (mean - width, mean + width))
    return Measured((low + high) / 2, (high - low) / 2)


def first_below(curve: Float[np.ndarray, " record"], accuracy: float) -> int:
    """Return the first round ≥ 1 from which a curve stays ≤ ε; one more than the last if it does not."""
    above = np.flatnonzero(~(curve <= accuracy))
    return max(1, int(above[-1]) + 1) if above.size else 1


def _rows() -> tuple[Float[np.ndarray, "sample dim"], Float[np.ndarray, " sample"]]:
    units = 10.0 ** (-DECADES * np.arange(DIM) / (DIM - 1))
    draws = DATA.at("features", np.arange(SAMPLES)).normal(DIM)
    truth = DATA.at("truth").normal(DIM)
    chance = 1.0 / (1.0 + np.exp(-draws @ truth))
    labels = np.where(DATA.at("labels").uniform(SAMPLES) < chance, 1.0, -1.0)
    return draws * units, labels


def _on(features: np.ndarray, labels: np.ndarray) -> LinearClassification:
    return LinearClassification(features, labels, workers=WORKERS, loss=Logistic(), l2=RIDGE)


def _hessian(problem: LinearClassification) -> Float[np.ndarray, "dim dim"]:
    w = minimiser(problem)
    columns = [problem.hvp(w, unit) for unit in np.eye(problem.dim)]
    return np.array(columns)


def _levelling(problem: LinearClassification) -> Float[np.ndarray, "dim dim"]:
    """Return Q with diag(Q ∇²f Qᵀ) constant: eigenvectors, then signs of equal size 1/√d (Sylvester's matrix)."""
    signs = np.ones((1, 1))
    while len(signs) < problem.dim:
        signs = np.block([[signs, signs], [signs, -signs]])
    return signs / np.sqrt(problem.dim) @ np.linalg.eigh(_hessian(problem))[1].T
