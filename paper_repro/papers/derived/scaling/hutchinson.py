"""A Hutchinson sample has the mean diag(A) and the variances Σ A_ij² over j ≠ i."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Quadratics, Stream
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
from paper_repro.papers.derived.scaling.setting import different_quadratics


MEAN, VARIANCE = "mean of v∘(Av)", "variances of v∘(Av)"
# Rounding of a mean over 2^d numbers of size 2.
ROUNDING = 1e-13


@dataclass(frozen=True)
class HutchinsonKnobs:
    """Dimension of a random quadratic."""

    dim: int = knob(6, "d", "dimension", low=2, high=10)


def setup(knobs: HutchinsonKnobs, stream: Stream) -> Quadratics:
    """Return a random quadratic."""
    return different_quadratics(1, knobs.dim, stream)


def observe(problem: Quadratics, traces: Traces) -> Observation:
    """Mean and variance over all 2^d signs, by the problem's Hessian–vector products."""
    del traces
    v = np.array(list(itertools.product((1.0, -1.0), repeat=problem.dim)))
    h = v * problem.worker_hvp(np.zeros_like(v), v, 0)
    places = np.arange(1.0, problem.dim + 1)
    quantities = {MEAN: Measured(h.mean(axis=0)), VARIANCE: Measured(h.var(axis=0))}
    points = (
        Curve(places, h.mean(axis=0), "mean", method="oasis"),
        Curve(places, h.var(axis=0), "variance", method="adahessian"),
    )
    return Observation(quantities, points)


def predict(problem: Quadratics) -> Prediction:
    """A_ii and Σ_{j≠i} A_ij²."""
    return with_variance(lambda a: (a**2).sum(axis=1) - np.diag(a) ** 2)(problem)


def with_variance(
    variance: Callable[[Float[np.ndarray, "dim dim"]], Float[np.ndarray, " dim"]],
) -> Callable[[Quadratics], Prediction]:
    """Return the prediction with a formula for the variances."""

    def of(problem: Quadratics) -> Prediction:
        (a,) = problem.hessians
        values = {MEAN: np.diag(a), VARIANCE: variance(a)}
        places = np.arange(1.0, problem.dim + 1)
        lines = (
            Curve(places, np.diag(a), "A_ii", "theory", "oasis"),
            Curve(places, variance(a), "Σ A_ij² over j ≠ i", "theory", "adahessian"),
        )
        quantities = {name: Predicted(v, ROUNDING, reason="rounding") for name, v in values.items()}
        return Prediction(quantities, lines)

    return of


CLAIM = Claim(
    key="derived/hutchinson-sample",
    title="A Hutchinson sample of random signs has mean diag(A) and variances Σ A_ij² over j ≠ i",
    statement=(
        r"$h=v\circ(Av)$ with independent signs $v$: $Eh=\operatorname{diag}(A)$, $\operatorname{Var}h_i=\sum_{j\neq "
        r"i}A_{ij}^2$; so $|h_i|\le\sum_j|A_{ij}|$ bounds every sample with no further assumption."
    ),
    hypotheses=("v uniform on {−1, 1}^d",),
    reference=Reference("derived", "Hutchinson's estimator, proved here"),
    source="derived",
    proof=(
        r"$h_i=A_{ii}v_i^2+\sum_{j\neq i}A_{ij}v_iv_j$; $v_i^2=1$, and the products $v_iv_j$, $j\neq i$, are "
        r"uncorrelated with mean 0 and variance 1."
    ),
    knobs=HutchinsonKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "Gaussian v",
            "it has the same first two moments",
            with_variance(lambda a: (a**2).sum(axis=1) + np.diag(a) ** 2),
        ),
        Falsifier(
            "every sample is exact", "it is for a diagonal A", with_variance(lambda a: np.zeros(len(a)))
        ),
    ),
    axes=("coordinate", "mean and variance", "linear", "linear"),
)
