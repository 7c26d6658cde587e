"""A reading that does not survive: loss O(1/(Hr)) with a constant free of H, under η = O(1/H)."""

import numpy as np

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
    Relation,
    Status,
    Traces,
)
from paper_repro.claims.extrapolation import divergence
from paper_repro.papers.derived.local_gd.loss_rate import (
    DividedRateCase,
    DividedRateKnobs,
    limits,
    LOCAL_STEPS,
    needs,
    setup,
)


GROWTH = "exponent of H in lim H r f, from H = 1 to 1000"


def observe(case: DividedRateCase, traces: Traces) -> Observation:
    """Measure how lim H·r·f grows with H, between the smallest and the largest H."""
    steps, end = np.array(LOCAL_STEPS), limits(case, traces)
    value, error = np.asarray(end.value), np.asarray(end.error)
    curve = Curve(steps, steps * value, "lim H r f, extrapolated", method="local_gd")
    return Observation(
        {GROWTH: growth(steps[[0, -1]], value[[0, -1]], error[[0, -1]])}, (curve,), divergence(traces)
    )


def growth(steps: np.ndarray, value: np.ndarray, error: np.ndarray) -> Measured:
    """Return the exponent of H in H·value, between two H; unknown if a value is not known to be positive."""
    if (value <= error).any():
        return Measured(0.0, np.inf)
    span = float(np.log(steps[1] / steps[0]))
    low, high = np.log(value - error), np.log(value + error)
    uncertainty = float((high - low).sum()) / span
    return Measured(1 + float(np.log(value[1] / value[0])) / span, uncertainty)


def at_most(exponent: float, label: str, role: str, case: DividedRateCase) -> Prediction:
    """The prediction that lim H r f grows at most like H^exponent."""
    steps = np.array(LOCAL_STEPS, dtype=float)
    line = Curve(steps, case.loss_limit * steps**exponent, label, role)
    return Prediction({GROWTH: Predicted(exponent, relation=Relation.AT_MOST)}, (line,))


CLAIM = Claim(
    key="zhu2024/loss-rate-reading",
    title="A reading: under η = O(1/H) the loss is at most K/(Hr), with K the same for every H",
    statement=(
        r"The reading: with $\eta = c/H$ there is a $K$ independent of $H$ such that $f(w^r) \le K/(Hr)$ for all "
        r"large $r$. We know the rate $O(1/(Hr))$ and the condition $\eta = O(1/H)$ second-hand, from public "
        r"reviews of the version between v1 and v2; we have not seen the theorem's constants, which may well "
        r"depend on $H$, and whether v2 states it differently is unknown to us. What is refuted is this reading "
        r"and nothing else: $\lim Hrf = H/(\gamma^2c)$ grows like $H$, as the corrected claim proves."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, learning rate η = c/H",
        "the constant does not depend on H (our reading)",
    ),
    reference=Reference("zhu2024", "rate of the loss; theorem number unknown", ("between v1 and v2",)),
    source="second-hand",
    knobs=DividedRateKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: at_most(0.0, "the reading: bounded in H", "falsifier", case),
    judge=bound,
    falsifiers=(
        Falsifier(
            "at most K/(H²r)",
            "if H steps gain a factor H, a smaller rate might gain another",
            lambda case: at_most(-1.0, "H⁻¹", "falsifier", case),
        ),
    ),
    expects=Status.REFUTED,
    see=("derived/loss-rate-corrected", "zhu2024/loss-limit"),
    axes=("local steps H", "lim H r f", "log", "log"),
)
