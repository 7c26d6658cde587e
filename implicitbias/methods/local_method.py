"""A local method as a point in a product of axes: a frozen description that engines and theories read."""

from dataclasses import dataclass

import numpy as np

from implicitbias.errors import BadInput
from implicitbias.methods.axes import (
    Anchored,
    Average,
    Fixed,
    Full,
    GradientSteps,
    HeavyBall,
    Identity,
    Projection,
    Proximal,
    Server,
    Sweeping,
)
from implicitbias.methods.schedules import AbstractSchedule, AbstractStepRule, Constant


LocalSolver = GradientSteps | Proximal | Projection | Sweeping


@dataclass(frozen=True)
class LocalMethod:
    """One round: every worker works locally from w^r, the server aggregates.

    Parameters
    ----------
    lr
        Learning rate η, or a schedule over a worker's step count.
    local_steps
        H: a number, one number per worker, or a rule of the learning rate now.
    batch
        Mini-batch size per worker B_loc; ``None`` for full gradients.
    replacement
        Draw mini-batches with replacement, or run through random orders of the worker's samples.
    momentum
        ``HeavyBall(beta)`` or ``None``.
    scaling
        ``Identity()`` or ``Fixed(D)``.
    correction
        Control variates against client drift; ``None`` is the one value so far.
    local_solver
        ``GradientSteps()``, ``Proximal(λ)``, ``Projection()`` or ``Sweeping()``.
    participation
        Which workers take part; ``Full()`` is the one value so far.
    aggregation
        ``Average()`` or ``Anchored()``.
    server
        Server rate and momentum.
    workers
        M, only where the problem does not bring its own workers (landscapes).

    Raises
    ------
    BadInput
        For a value outside its axis, or axes that contradict each other.
    """

    lr: float | AbstractSchedule = 1.0
    local_steps: int | tuple[int, ...] | AbstractStepRule = 1
    batch: float | None = None
    replacement: bool = True
    momentum: HeavyBall | None = None
    scaling: Identity | Fixed = Identity()
    correction: None = None
    local_solver: LocalSolver = GradientSteps()
    participation: Full = Full()
    aggregation: Average | Anchored = Average()
    server: Server = Server()
    workers: int | None = None

    def __post_init__(self):
        if isinstance(self.local_steps, list | np.ndarray):
            object.__setattr__(self, "local_steps", tuple(int(h) for h in self.local_steps))
        _ = self.schedule
        _check_local_steps(self.local_steps)
        _check_batch(self.batch, self.replacement)
        _check_solver_axes(self)

    @property
    def schedule(self) -> AbstractSchedule:
        """The learning rate as a schedule."""
        return self.lr if isinstance(self.lr, AbstractSchedule) else Constant(self.lr)

    @property
    def first_lr(self) -> float:
        """η at step 0: the learning rate, where it is constant."""
        return float(self.schedule(np.zeros(1, dtype=np.int64))[0])

    @property
    def deterministic(self) -> bool:
        """Whether the method draws nothing."""
        return self.batch is None

    def steps(self, workers: int, step: int) -> tuple[int, ...]:
        """Return H_m for each of ``workers`` workers, in the round that starts at step count ``step``."""
        if isinstance(self.local_steps, AbstractStepRule):
            return (self.local_steps.steps(float(self.schedule(np.array([step]))[0]), np.inf),) * workers
        if isinstance(self.local_steps, tuple):
            if len(self.local_steps) != workers:
                raise BadInput(
                    f"local_steps = {self.local_steps}: one number per worker, but the problem has M = {workers}"
                )
            return self.local_steps
        return (self.local_steps,) * workers

    def __repr__(self) -> str:
        """Show only the axes that differ from their default."""
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name, field in self.__dataclass_fields__.items()
            if getattr(self, name) != field.default or name in ("lr", "local_steps")
        ]
        return f"LocalMethod({', '.join(shown)})"


def _check_local_steps(local_steps: object) -> None:
    if isinstance(local_steps, AbstractStepRule):
        return
    numbers = local_steps if isinstance(local_steps, tuple) else (local_steps,)
    for h in numbers:
        if isinstance(h, bool) or not isinstance(h, int | np.integer) or h < 1:
            raise BadInput(
                f"local_steps = {local_steps!r}: H must be an integer ≥ 1; H = 1 is centralised descent"
            )


def _check_batch(batch: float | None, replacement: bool) -> None:
    if batch is None:
        return
    if isinstance(batch, bool) or not isinstance(batch, int | float | np.number) or not batch > 0:
        raise BadInput(f"batch = {batch!r}: B_loc must be positive; give None for full gradients")
    if not isinstance(replacement, bool):
        raise BadInput(f"replacement = {replacement!r}: must be True or False")


def _check_solver_axes(method: LocalMethod) -> None:
    if method.correction is not None:
        raise BadInput(f"correction = {method.correction!r}: no correction is known yet; give None")
    if isinstance(method.local_solver, GradientSteps):
        return
    for axis, neutral in (("batch", None), ("momentum", None), ("scaling", Identity())):
        if getattr(method, axis) != neutral:
            raise BadInput(
                f"{axis} = {getattr(method, axis)!r} with local_solver = {method.local_solver!r}: an exact local "
                f"solve takes no gradient steps; leave {axis} at {neutral!r}"
            )
