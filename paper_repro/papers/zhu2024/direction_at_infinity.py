"""The rate of the direction, seen: out to round 10^434294 the chord is C/(τ + a), and C known to ten digits."""

from collections.abc import Callable

import numpy as np

from implicitbias import Stream, Trace
from implicitbias.asymptotics import (
    angle_from_chord,
    chord_from_residual,
    direction_error,
    predicted_chord,
    rate_constant,
    rate_correction,
    unit,
)
from implicitbias.oracle import residual_limit as limit_of
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Spec,
    Traces,
)
from paper_repro.claims.continued import at, continuation, FAR, LOG_TIME, nothing_seen, residuals
from paper_repro.claims.extrapolation import divergence, unit_vector
from paper_repro.claims.separable import LocalGDKnobs, separable_case, SeparableCase
from paper_repro.papers.zhu2024.direction_limit import (
    average_of_local,
    average_of_local_units,
    SAME_DIRECTION,
)


DIRECTION = "direction w/|w| at τ = 10⁶"
CHORD = "chord · τ at τ = 10⁶"
CONSTANT = "C in chord = C/(τ + a)"
SHIFT = "a in chord = C/(τ + a)"

# The other log-time that C and a are read from; e^{−κτ} has vanished there for every κ that double precision resolves.
EARLY = 1e3
# |Π⊥w̃|/|ŵ| below which w̃ counts as parallel to ŵ: the chord then has another rate.
PARALLEL = 1e-6
# Entries of two unit vectors, each rounded a few times.
ROUNDING = 1e-15

Altered = Callable[[SeparableCase], Prediction | AssumptionUnmet]


def setup(knobs: LocalGDKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return the case of the knobs; its w̃ must not be parallel to ŵ."""
    case = separable_case(knobs, stream)
    if isinstance(case, AssumptionUnmet) or rate_constant(case.svm.weights, case.residual_limit) > PARALLEL:
        return case
    return AssumptionUnmet("w̃ is parallel to ŵ: the chord vanishes faster than 1/log(ηHr)")


def needs(case: SeparableCase, budget: Budget) -> tuple[Spec, ...]:
    """One continuation."""
    del budget
    return (continuation(case.problem, case.method),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Read direction and chord at the end, C and a from two records."""
    if stopped := divergence(traces):
        return nothing_seen(stopped, DIRECTION, CHORD, CONSTANT, SHIFT)
    (trace,) = traces
    rho, error = residuals(trace)
    direction = unit_vector(Measured(case.svm.weights + rho[-1] / FAR, error[-1] / FAR))
    size = float(np.linalg.norm(case.svm.weights))
    constant, shift = clock(trace, case.svm.direction)
    quantities = {
        DIRECTION: Measured(direction.value, direction.error + ROUNDING),
        CHORD: Measured(FAR * float(np.asarray(trace.extras["chord"])[0, -1]), float(error[-1]) / size),
        CONSTANT: constant,
        SHIFT: shift,
    }
    return Observation(quantities, _measured_curves(case, trace))


def clock(trace: Trace, direction: np.ndarray) -> tuple[Measured, Measured]:
    """C and a from the angle φ to ŵ at two log-times: for w = ŵτ + w̃, cot φ = (τ + a)/C exactly."""
    records = [at(trace, tau) for tau in (EARLY, FAR)]
    rho, error = (values[records] for values in residuals(trace))
    across = np.linalg.norm(rho - np.outer(rho @ direction, direction), axis=1)
    spread = error / np.maximum(across - error, 0.0)
    cotangent = 1.0 / np.tan(angle_from_chord(np.asarray(trace.extras["chord"])[0, records]))
    (first, last), times = cotangent, trace.log_time[records]
    constant = float((times[1] - times[0]) / (last - first))
    relative = float(cotangent @ spread / (last - first))
    shift = constant * first - times[0]
    return Measured(constant, constant * relative), Measured(shift, constant * first * (relative + spread[0]))


def predict(case: SeparableCase) -> Prediction:
    """The path ŵτ + w̃, with C = |Π⊥w̃|/|ŵ| and a = w̃·ŵ/|ŵ|²."""
    weights, end = case.svm.weights, case.residual_limit
    constant, shift = rate_constant(weights, end), rate_correction(weights, end)
    chord = FAR * float(predicted_chord(weights, end, np.asarray(FAR)))
    third = 0.375 * constant**3 / FAR**2
    quantities = {
        DIRECTION: Predicted(unit(weights + end / FAR)),
        CHORD: Predicted(chord, third, reason="third order: chord = t − 3t³/8 + … in t = C/(τ + a)"),
        CONSTANT: Predicted(constant),
        SHIFT: Predicted(shift),
    }
    return Prediction(quantities, _continued_curves(case))


def towards(average: Callable[[SeparableCase], np.ndarray]) -> Altered:
    """The prediction that the limit direction is that of an average of the workers' separators."""

    def wrong(case: SeparableCase) -> Prediction | AssumptionUnmet:
        vector = average(case)
        if direction_error(vector, case.svm.weights) <= SAME_DIRECTION:
            return AssumptionUnmet("on these data this direction is the max-margin direction")
        return Prediction({DIRECTION: Predicted(unit(vector))})

    return wrong


def uniform_weights(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The constant with p_i = 1/n for 1/(M n_m)."""
    if len(set(case.problem.sizes)) == 1:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    return Prediction({CONSTANT: Predicted(rate_constant(case.svm.weights, limit_of(case.problem.signed)))})


def first_order(case: SeparableCase) -> Prediction:
    """chord·τ = C, without the shift of the clock."""
    return Prediction({CHORD: Predicted(rate_constant(case.svm.weights, case.residual_limit))})


def _measured_curves(case: SeparableCase, trace: Trace) -> tuple[Curve, ...]:
    tau, (rho, _) = trace.log_time, residuals(trace)
    wrong = direction_error(case.svm.weights + rho / tau[:, None], average_of_local(case))
    return (
        Curve(tau, np.asarray(trace.extras["chord"])[0], "to ŵ", method="local_gd"),
        Curve(tau, wrong, "to the average of the local SVMs", "reference"),
    )


def _continued_curves(case: SeparableCase) -> tuple[Curve, ...]:
    tau = np.geomspace(2, FAR, 200)
    path = np.broadcast_to(case.residual_limit, (len(tau), case.problem.dim))
    closed = chord_from_residual(path, case.svm.weights, tau)
    return (Curve(tau, closed, "closed form, C/(τ + a)", "theory"),)


PROOF = r"""By the limit of the residual, $w^r = \hat w\tau + \tilde w + O(r^{-\kappa})$ with $\tau = \log(\eta Hr)$.
Split $\tilde w$ into $a\hat w$ with $a = \tilde w\cdot\hat w/|\hat w|^2$ and $\Pi_\perp\tilde w$: the angle to
$\hat w$ has $\tan\varphi = |\Pi_\perp\tilde w|/(|\hat w|(\tau+a)) = C/(\tau+a)$, up to $O(e^{-\kappa\tau})$. The chord
is $2\sin(\varphi/2) = t - \frac38t^3+\dots$ with $t = \tan\varphi$. The flow that takes over from the exact rounds is
wrong by the estimate that its trace carries; along the support it forgets even that."""

CLAIM = Claim(
    key="zhu2024/direction-at-infinity",
    title="The direction error is C/(log(ηHr) + a) out to round 10^434294, C known to ten digits",
    statement=(
        r"The direction of $w^r$ tends to that of the GLOBAL max-margin separator like $1/\log(\eta Hr)$ [known to us "
        r"second-hand]; exactly, $|w^r/|w^r| - \hat w/|\hat w|| = C/(\tau+a)\,(1+O(\tau^{-2}))$ with $\tau = "
        r"\log(\eta Hr)$, $C = |\Pi_\perp\tilde w|/|\hat w|$ and $a = \tilde w\cdot\hat w/|\hat w|^2$. No run gets "
        r"there: at round $10^5$ the constant is still 30 % off, and the iterate may be nearer to a wrong limit than "
        r"to the right one. The continuation in log-time does."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
        "w̃ not parallel to ŵ",
    ),
    reference=Reference(
        "zhu2024", "theorem on classification; number unknown, constants proved here", ("v1", "v2")
    ),
    source="derived",
    proof=PROOF,
    knobs=LocalGDKnobs(data="A-prime"),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the average of the local SVMs",
            "at round 10⁵ the iterate is often nearer to it than to ŵ",
            towards(average_of_local),
        ),
        Falsifier(
            "the average of the unit local SVMs",
            "only directions of the local solutions matter",
            towards(average_of_local_units),
        ),
        Falsifier(
            "faster than 1/log",
            "the loss falls like 1/r, so the direction might",
            lambda case: Prediction({CONSTANT: Predicted(0.0)}),
        ),
        Falsifier("p_i = 1/n in the constant", "f is a mean of means, not the mean", uniform_weights),
        Falsifier("C/τ without a", "at τ = 10⁶ the second order seems gone", first_order),
    ),
    see=("zhu2024/direction-limit", "zhu2024/residual-limit"),
    axes=(LOG_TIME, "chord of unit vectors", "log", "log"),
)
