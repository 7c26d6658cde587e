"""Checks of what ``run`` is asked for, before any work."""

import warnings
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.engine.advance import Progress
from implicitbias.engine.aggregation import check_attendance
from implicitbias.engine.direction import check_normalised
from implicitbias.engine.draws import check_source
from implicitbias.engine.records import RecordAt
from implicitbias.engine.scaling import check_curvature
from implicitbias.errors import BadInput, StepWarning
from implicitbias.methods import GradientSteps, LocalMethod, worker_weights
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem
from implicitbias.statistics import Moments
from implicitbias.stream import Stream


# What every trace keeps of itself, hence no name of an observable.
RESERVED = ("w", "log_loss", "loss", "disagreement", "min_margin")
# Replicas whose start is looked at for the size of the step.
SEEN = 64


def check_request(
    problem: AbstractProblem, method: LocalMethod, rounds: int, replicas: int, stream: Stream | None
) -> None:
    """Refuse a run that cannot be done.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """
    checks.integer("rounds", rounds, 0, "0 records the start alone")
    checks.integer("replicas", replicas, 1, "1 is a single run")
    checks.instance("problem", problem, AbstractProblem, "give e.g. LinearClassification(features, labels)")
    checks.instance(
        "method", method, LocalMethod, "give a LocalMethod, e.g. local_gd(lr=0.1, local_steps=10)"
    )
    checks.instance("stream", stream, Stream | None, "give Stream(0), the one source of randomness")
    if method.workers not in (None, problem.workers):
        raise BadInput(
            f"workers = {method.workers}: the problem brings its own M = {problem.workers}; leave it out"
        )
    method.steps(problem.workers, 0)
    worker_weights(problem, method)
    check_attendance(problem, method, stream)
    if method.normalised:
        check_normalised(problem, method)
    if method.draws_signs:
        check_curvature(problem, method)
    if not method.deterministic and isinstance(method.local_solver, GradientSteps):
        check_source(problem, method, stream)


def check_first_step(
    problem: AbstractProblem, method: LocalMethod, start: Float[np.ndarray, "replica dim"]
) -> None:
    """Refuse a start at which the gradient, or its noise, does not exist: no learning rate would help.

    Raises
    ------
    BadInput
        Naming the point.
    """
    if not isinstance(problem, AbstractNoisyProblem):
        return
    with np.errstate(all="ignore"):
        found = {"∇L": problem.worker_gradient(start, 0)}
        if method.batch is not None:
            found["the noise"] = problem.noisy_gradient(start, np.ones((len(start), problem.channels)))
    for name, value in found.items():
        lost = ~np.isfinite(value).all(axis=1)
        if lost.any():
            raise BadInput(
                f"start = {start[np.argmax(lost)]}: {name} of {problem!r} is not finite at the start; start where the "
                "loss and its noise are defined"
            )


def warn_of_step(
    problem: AbstractProblem, method: LocalMethod, start: Float[np.ndarray, "replica dim"]
) -> None:
    """Warn if gradient steps from the start overshoot by more than they correct.

    Warns
    -----
    StepWarning
        If ηλ ≥ 2 (2(1 + β) with momentum β), λ the largest eigenvalue of ∇²L at the start.
    """
    if not isinstance(problem, AbstractNoisyProblem) or not isinstance(method.local_solver, GradientSteps):
        return
    limit = 2.0 * (1.0 + (method.momentum.beta if method.momentum else 0.0))
    # Replicas that start apart start alike; a few tell.
    sharpest = float(problem.sharpness(start[:SEEN]).max())
    if method.first_lr * sharpest >= limit:
        text = (
            f"lr = {method.first_lr:g}: ηλ = {method.first_lr * sharpest:.3g} ≥ {limit:g} at the start, where steps "
            f"overshoot; take η < {limit / sharpest:.3g}, or start where the loss is flatter"
        )
        warnings.warn(text, StepWarning, stacklevel=3)


def check_records(record: object, observe: object, reduce: object, progress: object) -> None:
    """Refuse a way to record, to reduce or to watch that is none.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """
    checks.instance(
        "record", record, RecordAt, "give RecordAt.log(200), .every(10), .these([1, 5]) or .last()"
    )
    checks.instance("progress", progress, bool | Progress | None, "give True, False, or a bar with update(n)")
    checks.instance("observe", observe, Mapping | None, "give {name: function of w}")
    for name, observable in observe.items() if isinstance(observe, Mapping) else ():
        if not isinstance(name, str) or name in RESERVED:
            rule = f"an observable is named by a string other than {', '.join(RESERVED)}"
            raise checks.refuse("observe", name, rule, "rename it")
        if not callable(observable):
            raise checks.refuse(
                f"observe[{name!r}]", observable, "must be a function", "map (replica, dim) to (replica, …)"
            )
    if reduce is not None and not (isinstance(reduce, Moments) and reduce.count == 0):
        raise checks.refuse(
            "reduce", reduce, "statistics start empty", "give Moments(), or None to keep every replica"
        )
