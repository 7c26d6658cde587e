"""With any scaling between d_min and d_max the loss falls in every round, by a known share of the gradient."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import Adam, LinearClassification, local_gd, RecordAt, RMSProp, Stream
from implicitbias.methods import Adaptive
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
from paper_repro.papers.derived.scaled_bias.setting import DATA, problem_of, ScaledCase


SHARE = "smallest decrease of a round/(ηH ∇f·D̂⁻¹∇f)"
# Share of the first-order decrease that the descent lemma leaves.
GUARANTEED = 0.25
# A convex loss falls by no more than first order: |e| ≤ |∇f|/2 under the condition, so 1.5 is out of reach.
TOO_MUCH = 1.75
# Decreases are at least 1e-5 of losses that are known to 1e-16.
ROUNDING = 1e-9
# Share of ηHL/d_min that the descent lemma allows.
LARGEST_ROUND = 2.0 / 9.0
FAMILIES: dict[str, Callable[..., Adaptive]] = {"rmsprop": RMSProp, "adam": Adam}


@dataclass(frozen=True)
class DecreaseKnobs:
    """Data, a scaling with its bounds, H, and η as a share of the largest that the condition allows."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    rule: str = knob("rmsprop", "D", "rule of the scaling", choices=tuple(FAMILIES))
    floor: float = knob(0.1, "d_min", "lower bound", low=0.05, high=0.3, log=True)
    ratio: float = knob(5.0, "d_max/d_min", "ratio of the bounds", low=1.5, high=20.0, log=True)
    beta: float = knob(0.5, "β", "memory of D", low=0.0, high=0.95)
    share: float = knob(0.9, "s", "η as a share of the largest allowed", low=0.2, high=1.0)
    local_steps: int = knob(4, "H", "local steps", low=1, high=8, log=True)


def largest_rate(problem: LinearClassification, margin: float, knobs: DecreaseKnobs) -> float:
    """Largest η with (e^{c₀} − 1)(X/γ)√(d_max/d_min) ≤ 1/2, c₀ = η(H − 1)X²/d_min, and ηHL/d_min ≤ 2/9."""
    radius, steps = problem.radius, knobs.local_steps
    descent = LARGEST_ROUND * knobs.floor / (steps * problem.smoothness)
    if steps == 1:
        return descent
    drift = math.log1p(0.5 * margin / (radius * math.sqrt(knobs.ratio)))
    return min(descent, drift * knobs.floor / ((steps - 1) * radius**2))


def setup(knobs: DecreaseKnobs, stream: Stream) -> ScaledCase:
    """Return the case of the knobs."""
    problem = problem_of(knobs.data, stream)
    floor, ceiling = knobs.floor, knobs.ratio * knobs.floor
    scaling = FAMILIES[knobs.rule](beta=knobs.beta, floor=floor, ceiling=ceiling)
    plain = ScaledCase(problem, local_gd(1.0, 1))
    lr = knobs.share * largest_rate(problem, plain.euclidean.margin, knobs)
    return ScaledCase(problem, local_gd(lr, knobs.local_steps, scaling=scaling))


def needs(case: ScaledCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, every round recorded."""
    rounds = budget.pick(smoke=30, quick=120, paper=5_000)
    return (RunSpec(case.problem, case.method, rounds, RecordAt.these(list(range(rounds + 1)))),)


def observe(case: ScaledCase, traces: Traces) -> Observation:
    """Measure decreases in units of the first-order one; D̂ is made again from the gradients at the models."""
    (trace,) = traces
    w, loss = trace.w[0], trace.loss[0]
    gradients, diagonals = case.problem.gradient(w[:-1]), scalings_along(case, w[:-1])
    first_order = case.method.first_lr * case.method.steps(2, 0)[0] * (gradients**2 / diagonals).sum(axis=1)
    shares = -np.diff(loss) / first_order
    curve = Curve(trace.rounds[1:], shares, "decrease, first order = 1", method="rmsprop")
    return Observation({SHARE: Measured(float(shares.min()), ROUNDING)}, (curve,))


def scalings_along(case: ScaledCase, path: np.ndarray) -> np.ndarray:
    """Return D̂ of every round: clipped averages of the squares of the workers' gradients at the models."""
    scaling, squares, found = case.method.scaling, np.zeros(case.problem.dim), []
    assert isinstance(scaling, Adaptive) and scaling.ceiling is not None
    h = np.stack([case.problem.worker_gradient(path, m) for m in range(case.problem.workers)])
    for round, sample in enumerate(np.mean(np.clip(h, -scaling.ceiling, scaling.ceiling) ** 2, axis=0)):
        beta = scaling.weight(round)
        squares = beta * squares + (1.0 - beta) * sample
        found.append(scaling.clipped(np.sqrt(squares)))
    return np.array(found)


def at_least(share: float) -> Prediction:
    """The prediction that every round falls by so much of first order."""
    rounds = np.array([1.0, 300.0])
    line = Curve(rounds, np.full(2, share), "predicted at least", "theory")
    return Prediction({SHARE: Predicted(share, relation=Relation.AT_LEAST)}, (line,))


CLAIM = Claim(
    key="derived/scaled-loss-decreases",
    title="With any D̂ between d_min and d_max the loss falls in every round, to zero",
    statement=(
        r"Let $c_0 = \eta(H-1)X^2/d_{\min}$ with $(e^{c_0}-1)(X/\gamma)\sqrt{d_{\max}/d_{\min}}\le\frac12$ and "
        r"$\eta HL/d_{\min}\le\frac29$. Whatever common $\hat D_r$ with entries in $[d_{\min},d_{\max}]$ is in "
        r"force, $f(w^{r+1})\le f(w^r)-\frac14\eta H|\nabla f|^2_{\hat D_r^{-1}}$; so $\sum|\nabla f|^2<\infty$, "
        r"$f\to0$ and $|w|\to\infty$."
    ),
    hypotheses=(
        "separable data with margin γ, rows of length at most X; logistic loss, full gradients",
        "one D̂ for all workers, frozen within a round",
        "the two conditions on η",
    ),
    reference=Reference("chezhegov2024", "the setting; the statement is ours", ("v3",)),
    source="derived",
    proof=(
        r"$|\ell'|\le1$ and $|d\log|\ell'|/du|\le1$, and a local step moves a margin by at most $\eta "
        r"X^2/d_{\min}$, so inside a round each weight $|\ell'(x_i\cdot w)|$ changes by a factor in "
        r"$[e^{-c_0},e^{c_0}]$. A round is $w^+ = w-\eta H\hat D^{-1}(\nabla f+e)$ with $|e|\le(e^{c_0}-1)XG$, $G$ "
        r"the mean of $|\ell'|$, and $|\nabla f|\ge\gamma G$; by the first condition $|e|_{\hat "
        r"D^{-1}}\le\frac12|\nabla f|_{\hat D^{-1}}$. The descent lemma gives $f^+\le f-\eta H(\frac12-\frac98\eta "
        r"HL/d_{\min})|\nabla f|^2_{\hat D^{-1}}$, which is at most $f-\frac14\eta H|\nabla f|^2_{\hat D^{-1}}$ by "
        r"the second."
    ),
    knobs=DecreaseKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: at_least(GUARANTEED),
    judge=bound,
    falsifiers=(
        Falsifier(
            "more than first order",
            "local steps might add up to more than H steps at the model; convexity forbids it",
            lambda case: at_least(TOO_MUCH),
        ),
    ),
    see=("derived/floor-reached", "derived/fixed-scaling-direction"),
    axes=("communication rounds r", "decrease/(ηH ∇f·D̂⁻¹∇f)", "log", "linear"),
)
