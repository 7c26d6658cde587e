"""A reading of the extension to non-separable data that does not survive: no bias on U for any H."""

import dataclasses

import numpy as np

from paper_repro.claims import (
    Claim,
    Falsifier,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Status,
    Traces,
)
from paper_repro.papers.derived.mixed_data.limit import AXES, INSIDE, unbiased
from paper_repro.papers.derived.mixed_data.limit import observe as observe_all
from paper_repro.papers.derived.mixed_data.setting import mixed_case, MixedCase, MixedKnobs, one_run


def observe(case: MixedCase, traces: Traces) -> Observation:
    """Measure the limit on U; where its error hides the predicted bias, the run decides nothing."""
    seen = observe_all(case, traces)
    bias = float(np.linalg.norm(case.resting_point - case.minimiser))
    if seen.quantities[INSIDE].error < 0.5 * bias / np.sqrt(case.inside.dim):
        return seen
    return dataclasses.replace(
        seen, undecided="the bias expected at these η and H is below the error of the limit"
    )


def mirrored(case: MixedCase) -> Prediction:
    """A bias of the opposite sign."""
    return Prediction({INSIDE: Predicted(2.0 * case.minimiser - case.resting_point)})


def origin(case: MixedCase) -> Prediction:
    """No part in U at all."""
    return Prediction({INSIDE: Predicted(np.zeros(case.inside.dim))})


CLAIM = Claim(
    key="zhu2024/non-separable-reading",
    title="A reading that fails: without separability Local GD finds the minimiser on U for every H",
    statement=(
        r"The paper announces an extension to non-separable data; we have seen neither its statement nor its "
        r"constants. Refuted here is only this reading of ours, modelled on the theorem for gradient descent in "
        r"ji2019: that for fixed $\eta$ and every $H$ the part of Local GD in the non-separable subspace $U$ "
        r"converges to the minimiser $\bar v$ of $f$ there. It does for $H = 1$ and for workers that agree on $U$; "
        r"otherwise the limit is the fixed point of derived/mixed-data, in general another point."
    ),
    hypotheses=(
        "mixed data, exponential or logistic loss; η below 2/smoothness on U",
        r"fixed $\eta$, $H \ge 2$, local steps from $\bar v$ with $\sum_m\sum_{j<H}\nabla f_m(v_m^j) \ne 0$",
    ),
    reference=Reference("zhu2024", "extension to non-separable data; statement unknown to us", ("v2",)),
    source="second-hand",
    expects=Status.REFUTED,
    knobs=MixedKnobs(),
    setup=mixed_case,
    needs=one_run,
    observe=observe,
    predict=unbiased,
    judge=limit,
    falsifiers=(
        Falsifier("a bias of the opposite sign", "the sign of the drift, read as that of the bias", mirrored),
        Falsifier(
            "the part in U vanishes", "the direction is ū, orthogonal to U, but U keeps a finite part", origin
        ),
    ),
    see=("derived/mixed-data", "derived/mixed-data-shared"),
    axes=AXES,
)
