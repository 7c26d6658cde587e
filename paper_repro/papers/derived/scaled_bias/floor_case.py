"""Runs down to the floor: gradients or curvature fall below d_min, and D̂ = d_min·I from some round on."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import (
    AdaHessian,
    Adam,
    fast_forward,
    Fixed,
    local_gd,
    LocalMethod,
    OASIS,
    OfScaling,
    RecordAt,
    RMSProp,
    run,
    Stream,
    Trace,
)
from paper_repro.claims import AssumptionUnmet, knob
from paper_repro.claims.continued import FAR, FINE
from paper_repro.papers.derived.scaled_bias.setting import DATA, problem_of, regular, ScaledCase


# Rounds run beyond the predicted r_fl, as a multiple of it: the formula is promised within 40 %.
BEYOND = 1.6
# ... and the memory of D forgets a start of order one over this many times 1/(1 − β).
MEMORIES = 12.0
OBSERVED = "D̂"


FAMILIES = {"rmsprop": RMSProp, "adam": Adam, "oasis": OASIS, "adahessian": AdaHessian}


@dataclass(frozen=True)
class FloorKnobs:
    """Data, the floor, and the step as a multiple of it."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    rule: str = knob("rmsprop", "D", "rule of the scaling", choices=("rmsprop", "adam"))
    floor: float = knob(0.03, "d_min", "floor", low=0.02, high=0.1, log=True)
    multiple: float = knob(0.2, "η/d_min", "learning rate in units of the floor", low=0.15, high=0.4)
    beta: float = knob(0.8, "β", "memory of D", low=0.5, high=0.9)
    local_steps: int = knob(4, "H", "local steps", low=1, high=6, log=True)


@dataclass(frozen=True)
class AnyFloorKnobs:
    """As ``FloorKnobs``, with scalings that sample curvature, too."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    rule: str = knob("rmsprop", "D", "rule of the scaling", choices=tuple(FAMILIES))
    floor: float = knob(0.03, "d_min", "floor", low=0.02, high=0.1, log=True)
    multiple: float = knob(0.2, "η/d_min", "learning rate in units of the floor", low=0.15, high=0.4)
    beta: float = knob(0.8, "β", "memory of D", low=0.5, high=0.9)
    local_steps: int = knob(4, "H", "local steps", low=1, high=6, log=True)


@dataclass(frozen=True)
class FloorCase(ScaledCase):
    """A case whose scaling has a floor; ``stream`` gives the signs of curvature samples."""

    floor: float = 1.0
    beta: float = 0.0
    local_steps: int = 1
    stream: Stream = Stream(0)

    @property
    def at_rest(self) -> LocalMethod:
        """Local GD with D̂ = d_min·I."""
        scaling = Fixed((self.floor,) * self.problem.dim)
        return local_gd(self.method.first_lr, self.local_steps, scaling=scaling)

    @property
    def formula(self) -> float:
        """ln(|g_0|/d_min)/(ηHγ_∞), with |g_0| the largest entry of ∇f at 0."""
        first = float(np.abs(self.problem.gradient(np.zeros(self.problem.dim))).max())
        return math.log(first / self.floor) / (self.method.first_lr * self.local_steps * self.largest.margin)

    @property
    def rounds(self) -> int:
        """Rounds within which the floor is reached."""
        return math.ceil(BEYOND * max(self.formula, 0.0) + MEMORIES / (1.0 - self.beta))


def floor_case(knobs: FloorKnobs | AnyFloorKnobs, stream: Stream) -> FloorCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    family = FAMILIES[knobs.rule]
    squares = knobs.rule != "oasis"
    scaling = family(
        beta=knobs.beta, floor=knobs.floor, pooling="square_of_mean" if squares else "mean_of_squares"
    )
    method = local_gd(knobs.multiple * knobs.floor, knobs.local_steps, scaling=scaling)
    case = FloorCase(
        problem_of(knobs.data, stream),
        method,
        knobs.floor,
        knobs.beta,
        knobs.local_steps,
        stream.child("signs"),
    )
    unmet = regular(case, np.ones(case.problem.dim))
    return unmet if isinstance(unmet, AssumptionUnmet) else case


def run_to_floor(case: FloorCase) -> Trace:
    """Return the run beyond the floor, with every round and its D̂."""
    every = RecordAt.these(list(range(case.rounds + 1)))
    seen = {OBSERVED: OfScaling()}
    return run(
        case.problem, case.method, case.rounds, record=every, observe=seen, stream=case.stream, progress=False
    )


def scalings(trace: Trace) -> Float[np.ndarray, "record dim"]:
    """Return D̂ of every round, from round 0 on."""
    return np.asarray(trace.extras[OBSERVED])[0, 1:, 0]


def first_at_floor(case: FloorCase, trace: Trace) -> int | None:
    """Return the round from which D̂ = d_min·I to the last bit, if the run sees it."""
    above = np.flatnonzero((scalings(trace) != case.floor).any(axis=1))
    first = 0 if not len(above) else int(above[-1]) + 1
    return first if first < len(scalings(trace)) else None


def continued(case: FloorCase, trace: Trace, *log_times: float) -> Trace:
    """Return the run beyond the floor, continued in log-time: exact, since D̂ is constant from r_fl on."""
    tau = np.array([*log_times, FAR])
    return fast_forward(case.problem, case.at_rest, tau, start=trace, rtol=FINE, progress=False)
