"""With a floor adaptivity ends at a finite round, and the Euclidean max margin returns."""

import dataclasses
from collections.abc import Callable

import numpy as np

from implicitbias import Stream
from implicitbias.asymptotics import direction_error, unit
from paper_repro.claims import (
    AssumptionUnmet,
    Claim,
    closed_form,
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
from paper_repro.claims.continued import LOG_TIME, nothing_seen, RECORDS, residuals
from paper_repro.papers.derived.scaled_bias.floor_case import (
    AnyFloorKnobs,
    continued,
    first_at_floor,
    floor_case,
    FloorCase,
    FloorKnobs,
    run_to_floor,
    scalings,
)
from paper_repro.papers.derived.scaled_bias.setting import EARLY, far_slope, SAME, unit_rows


EXCESS = "max D̂/d_min − 1 in the last round"
REACHED = "r_fl"
FAR_SLOPE = "slope of w between τ = 10³ and 10⁶"

# The formula for r_fl is promised to this share of itself, …
PROMISED = 0.4
# … where it exceeds this many memories 1/(1 − β) of D.
MANY = 10.0


def long_descent(knobs: FloorKnobs, stream: Stream) -> FloorCase | AssumptionUnmet:
    """Return the case of the knobs if its way to the floor is long against the memory of D."""
    case = floor_case(knobs, stream)
    if isinstance(case, AssumptionUnmet) or case.formula * (1.0 - case.beta) >= MANY:
        return case
    return AssumptionUnmet("r_fl is not long against the memory 1/(1 − β) of D")


def added_floor(knobs: FloorKnobs, stream: Stream) -> FloorCase | AssumptionUnmet:
    """Return the same run with D̂ = |D| + d_min."""
    case = long_descent(knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return case
    scaling = dataclasses.replace(case.method.scaling, flooring="plus")
    return dataclasses.replace(case, method=dataclasses.replace(case.method, scaling=scaling))


def observe_descent(case: FloorCase, traces: Traces) -> Observation:
    """Run, and find the first round at the floor (the end of the run, if it was not reached)."""
    del traces
    trace = run_to_floor(case)
    diagonals, first = scalings(trace), first_at_floor(case, trace)
    quantities = {
        EXCESS: Measured(float(diagonals[-1].max()) / case.floor - 1.0),
        REACHED: Measured(float(len(diagonals) if first is None else first)),
    }
    rounds = np.arange(len(diagonals))
    curves = tuple(
        Curve(rounds, diagonals[:, k] / case.floor, f"$\\hat D_{k + 1}$/d_min", method="rmsprop")
        for k in range(case.problem.dim)
    )
    return Observation(quantities, curves)


def descent(case: FloorCase, rounds: float) -> Prediction:
    """The prediction of a finite r_fl, and of D̂ = d_min·I from then on, to the last bit."""
    line = Curve(np.full(2, rounds), np.array([1.0, 10.0]), "finite round by the formula", "theory")
    reached = Predicted(rounds, PROMISED * rounds, reason="leading order in the length of the way")
    return Prediction({EXCESS: Predicted(0.0), REACHED: reached}, (line,))


def observe_direction(case: FloorCase, traces: Traces) -> Observation:
    """Run to the floor, then continue in log-time with D̂ = d_min·I."""
    del traces
    trace = run_to_floor(case)
    if first_at_floor(case, trace) is None:
        return nothing_seen("the floor was not reached within the rounds run", FAR_SLOPE)
    far = continued(case, trace, *(tau for tau in RECORDS if tau >= EARLY and tau < RECORDS[-1]))
    rho, _ = residuals(far)
    before = trace.rounds > 0
    tau = np.concatenate([trace.log_time[before], far.log_time])
    path = unit_rows(np.vstack([trace.w[0, before], far.log_time[:, None] * case.euclidean.weights + rho]))
    targets = (
        (case.euclidean, "to the Euclidean max margin", "measured"),
        (case.largest, "to the ℓ∞ one", "falsifier"),
    )
    curves = tuple(
        Curve(tau, np.linalg.norm(path - unit(svm.weights), axis=1), label, role, "rmsprop")
        for svm, label, role in targets
    )
    return Observation({FAR_SLOPE: far_slope(far, case.euclidean.weights)}, curves)


def predict_direction(case: FloorCase) -> Prediction:
    """ŵ."""
    return Prediction({FAR_SLOPE: Predicted(case.euclidean.weights)})


def towards(
    weights: Callable[[FloorCase], np.ndarray],
) -> Callable[[FloorCase], Prediction | AssumptionUnmet]:
    """The prediction of another separator."""

    def wrong(case: FloorCase) -> Prediction | AssumptionUnmet:
        other = weights(case)
        if direction_error(other, case.euclidean.weights) < SAME:
            return AssumptionUnmet("on these data it is the Euclidean max margin")
        return Prediction({FAR_SLOPE: Predicted(other)})

    return wrong


def in_the_metric_of_the_start(case: FloorCase) -> np.ndarray:
    """w_D with D = |∇f(0)|, the scaling of the first round."""
    return case.in_metric(np.abs(case.problem.gradient(np.zeros(case.problem.dim)))).weights


PROOF = r"""Full gradients: the loss tends to zero (derived/scaled-loss-decreases), so do the samples $h = \nabla f$
or $v\circ(\nabla^2f\,v)$,
and with them $D$, an average that forgets. Hence $|D|<d_{\min}$ from some finite round $r_{fl}$
on, and the clipped $\hat D = \max(d_{\min},|D|)$ is $d_{\min}I$ exactly: Local GD with step $\eta/d_{\min}$, whose
direction tends to the Euclidean max margin from every start. Before, where $D\approx|\nabla f|$, a step moves each
coordinate by about $\eta$, towards the largest margin in the max norm, and all margins grow by $\eta
H\gamma_\infty$ a round: $|\nabla f|\approx|g_0|e^{-\eta H\gamma_\infty r}$ passes $d_{\min}$ at about
$\ln(|g_0|/d_{\min})/(\eta H\gamma_\infty)$ if that is long against the memory $1/(1-\beta)$."""

HYPOTHESES = (
    "separable data, logistic loss, full gradients",
    "squared rule on gradients, D̂ = max(d_min, |D|) with d_min > 0",
    "the loss tends to zero",
)

CLAIM = Claim(
    key="derived/floor-reached",
    title="With a floor D̂ is exactly d_min·I from a finite round on, about ln(|g₀|/d_min)/(ηHγ_∞)",
    statement=(
        r"RMSProp and Adam-type scalings with $\hat D = \max(d_{\min},|D|)$ and full gradients stop adapting: from "
        r"a finite round $r_{fl}$ on $\hat D = d_{\min}I$ to the last bit. Where $r_{fl}\gg1/(1-\beta)$, it is "
        r"$\ln(|g_0|/d_{\min})/(\eta H\gamma_\infty)$ within 40 %."
    ),
    hypotheses=(*HYPOTHESES, "the way to the floor is long against the memory: r_fl ≥ 10/(1 − β)"),
    reference=Reference("wang2021", "companion statement; finiteness and the formula are ours", ("v1",)),
    source="derived",
    proof=PROOF,
    knobs=FloorKnobs(),
    setup=long_descent,
    observe=observe_descent,
    predict=lambda case: descent(case, case.formula),
    judge=closed_form,
    falsifiers=(
        Falsifier("D̂ = |D| + d_min", "the floor is then only approached", setup=added_floor),
        Falsifier(
            "twice the rounds",
            "squares fall twice as fast, or half as fast, as gradients",
            lambda case: descent(case, 2.0 * case.formula),
        ),
    ),
    see=("derived/floor-direction", "derived/floor-one-point"),
    axes=("communication rounds r", "D̂/d_min", "linear", "log"),
)

CLAIM_DIRECTION = Claim(
    key="derived/floor-direction",
    title="A floor brings back the Euclidean max margin, whatever the scaling did before",
    statement=(
        r"From $r_{fl}$ on Local GD with floored RMSProp, Adam-type, OASIS or AdaHessian scalings is Local "
        r"GD with step $\eta/d_{\min}$: $w/\log r$ tends to the Euclidean $\hat w$, while up to $r_{fl}$ the iterate "
        r"may be close to the separator of the max norm. Measured from an exact run to $r_{fl}$, continued to round "
        r"$10^{434294}$."
    ),
    hypotheses=(
        "separable data, logistic loss, full gradients",
        "D̂ = max(d_min, |D|) with d_min > 0, D an average of gradients or curvature that forgets",
        "the loss tends to zero",
    ),
    reference=Reference("wang2021", "companion statement; the finite round is ours", ("v1",)),
    source="derived",
    proof=PROOF,
    knobs=AnyFloorKnobs(),
    setup=floor_case,
    observe=observe_direction,
    predict=predict_direction,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the max margin of the max norm",
            "the bias of Adam without a floor, and of this run before r_fl",
            towards(lambda case: case.largest.weights),
        ),
        Falsifier(
            "the norm of the first scaling",
            "D̂ might freeze where it starts",
            towards(in_the_metric_of_the_start),
        ),
    ),
    see=("derived/floor-reached", "zhang2024adam/max-margin"),
    axes=(LOG_TIME, "distance of directions", "log", "log"),
)
