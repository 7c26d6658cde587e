"""The worst case of Local GD against ζ²: concave, so that its excess over ζ = 0 is not proportional to ζ²."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.worst_case import CERTIFIED_GAP, local_gd_worst_case, WorstCase
from paper_repro.claims import (
    AssumptionUnmet,
    certified,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)
from paper_repro.papers.derived.scaling.worst_case_setting import contraction, not_installed, SMOOTHNESS


# A lower bound of 0 would leave the growth undefined; so little is no excess.
SMALLEST = 1e-12

EXCESS = "excess over ζ = 0, at ζ² = 1, 4, 16"
GROWTH = "growth of the excess when ζ² grows fourfold"

# ζ² in units of r₀: each four times the one before.
LEVELS = np.array([1.0, 4.0, 16.0])
FOURFOLD = 4.0


@dataclass(frozen=True)
class HeterogeneityKnobs:
    """Condition of the class, and the method."""

    inverse_condition: float = knob(0.1, "μ/L", "strong convexity over smoothness", low=0.02, high=0.4)
    lr: float = knob(0.25, "ηL", "learning rate times smoothness", low=0.1, high=0.6)
    local_steps: int = knob(2, "H", "local steps", choices=(2, 3))
    workers: int = knob(2, "M", "workers", choices=(2, 3))


@dataclass(frozen=True)
class HeterogeneityCase:
    """The knobs, and V(0, 1); V(r₀, ζ²) is the worst case after one round."""

    knobs: HeterogeneityKnobs
    from_minimiser: float

    @property
    def alike(self) -> float:
        """V(1, 0), in closed form."""
        return float(contraction(self.knobs.lr, self.knobs.inverse_condition) ** self.knobs.local_steps)


def setup(knobs: HeterogeneityKnobs, stream: Stream) -> HeterogeneityCase | AssumptionUnmet:
    """Return the case of the knobs; nothing is random."""
    del stream
    return not_installed() or HeterogeneityCase(knobs, worst(knobs, 0.0, 1.0).primal)


def worst(knobs: HeterogeneityKnobs, distance: float, heterogeneity: float) -> WorstCase:
    """V(r₀, ζ²), certified."""
    return local_gd_worst_case(
        smoothness=SMOOTHNESS,
        strong_convexity=knobs.inverse_condition,
        workers=knobs.workers,
        local_steps=knobs.local_steps,
        rounds=1,
        lr=knobs.lr,
        heterogeneity=heterogeneity,
        distance=distance,
    )


def observe(case: HeterogeneityCase, traces: Traces) -> Observation:
    """Certify V(1, ζ²) − V(1, 0) at three ζ²; it lies between its proved value and that minus the gap."""
    del traces
    certified_at = [worst(case.knobs, 1.0, level) for level in LEVELS]
    upper = np.array([w.value for w in certified_at]) - case.alike
    lower = np.maximum(upper - [w.gap for w in certified_at], SMALLEST)
    quantities = {
        EXCESS: _between(lower, upper),
        GROWTH: _between(lower[1:] / upper[:-1], upper[1:] / lower[:-1]),
    }
    curves = (
        Curve(LEVELS, upper / LEVELS, f"certified, H = {case.knobs.local_steps}"),
        Curve(LEVELS, np.full(len(LEVELS), upper[0]), "proportional to ζ²", "falsifier"),
    )
    return Observation(quantities, curves)


def _between(low: Float[np.ndarray, " level"], high: Float[np.ndarray, " level"]) -> Measured:
    return Measured((low + high) / 2.0, (high - low) / 2.0)


def predict(case: HeterogeneityCase) -> Prediction:
    """At least ζ² V(0, 1), and at most fourfold when ζ² grows fourfold."""
    at_minimiser = np.full(len(LEVELS), case.from_minimiser)
    lines = (Curve(LEVELS, at_minimiser, "V(0, 1): what ζ costs at x* itself", "theory"),)
    quantities = {
        EXCESS: Predicted(LEVELS * case.from_minimiser, relation=Relation.AT_LEAST),
        GROWTH: Predicted(FOURFOLD, relation=Relation.AT_MOST),
    }
    return Prediction(quantities, lines)


def no_excess(case: HeterogeneityCase) -> Prediction:
    """None."""
    del case
    return Prediction({EXCESS: Predicted(0.0, CERTIFIED_GAP, reason="gap between proof and example")})


def proportional(case: HeterogeneityCase) -> Prediction:
    """Exactly fourfold."""
    del case
    return Prediction({GROWTH: Predicted(FOURFOLD)})


def proportional_to_root(case: HeterogeneityCase) -> Prediction:
    """At most twofold: an excess like ζ."""
    del case
    return Prediction({GROWTH: Predicted(math.sqrt(FOURFOLD), relation=Relation.AT_MOST)})


PROOF = r"""Write $V(r_0,\zeta^2)$ for the worst case with $|x_0-x^*|^2\le r_0$. It is the value of a convex program
(a Gram matrix and function values, all conditions linear in them) as a function of right-hand sides, hence concave;
scaling all points by $s$ and functions by $s^2$ makes it positively homogeneous. So it is superadditive,
$V(1,\zeta^2)\ge V(1,0)+\zeta^2V(0,1)$, and the excess $e(\zeta^2)=V(1,\zeta^2)-V(1,0)$ is concave with $e(0)=0$:
$e(4z)\le4e(z)$. That $e$ bends, $e(4z)<4e(z)$, is what the certificates measure: to a function that is worst near
$x^*$, and to one that is worst far away, the same $\zeta$ does not do the same."""

CLAIM = Claim(
    key="derived/worst-case-heterogeneity",
    title="Heterogeneity costs Local GD a concave excess: at least ζ²V(0, 1), and less than proportional to ζ²",
    statement=(
        r"For $H>1$ let $V(r_0,\zeta^2)$ be the largest $|x_R-x^*|^2$ over all $L$-smooth, $\mu$-strongly convex "
        r"$f_m$ with $\frac1M\sum|\nabla f_m(x^*)|^2\le\zeta^2$ and $|x_0-x^*|^2\le r_0$. Then "
        r"$V(1,\zeta^2)-V(1,0)\ge\zeta^2V(0,1)>0$, and this excess is concave in $\zeta^2$: it grows at most "
        r"fourfold when $\zeta^2$ does. It is not proportional to $\zeta^2$."
    ),
    hypotheses=("every f_m is L-smooth and μ-strongly convex", "exact gradients", "H > 1"),
    reference=Reference("derived", "worst case of Local GD"),
    source="derived",
    proof=PROOF,
    knobs=HeterogeneityKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    falsifiers=(
        Falsifier(
            "H > 1 does not depend on ζ either", "the gradients at x* cancel on average", predict=no_excess
        ),
        Falsifier(
            "proportional to ζ²", "T4 is, and at ζ² ≤ 1 four digits agree with it", predict=proportional
        ),
        Falsifier("proportional to ζ", "so is a distance", predict=proportional_to_root),
    ),
    see=("derived/worst-case-local-gd", "derived/worst-case-bound"),
    axes=("ζ²/r₀", "excess over ζ = 0 of the worst |x_R − x*|², over ζ²", "log", "linear"),
)
