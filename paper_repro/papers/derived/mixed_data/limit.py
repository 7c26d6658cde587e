"""On mixed data Local GD grows along ū across U and rests at a biased point on U."""

import numpy as np

from implicitbias import initial_state, LinearClassification, LocalMethod, max_margin, round_step, Trace
from implicitbias.statistics import extrapolated_limit
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.mixed_data.setting import (
    mixed_case,
    MixedCase,
    MixedKnobs,
    one_run,
    shared_case,
)


INSIDE = "limit of the part in U"
GROWTH = "limit of dw/d log r"
# Growth per log r is taken between rounds this far apart, and extrapolated over the last LATE.
APART = 1.5
LATE = 30.0
# Coordinates of recorded models, of size |w| ~ 100, carry about this rounding.
ROUNDING = 1e-12
# Terms left out of a first-order correction, in units of their leading factors; the curvatures of f and of its
# parts differ by some such factor.
SAFETY = 8.0
# Step of central differences: the cube root of ε balances their truncation and their rounding.
DIFFERENCE = 6e-6


def observe(case: MixedCase, traces: Traces) -> Observation:
    """Measure where the part in U rests and how fast w grows, with what the separable rows still push."""
    (trace,) = traces
    rounds, w = trace.rounds[1:], trace.w[0, 1:]
    inside = w @ case.split.subspace.T
    quantities = {INSIDE: _resting(case, trace), GROWTH: _growth(case, rounds, w, trace.time[-1])}
    curves = (
        Curve(rounds, np.linalg.norm(inside - case.resting_point, axis=1), "to v*", method="local_gd"),
        Curve(rounds, np.linalg.norm(inside - case.minimiser, axis=1), "to the minimiser v̄", "falsifier"),
    )
    return Observation(quantities, curves)


def _resting(case: MixedCase, trace: Trace) -> Measured:
    """Correct the last part in U, to first order, for the push of the separable rows.

    Let T be the derivative of a round on U at v*. What the separable rows add to the last round, d, displaces v
    by (I − T)⁻¹d in equilibrium. The lengths of all pushes, amplified by |(I − T)⁻¹| = A, sum up to δ; relative
    to it, the iterate lags behind its equilibrium by A/r, and slopes and curvatures, which change by a factor
    e^{b_x δ} at most, by b_x δ. The start is forgotten like ρ(T)^r.
    """
    last, rounds = trace.w[0, -1], int(trace.rounds[-1])
    v = last @ case.split.subspace.T
    extra = (after_round(case.problem, case.method, last[None])[0] - last) @ case.split.subspace.T
    extra = extra - (after_round(case.inside, case.method, v[None])[0] - v)
    inverse = np.linalg.inv(np.eye(len(v)) - _derivative(case))
    amplified = float(np.linalg.norm(inverse, 2))
    lengths = np.linalg.norm(case.problem.signed @ case.split.subspace.T, axis=1)
    pushed = case.lr * case.local_steps * float(pushes(case, last)[~case.trapped] @ lengths[~case.trapped])
    displaced = amplified * pushed
    share = SAFETY * (amplified / rounds + case.problem.radius * displaced)
    forgotten = (1.0 - 1.0 / amplified) ** rounds * (1.0 + float(np.linalg.norm(case.resting_point)))
    error = displaced * share + forgotten + ROUNDING
    return Measured(v - inverse @ extra, error)


def after_round(problem: LinearClassification, method: LocalMethod, w: np.ndarray) -> np.ndarray:
    """Return the models after one round from every row of w."""
    return round_step(problem, method, initial_state(problem, method, w, np.arange(len(w)))).w


def _derivative(case: MixedCase) -> np.ndarray:
    """Return the derivative of a round on U at v*, by central differences."""
    steps = DIFFERENCE * np.eye(case.inside.dim)
    up, down = (after_round(case.inside, case.method, case.resting_point + s) for s in (steps, -steps))
    return (up - down).T / (2.0 * DIFFERENCE)


def _growth(case: MixedCase, rounds: np.ndarray, w: np.ndarray, time: float) -> Measured:
    """Extrapolate (w(r) − w(r/APART))/log APART.

    Its way from the last value to the limit may bend back, by as much as it has left; and rows off the margin
    still push, fading like r^{−(θ−1)}.
    """
    late = np.flatnonzero(rounds >= rounds[-1] / LATE)
    early = np.abs(np.log(rounds)[None, :] - np.log(rounds[late] / APART)[:, None]).argmin(axis=1)
    slopes = (w[late] - w[early]) / np.log(rounds[late] / rounds[early])[:, None]
    end = extrapolated_limit(rounds[late], slopes, case.exponent)
    others = ~case.trapped & ~case.pushing
    fading = time * float(np.linalg.norm(pushes(case, w[-1])[others] @ case.problem.signed[others]))
    ahead = float(np.linalg.norm(end.value - slopes[-1]))
    return Measured(end.value, 2.0 * end.error + ahead + fading + ROUNDING)


def pushes(case: MixedCase, w: np.ndarray) -> np.ndarray:
    """Return p_i |ℓ′(x_i·w)|."""
    problem = case.problem
    return problem.sample_weights * problem.loss_function.slope(problem.margins(w))


def predict(case: MixedCase) -> Prediction:
    """v* on U; ū/γ_⊥ per log r, hence nothing in U and nothing across ū."""
    return Prediction({INSIDE: Predicted(case.resting_point), GROWTH: Predicted(case.separator)})


def unbiased(case: MixedCase) -> Prediction:
    """v̄ on U."""
    return Prediction({INSIDE: Predicted(case.minimiser)})


def unprojected(case: MixedCase) -> Prediction:
    """The max-margin separator of the separable rows as they are."""
    return Prediction({GROWTH: Predicted(max_margin(case.problem.signed[~case.trapped]).weights)})


PROOF = r"""The split is that of ji2019: the rows that take part in a vanishing positive combination span $U$;
the others are separable across $U$, with margin $\gamma_\perp$ in the direction $\bar u \perp U$. On U: the
gradients of the other rows tend to zero, and what is left is Local GD on a function strongly convex along its
bounded path; for $\eta$ below 2/smoothness the averaged $H$-step map contracts, and its fixed point $v^*$
solves $\sum_m\sum_{j<H}\nabla f_m(v_m^j) = 0$. The other rows disturb it by their gradients, $O(1/r)$, hence so
does the iterate. For $H = 1$, or when the workers share the minimiser $\bar v$ of $f$ on $U$, $v^* = \bar v$;
else it may still be so, if the sum vanishes along the local steps from $\bar v$, but in general
$v^* - \bar v = \frac{\eta(H-1)}2[\nabla^2f]^{-1}\frac1M\sum_m \nabla^2f_m\nabla f_m + O((\eta H)^2)$
(`derived/mixed-bias-order`). Across U: a row $x$ has the margin $x_\perp\cdot w_\perp + x_U\cdot v_m^j$; the
second term tends to a constant for every worker and local step, which multiplies the weight $p_i$ of the row by
a positive constant. The limit theorem for separable data holds with any positive weights: $w_\perp = \hat
w_\perp\log(\eta Hr) + O(1)$ with $\hat w_\perp = \bar u/\gamma_\perp$. As only this part grows, $w/|w| \to \bar
u$."""

AXES = ("communication rounds r", "distance of the part in U", "log", "log")

CLAIM = Claim(
    key="derived/mixed-data",
    title="On mixed data Local GD turns to ū; its bounded part in general rests away from the minimiser",
    statement=(
        r"On data of which some rows, trapped, span $U$, and the others are separable across $U$ with margin "
        r"$\gamma_\perp$ in the unit direction $\bar u$, Local GD with fixed $\eta$ and $H$ has $w^r = v^* + "
        r"\frac{\bar u}{\gamma_\perp}\log(\eta Hr) + O(1)$, the $O(1)$ across $U$; so $w^r/|w^r| \to \bar u$. The "
        r"part in $U$ converges to the fixed point $v^*$ of the averaged $H$-step map of the trapped rows, which "
        r"for $H > 1$ in general is not the minimiser $\bar v$ of $f$ on $U$: it is $\bar v$ exactly if the local "
        r"steps from $\bar v$ have $\sum_m\sum_{j<H}\nabla f_m(v_m^j) = 0$."
    ),
    hypotheses=(
        "exponential or logistic loss; η below 2/smoothness on U",
        "almost every data set: positive multipliers across U, support vectors that span it",
    ),
    reference=Reference("derived", "Local GD without separability"),
    source="derived",
    proof=PROOF,
    knobs=MixedKnobs(),
    setup=mixed_case,
    needs=one_run,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the part in U tends to v̄ for every H", "gradient descent (H = 1) has this limit", unbiased
        ),
        Falsifier(
            "the max margin of the unprojected rows",
            "Local GD separates them, but U is occupied",
            unprojected,
        ),
    ),
    see=("derived/mixed-bias-order", "derived/mixed-data-shared", "zhu2024/non-separable-reading"),
    axes=AXES,
)

CLAIM_SHARED = Claim(
    key="derived/mixed-data-shared",
    title="Workers that share their trapped rows leave no bias: the part in U tends to the minimiser",
    statement=(
        r"If all workers hold the same trapped rows, the part of Local GD in $U$ converges to the minimiser $\bar "
        r"v$ of $f$ on $U$, for every $H$: the bias of `derived/mixed-data` comes from disagreement on $U$ alone, "
        r"not from the separable rows, in which the workers still differ."
    ),
    hypotheses=(
        "exponential or logistic loss; η below 2/smoothness on U",
        "all workers hold the same trapped rows",
    ),
    reference=Reference("derived", "Local GD without separability"),
    source="derived",
    proof=PROOF,
    knobs=MixedKnobs(),
    setup=shared_case,
    needs=one_run,
    observe=observe,
    predict=unbiased,
    judge=limit,
    falsifiers=(
        Falsifier("also when the trapped rows are dealt out", "every worker still sees U", setup=mixed_case),
    ),
    see=("derived/mixed-data",),
    axes=AXES,
)
