"""SGD, Local SGD and QSR with the same learning rates, the same number of steps and the same total batch."""

import math
from dataclasses import dataclass, replace

import numpy as np

from implicitbias import local_sgd, LocalMethod, Piecewise, qsr
from implicitbias.methods import AbstractSchedule
from paper_repro.classroom.valley.controls import Controls, LARGEST_LR


# A round of QSR wants (α_Q/η)² steps; rounding of α_Q must not lose the last.
LAST_STEP = 1e-9
# Times at which a course is looked at, besides its start.
RECORDS = 15
NAMES = {"sgd": "SGD", "local_sgd": "Local SGD", "qsr": "QSR"}


@dataclass(frozen=True)
class Course:
    """A method from the start to the slow time.

    Attributes
    ----------
    key
        ``"sgd"``, ``"local_sgd"`` or ``"qsr"``.
    method
        What runs.
    phases
        Rounds of each phase, the time between two halvings of η.
    alphas
        α of each phase; 0 where the workers meet after every step.
    slow_time
        Of each phase.
    lr
        η at the start.
    steps
        Gradient steps of a worker, over all phases.
    """

    key: str
    method: LocalMethod
    phases: tuple[int, ...]
    alphas: tuple[float, ...]
    slow_time: float
    lr: float
    steps: int

    @property
    def workers(self) -> int:
        """M."""
        return self.method.workers or 1

    @property
    def rounds(self) -> int:
        """All rounds."""
        return sum(self.phases)

    @property
    def gradients(self) -> int:
        """Gradients of one replica."""
        return self.steps * self.workers

    @property
    def records(self) -> list[int]:
        """Rounds to look at: equally spaced in slow time, and the end of every phase."""
        each = math.ceil(RECORDS / len(self.phases))
        starts = np.concatenate([[0], np.cumsum(self.phases)[:-1]])
        marks = [s + np.round(np.linspace(0, n, each + 1)) for s, n in zip(starts, self.phases, strict=True)]
        return np.unique(np.concatenate(marks)).astype(int).tolist()


def courses(controls: Controls) -> dict[str, Course]:
    """Return the courses by name; under a constant η QSR is Local SGD, and is left out."""
    return {key: course(controls, key) for key in NAMES if key != "qsr" or controls.halvings}


def course(controls: Controls, key: str) -> Course:
    """Return a course whose slow time is a whole number of rounds, at least one in each phase."""
    c, halvings = controls, controls.halvings
    part = c.slow_time / (halvings + 1)
    first = max(1, round(part / (c.lr**2 * c.local_steps)))
    # After k halvings the same slow time takes 4^k as many steps.
    lengths = [c.local_steps * first * 4**k for k in range(halvings + 1)]
    return Course(
        key,
        _method(c, key, lengths),
        tuple(n // _steps(c, key, k) for k, n in enumerate(lengths)),
        tuple(_alpha(c.lr / 2**k, _steps(c, key, k)) for k in range(halvings + 1)),
        c.lr**2 * c.local_steps * first,
        c.lr,
        sum(lengths),
    )


def coarser(controls: Controls) -> Controls | None:
    """Return the same α and slow time with about twice the learning rate, by which its part in an error is seen.

    None if that is too long to step at all.
    """
    steps = max(1, controls.local_steps // 2)
    lr = 2.0 * controls.lr if controls.local_steps == 1 else controls.round_time / steps
    return replace(controls, lr=lr, local_steps=steps) if lr <= LARGEST_LR else None


def _steps(controls: Controls, key: str, phase: int) -> int:
    """H in a phase: QSR's grows as η⁻²."""
    return {"sgd": 1, "local_sgd": controls.local_steps, "qsr": controls.local_steps * 4**phase}[key]


def _alpha(lr: float, steps: int) -> float:
    """α = ηH; workers that meet after every step are SGD with their total batch, for which α = 0 is exact."""
    return 0.0 if steps == 1 else lr * steps


def _method(controls: Controls, key: str, lengths: list[int]) -> LocalMethod:
    c = controls
    rates: float | AbstractSchedule = c.lr
    if c.halvings:
        ends = tuple(int(e) for e in np.cumsum(lengths)[:-1])
        rates = Piecewise(tuple(c.lr / 2**k for k in range(len(lengths))), ends)
    if key == "sgd":
        return local_sgd(rates, 1, c.unit_batch, workers=1)
    own = c.unit_batch / c.workers
    if key == "qsr":
        growth = c.lr * math.sqrt(c.local_steps) * (1.0 + LAST_STEP)
        return qsr(rates, growth, 1, own, workers=c.workers)
    return local_sgd(rates, c.local_steps, own, workers=c.workers)
