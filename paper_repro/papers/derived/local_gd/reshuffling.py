"""Heterogeneity enters the limit through the weights p_i alone."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Int

from implicitbias import local_gd, max_margin, Stream
from implicitbias.asymptotics import residual
from implicitbias.data import iid, named, Samples
from implicitbias.oracle import residual_limit
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
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
from paper_repro.claims.extrapolation import divergence, residual_at_infinity
from paper_repro.claims.separable import certified_case, classification, LOSSES, SeparableCase


BEFORE, AFTER = "limit of ρ before", "limit of ρ after reshuffling"


@dataclass(frozen=True)
class ReshuffleKnobs:
    """Data, and how many workers share them."""

    data: str = knob("A", "X", "data set", choices=("A", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.05, high=0.5, log=True)
    local_steps: int = knob(10, "H", "local steps", low=2, high=100, log=True)
    workers: int = knob(2, "M", "workers, all of the same size", choices=(2, 3))


@dataclass(frozen=True)
class ReshuffleCase:
    """The same samples on the same workers, in two ways."""

    before: SeparableCase
    after: SeparableCase


def setup(knobs: ReshuffleKnobs, stream: Stream) -> ReshuffleCase | AssumptionUnmet:
    """Deal the samples twice at random, to workers of equal size."""
    samples = divisible(named(knobs.data, stream), knobs.workers)
    first, second = (iid(samples, knobs.workers, stream.child(order)) for order in ("before", "after"))
    return both(knobs, samples, first, second)


def unequal(knobs: ReshuffleKnobs, stream: Stream) -> ReshuffleCase | AssumptionUnmet:
    """Deal the samples to workers of unequal size; then a support vector changes place with a sample elsewhere."""
    samples = divisible(named(knobs.data, stream), knobs.workers)
    shares = np.arange(1.0, knobs.workers + 1)
    first = iid(samples, knobs.workers, stream.child("before"), sizes=tuple(shares / shares.sum()))
    return both(knobs, samples, first, support_vector_moved(samples, first))


def divisible(samples: Samples, workers: int) -> Samples:
    """Return the samples without the last ones that would make the workers' sizes differ."""
    kept = len(samples.features) // workers * workers
    return Samples(samples.features[:kept], samples.labels[:kept], samples.name, samples.description)


def support_vector_moved(samples: Samples, workers: Int[np.ndarray, " sample"]) -> Int[np.ndarray, " sample"]:
    """Return the assignment with a support vector and a sample of a worker of another size exchanged."""
    support, sizes = max_margin(samples.signed).support, np.bincount(workers)
    others = np.setdiff1d(np.arange(len(workers)), support)
    pairs = ((i, j) for i, j in product(support, others) if sizes[workers[i]] != sizes[workers[j]])
    i, j = next(pairs)
    moved = workers.copy()
    moved[[i, j]] = workers[[j, i]]
    return moved


def both(
    knobs: ReshuffleKnobs, samples: Samples, first: np.ndarray, second: np.ndarray
) -> ReshuffleCase | AssumptionUnmet:
    """Return the two cases, or which hypothesis the data break."""
    method = local_gd(knobs.lr, knobs.local_steps)
    before, after = (
        certified_case(classification(samples.with_workers(a), knobs.loss), method) for a in (first, second)
    )
    if isinstance(before, AssumptionUnmet):
        return before
    return after if isinstance(after, AssumptionUnmet) else ReshuffleCase(before, after)


def needs(case: ReshuffleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per assignment."""
    rounds = budget.pick(smoke=3_000, quick=30_000, paper=5_000_000)
    return tuple(RunSpec(c.problem, c.method, rounds) for c in (case.before, case.after))


def observe(case: ReshuffleCase, traces: Traces) -> Observation:
    """Extrapolate both residuals."""
    quantities, curves = {}, []
    for name, c, trace, method in zip(
        (BEFORE, AFTER), (case.before, case.after), traces, ("local_gd", None), strict=True
    ):
        quantities[name] = residual_at_infinity(trace, c.svm.weights, c.exponent)
        rho = residual(trace.w[0, 1:], c.svm.weights, trace.log_time[1:])
        distance = np.linalg.norm(rho - case.before.residual_limit, axis=1)
        curves.append(Curve(trace.rounds[1:], distance, name.removeprefix("limit of ρ "), method=method))
    return Observation(quantities, tuple(curves), divergence(traces))


def predict(case: ReshuffleCase) -> Prediction:
    """The w̃ of the first assignment, for both."""
    first = residual_limit(case.before.problem, case.before.svm)
    return Prediction({BEFORE: Predicted(first), AFTER: Predicted(first)})


PROOF = r"""The limit $\tilde w$ is determined by $p_i\exp(-x_i\cdot\tilde w) = \alpha_i$ on the support; $\hat w$ and
$\alpha$ belong to the union of the samples. So the assignment enters through $p_i = 1/(Mn_{m(i)})$ alone, and for
equal sizes $p_i = 1/n$ whoever holds sample $i$. The local problems may differ as much as they like: they decide the
way, not the end."""

CLAIM = Claim(
    key="derived/reshuffling",
    title="Among workers of equal size, it does not matter who holds which sample",
    statement=(
        r"If all $n_m$ are equal, any reassignment of the samples to the workers leaves $\tilde w = \lim (w^r-\hat "
        r"w\log(\eta Hr))$ as it is. With unequal sizes it does not: a support vector that moves to a worker of "
        r"another size changes its weight $p_i$."
    ),
    hypotheses=(
        "separable data, margin γ > 0; n_1 = … = n_M",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=ReshuffleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "also with unequal n_m",
            "the union of the samples is the same, so its separator is",
            setup=unequal,
        ),
    ),
    see=("zhu2024/residual-limit",),
    axes=("communication rounds r", "distance to the w̃ before", "log", "log"),
)
