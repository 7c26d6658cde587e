"""L2: one scaled local step on identical data, both sides by exact conditional expectation."""

from implicitbias import Stream
from implicitbias.scaled import identical_side
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
    identical_side,
    {"gap": 1 / 2, "consensus": 2.0, "noise": 1.0},
    limit=1 / 4,
    rough=lambda constants: constants.smoothness,
    identical=True,
)
TITLE = (
    "No drawn state breaks the one-step lemma on identical data; without V, or with σ²/M² or 5/2·Δ, some do"
)
WRONG = {"consensus": lambda workers: 0.0, "noise": lambda workers: 1.0 / workers, "gap": lambda workers: 5.0}


def setup(knobs: OneStepKnobs, stream: Stream) -> OneStepCase:
    """Return drawn states of workers that hold the same samples."""
    return case_of(SIDE, knobs, stream)


PROOF = r"""Within a round $y=\hat D^{1/2}x$ makes the scheme plain Local SGD with constants $L_D,\mu_D,\sigma_D^2$.
Expand: $E|\hat y^+-y^*|^2=|\hat y-y^*|^2-\frac{2\eta}M\sum\langle\hat y-y^*,\nabla f(y^m)\rangle+\eta^2|\bar
g|^2+\eta^2 \frac{\mathrm{Var}}{M}$ with $|\bar g|^2\le\frac{2L_D}M\sum(f(y^m)-f^*)$. Split $\hat y-y^*=(\hat
y-y^m)+(y^m-y^*)$: strong convexity at every $y^m$ and Jensen give $-\eta\mu_D R-\frac{2\eta}M\sum(f(y^m)-f^*)$; Young
on $\langle\hat y-y^m,\nabla f(y^m)\rangle$ with weight $L_D$ costs $2\eta L_DV+\frac\eta M\sum(f(y^m)-f^*)$. The
coefficient of $\frac1M\sum(f(y^m)-f^*)$ is $-\eta(1-2\eta L_D)\le-\frac\eta2$, and $f(\hat y)\le\frac1M\sum
f(y^m)$."""

CLAIM = Claim(
    key="derived/scaling-one-step-identical",
    title=TITLE,
    statement=(
        r"L2: identical $f_m=f$, $\eta L_D\le\frac14$, any local states. In the norm of $\hat D$, $E|\hat x^+-x^*|^2 "
        r"\le(1-\eta\mu_D)|\hat x-x^*|^2-\frac\eta2(f(\hat x)-f^*)+2\eta L_DV+\eta^2\sigma_D^2/M$, "
        r"$V=\frac1M\sum|x^m- \hat x|^2$. The expectation over the mini-batches is computed exactly, not sampled."
    ),
    hypotheses=(
        "f is L_D-smooth and μ_D-strongly convex in the norm of D̂",
        "unbiased gradients, independent over workers, of variance at most σ_D²",
        "η L_D ≤ 1/4",
    ),
    reference=Reference("derived", "L2, one step on identical data"),
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
            "5/2·ηΔ instead of ½·ηΔ",
            "an exact gradient step on a quadratic gains 2ηΔ and more",
            predict=changing("gap", WRONG["gap"]),
        ),
    ),
    see=("derived/scaling-one-step-heterogeneous", "derived/worst-case-one-step"),
)
