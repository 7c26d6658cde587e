"""Why: the formula, and the reason in words, for each case."""

from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Journey
from paper_repro.classroom.direction.separators import Separators


AVERAGED = r"""
$$w^r = \hat w\,\log(\eta H r) + \tilde w + o(1), \qquad
\text{direction error} \approx \frac{|\tilde w_\perp|}{|\hat w|\,\log(\eta H r)}$$

Late gradients are $e^{-\text{margin}}$: only the points of least margin still push, whoever holds them, and their
pushes add up to the **max margin of all points**, $\hat w$. $H$ and $\eta$ stand inside the logarithm only: they set
the clock, and $\tilde w$ does not know them. Ten times as many local steps are worth one more power of ten of rounds,
no more.
"""

WEIGHTS = r"""
Workers enter through $p_i = 1/(Mn_m)$ alone, in $\tilde w$: $p_i e^{-x_i\cdot\tilde w} = \alpha_i$ on the support
vectors.
"""

DEGENERATE = r"""
A point touches the margin without holding it up: its multiplier is 0. Then no $\tilde w$ exists; $w$ leaves the ray
of $\hat w$ like $\log\log(\eta H r)$, and the direction error falls like $\log\log r/\log r$, a little more slowly
still.
"""

UNSPANNED = r"""
The support vectors lie on one line. Across it the push of the other points dies out within a few decades, and what
they have left by then stays: here $\tilde w$ remembers the first rounds, and does depend on $\eta$ and $H$ across
$\hat w$.
"""

UNEVEN = r"""
Workers with more local steps weigh more: $p_i$ becomes $p_i H_m/\bar H$ in $\tilde w$, and $H$ is $\bar H$ in the
clock. The limit $\hat w$ stays.
"""

SHORT = r"""
The law $w^r = \hat w\log(\eta H r) + \tilde w$ begins when a round of local steps is a small step, $\eta H\,b_x^2
f(w^r) \ll 1$. As $f \approx 1/(\gamma^2\eta H r)$, that takes about $(b_x/\gamma)^2$ rounds: a small margin $\gamma$
postpones it, and until then the direction says little about its limit.
"""

ANCHORED = r"""
$$w^r \approx \hat w\,L + \tilde w, \qquad L + \log(L + 1) = \log(\eta H r)$$

Mixing a share $1/(r+2)$ of $w^0 = 0$ into every average acts like a ridge of strength $1/(\eta H r)$: $w$ follows the
regularisation path to the **same limit** $\hat w$, with a clock $L < \log(\eta H r)$. With finitely many gradient
steps anchoring is no help; it is with exact solves (choose **projection**).
"""

TAIL = r"""
$$w^r \approx (\eta H r)^{1/(p+2)}\, v^*, \qquad
v^*/|v^*| = \operatorname{argmin}_{|u| = 1} \sum_i p_i\,(x_i\cdot u)^{-p}$$

With the tail $(1+z)^{-p}$ far points push like a power of their margin and never fall silent: **all points keep a
say**, and $w$ turns to another direction than the max margin, for ever. As $p\to\infty$ that direction comes back to
$\hat w$. The max margin is a fact about exponential tails, not about separable data.
"""

AVERAGED_SOLVES = r"""
Each worker starts from the average and moves until its own points have margin 1: many local steps **sweep** its
constraints across the point, weak ridges **project** it. Such maps never move away from a point that satisfies
everybody, so averages settle at the first one they reach, which is $\hat w$ by luck only. The limits $H\to\infty$ and
$r\to\infty$ do not commute: every finite $H$ leaves this point again, and goes to $\hat w$ in the end.
"""

ANCHORED_SOLVES = r"""
$$u^{r+1} = \tfrac{1}{r+2}\,0 + \bigl(1 - \tfrac{1}{r+2}\bigr)\,\tfrac1M\sum_m P_m(u^r)
\;\longrightarrow\; P_C(0) = \hat w$$

The anchor pulls back to 0, so that of all points that satisfy everybody the iteration ends at the one nearest to 0,
and that is the max margin (Halpern). The error falls like $1/r$: here anchoring pays.
"""

ANCHORED_SWEEPING = r"""
The anchor pulls back to 0 and each worker sweeps its constraints forward. Where no constraint is released on the way,
sweeping is a projection, and Halpern's theorem gives $\hat w$; nobody has proved that it must in general. Look at the
picture.
"""

TRAPPED = r"""
$$v^* - \bar v \approx \tfrac{\eta(H-1)}{2}\,[\nabla^2 f]^{-1}\,\tfrac1M\sum_m \nabla^2 f_m\nabla f_m(\bar v)$$

No $w$ separates these points, so the loss has a minimum at a finite $\bar v$. With $H = 1$ Local GD rests there. With
$H > 1$ each worker walks towards its own minimum first, the averages of these walks cancel elsewhere, and $w$ rests
at $v^* \ne \bar v$: off by about $\eta(H-1)$ times a known vector. Separable data forgive local steps; these do not.
"""


def of_directions(controls: Controls, found: Separators, journey: Journey) -> str:
    """Return the reason that fits the case."""
    if controls.exact_solves:
        anchored = ANCHORED_SOLVES if controls.work == "projection" else ANCHORED_SWEEPING
        return anchored if controls.anchored else AVERAGED_SOLVES
    if controls.loss == "polynomial tail":
        return TAIL
    if journey.beyond is None:
        return SHORT
    return ANCHORED if controls.anchored else _averaged(controls, found, journey)


def _averaged(controls: Controls, found: Separators, journey: Journey) -> str:
    uneven = isinstance(controls.local_steps, tuple) and len(set(controls.local_steps)) > 1
    if not found.common.nondegenerate:
        return AVERAGED + DEGENERATE
    if not found.common.spans:
        return AVERAGED + UNSPANNED
    return AVERAGED + (UNEVEN if uneven else WEIGHTS if journey.residual is not None else "")
