"""(1/t) Σ_{k<t} f(w_k) ≤ (1 + ln²(γ²ηt) + η²/4)/(γ²ηt), for every t and every step η."""

import numpy as np

from implicitbias.loss_bounds import mean_loss_bound
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
    log_spaced,
    telling_case,
)


MEAN = "mean loss / bound"
WITHOUT_STEP = "mean loss / bound without η²/4"
ONE = "mean loss · γ²ηt"


def observe(case: LargeStepCase, traces: Traces) -> Observation:
    """Measure the mean of the losses before step t, in units of the bound and of what falsifiers leave of it."""
    (trace,) = traces
    times = log_spaced(1, int(trace.rounds[-1]))
    mean = np.cumsum(trace.loss[0])[times - 1] / times
    bounds = [mean_loss_bound(case.margin, lr=case.lr, steps=int(t)) for t in times]
    value, scale, step = (
        np.array(column)
        for column in zip(*((b.value, b.constants["γ²ηt"], b.constants["η²/4"]) for b in bounds), strict=True)
    )
    quantities = {
        MEAN: Measured(mean / value),
        WITHOUT_STEP: Measured(mean / (value - step / scale)),
        ONE: Measured(mean * scale),
    }
    curves = (
        Curve(times, mean, "mean of the losses before t", method="gd"),
        Curve(times, value, "bound", "theory"),
        Curve(times, value - step / scale, "without η²/4", "falsifier"),
        Curve(times, 1.0 / scale, "1/(γ²ηt)", "reference"),
    )
    return Observation(quantities, curves)


def predict(case: LargeStepCase) -> Prediction:
    """At most the bound."""
    del case
    return at_most_one(MEAN)


def at_most_one(quantity: str) -> Prediction:
    """A ratio that must not exceed 1."""
    return Prediction({quantity: Predicted(1.0, relation=Relation.AT_MOST)})


CLAIM = Claim(
    key="wu2024/mean-loss",
    title="For any step η the mean loss is at most (1 + ln²(γ²ηt) + η²/4)/(γ²ηt)",
    statement=(
        r"Gradient descent on the logistic loss from $w_0 = 0$, with any $\eta > 0$: for every $t \ge 1$, $\frac1t"
        r"\sum_{k<t}f(w_k) \le \frac{1 + \ln^2(\gamma^2\eta t) + \eta^2/4}{\gamma^2\eta t}$, although single steps may "
        r"raise the loss."
    ),
    hypotheses=("separable data, margin γ > 0, row norms at most 1", "mean logistic loss, w₀ = 0"),
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
            "without η²/4",
            "a mean over many steps seems to forget the oscillations of the first ones",
            lambda case: at_most_one(WITHOUT_STEP),
            setup=telling_case,
            needs=few_steps,
        ),
        Falsifier(
            "1/(γ²ηt)",
            "the last iterate tends to exactly that, but the mean remembers the earlier ones",
            lambda case: at_most_one(ONE),
            setup=telling_case,
            needs=few_steps,
        ),
    ),
    see=("wu2024/stable-phase", "wu2024/phase-length"),
    axes=("step t", "loss", "log", "log"),
)
