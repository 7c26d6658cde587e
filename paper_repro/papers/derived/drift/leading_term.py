"""b_r = −(η(H−1)/2)(1/M) Σ ∇²f_m ∇f_m up to a relative error O(ηHM f)."""

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.drift import leading_drift, round_drift
from implicitbias.statistics import fit_rate
from paper_repro.claims import (
    AssumptionUnmet,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.drift.setting import drift_case, DriftCase, DriftKnobs, until_rounding


SLOPE = "exponent of |b_r − leading term|/|leading term| in 1/f"
# Records whose rounding is a larger share of what is left of the drift would bend the slope.
LARGEST_ROUNDING = 3e-4
# The slope is fitted where the expansion parameter ηHM f b_x² has fallen below this.
SMALL = 1.0
# A slope needs a decade in f, or its drift cannot be seen.
SHORTEST = 10.0
FEWEST_RECORDS = 12

Leading = Callable[[DriftCase, Float[np.ndarray, "record dim"]], Float[np.ndarray, "record dim"]]


def of_products(case: DriftCase, w: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record dim"]:
    """−(η(H−1)/2) times the mean of the products ∇²f_m ∇f_m."""
    return leading_drift(case.problem, case.method, w)


def of_the_mean(case: DriftCase, w: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record dim"]:
    """−(η(H−1)/2) ∇²f ∇f, the product of the means."""
    return -0.5 * case.lr * (case.local_steps - 1) * case.problem.hvp(w, case.problem.gradient(w))


def of_all_steps(case: DriftCase, w: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record dim"]:
    """The leading term with H for H − 1."""
    return of_products(case, w) * case.local_steps / (case.local_steps - 1)


def observe(case: DriftCase, traces: Traces, leading: Leading = of_products) -> Observation:
    """Fit how the relative error of the leading term falls with f along the run."""
    (trace,) = traces
    w = trace.w[0, 1:]
    drift, term = round_drift(case.problem, case.method, w), leading(case, w)
    left, size = np.linalg.norm(drift.value - term, axis=1), np.linalg.norm(term, axis=1)
    scale = case.lr * case.local_steps * case.problem.workers * case.problem.radius**2
    smallness = scale * trace.loss[0, 1:]
    kept = (smallness <= SMALL) & (drift.rounding <= LARGEST_ROUNDING * left) & (size > 0)
    error = left[kept] / size[kept]
    curves = (
        Curve(smallness[kept], error, "relative error of the leading term", method="local_gd"),
        *(Curve(smallness[kept], _relative(drift.value[kept], wrong(case, w[kept])), label, "falsifier") for
          label, wrong in (("with H for H − 1", of_all_steps), ("with ∇²f ∇f", of_the_mean))),
    )  # fmt: skip
    if kept.sum() < FEWEST_RECORDS or smallness[kept][0] < SHORTEST * smallness[kept][-1]:
        return Observation({SLOPE: Measured(0.0, np.inf)}, curves, "less than a decade of f above rounding")
    worst = float((drift.rounding[kept] / left[kept]).max())
    fitted = fit_rate(1.0 / smallness[kept], error, relative_error=worst)
    half = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low)
    return Observation({SLOPE: Measured(fitted.slope, half)}, curves)


def _relative(drift: np.ndarray, term: np.ndarray) -> np.ndarray:
    return np.linalg.norm(drift - term, axis=1) / np.linalg.norm(term, axis=1)


def predict(case: DriftCase) -> Prediction:
    """At least as fast as f."""
    return Prediction({SLOPE: Predicted(-1.0, relation=Relation.AT_MOST)})


def several_steps(knobs: DriftKnobs, stream: Stream) -> DriftCase | AssumptionUnmet:
    """Return the run of the knobs, unless H = 1 leaves no drift."""
    if knobs.local_steps == 1:
        return AssumptionUnmet("H = 1: Local GD is gradient descent, b_r = 0")
    return drift_case(knobs, stream)


def heterogeneous(knobs: DriftKnobs, stream: Stream) -> DriftCase | AssumptionUnmet:
    """Return two local steps on set A′: its two workers disagree."""
    return several_steps(dataclasses.replace(knobs, data="A-prime"), stream)


PROOF = r"""After $j$ local steps worker $m$ stands at $w^r - j\eta\nabla f_m(w^r) + O((\eta H)^2f_m^2)$,
because $|\nabla^2f_m| \le f_m$ (with $b_x = 1$) and the path has length at most $\eta Hf_m$. Its gradient there
is $\nabla f_m - j\eta\nabla^2f_m\nabla f_m + O((\eta H)^2f_m^3)$; the mean over $j = 0,\dots,H-1$ replaces $j$
by $(H-1)/2$, and the mean over workers gives $b_r = -\frac{\eta(H-1)}2\frac1M\sum_m\nabla^2f_m\nabla f_m +
O((\eta H)^2M^2f^3)$. On separable data the leading term is of the exact order $f^2$: paired with the max-margin
direction every sample contributes with one sign. Hence the relative error is $O(\eta HMf)$ along the run."""

CLAIM = Claim(
    key="derived/drift-leading-term",
    title="The drift is −(η(H−1)/2) mean ∇²f_m ∇f_m, up to a relative error of order f",
    statement=(
        r"On separable data, along Local GD with $f(w^r) \to 0$, $b_r = -\frac{\eta(H-1)}{2}\,\frac1M\sum_m "
        r"\nabla^2 f_m(w^r)\,\nabla f_m(w^r)\,\bigl(1 + O(\eta HM f(w^r))\bigr)$."
    ),
    hypotheses=(
        "separable data, exponential or logistic loss, f(w^r) → 0",
        "H ≥ 2 (for H = 1 the drift is zero)",
    ),
    reference=Reference("derived", "Local GD as inexact gradient descent"),
    source="derived",
    proof=PROOF,
    knobs=DriftKnobs(),
    setup=several_steps,
    needs=until_rounding,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "H for H − 1",
            "the path has H steps, but the first gradient is taken before any of them",
            observe=partial(observe, leading=of_all_steps),
        ),
        Falsifier(
            "∇²f ∇f for the mean of products",
            "correct for one worker; workers that disagree have other products",
            setup=heterogeneous,
            observe=partial(observe, leading=of_the_mean),
        ),
    ),
    see=("derived/drift-bound",),
    axes=("ηHM b_x² f", "relative error", "log", "log"),
)
