"""RMSProp with ε inside or outside the root has the direction of gradient descent; AdaGrad has not."""

from dataclasses import dataclass

import numpy as np

from implicitbias import AdaGrad, local_gd, RMSProp, Stream
from implicitbias.asymptotics import direction_error
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Falsifier,
    knob,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.papers.derived.scaled_bias.setting import (
    DATA,
    limit_of_slope,
    problem_of,
    regular,
    SAME,
    ScaledCase,
    slope_curve,
)


SLOPE = "lim dw/dlog r"
# D̂ at rest, in both forms of the floor; ε inside the root is its square.
REST = 0.2


@dataclass(frozen=True)
class EpsilonKnobs:
    """Data, the place of ε, the step in units of D̂ at rest, and the memory of D; H = 1 on one worker."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    flooring: str = knob("inside", "ε", "place of ε", choices=("inside", "plus"))
    multiple: float = knob(1.2, "η/D̂_∞", "learning rate in units of D̂ at rest", low=0.8, high=1.4)
    beta: float = knob(0.9, "β", "memory of D", low=0.5, high=0.95)


def setup(knobs: EpsilonKnobs, stream: Stream) -> ScaledCase | AssumptionUnmet:
    """Return gradient descent with RMSProp whose D̂ is never below its value at rest."""
    scaling = (
        RMSProp(beta=knobs.beta, floor=REST**2, flooring="inside")
        if knobs.flooring == "inside"
        else RMSProp(beta=knobs.beta, floor=REST, flooring="plus")
    )
    method = local_gd(knobs.multiple * REST, 1, scaling=scaling)
    return regular(ScaledCase(problem_of(knobs.data, stream, workers=1), method), np.ones(3))


def adagrad(knobs: EpsilonKnobs, stream: Stream) -> ScaledCase | AssumptionUnmet:
    """Return the same run with AdaGrad, from the same floor."""
    method = local_gd(1.0, 1, scaling=AdaGrad(floor=REST**2, flooring="inside"))
    return regular(ScaledCase(problem_of(knobs.data, stream, workers=1), method), np.ones(3))


def needs(case: ScaledCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=300, quick=2_500, paper=300_000)
    return (RunSpec(case.problem, case.method, rounds),)


def observe(case: ScaledCase, traces: Traces) -> Observation:
    """Extrapolate the slope in log-time."""
    (trace,) = traces
    curves = (
        slope_curve(
            trace, case.euclidean.weights, "slope, to the Euclidean max margin", "measured", "rmsprop"
        ),
        slope_curve(trace, case.largest.weights, "to the ℓ∞ one", "falsifier", "rmsprop"),
    )
    return Observation({SLOPE: limit_of_slope(trace, case.exponent(np.ones(3)))}, curves)


def largest(case: ScaledCase) -> Prediction | AssumptionUnmet:
    """The prediction of the ℓ∞ max margin."""
    if direction_error(case.largest.weights, case.euclidean.weights) < SAME:
        return AssumptionUnmet("on these data the ℓ∞ separator is the Euclidean one")
    return Prediction({SLOPE: Predicted(case.largest.weights)})


CLAIM = Claim(
    key="wang2021/rmsprop-direction",
    title="RMSProp with ε inside or outside the root has the direction of gradient descent; AdaGrad has not",
    statement=(
        r"For homogeneous models RMSProp and Adam without momentum tend to the direction of gradient descent, "
        r"AdaGrad's depends on its conditioner [stated]. For the linear model: with $\hat D = "
        r"\sqrt{D^2+\varepsilon}$ or $|D|+\varepsilon$, $w/\log r\to\hat w$, the Euclidean separator; the floor is "
        r"approached, never reached."
    ),
    hypotheses=(
        "separable data, logistic loss, full gradients, H = 1",
        "ε > 0",
        "every support vector has a positive multiplier",
    ),
    reference=Reference("wang2021", "abstract", ("arXiv 2012.06244 v1",)),
    source="stated",
    knobs=EpsilonKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: Prediction({SLOPE: Predicted(case.euclidean.weights)}),
    judge=limit,
    falsifiers=(
        Falsifier("the ℓ∞ max margin", "the bias of Adam without ε", predict=largest),
        Falsifier("AdaGrad too", "its D settles as well, but not at a multiple of I", setup=adagrad),
    ),
    see=("derived/floor-direction", "qian2019/adagrad-direction"),
    axes=("communication rounds r", "distance of directions", "log", "log"),
)
