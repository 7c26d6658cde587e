"""A reading that does not survive: run on to the slow horizon, the conventional SDE describes Local SGD too."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from paper_repro.claims import Claim, Curve, Falsifier, Predicted, Prediction, Reference, statistical, Status
from paper_repro.papers.gu2023.drift_ratio import line, observe, round_times, scan
from paper_repro.papers.gu2023.valley import ensembles, Slide, SlideCase, WorkerKnobs
from paper_repro.papers.gu2023.valley_drift import Drift, first_order, LEFT_OUT, RATIO, ratios, Scalars
from sde.approximations import setting_of
from sde.approximations.conventional import conventional_equation
from sde.formulas import drift_factor
from sde.landscapes.compiled import compiled


@lru_cache(maxsize=16)
def conventional_drift(slide: Slide, batch: float) -> Drift:
    """Return the drift along the valley, per slow time, of dX = −∇L dt_c + √(η/B)A dW.

    An invariant q of the gradient flow drifts by the noise alone, at the rate ½(η/B)⟨AAᵀ, ∇²q⟩: divided by η, for slow
    time, and on Γ by dq/dx.
    """
    landscape, setting = slide.valley.landscape, replace(setting_of(slide.method), batch=batch)
    (q,), (x, y) = landscape.invariants, landscape.variables
    rate = conventional_equation(landscape, setting).generator(q).subs(y, 0)
    field = compiled((x,), (rate / q.diff(x).subs(y, 0),))

    def drift(at: Scalars, workers: Scalars, total_batch: float, round_time: Scalars) -> Scalars:
        del workers, total_batch, round_time
        return field(np.asarray(at)[..., None])[..., 0] / slide.lr

    return drift


def conventional(batch: Callable[[Slide], float]) -> Callable[[SlideCase], Prediction]:
    """Return the prediction of the conventional SDE for SGD with this batch."""

    def predict(case: SlideCase) -> Prediction:
        drift = conventional_drift(case.slides[0], batch(case.slides[0]))
        found = ratios(case.slides, drift)
        flat = Curve(round_times(case.drawn), ratios(case.drawn, drift), "conventional SDE", "falsifier")
        slow = line(case, drift_factor, "slow SDE", "theory")
        allowance = first_order(case.slides)
        return Prediction({RATIO: Predicted(found, allowance, reason=LEFT_OUT)}, (slow, flat))

    return predict


PROOF = r"""Along $dX=-\nabla L\,dt_c+\sqrt{\eta/B}\,A\,dW$ an invariant of the gradient flow has $\nabla
q\cdot\nabla L=0$, so that $dq=\frac{\eta}{2B}\langle AA^\top,\nabla^2q\rangle dt_c+$ a martingale. In the valley
$e^{cx}$, $q=\Phi_x=x-cy^2/4$ has the constant second derivative $-\frac c2$ in $y$: $E\,\Phi_x$ moves by
$-\frac{c\sigma_N^2}{4B}\eta t_c$ exactly, which is the drift of SGD in slow time $t=\eta t_c$, for every $H$ and
$M$, since neither enters the equation. Local SGD moves $1+(M-1)\psi(2\alpha h)$ times as far: the error $O(\eta)$
per unit of $t_c$ that weak order 1 allows adds up over $t_c=T/\eta$."""

CLAIM = Claim(
    key="li2017/slow-horizon",
    title="The conventional SDE, the same for Local SGD and SGD, holds up to the slow horizon",
    statement=(
        r"The reading refuted here: since $dX=-\nabla L\,dt_c+\sqrt{\eta/B}\,\Sigma^{1/2}dW$ has weak order 1 "
        r"for SGD with batch $B$, and for Local SGD with the same total batch too, both drift alike along the "
        r"minima. No theorem says so: the order is proved for $t_c=O(1)$, and the slow horizon is "
        r"$t_c=T/\eta$."
    ),
    hypotheses=("none that the theorem has: it is read beyond its horizon",),
    reference=Reference("li2017", "weak order 1, read beyond the horizon that it is stated for"),
    source="derived",
    proof=PROOF,
    knobs=WorkerKnobs(),
    setup=scan(),
    needs=ensembles,
    observe=observe,
    predict=conventional(lambda s: s.total_batch),
    judge=statistical,
    falsifiers=(
        Falsifier(
            "the noise of one worker, √(ηM/B)",
            "Local SGD is SGD with more noise: then its drift is M-fold for every α",
            predict=conventional(lambda s: s.total_batch / s.workers),
        ),
    ),
    expects=Status.REFUTED,
    see=("gu2023/drift-ratio",),
    axes=("time of a round α = ηH", "displacement over SGD's", "log", "linear"),
)
