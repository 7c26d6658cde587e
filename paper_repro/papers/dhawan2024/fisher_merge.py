"""Merging by Fisher information is exact on quadratics; by its diagonal, up to the off-diagonal curvature."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import projection, Quadratics, RecordAt, Stream
from implicitbias.recursions import fisher_merge
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.quadratic_workers import random_quadratics


WHOLE, DIAGONAL, PLAIN = "whole Fisher, less x*", "diagonal Fisher, less x*", "plain mean, less x*"
SLOPE = "diagonal Fisher, (x − x*)/t as t → 0"
# Shares of the off-diagonal curvature; differences at the smallest one are of first order up to itself.
SHARES = (0.0, 1e-6, 0.01, 0.03, 0.1, 0.3, 1.0)
ROUNDING = 1e-12


@dataclass(frozen=True)
class FisherKnobs:
    """Workers with their own curvature and optimum."""

    workers: int = knob(4, "M", "workers", low=2, high=8)
    dim: int = knob(4, "d", "dimension", low=2, high=8)
    least: float = knob(0.1, "μ", "least curvature; the largest is 1", low=0.05, high=0.3, log=True)


@dataclass(frozen=True, eq=False)
class FisherCase:
    """A_m(t) = D_m + t(A_m − D_m), D_m the diagonal of A_m, for shares t of the off-diagonal curvature."""

    full: Quadratics

    @property
    def diagonals(self) -> Float[np.ndarray, "worker dim"]:
        """D_m."""
        return np.diagonal(self.full.hessians, axis1=1, axis2=2)

    @property
    def off(self) -> Float[np.ndarray, "worker dim dim"]:
        """A_m − D_m."""
        return self.full.hessians - self.diagonals[:, :, None] * np.eye(self.full.dim)

    def problem(self, share: float) -> Quadratics:
        """Return the workers with a share t of the off-diagonal curvature; D_m + tO_m is semidefinite as A_m is."""
        return Quadratics(self.full.hessians - (1.0 - share) * self.off, self.full.centres)

    def merged(self, share: float) -> Float[np.ndarray, " dim"]:
        """Return (ΣD_m)^{-1} ΣD_m b_m − x*(t), in closed form."""
        weighed = (self.diagonals * self.full.centres).sum(axis=0) / self.diagonals.sum(axis=0)
        return weighed - self.problem(share).minimiser

    @property
    def slope(self) -> Float[np.ndarray, " dim"]:
        """d/dt of that at t = 0: −(ΣD_m)^{-1} Σ O_m (b_m − x*(0))."""
        away = self.full.centres - self.problem(0.0).minimiser
        return -np.einsum("mij,mj->i", self.off, away) / self.diagonals.sum(axis=0)


def setup(knobs: FisherKnobs, stream: Stream) -> FisherCase:
    """Return the case of the knobs."""
    return FisherCase(random_quadratics(stream, knobs.workers, knobs.dim, knobs.least))


def needs(case: FisherCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Every worker alone, solved exactly from 0, for every share."""
    del budget
    return tuple(_alone(case.problem(share), m) for share in SHARES for m in range(case.full.workers))


def _alone(problem: Quadratics, worker: int) -> RunSpec:
    own = Quadratics(problem.hessians[[worker]], problem.centres[[worker]])
    return RunSpec(own, projection(), 1, RecordAt.last())


def observe(case: FisherCase, traces: Traces) -> Observation:
    """Merge the models by whole Fisher matrices, by their diagonals, and plainly."""
    models = np.reshape([t.w[0, -1] for t in traces], (len(SHARES), case.full.workers, case.full.dim))
    problems = [case.problem(share) for share in SHARES]
    best = np.stack([problem.minimiser for problem in problems])
    whole = np.stack([fisher_merge(x, p.hessians) for x, p in zip(models, problems, strict=True)]) - best
    diagonal = np.stack([fisher_merge(x, case.diagonals) for x in models]) - best
    plain = models.mean(axis=1) - best
    quantities = {
        WHOLE: Measured(whole),
        DIAGONAL: Measured(diagonal),
        PLAIN: Measured(plain),
        SLOPE: Measured(diagonal[1] / SHARES[1]),
    }
    shares = np.array(SHARES[2:])
    lengths = [np.linalg.norm(missed, axis=1)[2:] for missed in (diagonal, plain)]
    curves = (
        Curve(shares, lengths[0], "diagonal Fisher", method="fednova"),
        Curve(shares, lengths[1], "plain mean", method="fedavg"),
    )
    return Observation(quantities, curves)


def predict(case: FisherCase) -> Prediction:
    """0, and the closed form of the diagonal merge with its slope at t = 0."""
    size = 1.0 + float(np.abs(case.full.centres).max())
    rounding, reason = ROUNDING * size / float(case.diagonals.min()), "rounding of linear systems"
    exact = np.stack([case.merged(share) for share in SHARES])
    remainder = SHARES[1] * _second(case) + rounding / SHARES[1]
    grid = np.geomspace(SHARES[2], 1.0, 50)
    line = Curve(grid, grid * np.linalg.norm(case.slope), "t|ΣD_m⁻¹ΣO_m(b_m − x*)|", "theory")
    quantities = {
        WHOLE: Predicted(np.zeros_like(exact), rounding, reason=reason),
        DIAGONAL: Predicted(exact, rounding, reason=reason),
        SLOPE: Predicted(case.slope, remainder, reason="the second order, and rounding over t"),
    }
    return Prediction(quantities, (line,))


def _second(case: FisherCase) -> float:
    """|ΣO_m|²·max|b_m − x_D|/(dλ) ≥ |second-order term|, d the least entry of ΣD_m, λ ≥ d/2 the least curvature."""
    away = np.linalg.norm(case.full.centres - case.problem(0.0).minimiser, axis=1).max()
    size = sum(np.linalg.norm(off, 2) for off in case.off)
    return float(2.0 * (size / case.diagonals.sum(axis=0).min()) ** 2 * away)


def exact_diagonal(case: FisherCase) -> Prediction:
    """Return the claim that the diagonal merge misses nothing."""
    return Prediction({DIAGONAL: Predicted(np.zeros((len(SHARES), case.full.dim)))})


def exact_mean(case: FisherCase) -> Prediction:
    """Return the claim that the plain mean misses nothing."""
    return Prediction({PLAIN: Predicted(np.zeros((len(SHARES), case.full.dim)))})


CLAIM = Claim(
    key="dhawan2024/fisher-merge",
    title="Merging by Fisher information is exact on quadratics, by its diagonal only for diagonal curvature",
    statement=(
        r"Workers $\frac12(x-b_m)^\top A_m(x-b_m)$, solved exactly: $(\sum F_m)^{-1}\sum F_mb_m$ with $F_m=A_m$ is "
        r"$\operatorname{argmin}\sum f_m$. With the diagonals $D_m$ of $A_m=D_m+tO_m$ it misses by "
        r"$-t(\sum D_m)^{-1}\sum O_m(b_m-x^*)+O(t^2)$: 0 for diagonal curvature, otherwise of first order in what is "
        r"left out. The plain mean misses both."
    ),
    hypotheses=("quadratic losses, A_m invertible, solved exactly",),
    reference=Reference(
        "dhawan2024", "Fisher-weighted aggregation; our result about it", ("arXiv 2311.10291",)
    ),
    source="derived",
    proof=(
        r"$\sum A_m(x-b_m)=0$ is the equation of both the minimiser and the merge with $F_m=A_m$. Let $x_D$ solve "
        r"$\sum D_m(x_D-b_m)=0$, and $x^*=x_D+\delta$: $\sum(D_m+tO_m)(x_D+\delta-b_m)=0$ leaves "
        r"$\sum D_m\delta=-t\sum O_m(x_D-b_m)+O(t^2)$, so $x_D-x^*=-\delta=-t(\sum D_m)^{-1}\sum O_m(b_m-x_D)+O(t^2)$."
    ),
    knobs=FisherKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("the diagonal is exact", "it is what one communicates", exact_diagonal),
        Falsifier("the plain mean is exact", "every model is at its own optimum", exact_mean),
    ),
    see=("tao2024/excess",),
    axes=("share t of the off-diagonal curvature", "distance from argmin Σ f_m", "log", "log"),
)
