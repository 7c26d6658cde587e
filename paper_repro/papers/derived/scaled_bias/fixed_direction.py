"""A fixed scaling finds the max margin in its own norm, seen at round 10^434294."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicitbias import Fixed, local_gd, MaxMargin, Stream
from implicitbias.asymptotics import direction_error, unit
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Spec,
    Traces,
)
from paper_repro.claims.continued import continuation, LOG_TIME, nothing_seen, residuals
from paper_repro.claims.extrapolation import divergence
from paper_repro.papers.derived.scaled_bias.setting import (
    DATA,
    diagonal_of,
    far_slope,
    limit_of_slope,
    problem_of,
    regular,
    ROUNDING,
    SAME,
    ScaledCase,
    unit_rows,
)


FAR_SLOPE = "slope of w between τ = 10³ and 10⁶"
SLOPE = "lim dw/dlog r, from exact rounds"
MARGINS = "x_i·w̃ on the support"


@dataclass(frozen=True)
class FixedKnobs:
    """Data, the spread of D = (1, 4, 1/4)^s, and Local GD with it."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    spread: float = knob(1.0, "s", "power of (1, 4, 1/4)", low=0.5, high=1.25)
    lr: float = knob(0.1, "η", "learning rate", low=0.05, high=0.2, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=20, log=True)


@dataclass(frozen=True)
class FixedCase(ScaledCase):
    """A case with a constant D."""

    diagonal: tuple[float, ...] = ()

    @property
    def metric(self) -> np.ndarray:
        """D."""
        return np.array(self.diagonal)

    @cached_property
    def svm(self) -> MaxMargin:
        """w_D with its multipliers: D w_D = Σ a_i x_i."""
        return self.in_metric(self.metric)

    @property
    def margins(self) -> np.ndarray:
        """x_i·w̃ = log(p_i/a_i) on the support, p_i = 1/(M n_m) the share of a sample in f."""
        problem, support = self.problem, self.svm.support
        shares = 1.0 / (problem.workers * np.asarray(problem.sizes)[problem.assignment[support]])
        return np.log(shares / self.svm.duals[support])


def setup(knobs: FixedKnobs, stream: Stream) -> ScaledCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    diagonal = tuple(diagonal_of(knobs.spread).tolist())
    method = local_gd(knobs.lr, knobs.local_steps, scaling=Fixed(diagonal))
    return regular(FixedCase(problem_of(knobs.data, stream), method, diagonal), diagonal_of(knobs.spread))


def needs(case: FixedCase, budget: Budget) -> tuple[Spec, ...]:
    """One continuation, and exact rounds for the slope."""
    rounds = budget.pick(smoke=3_000, quick=100_000, paper=3_000_000)
    return (continuation(case.problem, case.method), RunSpec(case.problem, case.method, rounds))


def observe(case: FixedCase, traces: Traces) -> Observation:
    """Read slope and residual of the continuation, and the slope of the rounds."""
    if stopped := divergence(traces):
        return nothing_seen(stopped, FAR_SLOPE, SLOPE, MARGINS)
    far, rounds = traces
    rows, weights = case.problem.signed[case.svm.support], case.svm.weights
    rho, error = residuals(far)
    quantities = {
        FAR_SLOPE: far_slope(far, weights),
        SLOPE: limit_of_slope(rounds, case.exponent(case.metric)),
        MARGINS: Measured(rows @ rho[-1], case.problem.radius * error[-1] + ROUNDING),
    }
    path = unit_rows(far.log_time[:, None] * weights + rho)
    targets = (
        (weights, "to the max margin in the D-norm", "measured"),
        (case.in_metric(1.0 / case.metric).weights, "in the D⁻¹-norm", "falsifier"),
        (case.euclidean.weights, "in the Euclidean norm", "reference"),
    )
    curves = tuple(
        Curve(far.log_time, np.linalg.norm(path - unit(target), axis=1), label, role, "fixed")
        for target, label, role in targets
    )
    return Observation(quantities, curves)


def predict(case: FixedCase) -> Prediction:
    """w_D τ + w̃."""
    quantities = {
        FAR_SLOPE: Predicted(case.svm.weights),
        SLOPE: Predicted(case.svm.weights),
        MARGINS: Predicted(case.margins),
    }
    return Prediction(quantities)


def towards(metric: Callable[[FixedCase], np.ndarray]) -> Callable[[FixedCase], Prediction | AssumptionUnmet]:
    """The prediction of the max margin in another norm."""

    def wrong(case: FixedCase) -> Prediction | AssumptionUnmet:
        other = case.in_metric(metric(case)).weights
        if direction_error(other, case.svm.weights) < SAME:
            return AssumptionUnmet("on these data both norms have the same separator")
        return Prediction({FAR_SLOPE: Predicted(other), SLOPE: Predicted(other)})

    return wrong


PROOF = r"""With $y = D^{1/2}w$ a step $w\leftarrow w-\eta D^{-1}\nabla f_m(w)$ reads $y\leftarrow y-\eta\nabla
g_m(y)$ for $g_m(y) = f_m(D^{-1/2}y)$: Local GD on the features $D^{-1/2}x_i$, and averages commute with $D^{1/2}$.
Given that Local GD tends in direction to the Euclidean max margin of its features, with $y^r = \hat y\tau+\tilde
y+o(1)$, $\hat y = \operatorname{argmin}|y|$ subject to $D^{-1/2}x_i\cdot y\ge1$, so that $w_D = D^{-1/2}\hat y$
minimises $w^\top Dw$ subject to $x_i\cdot w\ge1$, and $\tilde w = D^{-1/2}\tilde y$. Writing $w = w_D\tau+\tilde w$
into $dw/d\tau = e^\tau D^{-1}\sum_ip_ie^{-x_i\cdot w}x_i$ and comparing with $Dw_D = \sum a_ix_i$ gives $a_i =
p_ie^{-x_i\cdot\tilde w}$ on the support."""

CLAIM = Claim(
    key="derived/fixed-scaling-direction",
    title="A fixed scaling D finds the max margin in the norm √(wᵀDw), for any H",
    statement=(
        r"Local GD with steps $D^{-1}\nabla f_m$ has $w^r = w_D\log(\eta Hr)+\tilde w+o(1)$ with "
        r"$w_D = \operatorname{argmin} "
        r"w^\top Dw$ subject to $x_i\cdot w\ge1$: the norm is that of $D$, not of $D^{-1}$, and $x_i\cdot\tilde w "
        r"= \log(p_i/a_i)$ on its support, with $Dw_D = \sum a_ix_i$ and $p_i = 1/(Mn_m)$. At round $10^3$ the "
        r"wrong norm may look better."
    ),
    hypotheses=(
        "separable data, logistic loss, one D for all workers",
        "the limit of Local GD without scaling",
        "every support vector of w_D has a positive multiplier",
    ),
    reference=Reference("zhu2024", "the limit without scaling; the change of coordinates is ours", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=FixedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the norm of D⁻¹",
            "steps are D⁻¹∇f, and at round 10³ the iterate is nearer to it",
            towards(lambda case: 1.0 / case.metric),
        ),
        Falsifier(
            "the Euclidean norm", "D only rescales the step", towards(lambda case: np.ones(case.problem.dim))
        ),
    ),
    see=("zhu2024/direction-at-infinity", "derived/fixed-scaling-regression"),
    axes=(LOG_TIME, "distance of directions", "log", "log"),
)
