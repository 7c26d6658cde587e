r"""Averaged projections rest exactly on C, and move everywhere else by an explicit amount."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)
from paper_repro.claims.split_data import drawn_direction, split_case, SplitCase, SplitKnobs


INSIDE, OUTSIDE = "move of a point of C, over |ŵ|", "least move over its bound, outside C"
ONE_WORKER = "move of a point of C₁ outside C, over |ŵ|"

DRAWN = 12

# Certified rounding of a projection, relative to |u|, with a decade for differences.
ROUNDING = 1e-12

# Points nearer to C than this share of |ŵ| move by rounding.
OFF = 1e-6


@dataclass(frozen=True, eq=False)
class PointsCase:
    """Data, and points all around C."""

    data: SplitCase
    points: Float[np.ndarray, "point dim"]

    def averaged(self, u: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " dim"]:
        """T(u) = (1/M) Σ P_m(u)."""
        return np.mean([own.project(u).point for own in self.data.worker_sets], axis=0)

    @property
    def solution_of_one(self) -> Float[np.ndarray, " dim"]:
        """The separator of a worker that is least feasible for the others."""
        own = [worker.project(np.zeros(self.data.problem.dim)).point for worker in self.data.worker_sets]
        return min(own, key=lambda u: float((self.data.problem.signed @ u).min()))


def setup(knobs: SplitKnobs, stream: Stream) -> PointsCase | AssumptionUnmet:
    """Draw points of size about 2|ŵ|."""
    data = split_case(knobs, stream)
    size = 2.0 / data.svm.margin
    drawn = [size * drawn_direction(stream, data.problem.dim, 1 + k) for k in range(DRAWN)]
    case = PointsCase(data, np.stack([data.start, *drawn]))
    if (data.problem.signed @ case.solution_of_one).min() > 1.0 - OFF:
        return AssumptionUnmet("every worker's separator is feasible for all")
    return case


def observe(case: PointsCase, traces: Traces) -> Observation:
    """Move points of C, points outside, and a point that is feasible for one worker only."""
    del traces
    data, margin = case.data, case.data.svm.margin
    inside = [data.feasible.project(u).point for u in case.points]
    still = max(float(np.linalg.norm(case.averaged(z) - z)) for z in inside) * margin
    ratios, moves, bounds = [], [], []
    for u, z in zip(case.points, inside, strict=True):
        apart = float(np.linalg.norm(u - z))
        if apart * margin > OFF:
            gaps = [np.linalg.norm(u - own.project(u).point) for own in data.worker_sets]
            moves.append(float(np.linalg.norm(u - case.averaged(u))))
            bounds.append(float(np.mean(np.square(gaps))) / apart)
            ratios.append(moves[-1] / bounds[-1])
    one = float(np.linalg.norm(case.averaged(case.solution_of_one) - case.solution_of_one)) * margin
    quantities = {
        INSIDE: Measured(still, ROUNDING * (1.0 + float(np.linalg.norm(inside, axis=1).max()) * margin)),
        OUTSIDE: Measured(min(ratios), ROUNDING / OFF),
        ONE_WORKER: Measured(one, ROUNDING),
    }
    return Observation(
        quantities, (Curve(np.array(bounds), np.array(moves), "points outside C", method="projection"),)
    )


def predict(case: PointsCase) -> Prediction:
    """Nothing moves inside; outside the move is at least the bound."""
    farthest = float(np.linalg.norm(case.points, axis=1).max()) * case.data.svm.margin
    rest = Predicted(0.0, 4.0 * ROUNDING * (2.0 + farthest), Relation.AT_MOST, "rounding of the projections")
    move = Predicted(1.0, 2.0 * ROUNDING / OFF, Relation.AT_LEAST, "rounding near C")
    line = np.geomspace(1e-2, 1e1, 20) / case.data.svm.margin
    return Prediction({INSIDE: rest, OUTSIDE: move}, (Curve(line, line, "bound", "theory"),))


def one_is_enough(case: PointsCase) -> Prediction:
    """T rests on every C_m."""
    del case
    return Prediction({ONE_WORKER: Predicted(0.0, ROUNDING)})


PROOF = r"""
For $z\in C$ and every $m$, $(u-P_mu)\cdot(P_mu-z)\ge0$, so $|u-P_mu|^2\le(u-P_mu)\cdot(u-z)$. Average over $m$:
$$\frac1M\sum_m|u-P_mu|^2\le(u-Tu)\cdot(u-z)\le|u-Tu|\,|u-z|.$$
With $z=P_C(u)$ this bounds the move from below; it vanishes only if all $P_mu=u$, that is $u\in C$. $\square$
"""

CLAIM = Claim(
    key="derived/fixed-points",
    title="Averaged projections rest exactly on the feasible set of all workers",
    statement=(
        r"$T=\frac1M\sum_mP_m$ has $\operatorname{Fix}T=C$, and $|u-Tu|\ge\frac1M\sum_m d(u,C_m)^2/d(u,C)$ outside."
    ),
    hypotheses=("separable data", "some worker's separator violates another worker's margins"),
    reference=Reference("derived"),
    source="derived",
    knobs=SplitKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "one worker's separator is a fixed point",
            "that worker's local work leaves it where it is",
            one_is_enough,
        ),
    ),
    proof=PROOF,
    see=("derived/fejer", "lieder2021/halpern-bound"),
    axes=("bound: mean squared distance from the C_m over distance from C", "move |u − Tu|", "log", "log"),
)
