"""Weakly regularised sequential training projects from task to task, and need not end at the max margin."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.asymptotics import direction_error
from implicitbias.local_solvers import projection_distance_bound, proximal_point
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)
from paper_repro.claims.split_data import split_case, SplitCase, SplitKnobs


DISTANCE = "distance of the trained model from the projections, over |ŵ|"
MARGIN, CHORD = "smallest margin of the limit of projections", "distance of its direction from ŵ"

# Cycles until alternating projections have settled; what is left is measured, not assumed.
CYCLES = 300

# Rounding of a projection relative to |u|, certified; nonexpansive maps only add it up.
ROUNDING = 1e-13

# Certified relative error of a proximal point.
SOLVED = 1e-11

# Smallest shortfall of a margin that counts.
FEASIBLE = 1e-6

# The last task's separator is this close to C at least where forgetting cannot be seen.
FORGETTING = 1e-3


@dataclass(frozen=True)
class SequentialKnobs(SplitKnobs):
    """Tasks, start, cycles of training, and their weak regularisation."""

    cycles: int = knob(2, "k", "cycles through the tasks", low=1, high=4)
    log_scale: float = knob(600.0, "Λ", "log(1/λ)", low=300.0, high=700.0, log=True)


@dataclass(frozen=True, eq=False)
class SequentialCase:
    """Tasks, one per worker, visited in turn."""

    data: SplitCase
    cycles: int
    log_scale: float

    def projected(self, cycles: int) -> list[Float[np.ndarray, " dim"]]:
        """Every point of the sequence u ← P_m(u), cycling through the tasks."""
        points = [self.data.start]
        for own in self.data.worker_sets * cycles:
            points.append(own.project(points[-1]).point)
        return points

    @cached_property
    def limit(self) -> tuple[Float[np.ndarray, " dim"], float]:
        """A point of C, and how far the limit of projections can be from it (Fejér)."""
        u = self.projected(CYCLES)[-1]
        z = self.data.feasible.project(u).point
        work = CYCLES * self.data.problem.workers
        return z, float(np.linalg.norm(u - z)) + ROUNDING * work * float(np.linalg.norm(z))

    def trained(self) -> Float[np.ndarray, " dim"]:
        """Model after the cycles of proximal training, divided by Λ."""
        problem, w = self.data.problem, self.log_scale * self.data.start
        for m in [*range(problem.workers)] * self.cycles:
            w = proximal_point(problem, m, w, float(np.exp(-self.log_scale))).w
        return w / self.log_scale

    def bound(self) -> float:
        """Sum of the bounds of every visit, at the exact projections: proximal maps are nonexpansive."""
        problem, path = self.data.problem, self.projected(self.cycles)
        tasks = [*range(problem.workers)] * self.cycles
        return sum(
            projection_distance_bound(problem, m, u, self.log_scale)
            for m, u in zip(tasks, path[:-1], strict=True)
        )


def setup(knobs: SequentialKnobs, stream: Stream) -> SequentialCase:
    """Return the case of the knobs."""
    return SequentialCase(split_case(knobs, stream), knobs.cycles, knobs.log_scale)


def observe(case: SequentialCase, traces: Traces) -> Observation:
    """Compare training with projecting, and enclose where projecting leads."""
    del traces
    data, (z, error) = case.data, case.limit
    path = np.stack(case.projected(20))
    apart = float(np.linalg.norm(case.trained() - case.projected(case.cycles)[-1])) * data.svm.margin
    quantities = {
        DISTANCE: Measured(apart, SOLVED * len(path)),
        MARGIN: Measured(float((data.problem.signed @ z).min()), data.problem.radius * error),
        CHORD: Measured(float(direction_error(z, data.svm.weights)), 2.0 * error * data.svm.margin),
    }
    inside = np.stack([data.feasible.project(u).point for u in path])
    visits = np.arange(len(path))
    curves = (
        Curve(visits[1:], _resolved(path, inside)[1:], "|u − P_C(u)|", method="projection"),
        Curve(visits[1:], direction_error(path[1:], data.svm.weights), "|u/|u| − ŵ/|ŵ||", "reference"),
    )
    return Observation(quantities, curves)


def _resolved(path: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return distances, without those that are rounding."""
    apart = np.linalg.norm(path - inside, axis=1)
    return np.where(apart > ROUNDING * np.linalg.norm(inside, axis=1), apart, np.nan)


def predict(case: SequentialCase) -> Prediction:
    """Training is within the bound of projecting, and projecting ends in C."""
    at_most = case.bound() * case.data.svm.margin
    return Prediction(
        {
            DISTANCE: Predicted(at_most, 1e-9, Relation.AT_MOST, "certified error of the proximal points"),
            MARGIN: Predicted(
                1.0, FEASIBLE, Relation.AT_LEAST, "margins of limits that are told apart differ more"
            ),
        }
    )


def forgotten(case: SequentialCase) -> Prediction | AssumptionUnmet:
    """The limit has the smallest margin of the last task's own separator."""
    last = case.data.worker_sets[-1].project(np.zeros(case.data.problem.dim)).point
    smallest = float((case.data.problem.signed @ last).min())
    if smallest > 1.0 - FORGETTING:
        return AssumptionUnmet("the last task's separator is feasible for all tasks")
    return Prediction({MARGIN: Predicted(smallest)})


CLAIM = Claim(
    key="evron2023/sequential-projections",
    title="Weak regularisation projects from task to task, and need not end at the max margin",
    statement=(
        r"Training on separable tasks one after another, each to the minimiser of "
        r"$f_m(w)+\frac\lambda2|w-w_{\mathrm{prev}}|^2$, is, in units of $\log(1/\lambda)$ as $\lambda\to0$, the "
        r"sequence of projections $u\leftarrow P_m(u)$ on $C_m=\{u:x\cdot u\ge1\}$. Repeated cycles end at a point of "
        r"$C=\bigcap C_m$, which need not have the direction of the offline max margin $\hat w$."
    ),
    hypotheses=("all tasks jointly separable", "exponential loss"),
    reference=Reference("evron2023", "sequential max-margin projections; theorem number unknown", ("v1",)),
    source="second-hand",
    knobs=SequentialKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "the limit is ŵ",
            "unregularised cyclic training does end at the joint max margin",
            lambda case: Prediction({CHORD: Predicted(0.0)}),
        ),
        Falsifier(
            "only the last task counts",
            "each task is solved exactly, so the others seem to be forgotten",
            forgotten,
        ),
    ),
    see=("zhu2024/many-local-steps", "derived/proximal-projection"),
    axes=("visits to a task", "distance", "log", "log"),
)
