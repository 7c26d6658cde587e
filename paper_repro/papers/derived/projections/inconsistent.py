"""Averaged exact solves of workers that contradict each other: a fixed point, but not that of least squares."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import LinearRegression, RecordAt, Stream
from implicitbias.recursions import minimiser_of
from paper_repro.claims import (
    AssumptionUnmet,
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
from paper_repro.claims.regression import gaussian_rows, REMAINDER, rounds_to_converge
from paper_repro.papers.derived.projections.setting import random_weights, Workers


END = "limit"
# Roundings of a run that contracts to its limit add up to some ε/(1 − ρ) of |w|.
ROUNDING = 1e-10
# Contractions slower than this take too many rounds.
SLOWEST = 0.99


@dataclass(frozen=True)
class InconsistentKnobs:
    """Fewer samples than dimensions on every worker, more than dimensions together."""

    workers: int = knob(4, "M", "workers", low=3, high=6)
    local_samples: int = knob(3, "n_m", "samples per worker", low=2, high=4)
    beyond: int = knob(1, "d − n_m", "dimensions beyond the samples of a worker", low=1, high=3)


@dataclass(frozen=True, eq=False)
class InconsistentCase:
    """Workers that are solved exactly, each of which prefers another w."""

    workers: Workers

    @property
    def problem(self) -> LinearRegression:
        """The data."""
        return self.workers.problem

    @cached_property
    def fixed_point(self) -> Float[np.ndarray, " dim"]:
        """The root of Σ p_m Π_m(w − b_m)."""
        return self.workers.round.fixed_point

    @property
    def least_squares(self) -> Float[np.ndarray, " dim"]:
        """The minimiser of Σ p_m f_m."""
        return minimiser_of(self.problem, self.workers.method)

    @property
    def first(self) -> Float[np.ndarray, " dim"]:
        """Σ p_m b_m, b_m = X_m⁺y_m, where one round from 0 ends."""
        return self.workers.round.path(rounds=1)[1]

    @cached_property
    def factor(self) -> float:
        """1 − λ_min(Σ p_m Π_m)."""
        return self.workers.round.radius


def setup(knobs: InconsistentKnobs, stream: Stream) -> InconsistentCase | AssumptionUnmet:
    """Return Gaussian features with independent targets."""
    samples, dim = knobs.workers * knobs.local_samples, knobs.local_samples + knobs.beyond
    if samples <= dim:
        return AssumptionUnmet("no more samples than dimensions: some w fits them all")
    targets = stream.at("regression/targets").generator().standard_normal(samples)
    problem = LinearRegression(gaussian_rows(stream, samples, dim), targets, workers=knobs.workers)
    case = InconsistentCase(Workers(problem, random_weights(stream.at("weights").generator(), knobs.workers)))
    return case if case.factor < SLOWEST else AssumptionUnmet("the rows are nearly dependent")


def needs(case: InconsistentCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0, until its error has shrunk to the remainder."""
    del budget
    return (RunSpec(case.problem, case.workers.method, rounds_to_converge(case.factor), RecordAt.every(1)),)


def observe(case: InconsistentCase, traces: Traces) -> Observation:
    """Read the end of the run."""
    (trace,) = traces
    distances = [np.linalg.norm(trace.w[0] - w, axis=1) for w in (case.fixed_point, case.least_squares)]
    curves = (
        Curve(trace.rounds, distances[0], "to Σ p_m Π_m(w − b_m) = 0", method="projection"),
        Curve(trace.rounds, distances[1], "to least squares", "falsifier"),
    )
    return Observation({END: Measured(trace.w[0, -1])}, curves)


def claimed(case: InconsistentCase, point: np.ndarray) -> Prediction:
    """Return the claim that the run ends at a point."""
    allowance = (REMAINDER + ROUNDING) * float(np.linalg.norm(case.fixed_point))
    rounds = np.arange(rounds_to_converge(case.factor) + 1)
    line = Curve(
        rounds, np.linalg.norm(case.fixed_point) * case.factor**rounds, "1 − λ_min per round", "theory"
    )
    return Prediction({END: Predicted(point, allowance, reason="what the contraction leaves")}, (line,))


CLAIM = Claim(
    key="derived/inconsistent-solves",
    title="Exact solves of workers that contradict each other average to another point than least squares",
    statement=(
        r"Workers with fewer samples than dimensions, each fitted exactly by $\{w:X_mw=y_m\}$, that have no $w$ in "
        r"common: the average of exact solves with weights $p_m$ converges, from every start, to the solution of $\sum "
        r"p_m\Pi_m(w-b_m)=0$, $\Pi_m=X_m^+X_m$, $b_m=X_m^+y_m$, with factor $1-\lambda_{\min}(\sum p_m\Pi_m)$. It "
        r"minimises the weighted squared distances to the workers' solutions, not the weighted squared residuals."
    ),
    hypotheses=(
        "rows independent on every worker, dependent over all",
        "Σ p_m Π_m invertible",
    ),
    reference=Reference("derived", "averaged projections"),
    source="derived",
    proof=(
        r"A round is $w\mapsto w-\sum p_m\Pi_m(w-b_m)$, the gradient step of length 1 on "
        r"$\frac12\sum p_m|\Pi_m(w-b_m)|^2$, whose terms are squared distances to $\{X_mw=y_m\}$, and whose "
        r"Hessian $\sum p_m\Pi_m$ has its eigenvalues in $(0,1]$. Least squares instead "
        r"solves $\sum p_mX_m^\top X_m(w-b_m)/n_m=0$: the same directions, weighted by their curvature."
    ),
    knobs=InconsistentKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: claimed(case, case.fixed_point),
    judge=closed_form,
    falsifiers=(
        Falsifier("least squares", "where H = 1 leads", lambda case: claimed(case, case.least_squares)),
        Falsifier(
            "the mean of the b_m", "where one round from 0 ends, and H → ∞ on workers of full rank",
            lambda case: claimed(case, case.first),
        ),
    ),
    see=("derived/regression-bias", "derived/nearest-solution"),
    axes=("communication rounds r", "distance", "linear", "log"),
)  # fmt: skip
