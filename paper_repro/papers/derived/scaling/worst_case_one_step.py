"""L2 and L4 over the whole class: no function and no local states break them; without V some do."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from figures import View
from implicitbias import Stream
from implicitbias.worst_case import (
    CERTIFIED_GAP,
    HETEROGENEOUS,
    IDENTICAL,
    one_step_excess,
    OneStepLemma,
    WorstCase,
)
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
    lemma_panels,
    not_installed,
    SMOOTHNESS,
)


EXCESS = "max (left − right) of L2, L4 under R + V ≤ 1"

# ηL at the step conditions of L2 and L4.
LIMITS = np.array([0.25, 0.125])
# Learning rates of the picture besides, in units of 1/L; the conditions are sufficient, not necessary.
SCAN = (0.5, 1.5, 2.1)


@dataclass(frozen=True)
class OneStepKnobs:
    """Condition of the class, workers, and how far the step conditions are used."""

    inverse_condition: float = knob(0.1, "μ/L", "strong convexity over smoothness", low=0.02, high=0.3)
    share: float = knob(1.0, "4ηL, 8ηL", "share of the step conditions", low=0.05, high=1.0)
    workers: int = knob(2, "M", "workers", choices=(2, 3))
    scan: int = knob(3, "n", "learning rates of the picture besides", low=0, high=len(SCAN))


@dataclass(frozen=True)
class OneStepCase:
    """The knobs, and the coefficients of the two lemmas."""

    knobs: OneStepKnobs
    lemmas: tuple[OneStepLemma, OneStepLemma] = (IDENTICAL, HETEROGENEOUS)

    @property
    def lrs(self) -> np.ndarray:
        """ηL for either lemma."""
        return self.knobs.share * LIMITS

    def excess(self, lemma: OneStepLemma, lr: float) -> WorstCase:
        """Return the certified max (left − right)."""
        return one_step_excess(
            lemma,
            smoothness=SMOOTHNESS,
            strong_convexity=self.knobs.inverse_condition,
            workers=self.knobs.workers,
            lr=lr,
        )


def setup(knobs: OneStepKnobs, stream: Stream) -> OneStepCase | AssumptionUnmet:
    """Return the case of the knobs; nothing is random."""
    del stream
    return not_installed() or OneStepCase(knobs)


def changing(**coefficients: float) -> Callable[[OneStepKnobs, Stream], OneStepCase | AssumptionUnmet]:
    """Return the set-up with other coefficients in both lemmas."""

    def changed(knobs: OneStepKnobs, stream: Stream) -> OneStepCase | AssumptionUnmet:
        del stream
        identical, heterogeneous = (
            dataclasses.replace(lemma, **coefficients) for lemma in (IDENTICAL, HETEROGENEOUS)
        )
        return not_installed() or OneStepCase(knobs, (identical, heterogeneous))

    return changed


def observe(case: OneStepCase, traces: Traces) -> Observation:
    """Certify both lemmas at the learning rate of the knobs; beyond it, and without V, for the picture."""
    measured = observe_excess(case, traces)
    lemmas = (("L2", case.lemmas[0], case.lrs[0]), ("L4", case.lemmas[1], case.lrs[1]))
    curves = []
    for name, lemma, lr in lemmas:
        grid = np.array([lr, *SCAN[: case.knobs.scan]])
        without = dataclasses.replace(lemma, disagreement=0.0)
        curves.append(Curve(grid, _excesses(case, lemma, grid), f"{name}: certified"))
        curves.append(Curve(grid, _excesses(case, without, grid), f"{name}: without V", "falsifier"))
    return Observation(measured.quantities, tuple(curves))


def observe_excess(case: OneStepCase, traces: Traces) -> Observation:
    """Certify both lemmas at the learning rate of the knobs."""
    del traces
    worst = [case.excess(lemma, lr) for lemma, lr in zip(case.lemmas, case.lrs, strict=True)]
    return Observation({EXCESS: certified_values(worst)})


def _excesses(case: OneStepCase, lemma: OneStepLemma, lrs: np.ndarray) -> np.ndarray:
    return np.array([case.excess(lemma, lr).value for lr in lrs])


def predict(case: OneStepCase) -> Prediction:
    """At most 0."""
    lines = tuple(
        Curve(np.array([0.0, limit]), np.zeros(2), f"{name}: step condition", "theory")
        for name, limit in zip(("L2", "L4"), LIMITS, strict=True)
    )
    no_excess = Predicted(0.0, CERTIFIED_GAP, Relation.AT_MOST, "gap between proof and example")
    return Prediction({EXCESS: no_excess}, lines)


def view(case: OneStepCase, observation: Observation, prediction: Prediction) -> View:
    """Excess against the learning rate, with V and without."""
    caption = (
        f"Largest left − right of one exact local step under R + V ≤ 1 over all functions with L = 1, μ = "
        f"{case.knobs.inverse_condition:g}, M = {case.knobs.workers}: 0 where the lemma holds. Points are certified; "
        "lines at 0 end at the step conditions ηL ≤ 1/4 and 1/8, which are far from necessary."
    )
    return lemma_panels(CLAIM.title, caption, "ηL", observation, prediction)


PROOF = r"""L2: expand the square; $\|\bar g\|^2\le\frac{2L}M\sum(f(x^m)-f^*)$; strong convexity at each $x^m$ and
Jensen; Young on $\langle\hat x-x^m,\nabla f(x^m)\rangle$ with weight $L$; then $f(\hat x)\le\frac1M\sum f(x^m)$.
L4: $\langle\hat x-x^m,\nabla f_m(x^m)\rangle\ge f_m(\hat x)-f_m(x^m)-\frac L2|\hat x-x^m|^2$ and $|\bar
g|^2\le2L^2V+8L\Delta$. Certified without either: the largest left minus right over the class is the value of a
semidefinite program, and nonnegative multipliers that combine the inequalities of the class to
$\text{left}-\text{right} \le0$ are a proof of the lemma for these $\eta L$, $\mu/L$ and $M$, in any dimension and
for any $f_m$."""

CLAIM = Claim(
    key="derived/worst-case-one-step",
    title="No function of the class breaks the one-step lemmas L2 and L4; without the disagreement V some do",
    statement=(
        r"One averaged local step with exact gradients from any $x^1,\dots,x^M$, over all $L$-smooth, "
        r"$\mu$-strongly convex functions: $R'\le(1-\eta\mu)R-\frac\eta2\Delta+2\eta LV$ if all workers share $f$ "
        r"and $\eta L\le\frac14$ (L2); $R'\le(1-\eta\mu)R-\eta\Delta+\frac54\eta LV$ for different $f_m$ and $\eta "
        r"L\le\frac18$ (L4). $R=|\hat x-x^*|^2$, $\Delta=f(\hat x)-f^*$, $V=\frac1M\sum|x^m-\hat x|^2$."
    ),
    hypotheses=("every f_m is L-smooth and μ-strongly convex", "exact gradients", "ηL ≤ 1/4 (L2), 1/8 (L4)"),
    reference=Reference("derived", "L2 and L4"),
    source="derived",
    proof=PROOF,
    knobs=OneStepKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    view=view,
    falsifiers=(
        Falsifier(
            "without V",
            "the average of M gradients looks like the gradient at the average",
            setup=changing(disagreement=0.0),
            observe=observe_excess,
        ),
        Falsifier(
            "an eighth of L2's coefficient of V, a fifth of L4's",
            "the lemmas are not sharp in it",
            setup=changing(disagreement=0.25),
            observe=observe_excess,
        ),
        Falsifier(
            "3ηΔ",
            "strong convexity adds to what a step gains, which is 2ηΔ at most",
            setup=changing(descent=3.0),
            observe=observe_excess,
        ),
    ),
    see=("derived/worst-case-consensus", "derived/worst-case-coefficients"),
)
