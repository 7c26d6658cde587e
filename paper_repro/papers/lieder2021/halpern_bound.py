r"""|u^r − T u^r| ≤ 2|u⁰ − u*|/(r + 1) for Halpern's iteration, tight over all nonexpansive maps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.bounds import halpern_bound
from implicitbias.local_solvers import sweeping_process
from implicitbias.methods import Anchored
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
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
    Traces,
)
from paper_repro.claims.split_data import split_case, SplitKnobs


RESIDUAL = "|u^r − T u^r|/|u⁰ − u*|"

OPERATORS = ("projection", "sweeping", "rotation", "reflection")

# Rounding of a local solve relative to |u⁰ − u*|, certified, and of the few products of a round.
ROUNDING = 1e-12

# The bound at r = 0 holds for any nonexpansive map, with equality for −I: it decides nothing between bounds.
JUDGED = 2

# A start nearer to C than this share of |ŵ| has nothing to measure.
OFF = 1e-3

Map = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class HalpernKnobs(SplitKnobs):
    """Data and start where T is made of local solves; an angle where it is a rotation."""

    operator: str = knob("projection", "T", "nonexpansive map", choices=OPERATORS)
    angle: float = knob(2.0, "φ", "angle of the rotation", low=0.1, high=3.1)
    rounds: int = knob(60, "R", "rounds", low=5, high=100)


@dataclass(frozen=True, eq=False)
class HalpernCase:
    """A nonexpansive map, the start, and the distance to its nearest known fixed point."""

    step: Map
    start: Float[np.ndarray, " dim"]
    distance: float
    rounds: int


def setup(knobs: HalpernKnobs, stream: Stream) -> HalpernCase | AssumptionUnmet:
    """Return the case of the knobs."""
    if knobs.operator in ("rotation", "reflection"):
        return _turning(np.pi if knobs.operator == "reflection" else knobs.angle, knobs.rounds)
    data = split_case(knobs, stream)
    distance = float(np.linalg.norm(data.start - data.feasible.project(data.start).point))
    if distance * data.svm.margin < OFF:
        return AssumptionUnmet("the start lies in C, or nearly")
    if knobs.operator == "projection":
        works: list[Map] = [lambda u, own=own: own.project(u).point for own in data.worker_sets]
    else:
        processes = [sweeping_process(data.problem, m) for m in range(data.problem.workers)]
        works = [lambda u, own=own: own.run(u).end for own in processes]
    return HalpernCase(lambda u: np.mean([f(u) for f in works], axis=0), data.start, distance, knobs.rounds)


def reflected(knobs: HalpernKnobs, stream: Stream) -> HalpernCase:
    """T = −I, where the bound is attained at every even r."""
    del stream
    return _turning(np.pi, knobs.rounds)


def _turning(angle: float, rounds: int) -> HalpernCase:
    """Rotation of the plane; its only fixed point is 0."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return HalpernCase(lambda u: turn @ u, np.array([1.0, 0.0]), 1.0, rounds)


def observe(case: HalpernCase, traces: Traces) -> Observation:
    """Iterate u ← a_r u⁰ + (1 − a_r) T u, and record |u − Tu|, to be judged from r = 2 on."""
    del traces
    anchored, u, moves = Anchored(), case.start, []
    for r in range(case.rounds + 1):
        image = case.step(u)
        moves.append(float(np.linalg.norm(u - image)) / case.distance)
        a = anchored.coefficient(r)
        u = a * case.start + (1.0 - a) * image
    size = 1.0 + float(np.linalg.norm(case.start)) / case.distance
    curve = Curve(np.arange(1.0, case.rounds + 2), np.array(moves), "measured", method="modified_local_gd")
    return Observation({RESIDUAL: Measured(np.array(moves[JUDGED:]), ROUNDING * size)}, (curve,))


def predict(case: HalpernCase) -> Prediction:
    """2/(r + 1)."""
    return below(case, np.array([halpern_bound(1.0, r).value for r in range(case.rounds + 1)]))


def below(case: HalpernCase, bounds: Float[np.ndarray, " round"]) -> Prediction:
    """At most these bounds, in units of |u⁰ − u*|."""
    size = 1.0 + float(np.linalg.norm(case.start)) / case.distance
    line = Curve(np.arange(1.0, len(bounds) + 1), bounds, "bound", "theory")
    at_most = Predicted(
        bounds[JUDGED:], 4.0 * ROUNDING * size, Relation.AT_MOST, "rounding of the local solves"
    )
    return Prediction({RESIDUAL: at_most}, (line,))


CLAIM = Claim(
    key="lieder2021/halpern-bound",
    title="Anchored iterations have residual at most 2|u⁰ − u*|/(r + 1), and T = −I attains it",
    statement=(
        r"For nonexpansive $T$ with a fixed point $u^*$ and $u^{r+1}=\frac1{r+2}u^0+(1-\frac1{r+2})Tu^r$: "
        r"$|u^r-Tu^r|\le2|u^0-u^*|/(r+1)$ [stated]. Ours: $T=-I$ attains it for every even $r$, and averaged "
        r"projections and sweeping processes are such maps. Judged for $r\ge2$; at $r=0$ the bound is trivial."
    ),
    hypotheses=("T nonexpansive with a fixed point", "start and anchor are the same point u⁰"),
    reference=Reference("lieder2021", "the rate of the Halpern iteration with coefficients 1/(r + 2)"),
    source="stated",
    knobs=HalpernKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "constant 1 for 2",
            "averaged projections stay below it; not every nonexpansive map does",
            predict=lambda case: below(case, 1.0 / np.arange(1.0, case.rounds + 2)),
            setup=reflected,
        ),
        Falsifier(
            "(r + 1)² for r + 1",
            "squared residuals of other methods fall like that",
            predict=lambda case: below(case, 2.0 / np.arange(1.0, case.rounds + 2) ** 2),
            setup=reflected,
        ),
    ),
    see=("zhu2024/anchored-projections", "derived/fixed-points"),
    axes=("r + 1", "|u^r − Tu^r|/|u⁰ − u*|", "log", "log"),
)
