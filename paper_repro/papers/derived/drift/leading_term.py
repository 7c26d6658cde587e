"""b_r = −(η(H−1)/2)(1/M) Σ ∇²f_m ∇f_m up to a term of third order in the loss."""

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.drift import leading_drift, leading_drift_error, round_drift
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.drift.bound import drift_hypotheses
from paper_repro.papers.derived.drift.setting import drift_case, DriftCase, DriftKnobs, until_rounding


REMAINDER = "|b_r − leading term|/(its bound of third order)"
# Beyond this share of the bound, rounding could decide: such rounds say nothing and are left out.
LARGEST_ROUNDING = 1e-3

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
    """Measure what the leading term leaves of b_r at every recorded round, in units of the bound on it."""
    (trace,) = traces
    w = trace.w[0]
    drift, size = round_drift(case.problem, case.method, w), np.linalg.norm(of_products(case, w), axis=1)
    left = np.linalg.norm(drift.value - leading(case, w), axis=1)
    limit = leading_drift_error(case.problem, case.method, w)
    kept = drift_hypotheses(case, w) & (drift.rounding <= LARGEST_ROUNDING * limit)
    if not kept.any():
        return Observation(
            {REMAINDER: Measured(0.0, np.inf)}, undecided="no round with every δ_m ≤ 1 above rounding"
        )
    rounds, wrong = trace.rounds[kept], (("H for H − 1", of_all_steps), ("∇²f ∇f", of_the_mean))
    curves = (
        Curve(rounds, left[kept] / size[kept], "leading term", method="local_gd"),
        Curve(rounds, limit[kept] / size[kept], "bound on it", "theory"),
        *(Curve(rounds, _relative(drift.value[kept], w[kept], case, term), f"with {name}", "falsifier")
          for name, term in wrong),
    )  # fmt: skip
    return Observation(
        {REMAINDER: Measured(left[kept] / limit[kept], drift.rounding[kept] / limit[kept])}, curves
    )


def _relative(drift: np.ndarray, w: np.ndarray, case: DriftCase, leading: Leading) -> np.ndarray:
    term = leading(case, w)
    return np.linalg.norm(drift - term, axis=1) / np.linalg.norm(term, axis=1)


def predict(case: DriftCase) -> Prediction:
    """At most 1."""
    del case
    return Prediction({REMAINDER: Predicted(1.0, relation=Relation.AT_MOST)})


def several_steps(knobs: DriftKnobs, stream: Stream) -> DriftCase | AssumptionUnmet:
    """Return the run of the knobs, unless H = 1 leaves no drift."""
    if knobs.local_steps == 1:
        return AssumptionUnmet("H = 1: Local GD is gradient descent, b_r = 0")
    return drift_case(knobs, stream)


def heterogeneous(knobs: DriftKnobs, stream: Stream) -> DriftCase | AssumptionUnmet:
    """Return two local steps on set A′: its two workers disagree."""
    return several_steps(dataclasses.replace(knobs, data="A-prime"), stream)


PROOF = r"""Fix a worker; $C_k = \frac1{n_m}\sum_i|x_i|^k\ell''(x_i\cdot w^r)$, $D = \eta H|\nabla f_m|$, all at
$w^r$. When local steps are below $2$ over the curvature of $f_m$ on their way, as they are if they are known
not to raise it, $|\nabla f_m|$ does not grow along them (co-coercivity), so after $j$ of them the model is $w^r
+ d_j$, $|d_j| \le j\eta|\nabla f_m| \le D$. For both losses $\ell''$ changes by a factor $e^{|s|}$ at most when
the margin changes by $s$. Hence $|\nabla f_m(w^r + d) - \nabla f_m| \le \varphi C_2|d|$ with $\varphi =
(e^{b_xD}-1)/(b_xD)$, and $|d_j + j\eta\nabla f_m| \le \eta\sum_{i<j}\varphi C_2\,i\eta|\nabla f_m| \le
\frac12\varphi C_2\eta^2j^2|\nabla f_m|$. Taylor, with $|\ell^{(3)}| \le \ell''$: $\nabla f_m(w^r + d_j) =
\nabla f_m + \nabla^2f_m\,d_j + R$, $|R| \le \frac12e^{b_xD}C_3|d_j|^2$. So the gradient after $j$ steps is
$\nabla f_m - j\eta\nabla^2f_m\nabla f_m$ up to $\frac12\eta^2j^2(\varphi C_2^2|\nabla f_m| + e^{b_xD}C_3|\nabla
f_m|^2)$, as $|\nabla^2f_m| \le C_2$. The mean over $j = 0,\dots,H-1$ replaces $j$ by $(H-1)/2$ and $j^2$ by at
most $H^2/3$; the mean over workers is the bound. All its terms are of third order in the losses, since $C_k \le
b_x^kf_m$ and $|\nabla f_m| \le b_xf_m$; on separable data the leading term is of the exact order $f^2$ (paired
with the max-margin direction all samples contribute with one sign), so the relative error is $O(\eta HMf)$."""

CLAIM = Claim(
    key="derived/drift-leading-term",
    title="The drift is −(η(H−1)/2) mean ∇²f_m ∇f_m, up to a term of third order in the loss",
    statement=(
        r"Let local steps not raise $f_m$, and let $C_{k,m} = \frac1{n_m}\sum_i|x_i|^k\ell''(x_i\cdot w^r)$, $D_m "
        r"= \eta H|\nabla f_m(w^r)|$, $\varphi_m = (e^{b_xD_m} - 1)/(b_xD_m)$. Then $\bigl|b_r + "
        r"\frac{\eta(H-1)}{2}\,\frac1M\sum_m \nabla^2 f_m\,\nabla f_m\bigr| \le \frac{(\eta "
        r"H)^2}6\,\frac1M\sum_m\bigl(\varphi_m C_{2,m}^2 |\nabla f_m| + e^{b_xD_m} C_{3,m}|\nabla f_m|^2\bigr)$, "
        r"all at $w^r$; on separable data with $f(w^r) \to 0$ that is a relative error $O(\eta HMf(w^r))$."
    ),
    hypotheses=(
        "exponential or logistic loss of linear margins, row norms at most b_x, H ≥ 2",
        "local steps do not raise f_m: η b_x² f_m ≤ 1 (exponential) or η b_x² ≤ 8 (logistic)",
        "every δ_m ≤ 1",
    ),
    reference=Reference("derived", "Local GD as inexact gradient descent"),
    source="derived",
    proof=PROOF,
    knobs=DriftKnobs(),
    setup=several_steps,
    needs=until_rounding,
    observe=observe,
    predict=predict,
    judge=bound,
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
    axes=("communication rounds r", "relative error", "log", "log"),
)
