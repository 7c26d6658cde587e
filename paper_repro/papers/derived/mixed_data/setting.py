"""Planted mixed data over workers: trapped rows span U, the others are separable across it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from implicitbias import LinearClassification, local_gd, LocalMethod, Stream
from implicitbias.data import iid, mixed, PlantedSplit
from implicitbias.fixed_point import round_fixed_point
from paper_repro.claims import Budget, knob, RunSpec
from paper_repro.claims.separable import LOSSES


TRAPPED_PER_DIM = 6
# Rows off the margin stop pushing like r^{−(θ−1)}: few of them and θ = 3.4 make room for a limit within 10⁴ rounds.
OFF_MARGIN = 3
MARGIN = 0.2
GAP = 2.4


@dataclass(frozen=True)
class MixedKnobs:
    """Planted mixed data, and Local GD with H > 1."""

    workers: int = knob(2, "M", "workers", low=2, high=4)
    trapped_dim: int = knob(2, "dim U", "dimensions in which no w separates", low=1, high=2)
    across: int = knob(2, "d − dim U", "dimensions across them", low=1, high=3)
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.5, "η", "learning rate", low=0.1, high=0.5, log=True)
    local_steps: int = knob(20, "H", "local steps", low=2, high=40, log=True)


@dataclass(frozen=True)
class MixedCase:
    """A run on mixed data, and the part of its problem on U; row i of the problem is row ``rows[i]`` of the split."""

    problem: LinearClassification
    lr: float
    local_steps: int
    split: PlantedSplit
    rows: tuple[int, ...]

    @cached_property
    def trapped(self) -> Bool[np.ndarray, " sample"]:
        """Which rows span U."""
        return self.split.balance[list(self.rows)] > 0

    @cached_property
    def pushing(self) -> Bool[np.ndarray, " sample"]:
        """Which rows are support vectors across U."""
        return self.split.duals[list(self.rows)] > 0

    @cached_property
    def separator(self) -> Float[np.ndarray, " dim"]:
        """ŵ_⊥ = ū/γ_⊥."""
        assert self.split.direction is not None
        return self.split.direction / self.split.margin

    @cached_property
    def exponent(self) -> float:
        """κ across U: the least of 1, θ − 1 and the least positive eigenvalue of Σ a_i x_i⊥ x_i⊥ᵀ."""
        across = self.problem.signed - self.problem.signed @ self.split.subspace.T @ self.split.subspace
        active = np.sqrt(self.split.duals[list(self.rows)][self.pushing])[:, None] * across[self.pushing]
        spectrum = np.linalg.eigvalsh(active @ active.T)
        others = across[~self.pushing & ~self.trapped] @ self.separator
        return min(1.0, float(spectrum[0]), float(others.min(initial=2.0)) - 1.0)

    @property
    def method(self) -> LocalMethod:
        """Local GD."""
        return local_gd(self.lr, self.local_steps)

    @cached_property
    def inside(self) -> LinearClassification:
        """The problem in coordinates of U; the other rows are 0 there: constants, which keep the weights 1/n_m."""
        rows = (self.problem.features @ self.split.subspace.T) * self.trapped[:, None]
        problem = self.problem
        return LinearClassification(
            rows, problem.labels, workers=problem.assignment, loss=problem.loss_function
        )

    @cached_property
    def minimiser(self) -> Float[np.ndarray, " trapped_dim"]:
        """v̄, the minimiser of f on U: the fixed point of H = 1."""
        return round_fixed_point(self.inside, local_gd(self.lr, 1), np.zeros(self.inside.dim))

    @cached_property
    def resting_point(self) -> Float[np.ndarray, " trapped_dim"]:
        """v*, with Σ_m Σ_j ∇f_m(v_m^j) = 0 on U."""
        return self.resting_at(self.lr)

    def resting_at(self, lr: float) -> Float[np.ndarray, " trapped_dim"]:
        """Return the fixed point of H local steps with this learning rate on U."""
        return round_fixed_point(self.inside, local_gd(lr, self.local_steps), self.minimiser)


def mixed_case(knobs: MixedKnobs, stream: Stream) -> MixedCase:
    """Return mixed data shared at random: the workers disagree on U."""
    split = planted(knobs, stream)
    return _case(knobs, split, np.arange(len(split.balance)), iid(split.samples, knobs.workers, stream))


def shared_case(knobs: MixedKnobs, stream: Stream) -> MixedCase:
    """Return mixed data of which every worker holds all trapped rows, and a part of the others."""
    split = planted(knobs, stream)
    inside, others = np.flatnonzero(split.balance > 0), np.flatnonzero(split.balance == 0)
    rows = np.concatenate([np.tile(inside, knobs.workers), others])
    every, dealt = np.repeat(np.arange(knobs.workers), len(inside)), np.arange(len(others)) % knobs.workers
    return _case(knobs, split, rows, np.concatenate([every, dealt]))


def planted(knobs: MixedKnobs, stream: Stream) -> PlantedSplit:
    """Return the data and their split."""
    trapped = TRAPPED_PER_DIM * knobs.trapped_dim
    separable, dim = knobs.across + OFF_MARGIN, knobs.trapped_dim + knobs.across
    return mixed(stream, trapped, separable, dim, knobs.trapped_dim, MARGIN, gap=GAP)


def _case(
    knobs: MixedKnobs,
    split: PlantedSplit,
    rows: Int[np.ndarray, " sample"],
    workers: Int[np.ndarray, " sample"],
) -> MixedCase:
    features, labels = split.samples.features[rows], split.samples.labels[rows]
    problem = LinearClassification(features, labels, workers=workers, loss=LOSSES[knobs.loss]())
    return MixedCase(problem, knobs.lr, knobs.local_steps, split, tuple(map(int, rows)))


def one_run(case: MixedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0, as long as the budget allows."""
    rounds = budget.pick(smoke=10_000, quick=100_000, paper=10_000_000)
    return (RunSpec(case.problem, case.method, rounds),)
