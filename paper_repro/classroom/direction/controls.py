"""What the class can set: points in the plane, who holds them, how they are learnt, and how far to look."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicitbias import (
    checks,
    Exponential,
    LinearClassification,
    local_gd,
    LocalMethod,
    Logistic,
    modified_local_gd,
    PolynomialTail,
    projection,
    sweeping,
)
from implicitbias.data.known_names import refuse_unknown
from paper_repro.classroom.direction.checking import check_holders, check_points, check_steps


LOSSES = ("logistic", "exponential", "polynomial tail")
AGGREGATIONS = ("average", "anchored")
WORK = ("gradient steps", "sweeping", "projection")

# 10^300 is nearly the largest number that an axis can carry.
MOST_DECADES = 300


@dataclass(frozen=True)
class Controls:
    """Points (feature_i, y_i) of workers m(i), a method, and how much of the answer is shown.

    Parameters
    ----------
    points
        Features in the plane, (n, 2); separators pass through the origin.
    labels
        y_i = ±1.
    workers
        m(i), any numbers ≥ 0: those that hold no point take no part.
    local_steps
        H, or one H_m for each worker that holds points, in their order.
    lr
        η.
    loss, power
        One of ``LOSSES``; p of the polynomial tail (1 + z)^{−p}.
    aggregation
        One of ``AGGREGATIONS``.
    work
        What a worker does in a round, one of ``WORK``: H gradient steps, or a limit of them that is solved exactly.
    decades
        How far to look: to round 10^decades.
    prediction
        The class's guess of the direction of w, as an angle in degrees, if it made one.
    hidden
        Whether the answer is still to be guessed.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """

    points: tuple[tuple[float, float], ...]
    labels: tuple[int, ...]
    workers: tuple[int, ...]
    local_steps: int | tuple[int, ...] = 10
    lr: float = 0.2
    loss: str = "logistic"
    power: float = 2.0
    aggregation: str = "average"
    work: str = "gradient steps"
    decades: int = 100
    prediction: float | None = None
    hidden: bool = False

    def __post_init__(self):
        check_points(self.points)
        check_holders(self.workers, len(self.points))
        for name, known in (("loss", LOSSES), ("aggregation", AGGREGATIONS), ("work", WORK)):
            refuse_unknown(name, getattr(self, name), known)
        check_steps(self.local_steps, len(self.holders))
        checks.number("η", self.lr, "give a learning rate such as 0.2", above=0)
        checks.integer("decades", self.decades, 1, "100 looks as far as round 10^100")
        if self.decades > MOST_DECADES:
            raise checks.refuse(
                "decades", self.decades, f"must be at most {MOST_DECADES}", "100 is far enough to see"
            )
        if self.prediction is not None:
            checks.number("prediction", self.prediction, "give an angle in degrees, e.g. 45")
        _ = self.problem

    @cached_property
    def holders(self) -> tuple[int, ...]:
        """The workers that hold points, ascending."""
        return tuple(sorted(set(self.workers)))

    @property
    def held(self) -> list[int]:
        """The workers of the points, numbered without gaps."""
        return [self.holders.index(worker) for worker in self.workers]

    @cached_property
    def problem(self) -> LinearClassification:
        """The problem."""
        loss = {
            "logistic": Logistic,
            "exponential": Exponential,
            "polynomial tail": lambda: PolynomialTail(self.power),
        }
        return LinearClassification(self.points, self.labels, workers=self.held, loss=loss[self.loss]())

    @cached_property
    def method(self) -> LocalMethod:
        """The method."""
        plain = {
            "gradient steps": lambda: local_gd(self.lr, self.local_steps),
            "sweeping": sweeping,
            "projection": projection,
        }[self.work]()
        return modified_local_gd(plain) if self.anchored else plain

    @property
    def anchored(self) -> bool:
        """Whether a share of w⁰ = 0 is mixed into every average."""
        return self.aggregation == "anchored"

    @property
    def exact_solves(self) -> bool:
        """Whether workers solve their problem instead of taking steps: then η, H and the loss are not looked at."""
        return self.work != "gradient steps"

    @property
    def mean_steps(self) -> float:
        """H̄, the mean of H over workers: the clock is τ = log(ηH̄r)."""
        return float(np.mean(self.local_steps))

    @property
    def log_step(self) -> float:
        """Log(ηH̄)."""
        return math.log(self.lr * self.mean_steps)


def local_steps_of(text: str) -> int | tuple[int, ...]:
    """Return H from what was typed: ``"10"``, or ``"1, 10, 100"`` for one H_m per worker.

    Raises
    ------
    BadInput
        For anything but whole numbers with commas.
    """
    try:
        steps = tuple(int(part) for part in text.replace(" ", "").strip(",").split(","))
    except ValueError:
        cure = "type one number, e.g. 10, or one per worker, e.g. 1, 10"
        raise checks.refuse("H", text, "must be whole numbers with commas between them", cure) from None
    return steps[0] if len(steps) == 1 else steps


def one_for_all(controls: Controls, what: str) -> None:
    """Refuse an H_m for each worker where theory knows one H.

    Raises
    ------
    BadInput
        Naming what is not known.
    """
    if isinstance(controls.local_steps, tuple):
        raise checks.refuse("H", controls.local_steps, f"{what} is known for one H", "type one number")
