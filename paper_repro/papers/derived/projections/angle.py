"""Two workers with one sample each, at an angle: no number of local steps beats (1 + cos θ)/2 per round."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import LinearRegression, local_gd, projection, RecordAt, Stream
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
    Relation,
    RunSpec,
    Traces,
)


FINITE, EXACT, FLOOR = "factor at H = 1, 2, 4, …", "factor of exact solves", "least factor of any H"
STEPS = tuple(2**k for k in range(8))
ROUNDING = 1e-12


@dataclass(frozen=True)
class AngleKnobs:
    """The angle of the two samples, and the learning rate for samples of length 1."""

    angle: float = knob(60.0, "θ", "angle in degrees", low=10.0, high=80.0)
    lr: float = knob(0.2, "η", "learning rate, of curvature 1", low=0.05, high=1.0)


@dataclass(frozen=True)
class AngleCase:
    """½(x_m·w)² on two workers."""

    cosine: float
    lr: float

    @property
    def problem(self) -> LinearRegression:
        """Targets 0, so that w is the error."""
        features = ((1.0, 0.0), (self.cosine, np.sqrt(1.0 - self.cosine**2)))
        return LinearRegression(features, np.zeros(2), workers=2)

    def factor(self, steps: Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Return 1 − (1 − (1 − η)^H)(1 − cos θ)/2."""
        return 1.0 - 0.5 * (1.0 - (1.0 - self.lr) ** np.asarray(steps)) * (1.0 - self.cosine)


def setup(knobs: AngleKnobs, stream: Stream) -> AngleCase:
    """Return the case of the knobs."""
    del stream
    return AngleCase(float(np.cos(np.deg2rad(knobs.angle))), knobs.lr)


def needs(case: AngleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from both unit vectors, for every H and for exact solves."""
    del budget
    methods = [*(local_gd(case.lr, steps) for steps in STEPS), projection()]
    starts = ((1.0, 0.0), (0.0, 1.0))
    return tuple(RunSpec(case.problem, method, 1, RecordAt.last(), starts, 2) for method in methods)


def observe(case: AngleCase, traces: Traces) -> Observation:
    """Read the norm of the matrix of a round, which is symmetric."""
    del case
    found = np.array([np.linalg.norm(trace.w[:, -1], 2) for trace in traces])
    quantities = {
        FINITE: Measured(found[:-1]),
        EXACT: Measured(float(found[-1])),
        FLOOR: Measured(float(found[:-1].min())),
    }
    curve = Curve(np.array(STEPS, dtype=float), found[:-1], "Local GD", method="local_gd")
    return Observation(quantities, (curve,))


def predict(case: AngleCase) -> Prediction:
    """The larger eigenvalue of ½Σ(I − (1 − (1 − η)^H)x_m x_mᵀ), and its limit."""
    floor, reason = 0.5 * (1.0 + case.cosine), "rounding of a round"
    steps = np.geomspace(STEPS[0], STEPS[-1], 100)
    lines = (
        Curve(steps, case.factor(steps), "1 − (1 − (1 − η)^H)(1 − cos θ)/2", "theory"),
        Curve(steps, np.full(100, floor), "(1 + cos θ)/2", "reference"),
        Curve(steps, np.full(100, case.cosine**2), "cos²θ: alternating", "falsifier"),
    )
    quantities = {
        FINITE: Predicted(case.factor(np.array(STEPS)), ROUNDING, reason=reason),
        EXACT: Predicted(floor, ROUNDING, reason=reason),
        FLOOR: Predicted(floor, ROUNDING, Relation.AT_LEAST, reason),
    }
    return Prediction(quantities, lines)


def without_limit(case: AngleCase) -> Prediction:
    """The factor of H = 1 to the power H: every step of the round helps as much as the first."""
    return Prediction({FINITE: Predicted(case.factor(np.array(1.0)) ** np.array(STEPS))})


CLAIM = Claim(
    key="derived/projection-angle",
    title="More local steps cannot beat (1 + cos θ)/2 per round on two workers with one sample each",
    statement=(
        r"Two workers with one sample of length 1 each, at the angle $\theta<90°$, and a common solution: $H$ local "
        r"steps, $0<\eta\le1$, shrink the error per round by $1-(1-(1-\eta)^H)\frac{1-\cos\theta}2$, from the worst "
        r"start; this falls to $\frac{1+\cos\theta}2$, the factor of exact solves, and never below. It is the "
        r"floor under Local GD of workers who agree on the solution but not on the curvature [second-hand: lower "
        r"bounds on Local SGD]."
    ),
    hypotheses=("one sample of length 1 per worker, consistent", "0 < η ≤ 1; for 1 < η < 2 odd H overshoot"),
    reference=Reference("derived", "averaged projections"),
    source="derived",
    proof=(
        r"Along its sample worker $m$ multiplies the error by $q=(1-\eta)^H\ge0$: a round is "
        r"$I-\frac{1-q}2(x_1x_1^\top+x_2x_2^\top)$, and the sum has the eigenvalues $1\pm\cos\theta$. The larger "
        r"factor is $1-\frac{1-q}2(1-\cos\theta)\ge\frac{1+\cos\theta}2$. Alternating projections, "
        r"one after the other, have $\cos^2\theta$."
    ),
    knobs=AngleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("cos²θ", "that is one worker after the other", lambda case: Prediction(
            {EXACT: Predicted(case.cosine**2)})),
        Falsifier("cos θ", "one factor per projection", lambda case: Prediction({EXACT: Predicted(case.cosine)})),
        Falsifier("the factor falls without limit in H", "H steps do H times the work of one", without_limit),
    ),
    see=("derived/regression-exact-solves", "derived/nearest-solution"),
    axes=("local steps H", "factor per round", "log", "linear"),
)  # fmt: skip
