"""The continuation is what the exact rounds do: wrong by O(1/r₀) to first order, by O(1/r₀²) to second."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import FastForwardSpec, local_gd, RecordAt, RunSpec, Stream, Trace
from implicitbias.continuation import follow, LogTimeFlow
from implicitbias.data import named
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Spec,
    Traces,
)
from paper_repro.claims.continued import nothing_seen
from paper_repro.claims.extrapolation import divergence
from paper_repro.claims.separable import certified_case, classification, LOSSES, SeparableCase
from paper_repro.papers.derived.local_gd.residual_rate import planted


FIRST, SECOND = "exponent of the error in r₀, first order", "exponent of the error in r₀, second order"

# Extra margin of random data: κ is then at least about a half, and paths have settled at the hand-overs.
GAP = 0.6
# Hand-overs start where a round is a small step, ηH b² f ≤ 1/20 on the asymptote f = 1/(γ²ηHr).
SMALL = 20.0
# From the first to the last hand-over.
RANGE = 32
# Rounds compared, in units of r₀: the same for all, so that the largest difference is met at the same place.
COMPARED = 2.0 ** (np.arange(1, 9) / 4)
# The integrator's tolerance, as small as rounding lets it be, and what its steps add up to with those of the rounds.
FINEST, NOISE = 2.5e-14, 2e-12
# Hand-overs form three windows, each with its slope. These approach the exponent like r₀^(−s), and three times what was
# seen of the way covers what is left of it for all s ≥ 1/8.
WINDOWS, WAY = 3, 3.0

Flows = Callable[[Int[np.ndarray, " handover"]], list[Float[np.ndarray, "record dim"]]]


@dataclass(frozen=True)
class OverlapKnobs:
    """Data and method; a round of a few local steps of some length."""

    data: str = knob("A-prime", "X", "data set", choices=("A", "A-prime", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.5, "η", "learning rate", low=0.1, high=0.5, log=True)
    local_steps: int = knob(50, "H", "local steps", low=5, high=50, log=True)


@dataclass(frozen=True, eq=False)
class OverlapCase:
    """A separable case, and the first hand-over."""

    separable: SeparableCase
    first: int


def setup(knobs: OverlapKnobs, stream: Stream) -> OverlapCase | AssumptionUnmet:
    """Return the case, with the hand-overs where the theory says that rounds have become small steps."""
    samples = planted(GAP, stream) if knobs.data == "random" else named(knobs.data)
    case = certified_case(classification(samples, knobs.loss), local_gd(knobs.lr, knobs.local_steps))
    if isinstance(case, AssumptionUnmet):
        return case
    first = SMALL * max(case.problem.radius**2, 1.0 / case.step) / case.svm.margin**2
    return OverlapCase(case, math.ceil(first))


def handovers(case: OverlapCase, count: int) -> tuple[int, ...]:
    """Return so many hand-overs, log-spaced."""
    return tuple(round(case.first * RANGE ** (k / (count - 1))) for k in range(count))


def compared(handover: int) -> Int[np.ndarray, " record"]:
    """Return the rounds compared with a continuation from this one."""
    return np.round(handover * COMPARED).astype(int)


def needs(case: OverlapCase, budget: Budget) -> tuple[Spec, ...]:
    """The exact rounds, and continuations of both orders from every hand-over."""
    problem, method = case.separable.problem, case.separable.method
    first = handovers(case, budget.pick(smoke=4, quick=7, paper=13))
    rounds = sorted({*first, *(int(r) for start in first for r in compared(start))})
    continued = tuple(
        FastForwardSpec(problem, method, later(case, r), handover=r, order=order, rtol=FINEST)
        for order in (1, 2)
        for r in first
    )
    return (RunSpec(problem, method, rounds[-1], RecordAt.these(rounds)), *continued)


def later(case: OverlapCase, handover: int) -> tuple[float, ...]:
    """Return the log-times compared."""
    return tuple(np.log(case.separable.step * compared(handover)).tolist())


def observe(case: OverlapCase, traces: Traces) -> Observation:
    """Fit how the largest difference to the exact rounds falls with the hand-over, for both orders."""
    if stopped := divergence(traces):
        return nothing_seen(stopped, FIRST, SECOND)
    exact, count = traces[0], len(traces) // 2
    rounds = np.array(handovers(case, count))
    first, second = (largest(case, exact, rounds, part) for part in paths(traces))
    flipped = largest(case, exact, rounds, opposite(traces))
    curves = (
        Curve(rounds, first, "first order", method="gd"),
        Curve(rounds, second, "second order", method="local_gd"),
        Curve(rounds, flipped, "second order, wrong sign", "falsifier"),
    )
    return Observation(
        {FIRST: exponent(case, exact, rounds, first, 1), SECOND: exponent(case, exact, rounds, second, 2)},
        curves,
    )


def paths(traces: Traces) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the residuals of the continuations of first and of second order."""
    rho = [np.asarray(t.extras["residual"])[0] for t in traces[1:]]
    return rho[: len(rho) // 2], rho[len(rho) // 2 :]


def opposite(traces: Traces) -> list[np.ndarray]:
    """Return continuations with the second order subtracted: to leading order, mirrored at the first."""
    return [2.0 * first - second for first, second in zip(*paths(traces), strict=True)]


def largest(
    case: OverlapCase, exact: Trace, rounds: np.ndarray, continued: list[np.ndarray]
) -> Float[np.ndarray, " handover"]:
    """Return sup |ρ − exact ρ| over the rounds compared, for the continuation from every hand-over."""
    found = []
    for r, rho in zip(rounds, continued, strict=True):
        seen = np.isin(exact.rounds, compared(int(r)))
        own = exact.w[0, seen] - exact.log_time[seen, None] * case.separable.svm.weights
        found.append(np.linalg.norm(rho - own, axis=1).max())
    return np.array(found)


def exponent(
    case: OverlapCase, exact: Trace, rounds: np.ndarray, errors: Float[np.ndarray, " handover"], order: int
) -> Measured:
    """Return the slope over the last hand-overs, and how far from the exponent it may be.

    To order p, rounds add errors like f_k^{p+1}, and forget them at a rate like f: while f still falls like r^(−1+ε),
    slopes miss by (p + 1)ε, and by up to b²/γ² times as much where what f loses bends it across ŵ. The next order in
    the step adds a share ηH b² f = b²/(γ²r₀) to the errors, and as much to slopes.
    """
    ratio = (case.separable.problem.radius / case.separable.svm.margin) ** 2
    x, width = np.log(rounds), (len(rounds) - 1) // WINDOWS
    windows = [slice(k * width, (k + 1) * width + 1) for k in range(WINDOWS)]
    slopes = [slope(x[part], np.log(errors[part])) for part in windows]
    last = windows[-1]
    losses = exact.log_loss[0, np.isin(exact.rounds, rounds)]
    unsettled = (order + 1) * ratio * abs(1.0 + slope(x[last], losses[last]))
    next_order = ratio / float(rounds[last][0])
    noise = 2.0 * NOISE / float(errors[last].min()) / float(np.ptp(x[last]))
    return Measured(slopes[-1], WAY * float(np.ptp(slopes)) + unsettled + next_order + noise)


def slope(x: Float[np.ndarray, " handover"], y: Float[np.ndarray, " handover"]) -> float:
    """Return the least-squares slope."""
    return float(np.polyfit(x, y, 1)[0])


def predict(case: OverlapCase) -> Prediction:
    """−1 and −2, with lines of these slopes: powers of a tenth of ηHf = 1/(γ²r₀), which lie near most errors."""
    rounds = np.array([case.first, RANGE * case.first], dtype=float)
    size = 0.1 / (case.separable.svm.margin**2 * rounds)
    lines = tuple(Curve(rounds, size**k, f"slope −{k}", "theory") for k in (1, 2))
    return Prediction({FIRST: Predicted(-1.0), SECOND: Predicted(-2.0)}, lines)


def second_alone(case: OverlapCase) -> Prediction:
    """−2 for what an altered continuation of second order does."""
    del case
    return Prediction({SECOND: Predicted(-2.0)})


def observe_altered(case: OverlapCase, traces: Traces, flows: Flows) -> Observation:
    """Measure continuations of another kind against the same exact rounds."""
    if stopped := divergence(traces):
        return nothing_seen(stopped, SECOND)
    rounds = np.array(handovers(case, len(traces) // 2))
    return Observation(
        {SECOND: exponent(case, traces[0], rounds, largest(case, traces[0], rounds, flows(rounds)), 2)}
    )


def wrong_sign(case: OverlapCase, traces: Traces) -> Observation:
    """The second order subtracted."""
    return observe_altered(case, traces, lambda rounds: opposite(traces))


def altered(
    case: OverlapCase, traces: Traces, alter: Callable[[LogTimeFlow], LogTimeFlow], label: float = 0.0
) -> Observation:
    """Other flows from the same models; ``label`` is added to their log-time."""

    def path(handover: int) -> np.ndarray:
        method, exact = case.separable.method, traces[0]
        w = exact.w[0, np.flatnonzero(exact.rounds == handover)[0]]
        start, times = (
            math.log(case.separable.step * handover) + label,
            np.array(later(case, handover)) + label,
        )
        rho = follow(case.separable.problem, method, w, start, times, rtol=FINEST, alter=alter)
        # The same model, with its residual against the right log-time.
        return rho + label * case.separable.svm.weights

    return observe_altered(case, traces, lambda rounds: [path(int(r)) for r in rounds])


def with_equal_weights(case: OverlapCase, traces: Traces) -> Observation:
    """p_i = 1/n."""
    count = len(case.separable.problem.signed)
    return altered(case, traces, lambda flow: dataclasses.replace(flow, weights=np.full(count, 1.0 / count)))


def as_a_local_flow(case: OverlapCase, traces: Traces) -> Observation:
    """1 for 1 − 1/H."""
    steps = case.separable.method.steps(case.separable.problem.workers, 0)[0]
    return altered(
        case, traces, lambda flow: dataclasses.replace(flow, second=flow.second * steps / (steps - 1))
    )


def without_local_steps(case: OverlapCase, traces: Traces) -> Observation:
    """S = ηr for ηHr."""
    steps = case.separable.method.steps(case.separable.problem.workers, 0)[0]
    slower = -math.log(steps)
    return altered(
        case, traces, lambda flow: dataclasses.replace(flow, log_step=flow.log_step + slower), slower
    )


def unequal(knobs: OverlapKnobs, stream: Stream) -> OverlapCase | AssumptionUnmet:
    """Return the case if its workers have unequal sizes."""
    case = setup(knobs, stream)
    if isinstance(case, AssumptionUnmet) or len(set(case.separable.problem.sizes)) > 1:
        return case
    return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")


PROOF = r"""A round of $H$ local steps moves worker $m$ by $-\eta H\nabla f_m+\frac12\eta^2H(H-1)\nabla^2f_m\nabla
f_m$ up to third order in the step, and the time-$\eta H$ map of $\dot w = -\nabla f+c$ is $w-\eta H\nabla f+\eta
Hc+\frac12(\eta H)^2\nabla^2f\nabla f$ to the same order. With $c = 0$ they differ by $O((\eta Hf)^2)$ per round, with
$c = \frac12\eta H[(1-1/H)\frac1M\sum_m\nabla^2f_m\nabla f_m-\nabla^2f\nabla f]$ by $O((\eta Hf)^3)$. On the asymptote
$\eta Hf = 1/(\gamma^2r)$, and the flow of a convex $f$ contracts distances: the differences of all rounds from $r_0$
on sum up to $O(1/r_0)$ and $O(1/r_0^2)$. Any other sign or factor in $c$ leaves a part of the first; another clock or
other weights lead to another limit, and no hand-over is late enough."""

CLAIM = Claim(
    key="derived/continuation",
    title="Continued from round r₀, Local GD misses the exact rounds by O(1/r₀), to second order by O(1/r₀²)",
    statement=(
        r"Handed over at round $r_0$, the flow $\dot w = -\nabla f$ in log-time $\tau = \log(\eta Hr)$ stays within "
        r"$O(1/r_0)$ of the exact rounds for ever, and the flow corrected by $\frac12\eta H[(1-\frac1H)\frac1M\sum_m"
        r"\nabla^2f_m\nabla f_m-\nabla^2f\nabla f]$ within $O(1/r_0^2)$. So runs can be continued to any round, with "
        r"an error that one knows."
    ),
    hypotheses=(
        "separable data, margin γ > 0, exponential or logistic loss",
        "at the hand-over a round is a small step, ηH b² f ≪ 1, on the asymptote f = 1/(γ²ηHr)",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=OverlapKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "s = ηr for ηHr",
            "one round is one step of the server",
            second_alone,
            observe=without_local_steps,
        ),
        Falsifier(
            "p_i = 1/n",
            "f is a mean of means, not the mean",
            second_alone,
            setup=unequal,
            observe=with_equal_weights,
        ),
        Falsifier("second order, wrong sign", "signs get lost", second_alone, observe=wrong_sign),
        Falsifier(
            "1 for 1 − 1/H",
            "for many local steps they are nearly the same, but even at H = 50 the difference shows",
            second_alone,
            observe=as_a_local_flow,
        ),
    ),
    see=("zhu2024/residual-limit", "derived/drift-leading-term"),
    axes=("hand-over round r₀", "largest difference to the exact rounds", "log", "log"),
)
