"""Linear regression over workers with Gaussian features: the data, and the affine map of one round of Local GD."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import LinearRegression, local_gd, LocalMethod, projection, Stream
from paper_repro.claims.knobs import knob


# Singular values below this share of the largest are rounding of a zero.
RANK = 1e-10
# A run ends when the error from its start has shrunk to this share; what is left is a term of the prediction.
REMAINDER = 1e-8


@dataclass(frozen=True)
class RegressionKnobs:
    """Sizes of the data, and Local GD on them; the learning rate is a share of the largest stable one."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    local_samples: int = knob(2, "n_m", "samples per worker", low=1, high=3)
    spare: int = knob(4, "d − n", "dimensions beyond the number of samples", low=1, high=12)
    share: float = knob(0.5, "s", "η as a share of 2/max λ(G_m)", low=0.2, high=0.9)
    local_steps: int = knob(5, "H", "local steps", low=1, high=20, log=True)


@dataclass(frozen=True)
class RegressionCase:
    """Least squares with a method whose round is w ↦ w* + T(w − w*) for every solution w* (consistent data)."""

    problem: LinearRegression
    method: LocalMethod

    @property
    def blocks(self) -> list[Float[np.ndarray, "local dim"]]:
        """X_m of every worker."""
        return [self.problem.features[rows] for rows in self.problem.members]

    @property
    def lr(self) -> float:
        """η (not used by exact local solves)."""
        return float(self.method.schedule(np.asarray(0)))

    @property
    def local_steps(self) -> int:
        """H (not used by exact local solves)."""
        return self.method.steps(self.problem.workers, 0)[0]

    @cached_property
    def row_space(self) -> Float[np.ndarray, "rank dim"]:
        """Orthonormal rows spanning the rows of X."""
        _, singular, rows = np.linalg.svd(self.problem.features, full_matrices=False)
        return rows[singular > RANK * singular[0]]

    @cached_property
    def minimum_norm(self) -> Float[np.ndarray, " dim"]:
        """X⁺y: the least-squares solution of least norm."""
        return np.linalg.lstsq(self.problem.features, self.problem.targets, rcond=RANK)[0]

    @cached_property
    def pooled_spectrum(self) -> Float[np.ndarray, " rank"]:
        """Positive eigenvalues of XᵀX/n, ascending."""
        singular = np.linalg.svd(self.problem.features, compute_uv=False)
        return np.sort(singular[singular > RANK * singular[0]] ** 2 / len(self.problem.features))


def rounds_to_converge(factor: float) -> int:
    """Return the rounds in which a contraction by ``factor`` leaves ``REMAINDER`` of the error."""
    return max(1, math.ceil(math.log(REMAINDER) / math.log(factor)))


def gaussian_rows(stream: Stream, samples: int, dim: int) -> Float[np.ndarray, "sample dim"]:
    """Return rows N(0, I/d), of length about one."""
    return stream.at("regression/features").generator().standard_normal((samples, dim)) / np.sqrt(dim)


def consistent_case(knobs: RegressionKnobs, stream: Stream, *, exact: bool = False) -> RegressionCase:
    """Return more dimensions than samples, so that every worker can be fitted; H = ∞ if ``exact``."""
    samples = knobs.workers * knobs.local_samples
    features = gaussian_rows(stream, samples, samples + knobs.spare)
    targets = stream.at("regression/targets").generator().standard_normal(samples)
    problem = LinearRegression(features, targets, workers=knobs.workers)
    method = projection() if exact else local_gd(knobs.share * 2.0 / problem.smoothness, knobs.local_steps)
    return RegressionCase(problem, method)


def random_start(case: RegressionCase, stream: Stream, length: float) -> Float[np.ndarray, " dim"]:
    """Return a start of the given length in a random direction."""
    direction = stream.at("regression/start").generator().standard_normal(case.problem.dim)
    return length * direction / np.linalg.norm(direction)
