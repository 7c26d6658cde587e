"""Task arithmetic is one round of FedAvg, with the server rate λM."""

from dataclasses import dataclass

import numpy as np

from implicitbias import fedavg, local_gd, Quadratics, RecordAt, Server, Stream
from implicitbias.recursions import task_arithmetic
from paper_repro.claims import (
    Budget,
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
    RunSpec,
    Traces,
)
from paper_repro.claims.quadratic_workers import random_quadratics


MULTIPLE, MISSED = "server rate of FedAvg over λ", "distance of one round of FedAvg from task arithmetic"
# Two orders of one sum.
ROUNDING = 1e-13
# The learning rate of every task, whose curvatures are at most 1.
LR = 0.5


@dataclass(frozen=True)
class OneRoundKnobs:
    """Tasks, their training, and the scaling of the sum of the task vectors."""

    workers: int = knob(4, "M", "tasks", low=2, high=8)
    dim: int = knob(3, "d", "dimension", low=1, high=10)
    most: int = knob(20, "H", "most training steps of a task", low=1, high=40)
    scale: float = knob(0.4, "λ", "scaling of the sum of the task vectors", low=0.1, high=0.9)


@dataclass(frozen=True, eq=False)
class OneRoundCase:
    """Tasks ½(x − b_m)ᵀA_m(x − b_m) that are trained for unequal numbers of steps from one start."""

    problem: Quadratics
    steps: tuple[int, ...]
    scale: float
    start: tuple[float, ...]

    @property
    def multiples(self) -> range:
        """Server rates that are tried, over λ."""
        return range(1, 2 * self.problem.workers + 1)

    def alone(self, task: int) -> RunSpec:
        """Return the training of one task, which knows of no other."""
        own = Quadratics(self.problem.hessians[[task]], self.problem.centres[[task]])
        return RunSpec(own, local_gd(LR, self.steps[task]), 1, RecordAt.last(), self.start)

    def together(self, multiple: int) -> RunSpec:
        """Return one round of FedAvg."""
        method = fedavg(LR, self.steps, None, server=Server(self.scale * multiple))
        return RunSpec(self.problem, method, 1, RecordAt.last(), self.start)


def setup(knobs: OneRoundKnobs, stream: Stream) -> OneRoundCase:
    """Return tasks with 1 … H steps."""
    draw = stream.at("training").generator()
    steps = tuple(map(int, draw.integers(1, knobs.most + 1, knobs.workers)))
    start = tuple(map(float, draw.normal(size=knobs.dim)))
    return OneRoundCase(random_quadratics(stream, knobs.workers, knobs.dim), steps, knobs.scale, start)


def needs(case: OneRoundCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Every task alone, and FedAvg with the rates λ, 2λ, …, 2Mλ."""
    del budget
    alone = [case.alone(m) for m in range(case.problem.workers)]
    return (*alone, *(case.together(k) for k in case.multiples))


def observe(case: OneRoundCase, traces: Traces) -> Observation:
    """Merge the models that were trained alone, and look for the server rate that does the same."""
    ends = np.stack([trace.w[0, -1] for trace in traces])
    workers = case.problem.workers
    merged = task_arithmetic(np.array(case.start), ends[:workers], case.scale)
    missed = np.linalg.norm(ends[workers:] - merged, axis=1)
    found = int(np.argmin(missed))
    quantities = {
        MULTIPLE: Measured(float(case.multiples[found])),
        MISSED: Measured(float(missed[found])),
    }
    curve = Curve(np.array(case.multiples, dtype=float), missed, "one round of FedAvg", method="fedavg")
    return Observation(quantities, (curve,))


def predict(case: OneRoundCase) -> Prediction:
    """M, and no distance."""
    workers, size = case.problem.workers, 1.0 + float(np.abs(case.problem.centres).max())
    missed = Predicted(0.0, ROUNDING * size * workers, reason="two orders of one sum")
    line = Curve(np.full(2, float(workers)), np.array([0.0, 1.0]), "M", "reference")
    return Prediction({MULTIPLE: Predicted(float(workers)), MISSED: missed}, (line,))


CLAIM = Claim(
    key="tao2024/one-round",
    title="Task arithmetic is one round of FedAvg with server rate λM",
    statement=(
        r"Models $x_m$ trained from one $x^0$, each on its own task, for as many steps as you like: "
        r"$x^0+\lambda\sum_m(x_m-x^0)$ is one round of FedAvg over the tasks with equal weights and server rate "
        r"$\lambda M$ [stated: the two are mathematically equivalent]."
    ),
    hypotheses=("one start for all tasks", "equal weights 1/M"),
    reference=Reference("tao2024", "abstract", ("arXiv 2411.18607",)),
    source="stated",
    proof=r"$x^0+\lambda M\,(\frac1M\sum x_m-x^0)=x^0+\lambda\sum(x_m-x^0)$.",
    knobs=OneRoundKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("the server rate λ", "λ is what task arithmetic calls its rate", lambda case: Prediction(
            {MULTIPLE: Predicted(1.0)})),
        Falsifier("plain averaging, whatever λ", "the mean of models is a common merge", lambda case: Prediction(
            {MULTIPLE: Predicted(1.0 / case.scale)})),
    ),
    see=("tao2024/excess",),
    axes=("server rate over λ", "distance from task arithmetic", "linear", "linear"),
)  # fmt: skip
