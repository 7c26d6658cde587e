"""The case most claims about Local GD share: separable data, its certified SVM, and the limits of the theory."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import (
    Exponential,
    local_gd,
    LocalMethod,
    Logistic,
    max_margin,
    MaxMargin,
    NotSeparable,
    Stream,
)
from implicitbias.data import iid, named, Samples
from implicitbias.oracle import convergence_exponent, residual_limit
from implicitbias.problems import LinearClassification
from paper_repro.claims.claim import AssumptionUnmet
from paper_repro.claims.knobs import knob


LOSSES = {"exponential": Exponential, "logistic": Logistic}


@dataclass(frozen=True)
class LocalGDKnobs:
    """Knobs of a deterministic run on separable data."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.02, high=0.5, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=100, log=True)


@dataclass(frozen=True)
class SeparableCase:
    """A separable problem, a method, and what the theory says of them."""

    problem: LinearClassification
    method: LocalMethod
    svm: MaxMargin

    @cached_property
    def residual_limit(self) -> Float[np.ndarray, " dim"]:
        """w̃ = lim w − ŵ log(ηHr)."""
        return residual_limit(self.problem, self.svm)

    @cached_property
    def exponent(self) -> float:
        """κ, with |ρ − w̃| = O(r^{−κ})."""
        return convergence_exponent(self.problem, self.svm)

    @property
    def step(self) -> float:
        """ηH, for a constant rate and the same H on every worker."""
        return self.method.first_lr * self.method.steps(self.problem.workers, 0)[0]


def separable_case(knobs: LocalGDKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    problem = classification(distributed(knobs.data, stream), knobs.loss)
    return certified_case(problem, local_gd(knobs.lr, knobs.local_steps))


def distributed(data: str, stream: Stream) -> Samples:
    """Return the data set of that name; one that fixes no workers is dealt to two, one with twice the samples."""
    samples = named(data, stream)
    if samples.workers is not None:
        return samples
    return samples.with_workers(iid(samples, 2, stream, sizes=(1 / 3, 2 / 3)))


def classification(samples: Samples, loss: str) -> LinearClassification:
    """Return the problem of these samples, distributed as they say, or on one worker."""
    workers = 1 if samples.workers is None else samples.workers
    return LinearClassification(samples.features, samples.labels, workers=workers, loss=LOSSES[loss]())


def certified_case(problem: LinearClassification, method: LocalMethod) -> SeparableCase | AssumptionUnmet:
    """Return the case if the data are separable, non-degenerate, and their support vectors span them."""
    try:
        svm = max_margin(problem)
    except NotSeparable as error:
        return AssumptionUnmet(str(error))
    if not svm.nondegenerate:
        return AssumptionUnmet(
            "a support vector has multiplier zero: the residual is unbounded (degenerate data)"
        )
    if not svm.spans:
        return AssumptionUnmet(
            "the support vectors do not span the data: the residual limit depends on the start"
        )
    return SeparableCase(problem, method, svm)


def certified_cases(
    problem: LinearClassification, methods: Iterable[LocalMethod]
) -> tuple[SeparableCase, ...] | AssumptionUnmet:
    """Return one case per method, which share problem and separator, or which hypothesis the data break."""
    first, *others = methods
    case = certified_case(problem, first)
    if isinstance(case, AssumptionUnmet):
        return case
    return (case, *(SeparableCase(problem, method, case.svm) for method in others))
