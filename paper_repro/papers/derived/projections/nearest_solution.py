"""Averages of exact local solves end at the solution nearest to the start, whatever the weights; half-spaces do not."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import fedavg, LinearClassification, LocalMethod, projection, RecordAt, Stream
from implicitbias.oracle import MarginSet
from implicitbias.problems import AbstractProblem
from implicitbias.recursions import affine_round, nearest_solution
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
    RegressionKnobs,
    REMAINDER,
    rounds_to_converge,
)
from paper_repro.papers.derived.projections.setting import random_weights, Workers


END = "limit, less the solution nearest to the start"
# Roundings of a run that contracts to its limit add up to some ε/(1 − ρ) of |w|.
ROUNDING = 1e-10
# Contractions slower than this take seconds to reach their limit.
SLOWEST = 0.98
# Two half-planes whose normals are 30° apart, and a start for which one of them alone decides the projection.
NORMALS, FAR = ((1.0, 0.0), (np.sqrt(0.75), 0.5)), (-5.0, 3.0)
HALVINGS = 60


@dataclass(frozen=True)
class NearestKnobs(RegressionKnobs):
    """Sizes of the data, and Local GD on them, such that rounds contract well."""

    workers: int = knob(3, "M", "workers", low=2, high=4)
    local_samples: int = knob(2, "n_m", "samples per worker", low=1, high=2)
    spare: int = knob(4, "d − n", "dimensions beyond the number of samples", low=3, high=12)
    share: float = knob(0.5, "s", "η as a share of 2/max λ(G_m)", low=0.4, high=0.9)


@dataclass(frozen=True, eq=False)
class NearestCase:
    """Methods that all start at the same point, and the nearest point of what they look for."""

    problem: AbstractProblem
    methods: dict[str, LocalMethod]
    rounds: int
    start: tuple[float, ...]
    nearest: Float[np.ndarray, " dim"]
    first: Float[np.ndarray, " dim"]


def setup(knobs: NearestKnobs, stream: Stream) -> NearestCase | AssumptionUnmet:
    """Return consistent data, exact solves with equal and unequal weights, and H steps with the latter."""
    data = consistent_case(knobs, stream)
    problem, weights = data.problem, random_weights(stream.at("weights").generator(), knobs.workers)
    exact, start = Workers(problem, weights), random_start(data, stream, 2.0)
    steps = fedavg(data.lr, data.local_steps, weights)
    methods = {"exact, p_m = 1/M": projection(), "exact, p_m": exact.method, "H steps, p_m": steps}
    factor = max(affine_round(problem, method).rate for method in methods.values())
    if factor > SLOWEST:
        return AssumptionUnmet(f"the error shrinks by {factor:.5f} per round only: the limit is out of reach")
    nearest, first = nearest_solution(problem, start), exact.round.path(start)[1]
    return NearestCase(problem, methods, rounds_to_converge(factor), tuple(map(float, start)), nearest, first)


def half_planes(knobs: NearestKnobs, stream: Stream) -> NearestCase:
    """Return {u : x_m·u ≥ 1} of two workers for their equations."""
    del knobs, stream
    signed = np.array(NORMALS)
    problem = LinearClassification(signed, np.ones(2), workers=2)
    nearest = MarginSet(signed, 1.0).project(np.array(FAR)).point
    return NearestCase(problem, {"half-planes": projection()}, HALVINGS, FAR, nearest, nearest)


def needs(case: NearestCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run of every method, until the slowest has shrunk its error to the remainder."""
    del budget
    return tuple(
        RunSpec(case.problem, method, case.rounds, RecordAt.log(60), case.start)
        for method in case.methods.values()
    )


def observe(case: NearestCase, traces: Traces) -> Observation:
    """Read the ends."""
    ends = np.stack([trace.w[0, -1] - case.nearest for trace in traces])
    styles = ("projection", "proximal", "local_gd")
    curves = tuple(
        Curve(t.rounds[1:], np.linalg.norm(t.w[0, 1:] - case.nearest, axis=1), label, method=style)
        for t, label, style in zip(traces, case.methods, styles, strict=False)
    )
    return Observation({END: Measured(ends)}, curves)


def claimed(case: NearestCase, point: np.ndarray) -> Prediction:
    """Return the claim that all methods end at a point."""
    way = float(np.linalg.norm(np.array(case.start) - case.nearest))
    allowance = REMAINDER * way + ROUNDING * (1.0 + float(np.linalg.norm(case.nearest)))
    ends = np.tile(point - case.nearest, (len(case.methods), 1))
    return Prediction({END: Predicted(ends, allowance, reason="what the contraction leaves")})


def predict(case: NearestCase) -> Prediction:
    """The Euclidean projection of the start on the solutions."""
    return claimed(case, case.nearest)


def minimum_norm(case: NearestCase) -> Prediction:
    """X⁺y."""
    assert not isinstance(case.problem, LinearClassification)
    return claimed(case, np.linalg.pinv(case.problem.features) @ case.problem.targets)  # pyright: ignore[reportAttributeAccessIssue]


CLAIM = Claim(
    key="derived/nearest-solution",
    title="Averaged exact solves end at the solution nearest to the start, whatever the weights",
    statement=(
        r"For consistent least squares over rank-deficient workers, averaging exact local solutions with weights "
        r"$p_m>0$, $w^{r+1}=w^r-\sum p_m\Pi_m(w^r-s)$, converges from every $w^0$ to its Euclidean projection "
        r"$w^0-X^+(Xw^0-y)$ on the solutions, the same for all $p$; so do $H$ stable local steps. For half-spaces in "
        r"place of equations the limit is some point of the intersection, in general not the projection."
    ),
    hypotheses=("some w fits every sample", "0 < η < 2/max_m λ_max(G_m), or exact local solves", "p_m > 0"),
    reference=Reference("derived", "averaged projections"),
    source="derived",
    proof=(
        r"Let $s$ be any solution: $e=w-s\mapsto(I-\sum p_m\Pi_m)e$, with $I-\eta G_m$ to the power $H$ in place of "
        r"$I-\Pi_m$ for $H$ steps. These matrices are symmetric, and 1 is an eigenvalue exactly on $N=\bigcap\ker "
        r"X_m$: for $\sum p_m v^\top\Pi_mv=0$ only if all $\Pi_mv=0$; $-1$ is none. So the powers tend to the "
        r"orthogonal projector on $N$, and $w^r\to s+P_N(w^0-s)$, the solution nearest to $w^0$. For half-spaces, "
        r"one worker's projection may move the average along the face of another, and nothing moves it back."
    ),
    knobs=NearestKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("the solution of minimum norm", "it is that from w⁰ = 0", minimum_norm),
        Falsifier(
            "where one round ends", "all workers are fitted exactly", lambda case: claimed(case, case.first)
        ),
        Falsifier("half-planes", "projections on convex sets, averaged", setup=half_planes),
    ),
    see=(
        "zhu2024/regression-minimum-norm",
        "derived/regression-exact-solves",
        "derived/fixed-scaling-regression",
    ),
    axes=("communication rounds r", "distance to the solution nearest to the start", "log", "log"),
)
