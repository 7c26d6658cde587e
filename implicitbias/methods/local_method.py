"""A local method as a point in a product of axes: a frozen description that engines and theories read."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from implicitbias import checks
from implicitbias.display import card, ends, gathered, typeset
from implicitbias.errors import BadInput
from implicitbias.methods.axes import (
    Anchored,
    Average,
    Flow,
    GradientSteps,
    HeavyBall,
    Projection,
    Proximal,
    Rescaling,
    Sequential,
    Server,
    Sweeping,
)
from implicitbias.methods.corrections import FedNova, Scaffold
from implicitbias.methods.participation import Full, Sampled
from implicitbias.methods.scalings import Adaptive, Identity, Scaling
from implicitbias.methods.schedules import AbstractSchedule, as_schedule, Normalised
from implicitbias.methods.step_rules import AbstractStepRule
from implicitbias.methods.update_rule import update_rule


LocalSolver = GradientSteps | Flow | Proximal | Projection | Sweeping

_KINDS = {
    "replacement": (bool, "True or False"),
    "momentum": (HeavyBall | None, "HeavyBall(0.9) or None"),
    "scaling": (
        Scaling,
        "Identity(), Fixed(D) with a tuple D of positive entries, or one per worker, or Adam(), RMSProp(), "
        "AdaGrad(), OASIS(), …",
    ),
    "correction": (Scaffold | FedNova | None, "Scaffold(), FedNova() or None"),
    "local_solver": (LocalSolver, "GradientSteps(), Flow(log_time), Proximal(λ), Projection() or Sweeping()"),
    "participation": (Full | Sampled, "Full() or Sampled(count)"),
    "aggregation": (Average | Anchored | Sequential, "Average(), Anchored() or Sequential()"),
    "server": (Server, "Server(rate, momentum)"),
    "rescaling": (Rescaling | None, "Rescaling(radius, growth, every) or None"),
}


@dataclass(frozen=True)
class LocalMethod:
    """One round: every worker works locally from w^r, the server aggregates.

    Parameters
    ----------
    lr
        Learning rate η, a schedule over a worker's step count, or ``Normalised(e)``: η = e/f_m at its model.
    local_steps
        H: a number, one number per worker, or a rule of the step count and the learning rate now.
    batch
        Mini-batch size per worker B_loc; ``None`` for full gradients.
    replacement
        Draw mini-batches with replacement, or run through random orders of the worker's samples.
    momentum
        ``HeavyBall(beta)`` or ``None``.
    scaling
        ``Identity()``, ``Fixed(D)``, or an ``Adaptive`` one such as ``RMSProp()``.
    correction
        Against client drift: ``Scaffold()`` control variates, ``FedNova()`` normalised averaging, or ``None``.
    local_solver
        ``GradientSteps()``, ``Flow(log_time)``, ``Proximal(λ)``, ``Projection()`` or ``Sweeping()``.
    participation
        Which workers take part: ``Full()``, or ``Sampled(count)`` of them.
    aggregation
        ``Average(weights)`` or ``Anchored()``; ``Sequential()`` if the workers take turns.
    server
        Server rate, momentum (heavy ball or Nesterov's) and delay.
    rescaling
        ``Rescaling(radius, growth, every)`` of the aggregated model, or ``None``.
    workers
        M, only where the problem does not bring its own workers (landscapes).

    Raises
    ------
    BadInput
        For a value outside its axis, or axes that contradict each other: an exact local solver takes no gradient
        steps, so it leaves lr, local_steps, batch, momentum and scaling at their defaults; a normalised learning
        rate is known at the model only, so it goes with full gradients and numbers of local steps; a correction counts
        the gradient steps of a round, and workers that are drawn share no scaling that follows the run.
    """

    lr: float | AbstractSchedule | Normalised = 1.0
    local_steps: int | tuple[int, ...] | AbstractStepRule = 1
    batch: float | None = None
    replacement: bool = True
    momentum: HeavyBall | None = None
    scaling: Scaling = Identity()
    correction: Scaffold | FedNova | None = None
    local_solver: LocalSolver = GradientSteps()
    participation: Full | Sampled = Full()
    aggregation: Average | Anchored | Sequential = Average()
    server: Server = Server()
    rescaling: Rescaling | None = None
    workers: int | None = None

    def __post_init__(self):
        _check_kinds(self)
        _ = self.schedule
        object.__setattr__(self, "local_steps", _checked_steps(self.local_steps))
        _check_batch(self)
        _check_solver_axes(self)
        _check_normalised(self)
        _check_correction(self)
        _check_participation(self)

    @cached_property
    def schedule(self) -> AbstractSchedule:
        """The learning rate over the step count; e_k where it is ``normalised``."""
        return self.lr.schedule if isinstance(self.lr, Normalised) else as_schedule(self.lr)

    @property
    def normalised(self) -> bool:
        """Whether the learning rate is e_k/f_m, which depends on the model."""
        return isinstance(self.lr, Normalised)

    @property
    def sequential(self) -> bool:
        """Whether the workers take turns on one model."""
        return isinstance(self.aggregation, Sequential)

    @property
    def first_lr(self) -> float:
        """η at step 0 (e_0 where it is ``normalised``): the learning rate, where it is constant."""
        return float(self.schedule(np.zeros(1, dtype=np.int64))[0])

    @property
    def deterministic(self) -> bool:
        """Whether the method draws nothing: no mini-batches, no workers, and no signs for a curvature sample."""
        return self.batch is None and not self.draws_signs and not self.draws_workers

    @property
    def draws_workers(self) -> bool:
        """Whether it is drawn who takes part in a round."""
        return isinstance(self.participation, Sampled)

    @property
    def draws_signs(self) -> bool:
        """Whether the scaling draws the random signs of Hutchinson's samples."""
        return isinstance(self.scaling, Adaptive) and self.scaling.curvature == "hessian"

    def steps(self, workers: int, step: int) -> tuple[int, ...]:
        """Return H_m for each of ``workers`` workers, in the round that starts at step count ``step``."""
        if isinstance(self.local_steps, AbstractStepRule):
            return (self.local_steps.steps(float(self.schedule(np.array([step]))[0]), step),) * workers
        if isinstance(self.local_steps, tuple):
            if len(self.local_steps) != workers:
                raise BadInput(
                    f"local_steps = {self.local_steps}: needs one number per worker, M = {workers}; "
                    "a single H serves all workers"
                )
            return self.local_steps
        return (self.local_steps,) * workers

    @property
    def chosen(self) -> dict[str, str]:
        """The axes that differ from their default, in words; η and H wherever steps are taken."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        always = ("lr", "local_steps") if isinstance(self.local_solver, GradientSteps) else ()
        return {
            name: ends(value) if isinstance(value, tuple) else repr(value)
            for name, value in values.items()
            if value != self.__dataclass_fields__[name].default or name in always
        }

    def latex(self) -> str:
        """Return a round as LaTeX, line by line."""
        return gathered(update_rule(self))

    def __repr__(self) -> str:
        """Show only the axes that differ from their default."""
        return f"LocalMethod({', '.join(f'{name}={value}' for name, value in self.chosen.items())})"

    def _repr_latex_(self) -> str | None:
        return typeset(update_rule(self))

    def _repr_html_(self) -> str:
        return card("LocalMethod", self.chosen.items(), update_rule(self))


def _check_kinds(method: LocalMethod) -> None:
    for axis, (kinds, cure) in _KINDS.items():
        checks.instance(axis, getattr(method, axis), kinds, f"give {cure}")
    if method.workers is not None:
        checks.integer("workers", method.workers, 1, "leave it out on a finite problem")


def _checked_steps(local_steps: object) -> int | tuple[int, ...] | AbstractStepRule:
    cure = (
        "H = 1 is centralised descent; give a number, one per worker, or a rule such as QuadraticRule(1, 0.1)"
    )
    if isinstance(local_steps, AbstractStepRule):
        return local_steps
    if not isinstance(local_steps, list | tuple | np.ndarray):
        return checks.integer("local_steps", local_steps, 1, cure)
    given = checks.sequence("local_steps", local_steps, cure)
    return tuple(checks.integer("local_steps", h, 1, cure) for h in given)


def _check_batch(method: LocalMethod) -> None:
    if method.batch is not None:
        checks.number("batch", method.batch, "give B_loc, or None for full gradients", above=0)


def _check_solver_axes(method: LocalMethod) -> None:
    if isinstance(method.local_solver, GradientSteps):
        return
    for axis in ("lr", "local_steps", "batch", "momentum", "scaling"):
        value, neutral = getattr(method, axis), method.__dataclass_fields__[axis].default
        if value != neutral:
            rule = f"local_solver = {method.local_solver!r} is exact and takes no gradient steps"
            raise checks.refuse(axis, value, rule, f"leave {axis} at {neutral!r}")


def _check_normalised(method: LocalMethod) -> None:
    if not method.normalised:
        return
    if method.batch is not None:
        rule = f"lr = {method.lr!r} divides by the loss of all samples of a worker"
        raise checks.refuse("batch", method.batch, rule, "leave batch at None, for full gradients")
    if method.local_solver != GradientSteps():
        rule = f"lr = {method.lr!r} is a rate along ∇log f_m, where a pull ρ(v − w^r) has no place"
        raise checks.refuse("local_solver", method.local_solver, rule, "leave it at GradientSteps()")
    if isinstance(method.local_steps, AbstractStepRule):
        rule = f"a rule needs η before the round, and lr = {method.lr!r} is known at the model only"
        raise checks.refuse("local_steps", method.local_steps, rule, "give a number")


def _check_correction(method: LocalMethod) -> None:
    if method.correction is None:
        return
    rule = f"{method.correction!r} takes a round for plain gradient steps of workers side by side, Σ η long"
    for axis, neutral in {"local_solver": GradientSteps(), "momentum": None, "scaling": Identity()}.items():
        if getattr(method, axis) != neutral:
            raise checks.refuse(axis, getattr(method, axis), rule, f"leave {axis} at {neutral!r}")
    checks.instance("aggregation", method.aggregation, Average, f"{rule}; give Average()")
    if method.normalised:
        raise checks.refuse("lr", method.lr, rule, "give a number or a schedule")


def _check_participation(method: LocalMethod) -> None:
    if not isinstance(method.participation, Sampled):
        return
    checks.instance(
        "aggregation", method.aggregation, Average, "workers are drawn for an average; give Average()"
    )
    unknown_steps = isinstance(method.correction, FedNova) and method.correction.effective_steps is None
    if method.participation.weighting == "unbiased" and unknown_steps:
        rule = "τ = Σ s_m H_m over those who are drawn would spoil the mean"
        cure = "give FedNova(effective_steps=τ), or weighting='renormalised'"
        raise checks.refuse("participation", method.participation, rule, cure)
    if isinstance(method.scaling, Adaptive):
        rule = "a scaling that follows the run is refreshed by all workers"
        raise checks.refuse(
            "scaling", method.scaling, rule, "give Identity() or Fixed(D), or Full() participation"
        )
