"""The unstable phase ends by step (60/γ²) max{η, n, e, ((η+n)/η) ln((η+n)/η)}."""

import numpy as np

from implicitbias.loss_bounds import phase_bound
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
from paper_repro.papers.wu2024.setting import (
    every_step,
    few_steps,
    large_step_case,
    LargeStepCase,
    LargeStepKnobs,
    telling_case,
)


SHARE = "s / bound"
STEPS = "s"


def observe(case: LargeStepCase, traces: Traces) -> Observation:
    """Find the first step s with f(w_s) ≤ 1/η and E(w_s) ≤ 1."""
    (trace,) = traces
    f, found = trace.loss[0], case.phase_end(trace.w[0], risk=1.0)
    limit = phase_bound(case.margin, lr=case.lr, samples=case.samples).value
    curves = [
        Curve(trace.rounds, f, "f(w_t)", method="gd"),
        Curve(np.array([1.0, limit]), np.full(2, 1.0 / case.lr), "1/η, up to the bound on s", "theory"),
    ]
    if found is None:
        last = float(trace.rounds[-1])
        # Without an s, the run still says that it lies beyond its end.
        error = 0.0 if last >= limit else np.inf
        quantities = {SHARE: Measured((last + 1.0) / limit, error), STEPS: Measured(last + 1.0, np.inf)}
        return Observation(quantities, tuple(curves), "the run ended before the stable phase")
    curves.append(Curve(np.full(2, float(found)), np.array([f.min(), f.max()]), f"s = {found}", "reference"))
    return Observation({SHARE: Measured(found / limit), STEPS: Measured(float(found))}, tuple(curves))


def predict(case: LargeStepCase) -> Prediction:
    """At most the bound."""
    del case
    return Prediction({SHARE: Predicted(1.0, relation=Relation.AT_MOST)})


CLAIM = Claim(
    key="wu2024/phase-length",
    title="The unstable phase ends by step (60/γ²) max{η, n, e, ((η+n)/η) ln((η+n)/η)}",
    statement=(
        r"Some $s \le \frac{60}{\gamma^2}\max\{\eta, n, e, \frac{\eta+n}\eta\ln\frac{\eta+n}\eta\}$ has $f(w_s) \le "
        r"1/\eta$ and $\sum_ip_ie^{-x_i\cdot w_s} \le 1$. (The bound is loose: the observed $s$ is a thousandth of it "
        r"or less.)"
    ),
    hypotheses=(
        "separable data, margin γ > 0, row norms at most 1",
        "mean logistic loss, w₀ = 0, any η > 0",
    ),
    reference=Reference("wu2024", "Theorem 1", ("COLT 2024",)),
    source="stated",
    knobs=LargeStepKnobs(),
    setup=large_step_case,
    needs=every_step,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "s = 0 for every η",
            "small steps start in the stable phase, so it seems to need no time",
            lambda case: Prediction({STEPS: Predicted(0.0, relation=Relation.AT_MOST)}),
            setup=telling_case,
            needs=few_steps,
        ),
    ),
    see=("wu2024/stable-phase", "wu2024/accelerated-loss"),
    axes=("step t", "loss", "log", "log"),
)
