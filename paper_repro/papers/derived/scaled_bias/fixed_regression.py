"""Least squares with a fixed scaling ends at the D-norm projection of the start, whatever H, M and the split."""

import math
from dataclasses import dataclass

import numpy as np

from implicitbias import Fixed, LinearRegression, local_gd, LocalMethod, Stream
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
from paper_repro.claims.regression import gaussian_rows


LIMIT = "limit of w^r"
# A run ends when its error has shrunk to this share of the way.
REMAINDER = 1e-11
# Roundings of a run add up to ε/(1 − ρ) ≤ 1e-13 of |w|; this leaves room for products.
ROUNDING = 1e-10
# Contractions slower than this cost more than a second where each worker has its own D_m.
SLOWEST = 0.985


@dataclass(frozen=True)
class ScaledRegressionKnobs:
    """Sizes of the data, the spread of D, and Local GD with it; η is a share of the largest stable one."""

    workers: int = knob(2, "M", "workers", low=2, high=3)
    local_samples: int = knob(1, "n_m", "samples per worker", low=1, high=2)
    spare: int = knob(2, "d − n", "dimensions beyond the number of samples", low=1, high=8)
    spread: float = knob(2.0, "q", "entries of D lie between 1/q and q", low=1.5, high=3.0)
    share: float = knob(0.5, "s", "η as a share of the largest stable one", low=0.3, high=0.8)
    local_steps: int = knob(4, "H", "local steps", low=1, high=8, log=True)


@dataclass(frozen=True)
class ScaledRegressionCase:
    """A run from ``start`` to its limit with D, and the factor by which its error shrinks per round."""

    problem: LinearRegression
    method: LocalMethod
    diagonal: np.ndarray
    start: np.ndarray
    factor: float

    @property
    def rounds(self) -> int:
        """Rounds after which ``REMAINDER`` of the way is left."""
        return math.ceil(math.log(REMAINDER) / math.log(self.factor))

    def projection(self, diagonal: np.ndarray) -> np.ndarray:
        """w⁰ + D^{−1}Xᵀ(XD^{−1}Xᵀ)⁺(y − Xw⁰)."""
        root = np.sqrt(diagonal)
        missing = self.problem.targets - self.problem.features @ self.start
        return self.start + np.linalg.lstsq(self.problem.features / root, missing)[0] / root


def setup(knobs: ScaledRegressionKnobs, stream: Stream) -> ScaledRegressionCase | AssumptionUnmet:
    """Return the run of the knobs from a random start."""
    samples = knobs.workers * knobs.local_samples
    dim = samples + knobs.spare
    draw = stream.at("scaled-regression").generator()
    diagonal = knobs.spread ** draw.uniform(-1.0, 1.0, dim)
    features = gaussian_rows(stream, samples, dim)
    problem = LinearRegression(features, draw.standard_normal(samples), workers=knobs.workers)
    blocks = [features[rows] / np.sqrt(diagonal) for rows in problem.members]
    lr = knobs.share * 2.0 / max(float(np.linalg.norm(x, 2)) ** 2 / len(x) for x in blocks)
    factor = regression_rate(blocks, lr, knobs.local_steps)
    if factor > SLOWEST:
        return AssumptionUnmet(f"the error shrinks by {factor:.5f} per round only: the limit is out of reach")
    method = local_gd(lr, knobs.local_steps, scaling=Fixed(tuple(diagonal.tolist())))
    return ScaledRegressionCase(problem, method, diagonal, draw.standard_normal(dim), factor)


def own_diagonals(knobs: ScaledRegressionKnobs, stream: Stream) -> ScaledRegressionCase | AssumptionUnmet:
    """Return the same run, D_m = q^{±1}D on the coordinates of one half of the workers and of the other."""
    case = setup(knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return case
    sign = (-1.0) ** np.add.outer(np.arange(knobs.workers), np.arange(case.problem.dim))
    rows = case.diagonal * knobs.spread ** (sign + 1.0)
    method = local_gd(
        case.method.first_lr, knobs.local_steps, scaling=Fixed(tuple(map(tuple, rows.tolist())))
    )
    return ScaledRegressionCase(case.problem, method, case.diagonal, case.start, case.factor)


def needs(case: ScaledRegressionCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run until its error has shrunk to the remainder."""
    del budget
    return (RunSpec(case.problem, case.method, case.rounds, start=tuple(case.start.tolist())),)


def observe(case: ScaledRegressionCase, traces: Traces) -> Observation:
    """Read the end of the run."""
    (trace,) = traces
    distances = (
        ("to the projection in the D-norm", case.diagonal, "measured"),
        ("to the Euclidean one", np.ones(case.problem.dim), "reference"),
    )
    curves = tuple(
        Curve(trace.rounds, np.linalg.norm(trace.w[0] - case.projection(d), axis=1), label, role, "fixed")
        for label, d, role in distances
    )
    return Observation({LIMIT: Measured(trace.w[0, -1])}, curves)


def at(case: ScaledRegressionCase, diagonal: np.ndarray) -> Prediction:
    """The prediction of the projection in a norm."""
    limit = case.projection(diagonal)
    way = float(np.sqrt(case.diagonal.max() / case.diagonal.min()) * np.linalg.norm(case.start - limit))
    rounds = np.linspace(0, case.rounds, 50)
    envelope = Curve(rounds, way * case.factor**rounds, "contraction by ρ(T) per round", "theory")
    allowance = REMAINDER * way + ROUNDING * float(np.linalg.norm(limit))
    return Prediction({LIMIT: Predicted(limit, allowance, reason="what the contraction leaves")}, (envelope,))


CLAIM = Claim(
    key="derived/fixed-scaling-regression",
    title="Least squares with a fixed scaling ends at the D-norm projection of the start, whatever H and the split",
    statement=(
        r"For consistent data $Xw = y$, Local GD with steps $D^{-1}\nabla f_m$, stable in the metric of $D$, ends "
        r"at $w^0+D^{-1}X^\top(XD^{-1}X^\top)^+(y-Xw^0)$, the solution nearest to $w^0$ in the norm $\sqrt{w^\top "
        r"Dw}$, for every $H$, $M$ and split of the data."
    ),
    hypotheses=("consistent data: some w fits every sample", "one D for all workers", "stable local steps"),
    reference=Reference("zhu2024", "the case D = I, known to us second-hand", ("v2",)),
    source="derived",
    proof=(
        r"Every step moves $w$ within $D^{-1}\mathrm{range}\,X^\top$, and so does an average. With $y = D^{1/2}w$ "
        r"a worker's $H$ steps are $(I-\eta G_m)^H$ about any solution, $G_m$ the covariance of the features "
        r"$D^{-1/2}x_i$: symmetric, of norm at most one, and their mean contracts on the row space of all "
        r"features. The limit is the one solution in $w^0+D^{-1}\mathrm{range}\,X^\top$, which is the projection "
        r"of $w^0$ in the $D$-norm, for $D(w-w^0)\in\mathrm{range}\,X^\top$ is its optimality condition."
    ),
    knobs=ScaledRegressionKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: at(case, case.diagonal),
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "the Euclidean projection",
            "where Local GD without scaling ends",
            lambda case: at(case, np.ones(case.problem.dim)),
        ),
        Falsifier(
            "a D_m of each worker's own",
            "without one D no norm is projected in; the claim is made of the workers' smallest D",
            setup=own_diagonals,
        ),
    ),
    see=("derived/regression-rate", "derived/fixed-scaling-direction"),
    axes=("communication rounds r", "distance", "linear", "log"),
)
