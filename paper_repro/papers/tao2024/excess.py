"""One-shot merging misses by the correlation of curvature and optimum, not by how far apart the tasks are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import projection, Quadratics, RecordAt, Stream
from implicitbias.recursions import one_shot_excess
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


EXCESS = "excess loss of the mean: paired, paired otherwise, every pair, common curvature"
ROUNDING = 1e-12


@dataclass(frozen=True)
class ExcessKnobs:
    """Tasks with their own curvature and optimum."""

    workers: int = knob(4, "M", "tasks", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=6)
    least: float = knob(0.1, "μ", "least curvature; the largest is 1", low=0.02, high=0.3, log=True)


@dataclass(frozen=True, eq=False)
class ExcessCase:
    """The same optima and the same spread ζ², met by curvature in four ways."""

    paired: Quadratics

    @cached_property
    def problems(self) -> tuple[Quadratics, ...]:
        """A_m with b_m; A_m with b_{m+1}; every A with every b; the mean of the A_m with every b_m."""
        hessians, centres = self.paired.hessians, self.paired.centres
        workers = len(hessians)
        crossed = np.repeat(hessians, workers, axis=0), np.tile(centres, (workers, 1))
        common = np.tile(hessians.mean(axis=0), (workers, 1, 1)), centres
        shifted = hessians, np.roll(centres, -1, axis=0)
        return (self.paired, *(Quadratics(*pair) for pair in (shifted, crossed, common)))

    @property
    def excess(self) -> Float[np.ndarray, " problem"]:
        """½|A^{-1}(mean A_m b_m − A mean b_m)|²_A, of every problem."""
        return np.array([one_shot_excess(problem) for problem in self.problems])

    @property
    def scale(self) -> float:
        """½ζ², the loss that a mean over optima so far apart could have."""
        spread = self.paired.centres - self.paired.centres.mean(axis=0)
        return 0.5 * float((spread**2).sum(axis=1).mean())


def setup(knobs: ExcessKnobs, stream: Stream) -> ExcessCase:
    """Return the case of the knobs."""
    return ExcessCase(random_quadratics(stream, knobs.workers, knobs.dim, knobs.least))


def needs(case: ExcessCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round of exact local solves on every problem."""
    del budget
    return tuple(RunSpec(problem, projection(), 1, RecordAt.last()) for problem in case.problems)


def observe(case: ExcessCase, traces: Traces) -> Observation:
    """Compare f at the mean of the local optima with its minimum."""
    found = [
        float(problem.loss(trace.w[:, -1])[0] - problem.loss(problem.minimiser[None])[0])
        for problem, trace in zip(case.problems, traces, strict=True)
    ]
    curve = Curve(
        np.arange(1.0, len(found) + 1.0), np.array(found), "merged in one shot", method="projection"
    )
    return Observation({EXCESS: Measured(np.array(found))}, (curve,))


def claimed(case: ExcessCase, values: np.ndarray) -> Prediction:
    """Return the claim of these four excesses."""
    allowance = ROUNDING * (1.0 + case.scale)
    line = Curve(np.arange(1.0, 5.0), values, "½|x − x*|²_A", "theory")
    return Prediction({EXCESS: Predicted(values, allowance, reason="rounding of two losses")}, (line,))


CLAIM = Claim(
    key="tao2024/excess",
    title="One-shot merging is exact iff curvature and optimum are uncorrelated over tasks",
    statement=(
        r"Tasks $\frac12(x-b_m)^\top A_m(x-b_m)$, solved exactly, merged to $\bar b=\frac1M\sum b_m$: with "
        r"$A=\frac1M\sum A_m$ the merge misses by $\bar b-x^*=-A^{-1}(\frac1M\sum A_mb_m-A\bar b)$, and its excess "
        r"loss is half the square of that in the $A$-norm. It is 0 iff curvature and optimum are uncorrelated over "
        r"the tasks, as when every curvature meets every optimum, or all curvatures agree; the spread "
        r"$\zeta^2=\frac1M\sum|b_m-\bar b|^2$ is the same in all four cases of the figure."
    ),
    hypotheses=("quadratic tasks, A_m invertible, solved exactly", "equal weights"),
    reference=Reference("tao2024", "one-shot merging; our result about it"),
    source="derived",
    proof=(
        r"$x^*=A^{-1}\frac1M\sum A_mb_m$, hence $\bar b-x^*=A^{-1}(A\bar b-\frac1M\sum A_mb_m)$, the covariance of "
        r"$A_m$ and $b_m$ over the tasks up to sign. $f(x)-f(x^*)=\frac12(x-x^*)^\top A(x-x^*)$ as $f$ is quadratic "
        r"with Hessian $A$."
    ),
    knobs=ExcessKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: claimed(case, case.excess),
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "exact whenever tasks share x⁰", "then all models are fine-tuned versions of one",
            lambda case: claimed(case, np.zeros(4)),
        ),
        Falsifier(
            "the excess depends on ζ² alone", "heterogeneity is what hurts averages",
            lambda case: claimed(case, np.full(4, case.excess[0])),
        ),
    ),
    see=("tao2024/one-round", "dhawan2024/fisher-merge"),
    axes=("1: A_m, b_m   2: A_m, b_{m+1}   3: every A with every b   4: common A", "excess loss", "linear", "linear"),
)  # fmt: skip
