"""T1 and T2: scaled local methods on identical data, never exceeded by runs that meet their hypotheses."""

import dataclasses

from implicitbias import Stream
from paper_repro.claims import AssumptionUnmet, bound, Claim, Falsifier, Reference, Status
from paper_repro.papers.derived.scaling.theorem_setting import (
    altered,
    case_of,
    observe,
    predict,
    share_of,
    Theorem,
    TheoremCase,
    TheoremKnobs,
    view_of,
    without_floor,
)


T1 = Theorem("T1", identical=True, ridge=0.1, limit=4.0, average=False)
T2 = Theorem("T2", identical=True, ridge=0.0, limit=4.0, average=True)
DISTANCE = (
    "Scaled Local SGD on identical data stays below T1: a contraction, a noise floor ~ η/M, and η²(H − 1)"
)
GAP = "Without strong convexity the averaged model of scaled Local SGD on identical data stays below T2"
COLD = "For Adam from a cold start T1 says nothing: bias correction moves D̂ by more than Hημ/2 admits"

HYPOTHESES = (
    "f_m = f is L-smooth, with unbiased gradients of variance at most σ², independent over workers and steps",
    "d_min ≤ D̂ ≤ d_max, one D̂ for all workers, refreshed at synchronisations from independent samples",
    "η ≤ d_min/(4L)",
)


def strongly_convex(knobs: TheoremKnobs, stream: Stream) -> TheoremCase | AssumptionUnmet:
    """Return l2-regularised problems."""
    return case_of(T1, knobs, stream)


def convex(knobs: TheoremKnobs, stream: Stream) -> TheoremCase | AssumptionUnmet:
    """Return problems without regularisation, whose average is weighted by (1+c)^{−p}, c = 0.95/R."""
    return case_of(T2, knobs, stream)


def cold(knobs: TheoremKnobs, stream: Stream) -> TheoremCase | AssumptionUnmet:
    """Return the problems of T1 with bias correction and without warm-up."""
    return case_of(T1, knobs, stream, bias_correction=True, warmup=0)


PROOF = r"""Write $a=\eta\mu_D$ and $R_t$ for $|\hat x_t-x^*|^2$ in the norm of the $\hat D$ in force. L2 and L3 give
per step $E R_{t+1}\le(1-a)R_t-\frac\eta2\Delta_t+2\eta^3L_D(H-1)(1-\frac1M)\sigma_D^2+\eta^2\sigma_D^2/M$, and a
refresh multiplies $R$ by $1+c$ at most. T1: drop $\Delta$; $(1+c)(1-a)^H\le(1-\frac a2)^H$ if $c\le\frac{Ha}2$,
because $(1-\frac a2)^H/(1-a)^H\ge(1+\frac a2)^H\ge1+\frac{Ha}2$; the noise is a geometric sum with ratio $1-\frac a2$;
at the end $|\cdot|^2\le|\cdot|_{\hat D}^2/d_{\min}$ and $R_0\le d_{\max}r_0$. T2: multiply by $w_t=(1+c)^{-p(t)}$, so
that refreshes telescope; $\sum w_t\ge T(1+c)^{-R}$, and $f(\bar x)\le\sum w_tf(\hat x_t)/\sum w_t$. The averaging
condition on $\beta$ is the inverse of the sharp L1."""

CLAIM = Claim(
    key="derived/scaling-theorem-1",
    title=DISTANCE,
    statement=(
        r"T1 (derived, SAVIC-type): identical data, $\mu>0$, $\eta\le\frac{d_{\min}}{4L}$, drift $c\le\frac{H\eta\mu} "
        r"{2d_{\max}}$ per refresh. $E|\hat x_T-x^*|^2\le\frac{d_{\max}}{d_{\min}} (1-\frac{\eta\mu}{2d_{\max}})^Tr_0 "
        r"+(1+c)[\frac{2d_{\max}\eta\sigma^2}{d_{\min}^2\mu M} "
        r"+\frac{4d_{\max}L\eta^2(H-1)(1-1/M)\sigma^2}{d_{\min}^3\mu}]$. Runs: no scaling, RMSProp and OASIS, "
        r"$H=1,8,32$."
    ),
    hypotheses=(*HYPOTHESES, "f is μ-strongly convex, μ > 0", "c ≤ Hημ/(2 d_max)"),
    reference=Reference("derived", "T1, identical data, μ > 0"),
    source="derived",
    proof=PROOF,
    knobs=TheoremKnobs(),
    setup=strongly_convex,
    observe=observe,
    predict=predict,
    judge=bound,
    view=view_of(DISTANCE),
    falsifiers=(
        Falsifier("without its noise floor", "exact gradients have none", predict=altered(without_floor)),
        Falsifier("a fiftieth of the bound", "it is loose; not that loose", predict=altered(share_of(0.02))),
    ),
    see=("derived/scaling-theorem-2", "derived/scaling-theorem-4", "derived/scaling-cold-adam"),
)

CLAIM_CONVEX = Claim(
    key="derived/scaling-theorem-2",
    title=GAP,
    statement=(
        r"T2 (derived, SAVIC-type): identical data, $\mu=0$, $\eta\le\frac{d_{\min}}{4L}$, $\bar x=\sum w_t\hat "
        r"x_t/\sum w_t$ with $w_t=(1+c)^{-p(t)}$. $E f(\bar x)-f^*\le\frac{2(1+c)^Rd_{\max}r_0}{\eta "
        r"T}+\frac{2\eta\sigma^2}{d_{\min}M}+\frac{4\eta^2L(H-1)(1-1/M)\sigma^2}{d_{\min}^2}$."
    ),
    hypotheses=(*HYPOTHESES, "f is convex"),
    reference=Reference("derived", "T2, identical data, μ = 0"),
    source="derived",
    proof=PROOF,
    knobs=TheoremKnobs(),
    setup=convex,
    observe=observe,
    predict=predict,
    judge=bound,
    view=view_of(GAP),
    falsifiers=(
        Falsifier("without its noise floor", "the average removes noise", predict=altered(without_floor)),
        Falsifier(
            "a thousandth of the bound", "it is loose; not that loose", predict=altered(share_of(0.001))
        ),
    ),
    see=("derived/scaling-theorem-1", "derived/scaling-theorem-3"),
)

CLAIM_COLD = dataclasses.replace(
    CLAIM,
    key="derived/scaling-cold-adam",
    title=COLD,
    statement=(
        r"With bias correction the $t$-th refresh weighs its sample "
        r"$\frac{1-\beta}{1-\beta^{t+1}}\approx\frac1{t+1}$: the drift that L1 admits is $O(1)$ for the first "
        r"$\frac1{1-\beta}$ refreshes, far above $\frac{H\eta\mu} {2d_{\max}}$. A hypothesis of T1 is not met, and "
        r"nothing is claimed of such a run."
    ),
    setup=cold,
    expects=Status.NOT_APPLICABLE,
    see=("derived/scaling-theorem-1", "derived/scaling-drift-along-a-run"),
)
