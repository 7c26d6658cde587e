"""The exact worst case of Local GD without heterogeneity: max(|1 − ημ|, |1 − ηL|)²ᵀ, however T = HR is split."""

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


ALIKE = "worst |x_R − x*|² at ζ = 0"
ONE_STEP = "the same with one local step, at ζ² = 1"

# Learning rates that are certified besides the knob's, in units of 1/L; 2.2 diverges, and ends the scan.
SCAN = (2.2, 0.3, 1.2, 1.7, 2.0)


@dataclass(frozen=True)
class LocalGDKnobs:
    """Condition of the class, the method, and where its learning rate lies."""

    inverse_condition: float = knob(0.1, "μ/L", "strong convexity over smoothness", low=0.01, high=0.6)
    lr: float = knob(0.7, "ηL", "learning rate times smoothness", low=0.05, high=2.2)
    local_steps: int = knob(2, "H", "local steps", choices=(1, 2))
    rounds: int = knob(2, "R", "rounds", choices=(1, 2))
    workers: int = knob(2, "M", "workers", choices=(2, 3))
    scan: int = knob(5, "n", "learning rates besides, from divergence on", low=1, high=len(SCAN))


@dataclass(frozen=True)
class LocalGDCase:
    """The knobs, and the learning rates at which the worst case is certified, in order."""

    knobs: LocalGDKnobs
    lrs: Float[np.ndarray, " lr"]

    @property
    def steps(self) -> int:
        """T = HR."""
        return self.knobs.local_steps * self.knobs.rounds

    def worst(self, lr: float, local_steps: int, heterogeneity: float) -> WorstCase:
        """Return the certified worst case."""
        return local_gd_worst_case(
            smoothness=SMOOTHNESS,
            strong_convexity=self.knobs.inverse_condition,
            workers=self.knobs.workers,
            local_steps=local_steps,
            rounds=self.knobs.rounds,
            lr=lr,
            heterogeneity=heterogeneity,
        )


def setup(knobs: LocalGDKnobs, stream: Stream) -> LocalGDCase | AssumptionUnmet:
    """Return the case of the knobs; nothing is random."""
    del stream
    return not_installed() or LocalGDCase(knobs, np.sort([knobs.lr, *SCAN[: knobs.scan]]))


def observe(case: LocalGDCase, traces: Traces) -> Observation:
    """Certify the worst case at every learning rate, and with heterogeneity where H = 1."""
    del traces
    alike = certified_values([case.worst(lr, case.knobs.local_steps, 0.0) for lr in case.lrs])
    one_step = certified_values([case.worst(lr, 1, 1.0) for lr in (case.lrs[0], case.lrs[-1])])
    curve = Curve(case.lrs, np.asarray(alike.value), f"certified, H = {case.knobs.local_steps}")
    return Observation({ALIKE: alike, ONE_STEP: one_step}, (curve,))


def predict(case: LocalGDCase) -> Prediction:
    """max(|1 − ημ|, |1 − ηL|)²ᵀ."""
    mu, grid = case.knobs.inverse_condition, np.linspace(0.02, SCAN[0], 200)
    lines = (
        Curve(grid, contraction(grid, mu) ** case.steps, "max(|1 − ημ|, |1 − ηL|)²ᵀ", "theory"),
        Curve(grid, np.abs(1.0 - grid * mu) ** case.steps, "(1 − ημ)^T", "falsifier"),
    )
    one_step = contraction(case.lrs[[0, -1]], mu) ** case.knobs.rounds
    return Prediction(
        {ALIKE: _equal(contraction(case.lrs, mu) ** case.steps), ONE_STEP: _equal(one_step)}, lines
    )


def slow_rate(case: LocalGDCase) -> Prediction:
    """(1 − ημ)^T, at every learning rate."""
    return Prediction({ALIKE: _equal((1.0 - case.lrs * case.knobs.inverse_condition) ** case.steps)})


def never_away(case: LocalGDCase) -> Prediction:
    """At most 1, at every learning rate."""
    return Prediction({ALIKE: Predicted(np.ones(len(case.lrs)), relation=Relation.AT_MOST)})


def _equal(value: Float[np.ndarray, " lr"]) -> Predicted:
    return Predicted(value, CERTIFIED_GAP, reason="gap between proof and example")


PROOF = r"""Upper bound: with $\zeta=0$ every $\nabla f_m(x^*)=0$, and a gradient step contracts distances to $x^*$
by $\rho=\max(|1-\eta\mu|,|1-\eta L|)$, because $\nabla f_m(x)=\int_0^1\nabla^2f_m(x^*+s(x-x^*))ds\,(x-x^*)$ with a
symmetric matrix between $\mu$ and $L$. So do $H$ steps by $\rho^H$, and an average of vectors is no longer than the
longest. Attained by all $f_m=\frac\mu2|x|^2$ or all $\frac L2|x|^2$. One local step: the average of the workers'
steps is $x-\eta\nabla f(x)$, $f$ their mean, which is in the class with $\nabla f(x^*)=0$ whatever $\zeta$ is. The
certified values know none of this: a semidefinite program finds the worst functions."""

CLAIM = Claim(
    key="derived/worst-case-local-gd",
    title="Without heterogeneity the worst function costs Local GD max(|1 − ημ|, |1 − ηL|)²ᵀ, however T is split",
    statement=(
        r"Over all $L$-smooth, $\mu$-strongly convex $f_1,\dots,f_M$ in any dimension with $\nabla f_m(x^*)=0$ and "
        r"all starts with $|x_0-x^*|\le1$, the largest $|x_R-x^*|^2$ of Local GD is $\max(|1-\eta\mu|,|1-\eta "
        r"L|)^{2T}$, $T=HR$: $(1-\eta\mu)^{2T}$ for $\eta\le2/(L+\mu)$, $(\eta L-1)^{2T}$ beyond. With $H=1$ it is "
        r"that for every $\zeta^2=\frac1M\sum|\nabla f_m(x^*)|^2$. With a frozen $\hat D$: the same in $\hat "
        r"D^{1/2}x$."
    ),
    hypotheses=("every f_m is L-smooth and μ-strongly convex", "exact gradients", "ζ = 0, or H = 1"),
    reference=Reference("derived", "worst case of Local GD"),
    source="derived",
    proof=PROOF,
    knobs=LocalGDKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    falsifiers=(
        Falsifier(
            "(1 − ημ)^T", "the theorems give the squared distance this factor a step", predict=slow_rate
        ),
        Falsifier(
            "never farther away than at the start, also at η = 2.2/L",
            "every f_m is strongly convex",
            predict=never_away,
        ),
    ),
    see=("derived/worst-case-heterogeneity", "derived/worst-case-bound"),
    axes=("ηL", "worst |x_R − x*|², |x_0 − x*| = 1", "linear", "linear"),
)
