"""T4 against the exact worst case: exceeded by no function of the class, and how far above the worst it is."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from implicitbias.bounds import Bound
from implicitbias.scaled import Constants, heterogeneous_strongly_convex
from implicitbias.worst_case import scaled_worst_case, WorstCase
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
from paper_repro.papers.derived.scaling.worst_case_setting import certified_values, not_installed, SMOOTHNESS


WORST = "worst |x_R − x*|² over the class"

# The step condition of T4, η L_D max(1, H − 1) ≤ 1/8.
STEP_LIMIT = 1.0 / 8.0
# Shares of it at which the worst case is certified besides the knob's.
SCAN = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class BoundKnobs:
    """Class, preconditioner, and how far the step condition is used."""

    inverse_condition: float = knob(0.1, "μ/L", "strong convexity over smoothness", low=0.02, high=0.6)
    share: float = knob(0.75, "8ηL max(1, H − 1)/d_min", "share of the step condition", low=0.1, high=1.0)
    heterogeneity: float = knob(1.0, "ζ²", "mean square of the gradients at x*, r₀ = 1", low=0.1, high=4.0)
    spread: float = knob(1.0, "d_max/d_min", "spread of the preconditioner", low=1.0, high=4.0)
    local_steps: int = knob(2, "H", "local steps", choices=(2, 3))
    rounds: int = knob(2, "R", "rounds", choices=(1, 2))
    scan: int = knob(3, "n", "learning rates besides", low=0, high=len(SCAN))


@dataclass(frozen=True)
class BoundCase:
    """The knobs, and the learning rates, in order."""

    knobs: BoundKnobs
    lrs: tuple[float, ...]

    def constants(self, lr: float) -> Constants:
        """L = 1, d_min = 1, M = 2, exact gradients, D̂ frozen."""
        return Constants(
            smoothness=SMOOTHNESS,
            strong_convexity=self.knobs.inverse_condition,
            noise=0.0,
            floor=1.0,
            ceiling=self.knobs.spread,
            workers=2,
            local_steps=self.knobs.local_steps,
            lr=lr,
            heterogeneity=self.knobs.heterogeneity,
            identical=False,
        )

    def bound(self, lr: float) -> Bound:
        """T4."""
        return heterogeneous_strongly_convex(
            self.constants(lr), squared_distance=1.0, rounds=self.knobs.rounds
        )

    def worst(self, lr: float) -> WorstCase:
        """Return the certified worst case."""
        return scaled_worst_case(self.constants(lr), squared_distance=1.0, rounds=self.knobs.rounds)


def setup(knobs: BoundKnobs, stream: Stream) -> BoundCase | AssumptionUnmet:
    """Return the case of the knobs; nothing is random."""
    del stream
    largest = STEP_LIMIT / SMOOTHNESS / max(1, knobs.local_steps - 1)
    shares = sorted({knobs.share, *SCAN[: knobs.scan]})
    case = BoundCase(knobs, tuple(share * largest for share in shares))
    unmet = {hypothesis for lr in case.lrs for hypothesis in case.bound(lr).unmet}
    return AssumptionUnmet("; ".join(sorted(unmet))) if unmet else not_installed() or case


def observe(case: BoundCase, traces: Traces) -> Observation:
    """Certify the worst case at every learning rate."""
    del traces
    worst = [case.worst(lr) for lr in case.lrs]
    tightest = max(case.bound(lr).tightness(w.value) for lr, w in zip(case.lrs, worst, strict=True))
    curve = Curve(np.array(case.lrs), np.array([w.value for w in worst]), "certified worst case")
    note = f"largest worst case over bound {tightest:.3g}"
    return Observation({WORST: certified_values(worst)}, (curve,), note=note)


def predict(case: BoundCase) -> Prediction:
    """At most T4."""
    bounds = np.array([case.bound(lr).value for lr in case.lrs])
    return _at_most(case, bounds, "T4", "theory", _start_alone(case))


def _start_alone(case: BoundCase) -> tuple[Curve, ...]:
    """Return the first term of T4: all of it for ζ = 0."""
    start = np.array([case.bound(lr).constants["start"] for lr in case.lrs])
    return (Curve(np.array(case.lrs), start, "T4 without its term in ζ²", "reference"),)


def like_gradient_descent(case: BoundCase) -> Prediction:
    """(d_max/d_min)(1 − ημ_D)^{2T}, whatever ζ is."""
    return _at_most(case, _contracted(case, lambda a: (1.0 - a) ** 2), "(1 − ημ)²ᵀ", "falsifier")


def twice_the_rate(case: BoundCase) -> Prediction:
    """(d_max/d_min)(1 − 2ημ_D)^T, without heterogeneity."""
    return _at_most(case, _contracted(case, lambda a: 1.0 - 2.0 * a), "(1 − 2ημ)^T", "falsifier")


def alike(knobs: BoundKnobs, stream: Stream) -> BoundCase | AssumptionUnmet:
    """ζ = 0."""
    return setup(dataclasses.replace(knobs, heterogeneity=0.0), stream)


def _contracted(case: BoundCase, factor: Callable[[float], float]) -> np.ndarray:
    steps = case.knobs.local_steps * case.knobs.rounds
    shrinking = [lr * case.constants(lr).scaled.strong_convexity for lr in case.lrs]
    return np.array([case.knobs.spread * factor(a) ** steps for a in shrinking])


def _at_most(
    case: BoundCase, bounds: np.ndarray, label: str, role: str, besides: tuple[Curve, ...] = ()
) -> Prediction:
    line = Curve(np.array(case.lrs), bounds, label, role)
    return Prediction({WORST: Predicted(bounds, relation=Relation.AT_MOST)}, (line, *besides))


PROOF = r"""T4 follows from the one-step lemma L4 and the consensus lemma L5, whose proofs are inequalities between
the quantities of single functions. Here the same statement is checked without them: the worst functions are found
by a semidefinite program, and its multipliers combine the defining inequalities of the class into $|x_R-x^*|^2\le$
the certified value, which is compared with the bound. $\hat D$ enters by $y=\hat D^{1/2}x$: the functions $f_m(\hat
D^{-1/2}y)$ are $L/d_{\min}$-smooth and $\mu/d_{\max}$-strongly convex."""

CLAIM = Claim(
    key="derived/worst-case-bound",
    title="No function of the class exceeds T4, and the worst of them shows how loose it is",
    statement=(
        r"For exact gradients and a frozen $\hat D$, T4 (derived, SAVIC-type) reads $|x_R-x^*|^2\le\frac"
        r"{d_{\max}}{d_{\min}}(1-\eta\mu_D)^Tr_0+4.55\,\eta^2L_D(H-1)^2\zeta_D^2/(d_{\min}\mu_D)$. The exact worst "
        r"case over all $L_D$-smooth, $\mu_D$-strongly convex functions stays below it; their ratio is the most "
        r"that any data can show of the bound."
    ),
    hypotheses=(
        "every f_m is L-smooth and μ-strongly convex, μ > 0",
        "exact gradients; D̂ between d_min and d_max, frozen (c = 0) and shared",
        "ηL_D ≤ 1/8 and ηL_D(H − 1) ≤ 1/8",
    ),
    reference=Reference("derived", "T4, heterogeneous data, μ > 0"),
    source="derived",
    proof=PROOF,
    knobs=BoundKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    falsifiers=(
        Falsifier(
            "(1 − ημ)²ᵀ for every ζ",
            "without heterogeneity it is the exact worst case",
            predict=like_gradient_descent,
        ),
        Falsifier(
            "(1 − 2ημ)^T without heterogeneity",
            "it is the exact worst case to first order in ημ",
            predict=twice_the_rate,
            setup=alike,
        ),
    ),
    see=("derived/worst-case-local-gd", "derived/worst-case-heterogeneity"),
    axes=("ηL, L = d_min = 1", "|x_R − x*|², |x_0 − x*| = 1", "linear", "linear"),
)
