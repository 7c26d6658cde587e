"""Models move along Γ within T/η² steps, to a limit; within T/η^{3/2} steps they only begin to."""

import math
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import limit_of, mean_of
from paper_repro.papers.gu2023.label_valley import label_valley_case, LabelValleyCase, LabelValleyKnobs


LONG = "E Φ_x − x_0 after T/η² steps, η → 0"
SHORT = "E Φ_x − x_0 after T/η^{3/2} steps, √η → 0"
DECIDING = 2

# H at the coarsest rates; on the short horizon √η halves, so that H = α/η grows fourfold.
LONG_STEPS, SHORT_STEPS = 16, (16, 64)
# Whole numbers of rounds as long as T is about this.
TIME = 1.0


@dataclass(frozen=True)
class HorizonCase:
    """Local SGD over T/η² steps, and over T/η^{3/2} at two learning rates."""

    long: LabelValleyCase
    short: tuple[LabelValleyCase, LabelValleyCase]

    @property
    def start(self) -> float:
        """x_0."""
        return self.long.refinement.start[0]


def setup(knobs: LabelValleyKnobs, stream: Stream) -> HorizonCase:
    """Return the case of the knobs."""
    long = label_valley_case(knobs, stream.child("long"), LONG_STEPS, TIME)
    coarse, fine = (_short(knobs, stream.child(f"short-{steps}"), steps) for steps in SHORT_STEPS)
    return HorizonCase(long, (coarse, fine))


def _short(knobs: LabelValleyKnobs, stream: Stream, steps: int) -> LabelValleyCase:
    return label_valley_case(knobs, stream, steps, TIME * math.sqrt(knobs.round_time / steps))


def needs(case: HorizonCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Runs over both horizons at two learning rates each."""
    replicas = budget.pick(smoke=500, quick=6_000, paper=60_000)
    pair = case.long.refinement.pair(replicas, case.long.stream)
    return (*pair, *(of.refinement.spec(1, replicas, of.stream) for of in case.short))


def observe(case: HorizonCase, traces: Traces) -> Observation:
    """Extrapolate both displacements."""
    moved = [case.long.seen(trace) - case.start for trace in traces]
    quantities = {LONG: limit_of(moved[0], moved[1], DECIDING), SHORT: limit_of(moved[2], moved[3], DECIDING)}
    rates = case.long.refinement.lr / np.array([1.0, 2.0]), np.array([of.refinement.lr for of in case.short])
    curves = (
        _points(rates[0], moved[:2], "after T/η² steps"),
        _points(rates[1], moved[2:], "after T/η^{3/2} steps", "local_sgd:H=1000"),
    )
    return Observation(quantities, curves)


def _points(rates: np.ndarray, moved: list[np.ndarray], label: str, method: str = "local_sgd") -> Curve:
    means = [mean_of(-values, DECIDING) for values in moved]
    value, width = np.array([m.value for m in means]), np.array([m.error for m in means])
    return Curve(rates, value, label, method=method, low=value - width, high=value + width)


def predict(case: HorizonCase) -> Prediction:
    """x(T) − x_0 of the slow ODE, and 0, which the slow ODE at T√η approaches like √η."""
    far = case.long.limit - case.start
    rates = np.geomspace(1e-3, 0.1, 60)
    lines = (
        Curve(rates, np.full(60, -far), "slow ODE at t = T", "theory"),
        Curve(rates, case.start - case.long.path(TIME * np.sqrt(rates)), "slow ODE at t = T√η", "theory"),
        Curve(rates, case.start - case.long.path(TIME * rates), "slow ODE at t_c", "falsifier"),
    )
    return Prediction({LONG: Predicted(far), SHORT: Predicted(0.0)}, lines)


def conventional_clock(case: HorizonCase) -> Prediction:
    """The drift per conventional time: η times as far, at the finer rate."""
    of = case.long.refinement
    reached = case.long.path(np.array([of.slow_time * of.lr / 2.0]))
    return Prediction({LONG: Predicted(float(reached[0]) - case.start)})


def same_distance(case: HorizonCase) -> Prediction:
    """The displacement of T/η² steps after T/η^{3/2} of them."""
    return Prediction({SHORT: Predicted(case.long.limit - case.start)})


CLAIM = Claim(
    key="gu2023/slow-horizon",
    title="The slow horizon is η^{−2}: after T/η² steps models have moved to a limit, after T/η^{3/2} hardly",
    statement=(
        r"Local SGD moves along the manifold of minima on the horizon of $\eta^{-2}$ steps [recalled]: at fixed "
        r"$\alpha=\eta H$, $E\Phi(\bar\theta)$ after $T/\eta^2$ steps tends to the slow SDE at $T$, and after "
        r"$T/\eta^{3/2}$ steps to the start, which the slow SDE leaves by $O(\sqrt\eta)$ in this time. On "
        r"$\frac12e^{cx}y^2$ with label noise the path is known: the solution of an ordinary differential equation."
    ),
    hypotheses=("start on Γ; α = ηH and T fixed as η → 0", "label noise: no diffusion along Γ"),
    reference=Reference("gu2023", "the slow horizon; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=LabelValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "t_c = η·steps for t",
            "the time of the conventional SDE: the drift comes out η times as large",
            conventional_clock,
        ),
        Falsifier("T/η^{3/2} steps go as far", "any number of steps beyond 1/η seems long", same_distance),
    ),
    see=("gu2023/weak-error",),
    axes=("learning rate η", "x_0 − E Φ_x", "log", "log"),
)
