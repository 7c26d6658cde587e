r"""The order of r → ∞ and H → ∞: with log r = cΛ, Λ = log(ηH), w^r/Λ follows the global sweeping process."""

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, View
from implicitbias import FastForwardSpec, local_flow, max_margin, residual_limit, Stream, Trace
from implicitbias.asymptotics import direction_error, predicted_path
from implicitbias.data import order_of_limits
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.extrapolation import divergence
from paper_repro.claims.picture import series
from paper_repro.claims.separable import classification
from paper_repro.papers.derived.many_local_steps.order_case import (
    HANDOVER,
    OrderCase,
    OrderKnobs,
    PROJECTED,
    SEPARATOR,
    START,
    SWEPT,
)


# Colours of the three targets.
METHODS = {SWEPT: "sweeping", PROJECTED: "projection", SEPARATOR: "local_gd"}

# Shares of Λ in the picture; without local work there is no scale, and log r is on the axis.
SHARES = (0.0, 0.01, 0.1, 1.0)
# Points of a line.
FINE = 321

# Accumulated error of the integrator of the local flows in w, in units of 1 + |w|, 1e2 times what closed forms show.
INTEGRATION = 1e-6

# Without local work: largest log r of the picture, in units of the largest c, and that from which w̃ describes it.
SLOWER, ASYMPTOTE = 20.0, 2.0

# Two directions are never farther apart.
FARTHEST = 2.0


def setup(knobs: OrderKnobs, stream: Stream) -> OrderCase:
    """Return the case of the knobs."""
    del stream
    problem = classification(order_of_limits(), "exponential")
    return OrderCase(problem, max_margin(problem), knobs.stretch * START, knobs.log_scale, knobs.reach)


def needs(case: OrderCase, budget: Budget) -> tuple[FastForwardSpec, ...]:
    """One continuation per log-scale; the last is judged."""
    shares = budget.pick(smoke=SHARES[-1:], quick=SHARES, paper=SHARES)
    handover = budget.pick(smoke=HANDOVER, quick=HANDOVER, paper=4 * HANDOVER)
    return tuple(_continuation(case, share * case.log_scale, handover) for share in shares)


def _continuation(case: OrderCase, log_scale: float, handover: int) -> FastForwardSpec:
    wanted = np.union1d(case.drawn, case.judged) * log_scale if log_scale else case.drawn * SLOWER
    start = tuple((log_scale * case.start).tolist())
    times = tuple((log_scale + wanted).tolist())
    return FastForwardSpec(case.problem, local_flow(log_scale), times, start, handover)


def observe(case: OrderCase, traces: Traces) -> Observation:
    """Chords of w^r to the three points, at the largest Λ."""
    last, c = traces[-1], case.judged
    kept = [int(np.argmin(np.abs(last.log_time - case.log_scale * (1.0 + at)))) for at in c]
    w, error = last.w[0, kept], np.asarray(last.extras["residual_error"])[0, kept]
    size = np.linalg.norm(w, axis=1)
    blur = _turn(error + INTEGRATION * (1.0 + size), size)
    chords = {name: Measured(direction_error(w, point), blur) for name, point in case.targets.items()}
    scales = case.log_scale * np.array(SHARES[-len(traces) :])
    curves = tuple(c for s, t in zip(scales, traces, strict=True) for c in _measured_curves(case, s, t))
    return Observation(chords, curves, undecided=divergence(traces))


def _turn(moved: Float[np.ndarray, " c"], size: Float[np.ndarray, " c"]) -> Float[np.ndarray, " c"]:
    """Return by how much directions of vectors of this size may differ: |a/|a| − b/|b|| ≤ 2|a − b|/(|a| + |b|)."""
    return np.where(moved < size, 2.0 * moved / np.maximum(2.0 * size - moved, moved), FARTHEST)


def _measured_curves(case: OrderCase, log_scale: float, trace: Trace) -> list[Curve]:
    c = (trace.log_time - log_scale) / (log_scale or 1.0)
    shown = np.flatnonzero(np.linalg.norm(trace.w[0], axis=1) > 0.0)
    return [
        Curve(c[shown], direction_error(trace.w[0, shown], point), name, method=METHODS[name])
        for name, point in case.targets.items()
    ]


def predict(case: OrderCase) -> Prediction:
    """The directions of the global sweeping process from the sweeping point, within the bound of the proof."""
    c, swept = np.linspace(0.0, case.reach, FINE), case.rounds[-1]
    points = case.path(swept, c)
    curves = [
        Curve(c, direction_error(points, target), name, "theory", METHODS[name])
        for name, target in case.targets.items()
    ]
    return Prediction(_chords(case, case.path(swept, case.judged)).quantities, tuple(curves))


def _chords(case: OrderCase, points: Float[np.ndarray, "c dim"]) -> Prediction:
    """Chords of these points, as far as w^r/Λ may be from them."""
    allowed = _turn(case.distances, np.linalg.norm(points, axis=1))
    reason = "distance of w^r/Λ from the sweeping processes at this Λ, of order 1/Λ"
    return Prediction(
        {
            name: Predicted(direction_error(points, target), allowed, reason=reason)
            for name, target in case.targets.items()
        }
    )


def stays(case: OrderCase) -> Prediction:
    """Local work decides: w^r/Λ stays at the sweeping point."""
    return _chords(case, np.tile(case.rounds[-1], (len(case.judged), 1)))


def projects(case: OrderCase) -> Prediction:
    """Local work projects: the global sweeping process starts from the limit of averaged projections."""
    return _chords(case, case.path(case.projected, case.judged))


def at_once(case: OrderCase) -> Prediction:
    """The rounds decide: the direction is that of ŵ as soon as the flow takes over."""
    return _chords(case, (1.0 + case.judged)[:, None] * case.svm.weights)


def view(case: OrderCase, observation: Observation, prediction: Prediction) -> View:
    """One panel per log-scale: chords to the three points, measured and predicted, against c."""
    names = tuple(case.targets)
    measured = [observation.curves[k : k + 3] for k in range(0, len(observation.curves), len(names))]
    scales = case.log_scale * np.array(SHARES[-len(measured) :])
    panels = tuple(
        _panel(case, float(scale), curves, prediction) for scale, curves in zip(scales, measured, strict=True)
    )
    title = (
        "Many local steps stop at the sweeping point and leave it for ŵ when log r is like Λ = log(ηH): "
        "the limits do not commute"
    )
    apart = [
        float(direction_error(case.targets[a], case.targets[b]))
        for a, b in ((SWEPT, SEPARATOR), (PROJECTED, SEPARATOR), (SWEPT, PROJECTED))
    ]
    caption = (
        "Workers with (½, 1), (0, 2) and with (2, 0); exponential loss, local flows for the time ηH = $e^Λ$ from w⁰ = "
        f"−Λ({-case.start[0]:g}, {-case.start[1]:g}). Chords between the three points: sweeping and ŵ {apart[0]:.3f}, "
        f"PPM (averaged projections) and ŵ {apart[1]:.3f}, sweeping and PPM {apart[2]:.3f}. Points: exact rounds to "
        f"round {HANDOVER}, then continued in log-time. Lines: the global sweeping process from the sweeping point, "
        "the limit Λ → ∞; at Λ = 0, where rounds are plain steps, ŵ log r + w̃."
    )
    return View(title, caption, panels, columns=min(2, len(panels)), legend="shared")


def _panel(case: OrderCase, scale: float, measured: tuple[Curve, ...], prediction: Prediction) -> Panel:
    lines = prediction.curves if scale else _asymptote(case)
    marks: tuple[Series, ...] = tuple(series(curve) for curve in (*measured, *lines))
    xlabel = "log r/Λ" if scale else "log r"
    top = 1.1 * max(float(direction_error(p, case.svm.weights)) for p in (case.projected, case.rounds[-1]))
    limits = (0.0, max(top, 0.6))
    return Panel(marks, xlabel, "chord", title=f"Λ = {scale:g}", ylim=limits)


def _asymptote(case: OrderCase) -> tuple[Curve, ...]:
    """Chords of ŵ log r + w̃, where local work has no scale."""
    tau = np.linspace(ASYMPTOTE, SLOWER, FINE) * case.reach
    w = predicted_path(case.svm.weights, residual_limit(case.problem, case.svm), tau)
    return tuple(
        Curve(tau, direction_error(w, point), name, "theory", METHODS[name])
        for name, point in case.targets.items()
    )


PROOF = r"""
Let $u = w/\Lambda$, $s = 1 + \log r/\Lambda$.

Few rounds. At a fixed $r$ a round is a local flow for time $e^\Lambda$ on every worker and tends to averaged sweeping
(see `derived/sweeping-limit`), whose iterates converge to the sweeping point $u^\infty\in C$. Errors of rounds add up,
since all maps are nonexpansive.

One layer. The flow $\dot v = \sum_ip_ix_ie^{\Lambda(s-x_i\cdot v)} = -\nabla h_s(v)$ belongs to a convex $h_s$, so a
path $\Psi$ with $|\dot\Psi+\nabla h_s(\Psi)|\le\delta(s)$ keeps $|v-\Psi|\le|v-\Psi|_0+\int\delta$. Let $\Phi$ be
the sweeping process, $\dot\Phi = \sum_ib_ix_i$ on a straight piece, and take $\Psi=\Phi+y/\Lambda$ with $x_i\cdot y =
-\log(b_i/p_i)$ where $b_i>0$: those rows push by $p_ie^{-x_i\cdot y} = b_i$, exactly. What is left is
$\delta\le\sum_{b_i=0}p_i|x_i|e^{-\Lambda g_i-x_i\cdot y}$ with the gap $g_i=x_i\cdot\Phi-s\ge0$, and a gap that opens
or closes with speed $c_i$ gives $\int e^{-\Lambda g_i}ds\le1/(c_i\Lambda)$. At the ends of pieces $y$ jumps. Hence
$$|v-\Phi|\le\frac1\Lambda\Big(|y_{\rm first}|+\sum|\Delta y|+|y_{\rm last}|\Big)
+\sum_{\rm pieces}\sum_{b_i=0}p_i|x_i|e^{-x_i\cdot y}\int e^{-\Lambda g_i}ds = O(1/\Lambda).$$
With $p_i = 1/n_m$ this bounds the local flow of one round, with $p_i = 1/(Mn_m)$ the flow of $f$.

Many rounds. Once $e^\Lambda f$ is small, rounds follow the flow of $f$ in the time $e^\Lambda r = e^{\Lambda s}$, which
is the equation above with all rows: $u$ follows the global sweeping process over $\{x_i\cdot u\ge s\}$, started at
$u^\infty$ at $s=1$. Its last piece, from $s_0$ on, has the multipliers of $\hat w$, whose velocity is
$\operatorname{argmin}|v|$ over $x_i\cdot v\ge1$: $\Phi = \Phi(s_0)+\hat w(s-s_0)$, with a direction error
$O(1/(1+c))$; where the support vectors span, $\Phi = s\hat w$, and what is left of the error is $O(1/(\Lambda(1+c)))$.

So at every fixed $r$ the direction tends to that of $u^\infty$ as $H\to\infty$, and at every fixed $H$ to that of
$\hat w$ as $r\to\infty$; between them, on the scale $\log r = c\Lambda$, lies a curve. $\square$
"""

CLAIM = Claim(
    key="derived/order-of-limits",
    title="With log r = c log(ηH), Local GD goes from the sweeping point to ŵ: the order of limits",
    statement=(
        r"Let $\Lambda=\log(\eta H)$, $\log r=c\Lambda$ and $w^0=\Lambda u^0$. As $\Lambda\to\infty$, $w^r/\Lambda$ "
        r"tends to $\Phi(1+c)$, the global sweeping process over $\{u : x_i\cdot u\ge s\}$ started at $s=1$ from the "
        r"limit $u^\infty$ of averaged local sweeping. At $c=0$ its direction is that of $u^\infty$, for $c\to\infty$ "
        r"that of $\hat w$, with an error $O(1/(1+c))$; at finite $\Lambda$ the distance is at most the explicit bound "
        r"of the proof, $O(1/\Lambda)$."
    ),
    hypotheses=(
        "separable data on which sweeping point, limit of averaged projections and ŵ differ in direction",
        "exponential loss; local steps so small that they follow the flow",
        "rows that do not push leave or approach their face with positive speed",
    ),
    reference=Reference("derived", "the sweeping process is that of moreau1977"),
    source="derived",
    knobs=OrderKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "it stays at the sweeping point",
            "local work is long, so the limit of infinitely long work seems to describe every round",
            stays,
        ),
        Falsifier(
            "it starts from the limit of averaged projections",
            "the parallel projection method is the usual idealisation of many local steps",
            projects,
        ),
        Falsifier(
            "it is at ŵ from the first rounds on",
            "every finite number of local steps has the implicit bias of gradient descent",
            at_once,
        ),
    ),
    view=view,
    proof=PROOF,
    see=("derived/finite-steps-leave", "derived/sweeping-limit", "zhu2024/many-local-steps"),
)
