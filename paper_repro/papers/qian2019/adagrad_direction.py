"""AdaGrad finds the max margin in the norm of the D it ends with."""

from dataclasses import dataclass

import numpy as np

from implicitbias import AdaGrad, local_gd, Stream, Trace
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    knob,
    limit,
    Measured,
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
    LOG4_DIAGONAL,
    problem_of,
    ScaledCase,
    slope_curve,
)


NORMS = {"last": "the last D", "one": "D = I", "inverse": "the inverse of the last D"}
DEGENERATE = "a support vector in the norm of the last D has the multiplier zero"


@dataclass(frozen=True)
class AdaGradKnobs:
    """Data and the learning rate; H = 1 on one worker, for the split plays no role."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    lr: float = knob(1.0, "η", "learning rate", low=0.5, high=1.0, log=True)


def setup(knobs: AdaGradKnobs, stream: Stream) -> ScaledCase:
    """Return gradient descent with AdaGrad without a floor, from D = 0."""
    method = local_gd(knobs.lr, 1, scaling=AdaGrad(floor=None))
    return ScaledCase(problem_of(knobs.data, stream, workers=1), method)


def needs(case: ScaledCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=600, quick=2_000, paper=300_000)
    return (RunSpec(case.problem, case.method, rounds),)


def norms(case: ScaledCase, trace: Trace) -> dict[str, np.ndarray]:
    """Return the D at the end of the run, I, and its inverse."""
    assert trace.final is not None and trace.final.scaling is not None
    last = trace.final.scaling[0, 0]
    return {"last": last, "one": np.ones(case.problem.dim), "inverse": 1.0 / last}


def observe(case: ScaledCase, traces: Traces) -> Observation:
    """Compare the slope in log-time with the separators of three norms, relative to their length."""
    (trace,) = traces
    found = norms(case, trace)
    if not case.in_metric(found["last"]).nondegenerate:
        return Observation(
            {NORMS["last"]: Measured(np.zeros(case.problem.dim), np.inf)}, undecided=DEGENERATE
        )
    slope, quantities, curves = limit_of_slope(trace, case.exponent(found["last"])), {}, []
    for name, role in zip(found, ("measured", "falsifier", "reference"), strict=True):
        weights = case.in_metric(found[name]).weights
        size = float(np.linalg.norm(weights))
        missed = (np.asarray(slope.value) - weights) / size
        quantities[NORMS[name]] = Measured(missed, np.asarray(slope.error) / size)
        curves.append(slope_curve(trace, weights, f"slope, to w_D with {NORMS[name]}", role, "adagrad"))
    return Observation(quantities, tuple(curves))


def agrees_with(name: str) -> Prediction:
    """The prediction that the slope is w_D in that norm: nothing is missed."""
    return Prediction({NORMS[name]: Predicted(np.zeros(len(LOG4_DIAGONAL)))})


FALSIFIERS = (
    Falsifier(
        "the Euclidean max margin", "D settles, so it might not matter", lambda case: agrees_with("one")
    ),
    Falsifier("the norm of the inverse of D", "steps are D⁻¹∇f", lambda case: agrees_with("inverse")),
)
HYPOTHESES = (
    "separable data, logistic loss, full gradients",
    "D² = Σ ∇f², without a floor, from 0",
    "Σ|∇f|² < ∞, so that D tends to some D_∞",
    "every support vector in the norm of D_∞ has a positive multiplier",
)

CLAIM = Claim(
    key="qian2019/adagrad-direction",
    title="AdaGrad finds the max margin in the norm √(wᵀDw) of the D it ends with",
    statement=(
        r"The direction of AdaGrad solves a quadratic problem on the feasible set of the hard-margin SVM, unlike "
        r"that of gradient descent [stated]. The quadratic form is $w^\top D_\infty w$ with $D_\infty = \lim D$ "
        r"[recalled]; it depends on $w^0$ and $\eta$. So $w/\log r\to w_{D_\infty}$; here $D$ is read off the end "
        r"of the run, which is within $O(1/r)$ of $D_\infty$, for $\sum|\nabla f|^2$ has such a tail."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("qian2019", "abstract", ("arXiv 1906.03559",)),
    source="stated",
    knobs=AdaGradKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: agrees_with("last"),
    judge=limit,
    falsifiers=FALSIFIERS,
    see=("derived/adagrad-local-steps", "derived/fixed-scaling-direction"),
    axes=("communication rounds r", "distance of directions", "log", "log"),
)
