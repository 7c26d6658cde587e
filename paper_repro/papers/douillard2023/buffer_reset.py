"""A server that forgets its momentum buffer between rounds has no momentum, but a rate l(1 + b)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import fedavg, RecordAt, Server, Stream
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
from paper_repro.claims.quadratic_workers import random_quadratics
from paper_repro.papers.douillard2023.setting import factor, nesterov, OuterCase


RESET, LONGER = "factor per round, buffer reset", "what l(1 + b) without momentum does otherwise in one round"
ROUNDS = 20
# A round of the run and W_m by powers of matrices, each to rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class ResetKnobs:
    """Workers with different Hessians and optima, inner steps, outer rate and momentum."""

    workers: int = knob(4, "M", "workers", low=1, high=8)
    dim: int = knob(6, "d", "dimension", low=1, high=12)
    lr: float = knob(0.2, "ηλ_max", "inner learning rate, of curvatures at most 1", low=0.05, high=1.0)
    local_steps: int = knob(32, "H", "inner steps", low=1, high=64, log=True)
    rate: float = knob(1.3, "l", "outer learning rate", low=0.3, high=1.5)
    momentum: float = knob(0.9, "b", "outer momentum", low=0.2, high=0.95)


def setup(knobs: ResetKnobs, stream: Stream) -> OuterCase:
    """Return the case of the knobs."""
    problem = random_quadratics(stream, knobs.workers, knobs.dim)
    return OuterCase(problem, knobs.lr, knobs.local_steps, knobs.rate, knobs.momentum)


def needs(case: OuterCase, budget: Budget) -> tuple[RunSpec, ...]:
    """A first round from the fixed point and around it, with momentum and with the longer rate; and many rounds."""
    del budget
    around = case.fixed_point + np.vstack([np.zeros(case.problem.dim), case.modes[1].T])
    starts, last = tuple(tuple(map(float, row)) for row in around), RecordAt.last()
    plain = fedavg(case.lr, case.local_steps, None, server=Server(case.rate * (1.0 + case.momentum)))
    far = tuple(map(float, around[1:].sum(axis=0) - (len(around) - 2) * case.fixed_point))
    return (
        RunSpec(case.problem, case.method, 1, last, starts, len(starts)),
        RunSpec(case.problem, plain, 1, last, starts, len(starts)),
        RunSpec(case.problem, case.method, ROUNDS, RecordAt.every(1), far),
    )


def observe(case: OuterCase, traces: Traces) -> Observation:
    """Read the affine map of a round off its images of a point and of unit steps, and repeat it."""
    first, longer, kept = traces
    images = case.errors(first.w[:, -1])
    matrix = (images[1:] - images[0]).T
    apart = float(np.abs(first.w[:, -1] - longer.w[:, -1]).max())
    found = float(np.abs(np.linalg.eigvals(matrix)).max())
    rounds = np.arange(ROUNDS + 1)
    curves = (
        Curve(rounds, _lengths(matrix, rounds), "reset in every round", "falsifier", "diloco"),
        Curve(rounds, np.linalg.norm(case.errors(kept.w[0]), axis=1), "buffer kept", method="diloco"),
    )
    return Observation({RESET: Measured(found), LONGER: Measured(apart)}, curves)


def _lengths(matrix: Float[np.ndarray, "mode mode"], rounds: np.ndarray) -> Float[np.ndarray, " round"]:
    start = np.ones(len(matrix))
    return np.array([float(np.linalg.norm(np.linalg.matrix_power(matrix, int(r)) @ start)) for r in rounds])


def predict(case: OuterCase) -> Prediction:
    """The largest |1 − l(1 + b)c|, and no difference."""
    found = float(np.abs(1.0 - case.rate * (1.0 + case.momentum) * case.modes[0]).max())
    size = 1.0 + float(np.abs(case.problem.centres).max())
    reason = "rounding of a round"
    rounds = np.arange(ROUNDS + 1)
    line = Curve(rounds, np.sqrt(case.problem.dim) * found**rounds, "factor max|1 − l(1 + b)c|", "theory")
    quantities = {
        RESET: Predicted(found, ROUNDING * size, reason=reason),
        LONGER: Predicted(0.0, ROUNDING * size, reason=reason),
    }
    return Prediction(quantities, (line,))


def kept(case: OuterCase) -> Prediction:
    """The factor of the buffer that is kept."""
    return Prediction(
        {RESET: Predicted(float(factor(*nesterov(case.modes[0], case.rate, case.momentum)).max()))}
    )


def without(case: OuterCase) -> Prediction:
    """The factor of the rate l without momentum."""
    return Prediction({RESET: Predicted(float(np.abs(1.0 - case.rate * case.modes[0]).max()))})


CLAIM = Claim(
    key="douillard2023/buffer-reset",
    title="Outer momentum whose buffer is reset in every round is no momentum, but the rate l(1 + b)",
    statement=(
        r"If the outer optimiser is made anew in every round, so that its buffer starts at 0, Nesterov's step "
        r"$w\leftarrow w+l(\Delta+b(b\cdot0+\Delta))$ is plain averaging with the server rate $l(1+b)$: on quadratics "
        r"the factor per round is $\max|1-l(1+b)c|$, $c$ the eigenvalues of $\frac1M\sum(I-(I-\eta A_m)^H)$. With "
        r"$l=1.3$, $b=.9$ and many inner steps it exceeds 1, where the buffer that is kept converges."
    ),
    hypotheses=("quadratic losses, inner gradient descent, 0 < ηλ ≤ 1",),
    reference=Reference("douillard2023", "the outer optimiser; our result about it"),
    source="derived",
    proof=(
        r"With $v=0$: $v\leftarrow\Delta$, $w\leftarrow w+l(\Delta+b\Delta)$. On quadratics $\Delta=-\bar We$ with the "
        r"symmetric $\bar W=\frac1M\sum W_m$, hence $e\leftarrow(I-l(1+b)\bar W)e$."
    ),
    knobs=ResetKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("the factor of the buffer that is kept", "the same optimiser with the same l and b", kept),
        Falsifier("the factor of the rate l alone", "as if a forgotten momentum did nothing", without),
    ),
    see=("douillard2023/outer-rate",),
    axes=("communication rounds r", "distance to the fixed point", "linear", "log"),
)
