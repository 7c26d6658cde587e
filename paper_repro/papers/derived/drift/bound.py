"""|b_r| ≤ 2 b_x³ ηHM f²: the drift of a round is quadratic in the loss."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from implicitbias import Exponential, Stream
from implicitbias.bounds import drift_bound, path_drift_bound
from implicitbias.drift import round_drift
from paper_repro.claims import (
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
from paper_repro.papers.derived.drift.setting import (
    drift_case,
    DriftCase,
    DriftKnobs,
    lagging_case,
    until_rounding,
)


SIMPLE = "|b_r|/(2 b_x³ ηHM f²)"
PATH = "|b_r|/((b_x/M) Σ f_m (e^{δ_m} − 1))"
# Beyond this share of the bound, rounding could decide: such rounds say nothing and are left out.
LARGEST_ROUNDING = 1e-3


def observe(case: DriftCase, traces: Traces) -> Observation:
    """Measure b_r by one round from every recorded w^r, in units of both bounds, where their hypotheses hold."""
    (trace,) = traces
    w = trace.w[0]
    drift = round_drift(case.problem, case.method, w)
    size, losses = np.linalg.norm(drift.value, axis=1), case.worker_losses(w)
    quantities, curves = {}, [Curve(trace.rounds, size, "|b_r| measured", method="local_gd")]
    for name, theorem, role in ((SIMPLE, drift_bound, "theory"), (PATH, path_drift_bound, "reference")):
        bounds = [theorem(f, **_setting(case)) for f in losses]
        value = np.array([b.value for b in bounds])
        met = np.array([b.applicable for b in bounds]) & (drift.rounding <= LARGEST_ROUNDING * value)
        quantities[name] = _ratio(size[met], drift.rounding[met], value[met])
        curves.append(Curve(trace.rounds[met], value[met], f"bound {name[6:-1]}", role))
    return Observation(quantities, tuple(curves))


def _setting(case: DriftCase) -> dict[str, Any]:
    loss = "exponential" if isinstance(case.problem.loss_function, Exponential) else "logistic"
    return {"lr": case.lr, "local_steps": case.local_steps, "row_norm": case.problem.radius, "loss": loss}


def drift_hypotheses(case: DriftCase, w: Float[np.ndarray, "record dim"]) -> Bool[np.ndarray, " record"]:
    """Return where local steps do not raise f_m and every δ_m ≤ 1."""
    return np.array([drift_bound(f, **_setting(case)).applicable for f in case.worker_losses(w)])


def _ratio(size: np.ndarray, rounding: np.ndarray, value: np.ndarray) -> Measured:
    if not len(value):
        return Measured(0.0, np.inf)
    return Measured(size / value, rounding / value)


def predict(case: DriftCase) -> Prediction:
    """Both ratios are at most 1."""
    return Prediction({name: Predicted(1.0, relation=Relation.AT_MOST) for name in (SIMPLE, PATH)})


def smaller(factor: float) -> Prediction:
    """The bound without a factor."""
    return Prediction({SIMPLE: Predicted(1.0 / factor, relation=Relation.AT_MOST)})


def lagging(knobs: DriftKnobs, stream: Stream) -> DriftCase:
    """Return M = H = 8 with one lagging worker: there |b_r| → (H − 1)/(4H) of the bound, for any M."""
    del stream
    # As small a loss as that, the logistic loss is exponential and e^δ − 1 is δ, both to half a per cent.
    return lagging_case(8, knobs.loss, knobs.lr, 8, worker_loss=0.01)


PROOF = r"""Rescale to $b_x = 1$ and put $\delta_m = \eta H f_m(w^r)$. Both losses have $|\ell'| \le \ell$, so
$|\nabla f_m| \le f_m$; as local steps do not raise $f_m$ (for $\eta f_m \le 1$, or $\eta \le 8$ with the
logistic loss), the whole local path is no longer than $\eta H f_m(w^r) = \delta_m$. Since $|d\log|\ell'|/dz|
\le 1$, slopes at distance $s$ differ by a factor $e^{s}$ at most, hence $|\nabla f_m(v) - \nabla f_m(w^r)| \le
f_m(w^r)(e^{|v-w^r|}-1)$. The drift is the mean of these differences over workers and local steps: $|b_r| \le
\frac1M\sum_m f_m(e^{\delta_m}-1)$. If every $\delta_m \le 1$, then $e^\delta - 1 \le 2\delta$ and $\sum_m f_m^2
\le M^2f^2$ give $2\eta HMf^2$. All factors are needed: with one orthonormal sample per worker and one worker
lagging so far that it carries the whole loss $Mf$, $|b_r| \approx \frac1M\cdot\frac{\eta(H-1)}2(Mf)^2$, a share
$\frac{H-1}{4H}$ of the bound."""

CLAIM = Claim(
    key="derived/drift-bound",
    title="Local GD is gradient descent with step ηH and an error |b_r| ≤ 2ηHM f²",
    statement=(
        r"One round of Local GD is $w^{r+1} = w^r - \eta H(\nabla f(w^r) + b_r)$ with $|b_r| \le \frac{b_x}M\sum_m "
        r"f_m (e^{\delta_m} - 1)$, $\delta_m = \eta H b_x^2 f_m(w^r)$; if all $\delta_m \le 1$, then $|b_r| \le 2 "
        r"b_x^3 \eta HM f(w^r)^2$."
    ),
    hypotheses=(
        "exponential or logistic loss of linear margins, row norms at most b_x",
        "local steps do not raise f_m: η b_x² f_m ≤ 1 (exponential) or η b_x² ≤ 8 (logistic)",
        "for the second bound: every δ_m ≤ 1",
    ),
    reference=Reference("derived", "Local GD as inexact gradient descent"),
    source="derived",
    proof=PROOF,
    knobs=DriftKnobs(),
    setup=drift_case,
    needs=until_rounding,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "2 b_x³ ηM f², without H",
            "H already multiplies the step, so it seems to cancel; one lagging worker and H > 5 tell",
            predict=lambda case: smaller(case.local_steps),
            setup=lagging,
        ),
        Falsifier(
            "2 b_x³ ηH f², without M",
            "b_r is a mean over workers, but one of them may carry the whole loss Mf",
            predict=lambda case: smaller(case.problem.workers),
            setup=lagging,
        ),
    ),
    see=("derived/drift-leading-term", "crawshaw2025/drift-threshold"),
    axes=("communication rounds r", "drift", "log", "log"),
)
