r"""At finite ηH, or finite λ, anchoring is a ridge of strength 1/(ηHr): log-like, and no better than averaging."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import local_gd, LocalMethod, modified_local_gd, proximal, Stream
from implicitbias.asymptotics import anchored_path, direction_error
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
    Relation,
    RunSpec,
    Traces,
)
from paper_repro.claims.extrapolation import at_infinity, divergence
from paper_repro.claims.separable import certified_case, LOSSES, SeparableCase
from paper_repro.claims.split_data import split_case, SplitKnobs


PATH = "limit of w^r − W(log(r + 1))"
RATIO = "direction error over that of plain averaging, continued"

# log(ηHr) at which the continued paths are compared: O(1/L) corrections are then below log(L)/L.
CONTINUED = 1e4

# Errors of the continued directions, relative: the integrator's 1e-11·L against |Π⊥w̃| of order 1.
INTEGRATION = 1e-6

# Wrong paths move with r like log log r: they are evaluated at this round.
NOMINAL_ROUND = 1e4

# |Π⊥w̃| below which anchored and plain averaging both point along ŵ.
STRAIGHT = 1e-3

# Rounds approach the path like 1/r: each pulls by w/r and takes a step.
EXPONENT = 1.0

# Below this ηH|∇²f| a round is a gradient step, up to that share of itself (1/λ for ηH at proximal points).
GRADIENT_STEPS = 0.1


@dataclass(frozen=True)
class AnchoredStepsKnobs(SplitKnobs):
    """Data and finite local work; the anchor is 0."""

    start: str = knob("origin", "u⁰", "anchor", choices=("origin",))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.05, high=0.2, log=True)
    local_steps: int = knob(50, "H", "local steps", low=1, high=50, log=True)


@dataclass(frozen=True)
class AnchoredProximalKnobs(SplitKnobs):
    """Data and the strength of the local regularisation; the anchor is 0."""

    start: str = knob("origin", "u⁰", "anchor", choices=("origin",))
    loss: str = knob("exponential", "ℓ", "loss", choices=tuple(LOSSES))
    log_scale: float = knob(10.0, "Λ", "log(1/λ)", low=3.0, high=20.0)


@dataclass(frozen=True, eq=False)
class AnchoredPathCase:
    """A run, log of its step per round (ηH or 1/λ), its separator and limits."""

    run: SeparableCase
    log_step: float
    rounds: tuple[int, int, int]

    def path(self, rounds: np.ndarray) -> Float[np.ndarray, "record dim"]:
        """W(log(r + 1))."""
        return anchored_path(self.run.problem, self.log_step, np.log(rounds + 1.0))

    def plain(self, log_time: float) -> Float[np.ndarray, " dim"]:
        """ŵ log(ηHr) + w̃, where plain averaging is at log(ηHr)."""
        return self.run.svm.weights * log_time + self.run.residual_limit


def steps_setup(knobs: AnchoredStepsKnobs, stream: Stream) -> AnchoredPathCase | AssumptionUnmet:
    """Anchored local gradient steps."""
    log_step = float(np.log(knobs.lr * knobs.local_steps))
    return _case(
        knobs, stream, knobs.loss, local_gd(knobs.lr, knobs.local_steps), log_step, (3_000, 30_000, 10**6)
    )


def proximal_setup(knobs: AnchoredProximalKnobs, stream: Stream) -> AnchoredPathCase | AssumptionUnmet:
    """Anchored proximal points."""
    method = proximal(float(np.exp(-knobs.log_scale)))
    return _case(knobs, stream, knobs.loss, method, knobs.log_scale, (200, 1_000, 100_000))


def _case(
    knobs: SplitKnobs,
    stream: Stream,
    loss: str,
    method: LocalMethod,
    log_step: float,
    rounds: tuple[int, int, int],
) -> AnchoredPathCase | AssumptionUnmet:
    case = certified_case(split_case(knobs, stream, loss).problem, method)
    if isinstance(case, AssumptionUnmet):
        return case
    across = case.residual_limit - (case.residual_limit @ case.svm.direction) * case.svm.direction
    if np.linalg.norm(across) < STRAIGHT:
        return AssumptionUnmet("w̃ is parallel to ŵ: every path is straight")
    return AnchoredPathCase(case, log_step, rounds)


def needs(case: AnchoredPathCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One anchored run."""
    smoke, quick, paper = case.rounds
    rounds = budget.pick(smoke=smoke, quick=quick, paper=paper)
    return (RunSpec(case.run.problem, modified_local_gd(case.run.method), rounds),)


def observe(case: AnchoredPathCase, traces: Traces) -> Observation:
    """Follow the anchored run along the path, and the path to log(ηHr) = 10⁴."""
    (anchored,) = traces
    rounds, separator = anchored.rounds[1:], case.run.svm.weights
    gap = at_infinity(rounds, anchored.w[0, 1:] - case.path(rounds), EXPONENT)
    early = too_early(case, anchored.w[0, -1])
    if early:
        gap = Measured(gap.value, np.inf)
    far = anchored_path(case.run.problem, case.log_step, np.array([CONTINUED - case.log_step]))[-1]
    ratio = float(direction_error(far, separator) / direction_error(case.plain(CONTINUED), separator))
    curve = Curve(
        rounds, direction_error(anchored.w[0, 1:], separator), "anchored", method="modified_local_gd"
    )
    quantities = {PATH: gap, RATIO: Measured(ratio, INTEGRATION)}
    return Observation(quantities, (curve,), undecided=divergence(traces) or early)


def too_early(case: AnchoredPathCase, w: Float[np.ndarray, " dim"]) -> str:
    """Say that the run ended before its rounds were gradient steps, if it did: the path begins only there."""
    problem = case.run.problem
    hessian = problem.hvp(np.broadcast_to(w, (problem.dim, problem.dim)), np.eye(problem.dim))
    left = np.exp(case.log_step) * float(np.linalg.eigvalsh(hessian)[-1])
    if left <= GRADIENT_STEPS:
        return ""
    return f"ηH|∇²f| = {left:.2g} at the last round: the path begins below {GRADIENT_STEPS}; run longer"


def predict(case: AnchoredPathCase) -> Prediction:
    """The run joins the path, and the path is no nearer to ŵ than plain averaging."""
    rounds, separator = np.geomspace(1.0, NOMINAL_ROUND, 40), case.run.svm.weights
    plain = np.stack([case.plain(case.log_step + np.log(r)) for r in rounds])
    curves = (
        Curve(rounds, direction_error(case.path(rounds), separator), "path W", "theory"),
        Curve(rounds, direction_error(plain, separator), "ŵ log(ηHr) + w̃ of plain averaging", "reference"),
    )
    quantities = {
        PATH: Predicted(np.zeros(case.run.problem.dim)),
        RATIO: Predicted(1.0, INTEGRATION, Relation.AT_LEAST, "error of the integrator"),
    }
    return Prediction(quantities, curves)


def wrong_path(case: AnchoredPathCase, other: np.ndarray) -> Prediction:
    """The prediction if the run joined another path, ``other`` at the nominal round."""
    return Prediction({PATH: Predicted(other - _nominal(case))})


def _nominal(case: AnchoredPathCase) -> np.ndarray:
    return case.path(np.array([NOMINAL_ROUND]))[-1]


def straight(case: AnchoredPathCase) -> Prediction:
    """Direction error O(1/r): the part across ŵ vanishes."""
    direction = case.run.svm.direction
    return wrong_path(case, (_nominal(case) @ direction) * direction)


def helps(case: AnchoredPathCase) -> Prediction:
    """The anchored path is nearer to ŵ."""
    del case
    return Prediction({RATIO: Predicted(1.0, 0.0, Relation.AT_MOST)})


PROOF = r"""
Write $(r+2)w^{r+1} = (r+1)\,\frac1M\sum_mw_m^{r+1}$. Once $\eta Hf$ is small, the average is
$w^r-\eta H\nabla f(w^r)$ up to $O(M(\eta Hf)^2)$, for proximal points with $1/\lambda$ in place of $\eta H$. So
$tw$, $t = r+1$, sums the gradients $-t\,\eta H\nabla f$ (dual averaging), and in $\tau=\log t$
$$\frac{dW}{d\tau} = -W-e^\tau\eta H\,\nabla f(W).$$
The right-hand side is minus the gradient of $\frac12|W|^2+e^\tau\eta Hf(W)$, strongly convex: paths contract like
$e^{-\tau}$ at least, and the defect of a round, of order
$(\eta Hf)^2 = O(\log^2r/r^2)$ as $\eta Hf\sim\gamma^{-2}\log r/r$, is $O(\log^2r/r)$ per unit of $\tau$ and leaves
$w^r-W = O(\log^3r/r)$. Along the path
$\dot W\to\hat w$, so $W\approx\operatorname{argmin}e^\tau\eta Hf+\frac12|w+\hat w|^2$: the pull to the anchor is a
ridge of strength $1/(\eta Hr)$. With $W=\hat wL+\rho$ stationarity on the support reads
$\eta Hr\sum p_ie^{-x_i\cdot W}x_i=\hat w(L+1)+\rho$, hence $L+\log(L+1)=\log(\eta Hr)$ and $\rho=\tilde w+O(1/L)$. The
direction error is $|\Pi_\perp\tilde w|/(|\hat w|L)$ with $L<\log(\eta Hr)$: larger than that of plain averaging by
$1+\log(L+1)/L$ in the end. For proximal points $L\approx\log(1/\lambda)+\log r$: a floor set by $\log(1/\lambda)$ that
falls only logarithmically. Only $\lambda\to0$ before $r\to\infty$ gives the rate $1/r$ of exact projections. $\square$
"""

STATEMENT = (
    r"with $w^0=0$ and $a_r=1/(r+2)$: $w^r-W(\log(r+1))\to0$ for the solution of $\dot W=-W-e^\tau s\,\nabla f(W)$, so "
    r"$w^r=\hat wL_r+\tilde w+O(1/L_r)$ with $L_r+\log(L_r+1)=\log(sr)$, and the direction error is "
    r"$|\Pi_\perp\tilde w|/(|\hat w|L_r)$"
)
HYPOTHESES = (
    "separable data, margin γ > 0; exponential or logistic loss",
    "every support vector has a positive multiplier, and the support vectors span the data; w̃ not parallel to ŵ",
)
STRAIGHT_FALSIFIER = Falsifier(
    "direction error O(1/r)", "that is the rate of anchored exact projections", straight
)
HELPS = Falsifier(
    "anchoring helps", "it does for exact projections, where averaging alone misses ŵ for ever", helps
)
AXES = ("communication rounds r", "distance of the direction from ŵ", "log", "log")

CLAIM_STEPS = Claim(
    key="derived/anchored-finite-steps",
    title="At finite ηH anchoring is a ridge of strength 1/(ηHr): log-like, no better than averaging",
    statement=rf"Anchored Local GD with $s=\eta H$, {STATEMENT}: no better than that of plain Local GD, $1/\log(sr)$.",
    hypotheses=HYPOTHESES,
    reference=Reference("derived"),
    source="derived",
    knobs=AnchoredStepsKnobs(),
    setup=steps_setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        STRAIGHT_FALSIFIER,
        HELPS,
        Falsifier(
            "the path of plain averaging",
            "a_r → 0, so the anchor seems to be forgotten",
            lambda case: wrong_path(case, case.plain(case.log_step + np.log(NOMINAL_ROUND))),
        ),
    ),
    proof=PROOF,
    see=("zhu2024/anchored-projections", "derived/anchored-proximal-floor"),
    axes=AXES,
)

CLAIM_PROXIMAL = Claim(
    key="derived/anchored-proximal-floor",
    title="Anchored proximal solves stop at a floor set by log(1/λ), where exact projections go on",
    statement=(
        rf"Anchored proximal local solves with $s=1/\lambda$, {STATEMENT}: a floor of size $1/\log(1/\lambda)$ that "
        r"falls only logarithmically in $r$."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("derived"),
    source="derived",
    knobs=AnchoredProximalKnobs(),
    setup=proximal_setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        STRAIGHT_FALSIFIER,
        HELPS,
        Falsifier(
            "w/log(1/λ) stays at ŵ",
            "u = w/Λ of exact projections does; but at finite λ the model grows with log r",
            lambda case: wrong_path(case, case.run.svm.weights * case.log_step),
        ),
    ),
    proof=PROOF,
    see=("zhu2024/anchored-projections", "derived/anchored-finite-steps"),
    axes=AXES,
)
