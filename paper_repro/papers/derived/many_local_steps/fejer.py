r"""Projections and sweeping processes never move away from a point of C."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import projection, RecordAt, Stream, sweeping
from paper_repro.claims import (
    bound,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    RunSpec,
    Traces,
)
from paper_repro.claims.split_data import drawn_direction, split_case, SplitCase, SplitKnobs


INCREASE = "largest increase of |u − z| in a round, over |ŵ|"

SOLVERS = {"projection": projection, "sweeping": sweeping}

# Certified rounding of a local solve, relative to |u|, with a decade for the norms of a difference.
ROUNDING = 1e-12

# Points of C: ŵ itself, one far inside, and projections of this many points of size 2|ŵ| drawn at random.
DRAWN = 6
# Their names, and the shade of the method that tells them apart.
NAMES = {"z = ŵ": 1, "z = 3ŵ": 30, "z on the boundary": 1000}


@dataclass(frozen=True)
class FejerKnobs(SplitKnobs):
    """Data, start, and the local solve."""

    start: str = knob("drawn", "u⁰", "start: 0, or drawn at random", choices=("origin", "drawn"))
    solver: str = knob("sweeping", "T", "local solve", choices=tuple(SOLVERS))


@dataclass(frozen=True, eq=False)
class FejerCase:
    """Data, the method, and the points z whose distance is watched."""

    data: SplitCase
    solver: str
    points: Float[np.ndarray, "point dim"]


def setup(knobs: FejerKnobs, stream: Stream) -> FejerCase:
    """Watch points of C."""
    data = split_case(knobs, stream)
    size = 2.0 / data.svm.margin
    dim = data.problem.dim
    drawn = [data.feasible.project(size * drawn_direction(stream, dim, 1 + k)).point for k in range(DRAWN)]
    points = np.stack([data.svm.weights, 3.0 * data.svm.weights, *drawn])
    return FejerCase(data, knobs.solver, points)


def halfway(knobs: FejerKnobs, stream: Stream) -> FejerCase:
    """Watch z = ŵ/2, which is not in C, from z itself."""
    case = setup(knobs, stream)
    z = case.data.svm.weights / 2.0
    return FejerCase(SplitCase(case.data.problem, case.data.svm, z), case.solver, z[None])


def needs(case: FejerCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Every round of one run."""
    rounds = budget.pick(smoke=100, quick=500, paper=20_000)
    method = SOLVERS[case.solver]()
    return (RunSpec(case.data.problem, method, rounds, RecordAt.every(1), case.data.start_entries),)


def observe(case: FejerCase, traces: Traces) -> Observation:
    """Distances of every iterate from every point."""
    (trace,) = traces
    apart = np.linalg.norm(trace.w[0][:, None] - case.points, axis=2)
    margin = case.data.svm.margin
    rounding = ROUNDING * float(np.linalg.norm(trace.w[0], axis=1).max() + apart.max()) * margin
    curves = tuple(
        Curve(trace.rounds[1:], column[1:] * margin, name, method=f"{case.solver}:H={shade}")
        for (name, shade), column in zip(NAMES.items(), apart.T, strict=False)
    )
    return Observation({INCREASE: Measured(float(np.diff(apart, axis=0).max()) * margin, rounding)}, curves)


def predict(case: FejerCase) -> Prediction:
    """No increase."""
    size = float(np.linalg.norm(case.data.start) + np.linalg.norm(case.points, axis=1).max())
    allowance = 4.0 * ROUNDING * (1.0 + size * case.data.svm.margin)
    return Prediction({INCREASE: Predicted(0.0, allowance, Relation.AT_MOST, "rounding of the local solves")})


PROOF = r"""
Let $z\in C$. Projection: $|P_mu-z|^2\le|u-z|^2-|u-P_mu|^2$, as $z\in C_m$. Sweeping: with
$\dot u=\sum b_ix_i$, $b_i\ge0$, $b_i>0$ only where $x_i\cdot u=s\le1$,
$\frac{d}{ds}|u-z|^2=2\sum b_i(s-x_i\cdot z)\le0$. Averaging: $|\frac1M\sum u_m-z|\le\frac1M\sum|u_m-z|$. So $u^r$
converges: it is bounded, every limit point lies in $C$ (all $C_m$ must be met, or the distance still falls), and the
distance to a limit point does not increase. It also gives $|u^\infty-z|\le|u^r-z|$ for $z=P_C(u^r)$, by which limits
are enclosed here. $\square$
"""

CLAIM = Claim(
    key="derived/fejer",
    title="Projections and sweeping never move away from a point of the feasible set",
    statement=(
        r"For every $z\in C$, $|u^r-z|$ is non-increasing, for $u^{r+1}=\frac1M\sum_mP_m(u^r)$ and for the averaged "
        r"sweeping processes."
    ),
    hypotheses=("separable data",),
    reference=Reference("derived"),
    source="derived",
    knobs=FejerKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "the same for z = ŵ/2",
            "it has the right direction and separates all data, but its margins are too small",
            setup=halfway,
        ),
    ),
    proof=PROOF,
    see=("zhu2024/many-local-steps", "derived/fixed-points"),
    axes=("communication rounds r", "|u^r − z|/|ŵ|", "log", "linear"),
)
