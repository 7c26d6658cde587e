"""The tightness example: on one sample the flow is w₁ = log(t + e^{w₁(0)}), w₂ rests, and 1/log t is attained."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Exponential, LinearClassification, Stream
from implicitbias.asymptotics import direction_error
from implicitbias.formulas import tightness_flow
from paper_repro.claims import (
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
    Traces,
)


FIRST, SECOND = "w₁(t)", "w₂(t)"

# Times at which the flow is compared.
TIMES = np.geomspace(1e-1, 1e6, 29)
# Relative tolerance of the integrator, and of a second run that measures its error.
FINE, COARSE = 1e-12, 1e-9
# The flow contracts distances, so that errors of steps add up at most: what is left over the difference to the
# coarse run, relative to values of size up to 14.
ALLOWANCE = 1e-9


@dataclass(frozen=True)
class StartKnobs:
    """Where the flow starts."""

    first: float = knob(1.0, "w₁(0)", "start along the sample", low=-2.0, high=3.0)
    second: float = knob(0.7, "w₂(0)", "start across the sample", low=0.2, high=2.0)


@dataclass(frozen=True)
class FlowCase:
    """The exponential loss of the sample (1, 0), and a start."""

    problem: LinearClassification
    start: tuple[float, float]


def setup(knobs: StartKnobs, stream: Stream) -> FlowCase:
    """Return the problem of the single sample."""
    del stream
    problem = LinearClassification(np.array([[1.0, 0.0]]), np.ones(1), loss=Exponential())
    return FlowCase(problem, (knobs.first, knobs.second))


def flow(case: FlowCase, tolerance: float) -> Float[np.ndarray, "time 2"]:
    """Integrate ẇ = −∇L(w) numerically in log(1 + t), in which it is smooth over all decades."""
    from scipy.integrate import solve_ivp

    def field(log_time: float, w: np.ndarray) -> np.ndarray:
        return -np.exp(log_time) * case.problem.worker_gradient(w, 0)

    ends = np.log1p(TIMES)
    solved = solve_ivp(field, (0.0, ends[-1]), case.start, "DOP853", ends, rtol=tolerance, atol=tolerance)
    return solved.y.T


def observe(case: FlowCase, traces: Traces) -> Observation:
    """Integrate the flow at two tolerances; their difference is the error."""
    del traces
    fine, coarse = flow(case, FINE), flow(case, COARSE)
    error = np.abs(fine - coarse) * FINE / COARSE
    late = TIMES > 10
    chord = direction_error(fine, np.array([1.0, 0.0]))
    curves = (Curve(TIMES[late], chord[late] * np.log(TIMES[late]), "chord · log t, flow integrated"),)
    return Observation(
        {FIRST: Measured(fine[:, 0], error[:, 0]), SECOND: Measured(fine[:, 1], error[:, 1])}, curves
    )


def predict(case: FlowCase) -> Prediction:
    """log(t + e^{w₁(0)}), and w₂(0)."""
    first = np.asarray(tightness_flow(TIMES, case.start[0]))
    late = TIMES > 10
    chord = direction_error(
        np.stack([first, np.full_like(first, case.start[1])], axis=1), np.array([1.0, 0.0])
    )
    scaled = chord[late] * np.log(TIMES[late])
    curves = (
        Curve(TIMES[late], scaled, "closed form", "theory"),
        Curve(TIMES[late], np.full(scaled.size, case.start[1]), "limit |w₂(0)|", "reference"),
    )
    return path(first, case.start[1], curves)


def path(first: np.ndarray, second: float, curves: tuple[Curve, ...] = ()) -> Prediction:
    """Both coordinates, with the allowance of the integration."""
    reason = "the flow contracts distances, so errors of the integrator's steps only add up"
    return Prediction(
        {
            FIRST: Predicted(first, ALLOWANCE, reason=reason),
            SECOND: Predicted(second, ALLOWANCE, reason=reason),
        },
        curves,
    )


CLAIM = Claim(
    key="soudry2018/tightness-example",
    title="On one sample the flow is log(t + exp w₁(0)) exactly, so the rate 1/log t is attained",
    statement=(
        r"For the exponential loss of the single sample $x = (1, 0)$, gradient flow has $w_1(t) = \log(t + "
        r"e^{w_1(0)})$ and $w_2(t) = w_2(0)$: the distance of its direction to $\hat w = (1,0)$ is $|w_2(0)|/\log t$ "
        r"to leading order."
    ),
    hypotheses=("exponential loss, one sample, gradient flow",),
    reference=Reference("soudry2018", "the example after Theorem 5", ("JMLR 19(70)",)),
    source="stated",
    knobs=StartKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "w₁ = log t + w₁(0)",
            "the start seems to be added, but it is forgotten",
            lambda case: path(np.log(TIMES) + case.start[0], case.start[1]),
        ),
        Falsifier(
            "w₂ → 0",
            "the direction converges, but the coordinate stays: no data act on it",
            lambda case: path(np.asarray(tightness_flow(TIMES, case.start[0])), 0.0),
        ),
    ),
    axes=("time t", "chord between w(t) and ŵ, times log t", "log", "linear"),
)
