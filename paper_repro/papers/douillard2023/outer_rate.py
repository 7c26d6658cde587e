"""Nesterov's momentum on the server multiplies every mode by the radius of a two-by-two companion matrix."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import RecordAt, Stream
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
from paper_repro.claims.quadratic_workers import random_quadratics
from paper_repro.papers.douillard2023.setting import (
    factor,
    heavy_ball,
    nesterov,
    OuterCase,
    recurrence,
)


TRACE, DETERMINANT = "t in e^{r+1} = t e^r − d e^{r−1}", "d in e^{r+1} = t e^r − d e^{r−1}"
END = "limit, less that of plain averaging"
SLOWEST = "factor per round"
# Rounds until the slowest error has shrunk by 1e-10.
LEFT = 1e-10

Pair = Callable[[np.ndarray, float, float], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class OuterKnobs:
    """Workers with different Hessians and optima, inner steps, outer rate and momentum."""

    workers: int = knob(4, "M", "workers", low=1, high=8)
    dim: int = knob(6, "d", "dimension", low=1, high=12)
    lr: float = knob(0.2, "ηλ_max", "inner learning rate, of curvatures at most 1", low=0.05, high=1.0)
    local_steps: int = knob(8, "H", "inner steps", low=1, high=32, log=True)
    rate: float = knob(0.9, "l", "outer learning rate", low=0.3, high=1.0)
    momentum: float = knob(0.6, "b", "outer momentum", low=0.2, high=0.9)


def setup(knobs: OuterKnobs, stream: Stream) -> OuterCase:
    """Return the case of the knobs."""
    problem = random_quadratics(stream, knobs.workers, knobs.dim)
    return OuterCase(problem, knobs.lr, knobs.local_steps, knobs.rate, knobs.momentum)


def needs(case: OuterCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, from distance 1 along every mode, until it has settled."""
    del budget
    slowest = float(factor(*nesterov(case.modes[0], case.rate, case.momentum)).max())
    rounds = 4 + int(np.ceil(np.log(LEFT) / np.log(slowest)))
    start = case.fixed_point + case.modes[1].sum(axis=1)
    return (RunSpec(case.problem, case.method, rounds, RecordAt.every(1), tuple(map(float, start))),)


def observe(case: OuterCase, traces: Traces) -> Observation:
    """Solve for the recurrence of every mode, and read the end."""
    path = traces[0].w[0]
    t, d = recurrence(case.errors(path))
    found = factor(t, d)
    quantities = {
        TRACE: Measured(t),
        DETERMINANT: Measured(d),
        SLOWEST: Measured(float(found.max())),
        END: Measured(path[-1] - case.fixed_point),
    }
    curve = Curve(case.modes[0], found, "DiLoCo", method="diloco")
    return Observation(quantities, (curve,))


def _left(case: OuterCase) -> float:
    """What the contraction leaves of √d, with the transient of a defective matrix."""
    return 1e3 * LEFT * np.sqrt(case.problem.dim)


def predicted(pair: Pair) -> Callable[[OuterCase], Prediction]:
    """Return the prediction from t and d of a mode."""

    def predict(case: OuterCase) -> Prediction:
        t, d = pair(case.modes[0], case.rate, case.momentum)
        rounding, reason = case.magnified, "rounding of the run, magnified by solving for t and d"
        quantities = {
            TRACE: Predicted(t, rounding, reason=reason),
            DETERMINANT: Predicted(d, rounding, reason=reason),
            # A double root moves by the square root of what moves t and d.
            SLOWEST: Predicted(float(factor(t, d).max()), float(np.sqrt(rounding.max())), reason=reason),
        }
        return Prediction(quantities)

    return predict


def predict(case: OuterCase) -> Prediction:
    """Nesterov's recurrence, and the limit of plain averaging."""
    rounds = predicted(nesterov)(case)
    end = Predicted(np.zeros(case.problem.dim), _left(case), reason="what the contraction leaves")
    grid = np.linspace(0.0, 1.0, 201)
    lines = (
        Curve(grid, factor(*nesterov(grid, case.rate, case.momentum)), "Nesterov", "theory"),
        Curve(grid, factor(*heavy_ball(grid, case.rate, case.momentum)), "heavy ball", "falsifier"),
        Curve(grid, np.abs(1.0 - case.rate * grid), "no momentum", "reference"),
    )
    return Prediction({**rounds.quantities, END: end}, lines)


def forgotten(shares: np.ndarray, rate: float, momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """Return t = 1 − l(1 + b)c and d = 0: a momentum buffer that is reset in every round."""
    return 1.0 - rate * (1.0 + momentum) * shares, np.zeros_like(shares)


def at_the_minimiser(case: OuterCase) -> Prediction | AssumptionUnmet:
    """Return the claim that the limit is the minimiser of f."""
    if case.problem.workers == 1 or case.local_steps == 1:
        return AssumptionUnmet("one worker, or H = 1: there is no drift")
    return Prediction({END: Predicted(case.problem.minimiser - case.fixed_point)})


CLAIM = Claim(
    key="douillard2023/outer-rate",
    title="Outer Nesterov momentum multiplies every mode by a two-by-two companion matrix per round",
    statement=(
        r"Workers $f_m(w)=\frac12(w-b_m)^\top A_m(w-b_m)$, $H$ inner steps of gradient descent, $W_m=I-(I-\eta "
        r"A_m)^H$, and the outer optimiser $v\leftarrow bv+\Delta$, $w\leftarrow w+l(\Delta+bv)$ on the average move "
        r"$\Delta$. Along an eigenvector of $\frac1M\sum W_m$ with eigenvalue $c$ the error from "
        r"$(\sum W_m)^{-1}\sum W_mb_m$, where plain averaging ends as well, obeys "
        r"$e^{r+1}=(1+b)(1-lc)e^r-b(1-lc)e^{r-1}$. So its factor per round is the larger root of "
        r"$z^2-(1+b)(1-lc)z+b(1-lc)$. If all $A_m=A$, $c=1-(1-\eta\lambda)^H$."
    ),
    hypotheses=("quadratic losses, inner gradient descent", "0 < ηλ ≤ 1, 0 < l ≤ 1, 0 ≤ b < 1: stable"),
    reference=Reference("douillard2023", "the outer optimiser; our result about it"),
    source="derived",
    proof=(
        r"A round has $\Delta=-\bar We$ with $\bar W=\frac1M\sum W_m$ symmetric, $e$ the distance from the point where "
        r"$\sum W_m(w-b_m)=0$; so modes decouple, $\Delta^r=-ce^r$. With $v^r$ the buffer at the start of round $r$, "
        r"$e^{r+1}-e^r=l((1+b)\Delta^r+b^2v^r)$ and $v^r=bv^{r-1}+\Delta^{r-1}$. Subtract $b$ times the equation of "
        r"the round before: $e^{r+1}-e^r-b(e^r-e^{r-1})=l(1+b)\Delta^r-lb\Delta^{r-1}$, the buffers cancel. Insert "
        r"$\Delta$. The matrix $\begin{pmatrix}(1+b)(1-lc)&-b(1-lc)\\1&0\end{pmatrix}$ has this characteristic "
        r"polynomial, whose roots are inside the unit circle for $0<lc\le1$, $b<1$."
    ),
    knobs=OuterKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("heavy ball", "t = 1 + b − lc, d = b: momentum all the same", predicted(heavy_ball)),
        Falsifier(
            "the buffer is reset in every round", "as where an optimiser is made anew", predicted(forgotten)
        ),
        Falsifier("the limit is the minimiser of f", "the outer optimiser is a good one", at_the_minimiser),
    ),
    see=("douillard2023/best-momentum", "douillard2023/buffer-reset"),
    axes=("share c of the way that a round goes", "factor per round", "linear", "linear"),
)
