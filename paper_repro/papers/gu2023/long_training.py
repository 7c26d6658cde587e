"""The gain takes of the order of η^{−2} steps: in a time η·steps of order one there is none."""

from collections.abc import Callable

import numpy as np

from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    sampled_limit,
    Traces,
)
from paper_repro.claims.halved import at_zero_rate
from paper_repro.papers.gu2023.valley_setting import LR, setup, sharpness_of, ValleyCase, ValleyKnobs


# One unit of conventional time is a round of ηH = 1.
H = round(1.0 / LR)
SHORT_ROUNDS = 2
SHORT, LONG = f"gain after {SHORT_ROUNDS}/η steps, η → 0", "gain after T/η² steps, η → 0"


def needs(case: ValleyCase, budget: Budget) -> tuple[RunSpec, ...]:
    """SGD and Local SGD with ηH = 1, short and long, at η and at η/2."""
    replicas = budget.pick(smoke=16, quick=128, paper=4000)
    return tuple(
        case.spec(lr, steps, replicas, slow_time)
        for lr, local_steps in ((LR, H), (LR / 2, 2 * H))
        for slow_time in (SHORT_ROUNDS * lr, case.slow_time)
        for steps in (1, local_steps)
    )


def observe(case: ValleyCase, traces: Traces) -> Observation:
    """Extrapolate the gains: sharpness of SGD minus that of Local SGD, on the same noise."""
    del case
    values = np.stack([sharpness_of(t) for t in traces], axis=1)
    coarse, fine = (half[:, ::2] - half[:, 1::2] for half in (values[:, :4], values[:, 4:]))
    return Observation(
        {name: at_zero_rate(coarse[:, k], fine[:, k], 2) for k, name in enumerate((SHORT, LONG))}
    )


def by(
    short: Callable[[ValleyCase], float], long: Callable[[ValleyCase], float]
) -> Callable[[ValleyCase], Prediction]:
    """Return the prediction that the trainings take these slow times."""

    def predicted(case: ValleyCase) -> Prediction:
        def gain(slow_time: float) -> Predicted:
            if slow_time == 0.0:
                return Predicted(0.0)
            sgd, local = case.sharpness(0.0, 1.0, slow_time=slow_time)
            return Predicted(float(sgd - local))

        return Prediction({SHORT: gain(short(case)), LONG: gain(long(case))})

    return predicted


def no_time(case: ValleyCase) -> float:
    """Return the slow time η² · c/η = cη in the limit."""
    del case
    return 0.0


CLAIM = Claim(
    key="gu2023/long-training",
    title="The gain takes η^{−2} steps: after 2/η steps Local SGD and SGD have the same limit",
    statement=(
        r"On the valley $\frac12(1+x^2)y^2$ with label noise and $\eta H=1$, the sharpness of Local SGD falls below "
        r"SGD's after a number $T/\eta^2$ of steps by what the slow ODE says at slow time $T$. After $2/\eta$ steps, "
        r"which take a slow time $2\eta$, the difference is of order $\eta$ and vanishes in the limit: the "
        r"conventional horizon, on which the usual SDE is proved, is too short to see it."
    ),
    hypotheses=(
        "label noise ±δ, fresh at every step",
        "2E_{η/2} − E_η at η = 0.05, all that it moved kept as an error",
    ),
    reference=Reference("gu2023", "horizon of the slow SDE; theorem number unknown", ("v2",)),
    source="derived",
    proof=(
        r"In slow time $t=\eta^2\cdot\text{steps}$ both sharpnesses follow ODEs with coefficients of order one, from "
        r"the same start. At $t=T$ their difference is of order one, at $t=2\eta$ it is $O(\eta)$."
    ),
    knobs=ValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=by(no_time, lambda case: case.slow_time),
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "the clock is η·steps",
            "the time of gradient flow and of the conventional SDE",
            by(lambda case: float(SHORT_ROUNDS), lambda case: case.slow_time),
        ),
        Falsifier(
            "a long training gains no more than a short one",
            "averaging helps at once or not at all",
            by(no_time, no_time),
        ),
        Falsifier(
            "the gain needs no time",
            "a difference between optimisers shows in the first rounds",
            by(lambda case: case.slow_time, lambda case: case.slow_time),
        ),
    ),
    see=("gu2023/removing-either",),
)
