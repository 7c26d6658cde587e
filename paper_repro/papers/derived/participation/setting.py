"""Ensembles of runs that have come to rest, and what their mean and spread should be."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import LocalMethod, RecordAt, RunSpec, Stream
from implicitbias.problems import AbstractProblem
from implicitbias.recursions import random_round, RandomRound
from paper_repro.claims import Curve
from paper_repro.claims.ensembles import mean_of
from paper_repro.claims.observation import Measured


# Covariances are at rest when they are known to this share.
LEFT = 1e-6
REASON = "what is left of the start"


@dataclass(frozen=True, eq=False)
class Drawn:
    """A method that draws, from x⁰ = 0 until it is at rest."""

    problem: AbstractProblem
    method: LocalMethod
    stream: Stream

    @cached_property
    def moments(self) -> RandomRound:
        """Mean and covariance, exactly."""
        return random_round(self.problem, self.method)

    @property
    def mean(self) -> Float[np.ndarray, " dim"]:
        """Lim E x^r."""
        return self.moments.stationary_mean

    @property
    def covariance(self) -> Float[np.ndarray, "dim dim"]:
        """Lim Cov x^r."""
        return self.moments.stationary_covariance

    @property
    def spread(self) -> float:
        """Lim E|x^r − E x^r|²."""
        return float(np.trace(self.covariance))

    @property
    def rounds(self) -> int:
        """Rounds that leave ``LEFT`` of the start, in the mean square."""
        return 1 + int(np.ceil(np.log(LEFT) / np.log(self.moments.mean_square_radius)))

    def run(self, replicas: int, record: RecordAt = RecordAt.last()) -> RunSpec:
        """Return replicas of the run."""
        return RunSpec(self.problem, self.method, self.rounds, record, None, replicas, self.stream)


def means(points: Float[np.ndarray, "replica dim"], comparisons: int) -> Measured:
    """Return the mean of every coordinate with its interval."""
    found = [mean_of(column, comparisons) for column in points.T]
    return Measured(*(np.array([getattr(m, part) for m in found]) for part in ("value", "error")))


def spread_about(
    points: Float[np.ndarray, "replica dim"], centre: Float[np.ndarray, " dim"], comparisons: int
) -> Measured:
    """Return the mean square distance from a point with its interval."""
    return mean_of(((points - centre) ** 2).sum(axis=1), comparisons)


def spread_curve(
    rounds: Float[np.ndarray, " record"],
    paths: Float[np.ndarray, "replica record dim"],
    centre: Float[np.ndarray, " dim"],
    label: str,
    method: str,
    comparisons: int,
) -> Curve:
    """Return the mean square distances over rounds, with their intervals."""
    found = [spread_about(paths[:, r], centre, comparisons) for r in range(paths.shape[1])]
    value, error = (np.array([getattr(m, part) for m in found], dtype=float) for part in ("value", "error"))
    return Curve(rounds, value, label, method=method, low=value - error, high=value + error)
