"""The more inner steps, the less outer momentum: what is left to accelerate is what a round leaves unsolved."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from implicitbias import Quadratics, RecordAt, Stream
from implicitbias.recursions import contraction, outer_radius
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
    RunSpec,
    Traces,
)
from paper_repro.papers.douillard2023.setting import factor, OuterCase, recurrence, ROUNDING


FACTORS = "factor per round at the best rate, for every H and b"
BEST = "best momentum b, for every H"
STEPS = (1, 8, 32)
MOMENTA = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
RATES = (0.5, 0.7, 1.0, 1.3, 1.6, 2.0)
GRID = tuple(product(STEPS, MOMENTA, RATES))
MODES = 20


@dataclass(frozen=True)
class MomentumKnobs:
    """A common Hessian with λ_max = 1."""

    lr: float = knob(0.2, "ηλ_max", "inner learning rate", low=0.1, high=0.5)
    condition: float = knob(20.0, "λ_max/λ_min", "condition number", low=10.0, high=60.0, log=True)


@dataclass(frozen=True)
class MomentumCase:
    """One worker stands for all, for they share their Hessian."""

    knobs: MomentumKnobs

    @property
    def curvatures(self) -> Float[np.ndarray, " mode"]:
        """λ, evenly from λ_min to 1."""
        return np.linspace(1.0 / self.knobs.condition, 1.0, MODES)

    def outer(self, steps: int, momentum: float, rate: float) -> OuterCase:
        """Return one inner and outer optimiser, on ½wᵀAw."""
        problem = Quadratics(np.diag(self.curvatures)[None], np.zeros((1, MODES)))
        return OuterCase(problem, self.knobs.lr, steps, rate, momentum)

    def factor(self, steps: int, momentum: float, rate: float) -> float:
        """Return the factor of the slowest mode."""
        return outer_radius(self.curvatures, self.knobs.lr, steps, rate, momentum)

    @property
    def least(self) -> float:
        """Share c of the slowest mode at H = 1."""
        return float(contraction(self.curvatures, self.knobs.lr, STEPS[0])[0])


def setup(knobs: MomentumKnobs, stream: Stream) -> MomentumCase:
    """Return the case of the knobs."""
    del stream
    return MomentumCase(knobs)


def needs(case: MomentumCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Three rounds of every H, b and l, from 1 along every mode."""
    del budget
    start = (1.0,) * MODES
    outers = [case.outer(*point) for point in GRID]
    return tuple(RunSpec(outer.problem, outer.method, 3, RecordAt.every(1), start) for outer in outers)


def observe(case: MomentumCase, traces: Traces) -> Observation:
    """Solve for the recurrence of every mode; the slowest one counts."""
    del case
    found = [_factor(trace.w[0], momentum) for trace, (_, momentum, _) in zip(traces, GRID, strict=True)]
    best = at_the_best_rate(found)
    curves = tuple(
        Curve(np.array(MOMENTA), row, f"H = {steps}", method=f"diloco:H={steps}")
        for steps, row in zip(STEPS, best, strict=True)
    )
    return Observation({FACTORS: Measured(best), BEST: Measured(best_momentum(best))}, curves)


def _factor(errors: Float[np.ndarray, "record mode"], momentum: float) -> float:
    """Return the largest factor; without momentum one round determines the next, and says it all."""
    if momentum == 0.0:
        return float(np.abs(errors[1] / errors[0]).max())
    return float(factor(*recurrence(errors)).max())


def at_the_best_rate(factors: list[float]) -> Float[np.ndarray, "steps momentum"]:
    """Return the least of the factors over the outer rates."""
    return np.reshape(factors, (len(STEPS), len(MOMENTA), len(RATES))).min(axis=2)


def best_momentum(best: Float[np.ndarray, "steps momentum"]) -> Float[np.ndarray, " steps"]:
    """Return the b with the least factor, for every H."""
    return np.array(MOMENTA)[best.argmin(axis=1)]


def predict(case: MomentumCase) -> Prediction:
    """The companion matrix of every mode, at its worst, at the best rate."""
    best = at_the_best_rate([case.factor(*point) for point in GRID])
    # A double root moves by the square root of what moves t and d.
    slack = float(np.sqrt(ROUNDING / (MOMENTA[1] ** 2 * RATES[0] * case.least)))
    lines = tuple(
        Curve(np.array(MOMENTA), row, f"companion matrix, H = {steps}", "theory")
        for steps, row in zip(STEPS, best, strict=True)
    )
    quantities = {
        FACTORS: Predicted(best, slack, reason="rounding of the run, magnified by solving for t and d"),
        BEST: Predicted(best_momentum(best)),
    }
    return Prediction(quantities, lines)


def always(momentum: float) -> Prediction:
    """Return the claim that one b is best for every H."""
    return Prediction({BEST: Predicted(np.full(len(STEPS), momentum))})


CLAIM = Claim(
    key="douillard2023/best-momentum",
    title="The best outer momentum falls as the number of inner steps grows",
    statement=(
        r"Workers with a common Hessian, inner gradient descent with $H$ steps, outer Nesterov momentum $b$ and rate "
        r"$l$: a round multiplies mode $\lambda$ by the larger root of $z^2-(1+b)(1-lc)z+b(1-lc)$, "
        r"$c=1-(1-\eta\lambda)^H$. The $c$ of all modes tend to 1 as $H$ grows, so that rounds get well conditioned, "
        r"and the $b$ with the least factor, $l$ tuned over $.5,\dots,2$, falls: with $\eta=.2$ and condition 20 it "
        r"is .75, .45 and .3 for $H=1,8,32$."
    ),
    hypotheses=("common quadratic loss, inner gradient descent", "H = 1, 8, 32; b and l on grids"),
    reference=Reference("douillard2023", "the outer optimiser; our result about it"),
    source="derived",
    proof=(
        r"The factor is that of douillard2023/outer-rate, for $\bar W=I-(I-\eta A)^H$; its minimum over the grids is "
        r"a computation. Nesterov's method on curvatures $c$ of condition $\kappa$ wants $b\approx"
        r"\frac{\sqrt{\kappa}-1}{\sqrt{\kappa}+1}$ at $l=1/c_{\max}$, and $\kappa(H)=c_{\max}/c_{\min}$ falls from "
        r"$\lambda_{\max}/\lambda_{\min}$ at $H=1$ to 1 as $H\to\infty$, because $1-(1-\eta\lambda)^H$ is concave in "
        r"$\lambda$ and tends to 1."
    ),
    knobs=MomentumKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("b = .9 for every H", "the value that is passed on with DiLoCo", lambda case: always(0.9)),
        Falsifier("no momentum for any H", "inner steps make it superfluous, but not few of them",
                  lambda case: always(0.0)),
    ),
    see=("douillard2023/outer-rate",),
    axes=("outer momentum b", "factor per round at the best outer rate", "linear", "linear"),
)  # fmt: skip
