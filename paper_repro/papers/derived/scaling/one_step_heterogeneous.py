"""L4: one scaled local step on heterogeneous data, both sides by exact conditional expectation."""

from implicitbias import Stream
from implicitbias.scaled import heterogeneous_side
from paper_repro.claims import bound, Claim, Falsifier, Reference
from paper_repro.papers.derived.scaling.one_step_setting import (
    case_of,
    changing,
    observe,
    OneStepCase,
    OneStepKnobs,
    predict,
    Side,
    view_of,
)


SIDE = Side(
    heterogeneous_side,
    {"gap": 1.0, "consensus": 5 / 4, "noise": 4.0},
    limit=1 / 8,
    rough=lambda constants: constants.sample_smoothness,
    identical=False,
)
TITLE = (
    "No drawn state breaks the one-step lemma on heterogeneous data; without V, or with σ²/M² or 4Δ, some do"
)
WRONG = {"consensus": lambda workers: 0.0, "noise": lambda workers: 1.0 / workers, "gap": lambda workers: 4.0}


def setup(knobs: OneStepKnobs, stream: Stream) -> OneStepCase:
    """Return drawn states of workers that hold samples of their own."""
    return case_of(SIDE, knobs, stream)


PROOF = r"""In $y=\hat D^{1/2}x$: $\langle\hat y-y^m,\nabla f_m(y^m)\rangle\ge f_m(\hat y)-f_m(y^m)-\frac{L_D}2|\hat
y-y^m|^2$ by smoothness, and $\langle y^m-y^*,\nabla f_m(y^m)\rangle\ge f_m(y^m)-f_m(y^*)+\frac{\mu_D}2|y^m-y^*|^2$;
the mean over workers is $\Delta+\frac{\mu_D}2R-\frac{L_D}2V$ at least. $E|\bar
g|^2\le2L_D^2V+8L_D\Delta+4\sigma_D^{*2} /M$: compare $g^m$ with the same sample's gradient at $\hat y$ (co-coercivity:
$L_D$ of almost every $f_m(\cdot,z)$) and that with the one at $y^*$, where $\sum\nabla f_m(y^*)=0$, so that only the
variance there is left. With $\eta L_D\le\frac18$: $-2\eta+8\eta^2L_D\le-\eta$ and $\eta L_D(1+2\eta L_D)\le\frac54\eta
L_D$."""

CLAIM = Claim(
    key="derived/scaling-one-step-heterogeneous",
    title=TITLE,
    statement=(
        r"L4: almost every $f_m(\cdot,z)$ convex and $L_D$-smooth, $\eta L_D\le\frac18$, any local states. In the "
        r"norm of $\hat D$, $E|\hat x^+-x^*|^2\le(1-\eta\mu_D)|\hat x-x^*|^2-\eta(f(\hat x)-f^*)+\frac54\eta "
        r"L_DV+4\eta^2 \sigma_D^{*2}/M$, with the variance $\sigma_D^{*2}$ at $x^*$ alone: heterogeneity does not "
        r"enter but by $V$."
    ),
    hypotheses=(
        "almost every f_m(·, z) is convex and L_D-smooth in the norm of D̂, every f_m μ_D-strongly convex",
        "unbiased gradients, independent over workers",
        "η L_D ≤ 1/8",
    ),
    reference=Reference("derived", "L4, one step on heterogeneous data"),
    source="derived",
    proof=PROOF,
    knobs=OneStepKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    view=view_of(TITLE, WRONG),
    falsifiers=(
        Falsifier(
            "without V", "x̂ moves by the mean gradient", predict=changing("consensus", WRONG["consensus"])
        ),
        Falsifier(
            "σ²/M²", "the average of M gradients is squared", predict=changing("noise", WRONG["noise"])
        ),
        Falsifier(
            "4ηΔ instead of ηΔ",
            "an exact gradient step on a quadratic gains that much",
            predict=changing("gap", WRONG["gap"]),
        ),
    ),
    see=("derived/scaling-one-step-identical", "derived/worst-case-one-step"),
)
