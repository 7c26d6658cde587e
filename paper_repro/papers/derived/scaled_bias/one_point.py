"""One sample: signs before the floor, the direction of the sample after it, in closed form."""

import math
from dataclasses import dataclass

import numpy as np

from implicitbias import LinearClassification, local_gd, Logistic, RMSProp, Stream, Trace
from paper_repro.claims import (
    AssumptionUnmet,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.scaled_bias.floor_case import (
    first_at_floor,
    FloorCase,
    run_to_floor,
    scalings,
)


RATIO = "w₁/w₂ when the first coordinate meets the floor"
DIRECTION = "(w − w_f)/(u − u_f)"
CLOCK = "(e^u − e^{u_f})/(|x|²ηt)"

# Roundings of a thousand steps.
ROUNDING = 1e-11
# Rounds are those of the formula for r_fl, which is too small where D forgets slowly, so many times.
LONGER = 6.0


@dataclass(frozen=True)
class OnePointKnobs:
    """The sample x = (x₁, 1), the floor, the step and the memory of D."""

    first: float = knob(3.0, "x₁", "first entry of x", low=2.0, high=4.0)
    floor: float = knob(0.1, "d_min", "floor", low=0.06, high=0.12, log=True)
    multiple: float = knob(
        0.1, "η/d_min", "learning rate in units of the floor", low=0.05, high=0.2, log=True
    )
    beta: float = knob(0.9, "β", "memory of D", low=0.5, high=0.9)


@dataclass(frozen=True)
class OnePointCase(FloorCase):
    """The case of one sample."""

    @property
    def sample(self) -> np.ndarray:
        """X."""
        return self.problem.signed[0]

    @property
    def rounds(self) -> int:
        """Rounds of the run, most of them at the floor."""
        return math.ceil(LONGER * self.formula)


def setup(knobs: OnePointKnobs, stream: Stream) -> OnePointCase | AssumptionUnmet:
    """Return one worker with one sample."""
    del stream
    problem = LinearClassification(np.array([[knobs.first, 1.0]]), [1.0], workers=1, loss=Logistic())
    method = local_gd(knobs.multiple * knobs.floor, 1, scaling=RMSProp(beta=knobs.beta, floor=knobs.floor))
    return OnePointCase(problem, method, knobs.floor, knobs.beta)


def observe(case: OnePointCase, traces: Traces) -> Observation:
    """Compare the end of the run with the round at which D̂ has come to rest."""
    del traces
    trace = run_to_floor(case)
    path, first = trace.w[0], first_at_floor(case, trace)
    met = int(np.argmax((scalings(trace) == case.floor).any(axis=1)))
    ratio = Measured(float(path[met, 0] / path[met, 1]), allowance=ROUNDING)
    if first is None:
        return Observation({RATIO: ratio}, undecided="the floor was not reached within the rounds run")
    margins, step = path @ case.sample, case.method.first_lr * float(case.sample @ case.sample)
    grown, rounds = margins[-1] - margins[first], len(path) - 1 - first
    quantities = {
        RATIO: ratio,
        DIRECTION: Measured((path[-1] - path[first]) / grown, allowance=ROUNDING),
        CLOCK: Measured(
            float(np.exp(margins[-1]) - np.exp(margins[first])) / (step * rounds),
            allowance=flow_error(step / case.floor, float(margins[first])) * grown / (step * rounds),
        ),
    }
    return Observation(quantities, _curves(case, trace, first))


def flow_error(step: float, margin: float) -> float:
    """Largest error of e^u per growth of u: with z = e^u and Δ = c/(1 + z), |z⁺ − z − c| ≤ Δ max(1, c e^Δ/2)."""
    return max(1.0, 0.5 * step * math.exp(step / (1.0 + math.exp(margin))))


def predict(case: OnePointCase) -> Prediction:
    """Signs, then x/|x|² and the clock η/d_min."""
    x = case.sample
    quantities = {RATIO: 1.0, DIRECTION: x / (x @ x), CLOCK: 1.0 / case.floor}
    return Prediction({name: Predicted(value) for name, value in quantities.items()})


def _curves(case: OnePointCase, trace: Trace, first: int) -> tuple[Curve, ...]:
    w, x = trace.w[0], case.sample
    rounds, size = trace.rounds[first:], float(x @ x)
    start = float(w[first] @ x)
    clock = math.exp(start) + size * case.method.first_lr * (rounds - rounds[0]) / case.floor
    closed = w[first] + np.outer(np.log(clock) - start, x) / size
    names = ("w₁", "w₂")
    measured = [Curve(trace.rounds, w[:, k], names[k], method="rmsprop") for k in range(2)]
    theory = [Curve(rounds, closed[:, k], f"{names[k]}, closed form", "theory") for k in range(2)]
    return (*measured, *theory)


CLAIM = Claim(
    key="derived/floor-one-point",
    title="One sample: equal steps in all coordinates until the floor, then along x with the clock η/d_min",
    statement=(
        r"One sample $x$, full gradients, squared rule. Until a coordinate meets the floor $w_1 = w_2$ exactly; "
        r"once $\hat D = d_{\min}I$, at $w_f$ with $u_f = x\cdot w_f$, $w(t) = w_f+x(\ln(e^{u_f}+|x|^2\eta "
        r"t/d_{\min})-u_f)/|x|^2$ up to $O(\log t/t)$: the direction $x$ is reached only as $1/\ln t$."
    ),
    hypotheses=(
        "one sample with positive entries, logistic loss, M = H = 1",
        "D̂ = max(d_min, |D|), D = 0 at first",
    ),
    reference=Reference("wang2021", "companion statement; the closed form is ours", ("v1",)),
    source="derived",
    proof=(
        r"All gradients are multiples $-\sigma(-u)x$ of one vector, so is $D$ coordinate by coordinate, and "
        r"$\nabla f/D$ has equal entries for positive $x$: steps are equal. At the floor a step moves $w$ by "
        r"$x\,\eta\sigma(-u)/d_{\min}$ and $u$ by $\Delta = c/(1+e^u)$, $c = |x|^2\eta/d_{\min}$. With $z = e^u$, "
        r"$z\Delta = c-\Delta$ and $z\Delta\le z^+-z\le z\Delta(1+\Delta e^\Delta/2)$, so that "
        r"$|z_t-z_f-ct|\le(u_t-u_f)\max(1,ce^{\Delta_f}/2)$: the flow $z = e^{u_f}+ct$ within a known error."
    ),
    knobs=OnePointKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "the direction is x at the floor",
            "the floor changes the direction of steps, not that of w",
            lambda case: Prediction({RATIO: Predicted(float(case.sample[0] / case.sample[1]))}),
        ),
        Falsifier(
            "the clock η",
            "the scaling would be forgotten altogether",
            lambda case: Prediction({CLOCK: Predicted(1.0)}),
        ),
    ),
    see=("derived/floor-reached", "derived/floor-direction"),
    axes=("communication rounds r", "entries of w", "linear", "linear"),
)
