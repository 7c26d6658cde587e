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


EXCESS, CROSSED = (
    "excess loss of the mean, for shares t",
    "excess loss where every curvature meets every optimum",
)
# Shares of the spread of curvature over tasks; at 0 they have one curvature.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
ROUNDING = 1e-12


@dataclass(frozen=True)
class ExcessKnobs:
    """Tasks with their own curvature and optimum."""

    workers: int = knob(4, "M", "tasks", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=6)
    least: float = knob(0.1, "μ", "least curvature; the largest is 1", low=0.02, high=0.3, log=True)


@dataclass(frozen=True, eq=False)
class ExcessCase:
    """The same optima and the same spread ζ², under curvatures (1 − t)A + tA_m."""

    full: Quadratics

    def at(self, share: float) -> Quadratics:
        """Return the tasks with a share of the spread of curvature."""
        mean = self.full.hessians.mean(axis=0)
        return Quadratics(mean + share * (self.full.hessians - mean), self.full.centres)

    @cached_property
    def problems(self) -> tuple[Quadratics, ...]:
        """Those of every share, and M² tasks with every A_k and every b_m."""
        workers, hessians = self.full.workers, self.full.hessians
        crossed = Quadratics(np.repeat(hessians, workers, axis=0), np.tile(self.full.centres, (workers, 1)))
        return (*(self.at(share) for share in SHARES), crossed)

    def excess(self, shares: Float[np.ndarray, " share"]) -> Float[np.ndarray, " share"]:
        """Return ½|A^{-1}(mean A_m b_m − A mean b_m)|²_A."""
        return np.array([one_shot_excess(self.at(float(share))) for share in shares])

    @property
    def allowance(self) -> float:
        """Rounding of two losses of the size of ½ζ²."""
        spread = self.full.centres - self.full.centres.mean(axis=0)
        return ROUNDING * (1.0 + 0.5 * float((spread**2).sum(axis=1).mean()))


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
    *paired, crossed = found
    curves = (
        Curve(np.array(SHARES), np.array(paired), "A_m with b_m", method="fedavg"),
        Curve(np.ones(1), np.array([crossed]), "every A_k with every b_m", method="fedavg"),
    )
    return Observation({EXCESS: Measured(np.array(paired)), CROSSED: Measured(crossed)}, curves)


def claimed(case: ExcessCase, values: np.ndarray) -> Prediction:
    """Return the claim of these excesses for the shares."""
    return Prediction({EXCESS: Predicted(values, case.allowance)})


def predict(case: ExcessCase) -> Prediction:
    """½|A^{-1}(mean A_m b_m − A mean b_m)|²_A, and 0 for tasks without correlation."""
    reason, grid = "rounding of two losses", np.linspace(0.0, 1.0, 41)
    quantities = {
        EXCESS: Predicted(case.excess(np.array(SHARES)), case.allowance, reason=reason),
        CROSSED: Predicted(0.0, case.allowance, reason=reason),
    }
    full = case.excess(np.ones(1))
    lines = (
        Curve(grid, case.excess(grid), "½|b̄ − x*|²_A", "theory"),
        Curve(np.array([0.0, 1.0]), np.repeat(full, 2), "of ζ² alone", "falsifier"),
    )
    return Prediction(quantities, lines)


CLAIM = Claim(
    key="tao2024/excess",
    title="One-shot merging is exact iff curvature and optimum are uncorrelated over tasks",
    statement=(
        r"Tasks $\frac12(x-b_m)^\top A_m(x-b_m)$, solved exactly, merged to $\bar b=\frac1M\sum b_m$: with "
        r"$A=\frac1M\sum A_m$ the merge misses by $\bar b-x^*=-A^{-1}(\frac1M\sum A_mb_m-A\bar b)$, and its excess "
        r"loss is half the square of that in the $A$-norm. It is 0 iff curvature and optimum are uncorrelated over "
        r"the tasks, as when every curvature meets every optimum, or all curvatures agree; the spread "
        r"$\zeta^2=\frac1M\sum|b_m-\bar b|^2$ is the same in all cases of the figure."
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
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "exact whenever tasks share x⁰", "then all models are fine-tuned versions of one",
            lambda case: claimed(case, np.zeros(len(SHARES))),
        ),
        Falsifier(
            "the excess depends on ζ² alone", "heterogeneity is what hurts averages",
            lambda case: claimed(case, np.repeat(case.excess(np.ones(1)), len(SHARES))),
        ),
    ),
    see=("tao2024/one-round", "dhawan2024/fisher-merge"),
    axes=("share t of the spread of curvature over tasks, ζ² fixed", "excess loss", "linear", "linear"),
)  # fmt: skip
