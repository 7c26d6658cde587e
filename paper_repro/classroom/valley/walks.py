"""Ensembles of the courses: how many replicas fit in the time of an answer, and where they are."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import RecordAt, run, Stream
from implicitbias.errors import BadInput
from paper_repro.classroom.valley.controls import Controls
from paper_repro.classroom.valley.courses import Course, courses


# Gradients that a compiled kernel takes in about a tenth of a second, and seconds of one of them.
GRADIENTS, SECONDS = 8_000_000, 1.2e-8
FEWEST, MOST = 32, 20_000
# By how much whole rounds may take more than is allowed.
OVERDRAWN = 2
# Replicas that a picture has room for.
DRAWN = 120


@dataclass(frozen=True, eq=False)
class Walk:
    """A course with what its replicas did.

    Attributes
    ----------
    course
        The method and its phases.
    times
        Slow times of the records.
    position
        q(Φ(θ̄)) at every record.
    last
        θ̄ of some replicas at the end.
    """

    course: Course
    times: Float[np.ndarray, " record"]
    position: Float[np.ndarray, "replica record"]
    last: Float[np.ndarray, "replica dim"]

    @property
    def moved(self) -> Float[np.ndarray, " replica"]:
        """Displacement of every replica."""
        return self.position[:, -1] - self.position[:, 0]


@dataclass(frozen=True)
class Budget:
    """How much is run: replicas over a slow time, in all so many gradients, and what the class asked for.

    Attributes
    ----------
    controls
        With the slow time that fits.
    replicas, gradients
        Of every course, and of all courses together.
    asked
        The slow time asked for.
    """

    controls: Controls
    replicas: int
    gradients: int
    asked: float

    @property
    def seconds(self) -> float:
        """About how long the runs take."""
        return SECONDS * self.gradients


def budget(controls: Controls) -> Budget:
    """Return what fits: first fewer replicas, then a shorter slow time.

    Raises
    ------
    BadInput
        If one round in every phase is too much.
    """
    allowed = GRADIENTS * controls.effort
    fitting = controls
    # A halving leaves half the gradients, unless single rounds are already all there is.
    while _cost(fitting) * FEWEST > allowed and fitting.slow_time > _shortest(fitting):
        fitting = replace(fitting, slow_time=fitting.slow_time / 2.0)
    cost = _cost(fitting)
    if cost * FEWEST > OVERDRAWN * allowed:
        raise BadInput(
            f"local_steps = {controls.local_steps}: a round in every phase is {cost:,} gradients of one replica, more "
            "than a lesson waits for; take fewer local steps or workers, halve η less often, or raise “more”"
        )
    replicas = int(np.clip(allowed // cost, FEWEST, MOST))
    return Budget(fitting, replicas, replicas * cost, controls.slow_time)


def walk(controls: Controls, own: Course, replicas: int) -> Walk:
    """Run a course from its start on Γ.

    Raises
    ------
    Diverged
        If a replica leaves the numbers.
    """
    closed = controls.closed
    trace = run(
        closed.landscape,
        own.method,
        own.rounds,
        start=closed.start(np.array(controls.ground.start)),
        replicas=replicas,
        record=RecordAt.these(own.records),
        stream=Stream(controls.seed),
        progress=False,
    )
    position = closed.invariant(trace.w)[..., 0]
    position = np.unwrap(position, axis=1) if controls.ground.winds else position
    return Walk(own, trace.slow_time, position, trace.w[:DRAWN, -1])


def _cost(controls: Controls) -> int:
    """Gradients of one replica of all courses."""
    return sum(own.gradients for own in courses(controls).values())


def _shortest(controls: Controls) -> float:
    """Slow time of a single round in every phase."""
    return (controls.halvings + 1) * controls.lr**2 * controls.local_steps
