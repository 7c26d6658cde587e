"""Normalised gradient descent with e_t = e/√(t + 1): the margin gap is O(log t/√t), not like 1/log t."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import local_gd, normalised_gd, PowerDecay, Stream, Trace
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
    Relation,
    RunSpec,
    Traces,
)
from paper_repro.claims.separable import SeparableCase
from paper_repro.claims.unit_rows import gap_constant, gaps, unit_case, UnitRowKnobs


EXPONENT = "exponent of the margin gap in t"
UNNORMALISED = "exponent of the margin gap of gradient descent in t"

# One worker takes all its steps as it would one by one; ten to a round save the bookkeeping of nine.
PER_ROUND = 10
# Slopes are taken over the last two factors of this in t.
WINDOW = 5.0


@dataclass(frozen=True)
class DecayKnobs(UnitRowKnobs):
    """Data, and the steps e/√(t + 1)."""

    rate: float = knob(1.0, "e", "normalised step at t = 0", low=0.5, high=1.0)


def setup(knobs: DecayKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return the case of the knobs."""
    method = dataclasses.replace(normalised_gd(PowerDecay(knobs.rate)), local_steps=PER_ROUND)
    return unit_case(knobs, stream, method)


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Normalised gradient descent, and gradient descent with η = 1 for comparison."""
    rounds = budget.pick(smoke=300, quick=1_000, paper=10_000)
    return tuple(RunSpec(case.problem, method, rounds) for method in (case.method, local_gd(1.0, PER_ROUND)))


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Measure the exponents of both margin gaps."""
    quantities, curves = {}, []
    for name, trace, method in zip((EXPONENT, UNNORMALISED), traces, ("normalised_gd", "gd"), strict=True):
        rounds, gap = gaps(trace, case.problem.signed, case.svm.margin)
        times = PER_ROUND * rounds
        norm = np.linalg.norm(trace.w[0, 1:], axis=1)
        pace = case.svm.margin * trace.time[1:] if name == EXPONENT else norm
        quantities[name] = exponent(times, gap, norm, pace)
        label = "η = e/(√(t+1) f)" if method == "normalised_gd" else "gradient descent, η = 1"
        curves.append(Curve(times, gap, label, method=method))
    return Observation(quantities, (*curves, asymptote(case, traces[0])))


def exponent(
    times: Int[np.ndarray, " record"],
    gap: Float[np.ndarray, " record"],
    norm: Float[np.ndarray, " record"],
    pace: Float[np.ndarray, " record"],
) -> Measured:
    """Return the exponent of the gap in t over the late records: minus that of |w|, as gap·|w| tends to a constant.

    |w| = pace + c, where c tends to a constant, too: with pace = γΣe_j the inverse of the slope of log|w| is linear in
    1/√t, and two slopes show where it leads. Both constants are approached exponentially in Σe_j, which no power of t
    resembles: whatever they still move is error.
    """
    ends = np.interp(np.log(times[-1]) - np.log(WINDOW) * np.arange(3), np.log(times), np.log(norm))
    last, before = np.log(WINDOW) / -np.diff(ends)
    end = last + (last - before) / (np.sqrt(WINDOW) - 1.0)
    late, later = (times >= times[-1] / WINDOW**k for k in (2, 1))
    moved = np.ptp((norm - pace)[late]) / norm[late][0] + np.ptp(np.log(gap[later] * norm[later]))
    return Measured(float(-1.0 / end), float(abs(1.0 / end - 1.0 / last) + 2.0 * moved / np.log(WINDOW)))


def asymptote(case: SeparableCase, trace: Trace) -> Curve:
    """Gap·γΣe_j tends to the gap constant of the residual limit (ours, from `derived/normalised-limit`)."""
    late = trace.rounds >= 10
    gap = gap_constant(case) / (case.svm.margin * trace.time[late])
    return Curve(PER_ROUND * trace.rounds[late], gap, "limit constant over γΣe", "theory")


def predict(case: SeparableCase) -> Prediction:
    """At most −1/2: a logarithm does not change an exponent."""
    del case
    return at_most(-0.5)


def at_most(value: float, quantity: str = EXPONENT) -> Prediction:
    """An exponent at most this."""
    return Prediction({quantity: Predicted(value, 0.0, Relation.AT_MOST)})


CLAIM = Claim(
    key="nacson2019/normalised-gd",
    title="With η = e/(√(t+1) f) the margin gap falls at least like log t/√t",
    statement=(
        r"Normalised gradient descent $\eta_t = e/(\sqrt{t+1}\,f(w_t))$ on the exponential loss of separable data "
        r"has a margin gap $O(\log t/\sqrt t)$: its exponent in $t$ is at most $-\frac12$. Gradient descent with a"
        r" fixed step has a gap like $1/\log t$, exponent 0. Ours: it is a constant over $\gamma\sum e_j$, so the "
        r"logarithm is not needed."
    ),
    hypotheses=(
        "separable data, margin γ > 0, rows of length at most 1",
        "exponential loss, e ≤ 1",
        "for the constant in the picture: every support vector has a positive multiplier, and they span the data",
    ),
    reference=Reference("nacson2019b", "rate of normalised gradient descent; theorem number unknown"),
    source="second-hand",
    knobs=DecayKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "1/log t",
            "the rate of gradient descent with a fixed step",
            lambda case: Prediction({EXPONENT: Predicted(0.0)}),
        ),
        Falsifier(
            "1/t",
            "normalised steps that do not decay reach it; these do decay",
            lambda case: at_most(-1.0),
        ),
        Falsifier(
            "log t/√t without normalisation",
            "the loss of gradient descent does fall like 1/t",
            lambda case: at_most(-0.5, UNNORMALISED),
        ),
    ),
    see=("ji2021/margin-bound", "derived/normalised-limit"),
    axes=("iterations t", "margin gap γ − min x_i·w/|w|", "log", "log"),
)
