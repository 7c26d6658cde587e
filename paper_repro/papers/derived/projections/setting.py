"""Least squares on workers with fewer samples than dimensions, solved exactly and averaged with weights."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicitbias import Average, LinearRegression, LocalMethod
from implicitbias.methods import Projection
from implicitbias.recursions import AffineRound, averaged_projections


@dataclass(frozen=True, eq=False)
class Workers:
    """Workers whose losses are solved exactly in every round, averaged with weights p_m."""

    problem: LinearRegression
    weights: tuple[float, ...]

    @property
    def method(self) -> LocalMethod:
        """H = ∞."""
        return LocalMethod(local_solver=Projection(), aggregation=Average(self.weights))

    @cached_property
    def round(self) -> AffineRound:
        """One round, w ← w − Σ p_m Π_m(w − b_m)."""
        return averaged_projections(self.problem, self.weights)


def random_weights(draw: np.random.Generator, workers: int) -> tuple[float, ...]:
    """Return weights between 1 and 3."""
    return tuple(map(float, draw.uniform(1.0, 3.0, workers)))
