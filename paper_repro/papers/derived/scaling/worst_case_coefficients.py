"""How much of V the one-step lemmas need: ½ and ⅔ where they have 2 and 5/4, and no less."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from figures import View
from implicitbias import Stream
from implicitbias.worst_case import (
    CERTIFIED_GAP,
    HETEROGENEOUS,
    IDENTICAL,
    one_step_excess,
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


SUFFICE = "max (left − right) with b*, for the μ of the knobs"
SHARP = "max (left − right) with 9/10 of b*, μ = 0"

# b* of L2 and of L4, and the learning rates up to which they are proved for μ > 0.
SMALLEST = (0.5, 2.0 / 3.0)
LIMITS = (0.75, 0.5)
LESS = 0.9
# Shares of b* in the picture.
SCAN = (0.6, 0.8, 1.2)


@dataclass(frozen=True)
class CoefficientKnobs:
    """Condition of the class, workers, and how far the step conditions are used."""

    inverse_condition: float = knob(0.1, "μ/L", "strong convexity over smoothness", low=0.02, high=0.5)
    share: float = knob(1.0, "4ηL/3, 2ηL", "share of the step conditions", low=0.2, high=1.0)
    workers: int = knob(2, "M", "workers", choices=(2, 3))
    scan: int = knob(3, "n", "coefficients of the picture besides", low=0, high=len(SCAN))


@dataclass(frozen=True)
class CoefficientCase:
    """The knobs, b for either lemma, and the μ at which it should suffice and at which it should be the least."""

    knobs: CoefficientKnobs
    coefficients: tuple[float, float] = SMALLEST
    suffice_at: float = 0.0
    sharp_at: float = 0.0

    def excesses(self, share: float, strong_convexity: float) -> list[WorstCase]:
        """Return the certified max (left − right) of L2 and L4 with a share of b."""
        return [self._excess(which, share * b, strong_convexity) for which, b in enumerate(self.coefficients)]

    def _excess(self, which: int, coefficient: float, strong_convexity: float) -> WorstCase:
        lemma = dataclasses.replace((IDENTICAL, HETEROGENEOUS)[which], disagreement=coefficient)
        return one_step_excess(
            lemma,
            smoothness=SMOOTHNESS,
            strong_convexity=strong_convexity,
            workers=self.knobs.workers,
            lr=self.knobs.share * LIMITS[which],
        )


def setup(knobs: CoefficientKnobs, stream: Stream) -> CoefficientCase | AssumptionUnmet:
    """Return b = ½ and ⅔; nothing is random."""
    del stream
    return not_installed() or CoefficientCase(knobs, suffice_at=knobs.inverse_condition)


def two_fifths(knobs: CoefficientKnobs, stream: Stream) -> CoefficientCase | AssumptionUnmet:
    """Return b = ½ for both, at μ = 0."""
    del stream
    return not_installed() or CoefficientCase(knobs, (0.5, 0.5))


def as_stated(knobs: CoefficientKnobs, stream: Stream) -> CoefficientCase | AssumptionUnmet:
    """Return b = 2 and 5/4, as in the lemmas."""
    del stream
    stated = (IDENTICAL.disagreement, HETEROGENEOUS.disagreement)
    return not_installed() or CoefficientCase(knobs, stated, suffice_at=knobs.inverse_condition)


def sharp_everywhere(knobs: CoefficientKnobs, stream: Stream) -> CoefficientCase | AssumptionUnmet:
    """Return b = ½ and ⅔, said to be the least also for the μ of the knobs."""
    del stream
    mu = knobs.inverse_condition
    return not_installed() or CoefficientCase(knobs, suffice_at=mu, sharp_at=mu)


def observe(case: CoefficientCase, traces: Traces) -> Observation:
    """Certify the lemmas with b and with less; with more of its multiples for the picture."""
    measured = observe_excess(case, traces)
    shares = np.array([LESS, *SCAN[: case.knobs.scan]])
    worst = [case.excesses(share, 0.0) for share in shares]
    curves = tuple(
        Curve(shares * b, np.array([w[which].value for w in worst]), f"{name}: certified at μ = 0")
        for which, (name, b) in enumerate(zip(("L2", "L4"), case.coefficients, strict=True))
    )
    return Observation(measured.quantities, curves)


def observe_excess(case: CoefficientCase, traces: Traces) -> Observation:
    """Certify the lemmas with b and with nine tenths of it."""
    del traces
    return Observation(
        {
            SUFFICE: certified_values(case.excesses(1.0, case.suffice_at)),
            SHARP: certified_values(case.excesses(LESS, case.sharp_at)),
        }
    )


def predict(case: CoefficientCase) -> Prediction:
    """At most 0 with b, more than the certificates leave open with less."""
    lines = tuple(
        Curve(np.array([b, max(SCAN) * b]), np.zeros(2), f"{name}: holds from b* on", "theory")
        for name, b in zip(("L2", "L4"), case.coefficients, strict=True)
    )
    holds = Predicted(0.0, CERTIFIED_GAP, Relation.AT_MOST, "gap between proof and example")
    return Prediction({SUFFICE: holds, SHARP: Predicted(CERTIFIED_GAP, relation=Relation.AT_LEAST)}, lines)


def view(case: CoefficientCase, observation: Observation, prediction: Prediction) -> View:
    """Excess against b."""
    caption = (
        f"Largest left − right of one exact local step under R + V ≤ 1 over all convex functions with L = 1, M = "
        f"{case.knobs.workers}, against the coefficient b of ηLV; the lemmas are stated with 2 (L2) and 5/4 (L4). "
        "Points are certified; lines begin at b* = ½ and ⅔."
    )
    return lemma_panels(CLAIM.title, caption, "coefficient b of ηLV", observation, prediction)


PROOF = r"""Units $L=1$, $x^*=0$, $f_m(0)=0$; subtracting $\langle\nabla f_m(0),x\rangle$ changes nothing, so
$\nabla f_m(0)=0$. Let $d_m=\hat x-x^m$, $g_m=\nabla f_m(x^m)=\bar g+\tilde g_m$, $\hat g_m=\nabla f_m(\hat x)$, and
a bar be the mean over $m$; $\bar d=0$. First $\mu=0$. For $0\le a\le2$ add, for each $m$, twice $\langle
g_m,x^m\rangle\ge f_m(x^m)+\frac12|g_m|^2$, $2-a$ times $f_m(x^m)\ge\frac12|g_m|^2$, $a$ times $f_m(x^m)\ge f_m(\hat
x)-\langle\hat g_m,d_m\rangle+\frac12|g_m-\hat g_m|^2$: $$2\langle\hat x,\bar g\rangle\ge
a\Delta+\overline{\tfrac{4-a}2|g|^2+2\langle d,g\rangle-a\langle\hat g,d\rangle +\tfrac a2|g-\hat g|^2}.$$ The same
$f$: $\hat g$ is common, $\overline{\langle\hat g,d\rangle}=0$ and $\overline{|g-\hat g|^2}\ge\overline{|\tilde
g|^2}$, which leaves $\frac{4-a}2|\bar g|^2+\overline{2|\tilde g|^2+2\langle d,\tilde g\rangle}\ge\frac{4-a}2|\bar
g|^2-\frac12V$. Different $f_m$: minimise over $g-\hat g$, then over $\tilde g$: $\frac{4-a}2|\bar
g|^2-\frac2{4-a}V$. As $R'=R-2\eta\langle\hat x,\bar g\rangle+\eta^2|\bar g|^2$, the lemmas hold for
$\eta\le\frac{4-a}2$ with $b=\frac12$ ($a\le2$), and with $b=\frac2{4-a}$, which is $\frac23$ for the $a=1$ of L4.
For $\mu>0$ apply this to $f_m-\frac\mu2|x|^2$, of smoothness $L-\mu$: $(1-\frac a2)\mu R$ is left over, and with
$|\bar h+\mu\hat x|^2\le\frac L{L-\mu}|\bar h|^2+L\mu|\hat x|^2$ it pays for $\eta|\bar g|^2$ as long as $\eta
L\le1-\frac a2$: $\frac34$ and $\frac12$. That less does not do at $\mu=0$ is certified by the examples of the
semidefinite programs; at $\mu>0$ less does."""

CLAIM = Claim(
    key="derived/worst-case-coefficients",
    title="The one-step lemmas hold with ½ for L2's 2 and ⅔ for L4's 5/4, at larger steps; with less they are false",
    statement=(
        r"L2 holds with $R'\le(1-\eta\mu)R-\frac\eta2\Delta+\frac12\eta LV$ for $\eta L\le\frac34$ and L4 with "
        r"$R'\le(1-\eta\mu)R-\eta\Delta+\frac23\eta LV$ for $\eta L\le\frac12$, for every $M$ and $\mu\ge0$. With "
        r"nine tenths of $\frac12$ and $\frac23$ both are false at $\mu=0$. For $\mu=0.1L$ about $0.303$ and "
        r"$0.409$ suffice [measured]: two fifths of $\frac54$ do there, and do not at $\mu=0$."
    ),
    hypotheses=("every f_m is L-smooth and μ-strongly convex", "exact gradients", "ηL ≤ 3/4 (L2), 1/2 (L4)"),
    reference=Reference("derived", "L2 and L4, sharpened"),
    source="derived",
    proof=PROOF,
    knobs=CoefficientKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    view=view,
    falsifiers=(
        Falsifier(
            "two fifths of L4's 5/4 suffice for every μ",
            "they do for μ = 0.1L",
            setup=two_fifths,
            observe=observe_excess,
        ),
        Falsifier(
            "2 and 5/4 are the least",
            "the proofs of L2 and L4 give them",
            setup=as_stated,
            observe=observe_excess,
        ),
        Falsifier(
            "½ and ⅔ are the least for every μ",
            "they do not depend on μ where they suffice",
            setup=sharp_everywhere,
            observe=observe_excess,
        ),
    ),
    see=("derived/worst-case-one-step",),
)
