"""Overparameterised regression: Local GD from 0 ends at the minimum-norm solution, as centralised GD does."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from implicitbias.formulas import regression_rate
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
from paper_repro.claims.regression import (
    consistent_case,
    random_start,
    RegressionCase,
    RegressionKnobs,
    REMAINDER,
    rounds_to_converge,
)


LIMIT = "limit of w^r"
# Contractions slower than this take more than a second to reach their limit; exact solves are not compiled.
SLOWEST = {"exact": 0.99, "steps": 0.998}
# Roundings of a run that contracts by ρ per round add up to ε/(1 − ρ) ≤ 1e-13 of |w|; this leaves room for products.
ROUNDING = 1e-10


@dataclass(frozen=True)
class MinimumNormKnobs(RegressionKnobs):
    """Sizes of the data and the local work; with exact solves η and H play no role."""

    solver: str = knob("exact", "local work", "exact local solves, or H steps", choices=("exact", "steps"))


@dataclass(frozen=True)
class MinimumNormCase:
    """A run from ``start`` to its limit, with the factor by which its error shrinks per round."""

    regression: RegressionCase
    start: tuple[float, ...]
    factor: float

    @property
    def limit(self) -> np.ndarray:
        """Projection of the start on {Xw = y}."""
        case, w = self.regression, np.array(self.start)
        return case.minimum_norm + w - case.row_space.T @ (case.row_space @ w)


def setup(knobs: MinimumNormKnobs, stream: Stream) -> MinimumNormCase | AssumptionUnmet:
    """Return the run of the knobs from 0."""
    case = consistent_case(knobs, stream, exact=knobs.solver == "exact")
    steps = float("inf") if knobs.solver == "exact" else knobs.local_steps
    factor = regression_rate(case.blocks, case.lr, steps)
    if factor > SLOWEST[knobs.solver]:
        return AssumptionUnmet(f"the error shrinks by {factor:.5f} per round only: the limit is out of reach")
    return MinimumNormCase(case, (0.0,) * case.problem.dim, factor)


def elsewhere(knobs: MinimumNormKnobs, stream: Stream) -> MinimumNormCase | AssumptionUnmet:
    """Return the same run from a random start as long as the solution."""
    case = setup(knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return case
    length = float(np.linalg.norm(case.regression.minimum_norm))
    start = random_start(case.regression, stream, length)
    return dataclasses.replace(case, start=tuple(map(float, start)))


def needs(case: MinimumNormCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run until its error has shrunk to the remainder."""
    del budget
    run = case.regression
    return (RunSpec(run.problem, run.method, rounds_to_converge(case.factor), start=case.start),)


def observe(case: MinimumNormCase, traces: Traces) -> Observation:
    """Read the end of the run."""
    (trace,) = traces
    distance = np.linalg.norm(trace.w[0] - case.limit, axis=1)
    curve = Curve(trace.rounds, distance, "distance to the limit", method="local_gd")
    return Observation({LIMIT: Measured(trace.w[0, -1])}, (curve,))


def _prediction(case: MinimumNormCase, limit: np.ndarray) -> Prediction:
    rounds = np.linspace(0, rounds_to_converge(case.factor), 50)
    way = float(np.linalg.norm(np.array(case.start) - case.limit))
    envelope = Curve(rounds, way * case.factor**rounds, "contraction by ρ(T) per round", "theory")
    allowance = REMAINDER * way + ROUNDING * float(np.linalg.norm(case.limit))
    return Prediction({LIMIT: Predicted(limit, allowance, reason="what the contraction leaves")}, (envelope,))


def predict(case: MinimumNormCase) -> Prediction:
    """X⁺y, whatever the start: true from 0."""
    return _prediction(case, case.regression.minimum_norm)


def average_of_local(case: MinimumNormCase) -> Prediction:
    """(1/M) Σ X_m⁺y_m."""
    problem = case.regression.problem
    solutions = [
        np.linalg.lstsq(problem.features[i], problem.targets[i], rcond=None)[0] for i in problem.members
    ]
    return _prediction(case, np.mean(solutions, axis=0))


CLAIM = Claim(
    key="zhu2024/regression-minimum-norm",
    title="For overparameterised regression Local GD from 0 ends at the minimum-norm solution",
    statement=(
        r"For linear regression with more dimensions than samples in all, local problems solved exactly, Local GD "
        r"from $w^0 = 0$ converges at a linear rate to the solution of centralised gradient descent, the one of "
        r"minimum norm, $X^+y$. (Known to us second-hand for exact local solves; it holds for $H$ steps with $\eta "
        r"< 2/\max_m\lambda_{\max}(X_m^\top X_m/n_m)$ by the proof of derived/regression-rate.)"
    ),
    hypotheses=(
        "consistent data: some w fits every sample",
        "w⁰ = 0",
        "exact local solves, or stable local steps",
    ),
    reference=Reference(
        "zhu2024", "theorem on linear regression; number and constants unknown", ("v1", "v2")
    ),
    source="second-hand",
    knobs=MinimumNormKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "minimum norm from every start",
            "the limit is the projection of the start: what no sample sees never moves",
            setup=elsewhere,
        ),
        Falsifier(
            "the average of the local minimum-norm solutions",
            "where one round from 0 of exact solves ends",
            predict=average_of_local,
        ),
    ),
    see=("derived/regression-rate", "derived/regression-exact-solves", "derived/regression-bias"),
    axes=("communication rounds r", "distance to the limit", "linear", "log"),
)
