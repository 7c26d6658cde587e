"""L3's step over the whole class: workers that share f never drift apart for η ≤ 2/L, and do beyond."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.worst_case import CERTIFIED_GAP, consensus_growth
from paper_repro.claims import (
    AssumptionUnmet,
    certified,
    Claim,
    Curve,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)
from paper_repro.papers.derived.scaling.worst_case_setting import (
    certified_values,
    contraction,
    not_installed,
    SMOOTHNESS,
)


CONVEX = "max V′/V for μ = 0"
STRONGLY_CONVEX = "max V′/V for the μ of the knobs"

# ηL below the limit 2, at it, and above.
STEPS = np.array([0.25, 1.0, 1.99, 2.2])


@dataclass(frozen=True)
class ConsensusKnobs:
    """Condition of the class, workers, and one more learning rate."""

    inverse_condition: float = knob(0.3, "μ/L", "strong convexity over smoothness", low=0.01, high=0.8)
    lr: float = knob(1.5, "ηL", "learning rate times smoothness", low=0.05, high=2.5)
    workers: int = knob(2, "M", "workers", choices=(2, 3, 4))


@dataclass(frozen=True)
class ConsensusCase:
    """The knobs, and the learning rates in order."""

    knobs: ConsensusKnobs
    lrs: Float[np.ndarray, " lr"]


def setup(knobs: ConsensusKnobs, stream: Stream) -> ConsensusCase | AssumptionUnmet:
    """Return the case of the knobs; nothing is random."""
    del stream
    return not_installed() or ConsensusCase(knobs, np.sort([*STEPS, knobs.lr]))


def observe(case: ConsensusCase, traces: Traces) -> Observation:
    """Certify the growth of V in one step, without strong convexity and with it."""
    del traces
    convex = certified_values([_growth(case, lr, 0.0) for lr in case.lrs])
    strongly = certified_values([_growth(case, case.knobs.lr, case.knobs.inverse_condition)])
    curve = Curve(case.lrs, np.asarray(convex.value), f"certified, M = {case.knobs.workers}")
    return Observation({CONVEX: convex, STRONGLY_CONVEX: strongly}, (curve,))


def _growth(case: ConsensusCase, lr: float, strong_convexity: float):
    return consensus_growth(
        smoothness=SMOOTHNESS, strong_convexity=strong_convexity, workers=case.knobs.workers, lr=lr
    )


def predict(case: ConsensusCase) -> Prediction:
    """max(1, |1 − ηL|)² for μ = 0, else max(|1 − ημ|, |1 − ηL|)²."""
    grid = np.linspace(0.0, max(STEPS[-1], case.knobs.lr), 200)
    lines = (
        Curve(grid, contraction(grid, 0.0), "max(1, |1 − ηL|)²", "theory"),
        Curve(grid, (1.0 - grid) ** 2, "(1 − ηL)²", "falsifier"),
    )
    strongly = np.atleast_1d(contraction(case.knobs.lr, case.knobs.inverse_condition))
    return Prediction({CONVEX: _equal(contraction(case.lrs, 0.0)), STRONGLY_CONVEX: _equal(strongly)}, lines)


def never_apart(case: ConsensusCase) -> Prediction:
    """At most 1 at every learning rate, also at 2.2/L."""
    del case
    return Prediction({CONVEX: Predicted(1.0, CERTIFIED_GAP, Relation.AT_MOST)})


def together(case: ConsensusCase) -> Prediction:
    """(1 − ηL)², as for the quadratic of largest curvature."""
    return Prediction({CONVEX: _equal((1.0 - case.lrs) ** 2)})


def _equal(value: Float[np.ndarray, " lr"]) -> Predicted:
    return Predicted(value, CERTIFIED_GAP, reason="gap between proof and example")


PROOF = r"""$V=\frac1{2M^2}\sum_{m,n}|x^m-x^n|^2$, and for each pair $x-\eta\nabla f(x)-(y-\eta\nabla f(y))=(1-\eta
A)(x-y)$ with $A=\int_0^1\nabla^2f$ on the segment, symmetric between $\mu$ and $L$: the distance changes by at most
$\max(|1-\eta\mu|,|1-\eta L|)$. Attained by $f=\frac\mu2|x|^2$ (for $\mu=0$ a flat direction, where $V$ stays) or by
$\frac L2|x|^2$. With noise every step adds $\eta^2\sigma^2(1-1/M)$, which gives L3 for $\eta\le2/L$."""

CLAIM = Claim(
    key="derived/worst-case-consensus",
    title="Workers that share a convex f never step apart for η ≤ 2/L, whatever f is; at 2.2/L they can, by 1.44",
    statement=(
        r"One exact local step of $M$ workers with the same convex, $L$-smooth $f$, from any points: the largest "
        r"growth of the disagreement $V=\frac1M\sum|x^m-\hat x|^2$ is $\max(1,|1-\eta L|)^2$, and "
        r"$\max(|1-\eta\mu|,|1-\eta L|)^2$ if $f$ is $\mu$-strongly convex. So $V$ does not grow for $\eta\le2/L$ "
        r"(the step of L3), and may beyond."
    ),
    hypotheses=("f is L-smooth and convex, the same for all workers", "exact gradients"),
    reference=Reference("derived", "L3, the step without noise"),
    source="derived",
    proof=PROOF,
    knobs=ConsensusKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    falsifiers=(
        Falsifier("V′ ≤ V for every η", "a gradient step is said to be non-expansive", predict=never_apart),
        Falsifier(
            "V contracts by (1 − ηL)²", "f bends at most that much, and bending contracts", predict=together
        ),
    ),
    see=("derived/worst-case-one-step",),
    axes=("ηL", "largest V′/V", "linear", "linear"),
)
