"""T3 and T4: scaled local methods on heterogeneous data, never exceeded by runs that meet their hypotheses."""

from implicitbias import Stream
from paper_repro.claims import AssumptionUnmet, bound, Claim, Falsifier, Reference
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


T3 = Theorem("T3", identical=False, ridge=0.0, limit=8.0, average=True)
T4 = Theorem("T4", identical=False, ridge=0.1, limit=8.0, average=False)
GAP = "Without strong convexity the averaged model of scaled Local SGD on heterogeneous data stays below T3"
DISTANCE = "Scaled Local SGD on heterogeneous data stays below T4: noise at x* over M, and η²(H − 1)² σ_dif²"

HYPOTHESES = (
    "almost every f_m(·, z) is convex and L-smooth, gradients are unbiased and independent over workers and steps",
    "d_min ≤ D̂ ≤ d_max, one D̂ for all workers, refreshed at synchronisations from independent samples",
    "η ≤ d_min/(8L) and η ≤ d_min/(8L(H − 1))",
)


def convex(knobs: TheoremKnobs, stream: Stream) -> TheoremCase | AssumptionUnmet:
    """Return problems without regularisation, whose average is weighted by (1+c)^{−p}, c = 0.95/R."""
    return case_of(T3, knobs, stream)


def strongly_convex(knobs: TheoremKnobs, stream: Stream) -> TheoremCase | AssumptionUnmet:
    """Return l2-regularised problems."""
    return case_of(T4, knobs, stream)


PROOF = r"""Write $a=\eta\mu_D$ and $R_t$ for $|\hat x_t-x^*|^2$ in the norm of the $\hat D$ in force. L4: $E
R_{t+1}\le(1-a)R_t-\eta\Delta_t+\frac54\eta L_DV_t+4\eta^2\sigma_D^{*2}/M$, and a refresh multiplies $R$ by $1+c$ at
most. L5 summed over a round replaces $\sum V_t$ by $\eta^2(H-1)^2\sum(6.3L_D\Delta_t+3.15\sigma_{dif,D}^2)$; with
$\eta L_D(H-1)\le\frac18$ it gives back at most $\frac{1.25\cdot6.3}{64}=0.123$ of $\sum\eta\Delta_t$. T3: weights
$(1+c)^{-p}$ are constant in a round and telescope over refreshes; divide by $1-0.123$. T4: weights $(1-a)^{-t}$ grow
by at most $\frac87$ in a round, L5 has $7.25$ and $3.63$, $\Delta$ drops since $\frac{1.25\cdot7.25}{64}<1$, and
$c\le\frac{Ha}2$ leaves the factor $1-\frac a2$ per step as in T1."""

CLAIM = Claim(
    key="derived/scaling-theorem-4",
    title=DISTANCE,
    statement=(
        r"T4 (derived, SAVIC-type): heterogeneous data, $\mu>0$, $\eta\le\frac{d_{\min}}{8L\max(1,H-1)}$, "
        r"$c\le\frac{H\eta\mu}{2d_{\max}}$. $E|\hat x_T-x^*|^2\le\frac{d_{\max}}{d_{\min}} (1-\frac{\eta\mu} "
        r"{2d_{\max}})^Tr_0 +(1+c)\frac{d_{\max}}{d_{\min}^2\mu} [\frac{8\eta\sigma^{*2}}M "
        r"+\frac{9.1\eta^2L(H-1)^2\sigma_{dif}^2}{d_{\min}}]$: "
        r"only the noise at $x^*$ is divided by $M$, and $\sigma_{dif}^2$ holds heterogeneity too."
    ),
    hypotheses=(*HYPOTHESES, "f is μ-strongly convex, μ > 0", "c ≤ Hημ/(2 d_max)"),
    reference=Reference("derived", "T4, heterogeneous data, μ > 0"),
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
        Falsifier("a tenth of the bound", "it is loose; not that loose", predict=altered(share_of(0.1))),
    ),
    see=("derived/scaling-theorem-1", "derived/scaling-theorem-3", "derived/worst-case-bound"),
)

CLAIM_CONVEX = Claim(
    key="derived/scaling-theorem-3",
    title=GAP,
    statement=(
        r"T3 (derived, SAVIC-type): heterogeneous data, $\mu=0$, $\eta\le\frac{d_{\min}}{8L\max(1,H-1)}$, $\bar x$ "
        r"weighted by $(1+c)^{-p(t)}$. $E f(\bar x)-f^*\le\frac{1.25(1+c)^Rd_{\max}r_0}{\eta "
        r"T}+\frac{5\eta\sigma^{*2}}{d_{\min}M}+\frac{5\eta^2L(H-1)^2\sigma_{dif}^2}{d_{\min}^2}$."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("derived", "T3, heterogeneous data, μ = 0"),
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
        Falsifier("a hundredth of the bound", "it is loose; not that loose", predict=altered(share_of(0.01))),
    ),
    see=("derived/scaling-theorem-2", "derived/scaling-theorem-4"),
)
