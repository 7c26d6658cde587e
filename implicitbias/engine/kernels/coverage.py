"""Which methods on which problems have a compiled kernel: a table that is read, printed and tested.

Rows are tried from the top; the first whose every axis admits the value decides. An axis that a row does not
name admits every value, but a kernel row names them all: what is new is not compiled until a row says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from implicitbias.engine.kernels.cost import fits, round_cost
from implicitbias.engine.kernels.kernel import AbstractKernel, Kernel
from implicitbias.engine.kernels.lane_batch import LaneKernel
from implicitbias.engine.kernels.scale import OPTIONS
from implicitbias.engine.kernels.scaled import ScaledKernel
from implicitbias.methods import (
    AbstractStepRule,
    Adaptive,
    Average,
    Fixed,
    GradientSteps,
    LocalMethod,
    Server,
)
from implicitbias.problems import AbstractProblem


@dataclass(frozen=True)
class Row:
    """One row of the coverage table.

    Attributes
    ----------
    axes
        Axis name ↦ values admitted.
    kernels
        Names of the kernels that apply, of which the one with fewest operations runs (``gram-batch`` only where
        runs are many); empty: the definition.
    reason
        Why.
    """

    axes: tuple[tuple[str, tuple[str, ...]], ...]
    kernels: tuple[str, ...]
    reason: str

    def admits(self, values: Mapping[str, str]) -> bool:
        """Return whether every axis named admits its value."""
        return all(values[axis] in admitted for axis, admitted in self.axes)

    def __str__(self) -> str:
        engine = " or ".join(self.kernels) or "definition"
        shown = "; ".join(f"{axis}: {' | '.join(admitted)}" for axis, admitted in self.axes)
        return f"{engine:<16} {shown or 'anything else'}\n{'':<16} ({self.reason})"


def _row(kernels: tuple[str, ...], reason: str, **axes: str) -> Row:
    named = tuple((axis, tuple(v.strip() for v in values.split("|"))) for axis, values in axes.items())
    return Row(named, kernels, reason)


# Axes of ``LocalMethod`` that a kernel must know about, and those that do not change a round.
_COMPILED_AXES = {
    "local_solver": "GradientSteps",
    "local_steps": "number | per worker",
    "momentum": "None | HeavyBall",
    "correction": "None",
    "participation": "Full",
    "aggregation": "Average | Anchored",
    "server": "averages | moves",
    "rescaling": "None",
    "rate": "scheduled",
    "unknown": "none",
}
_READ_ELSEWHERE = ("lr", "batch", "replacement", "scaling", "workers")
_LOSSES = "Exponential | Logistic | PolynomialTail"
_DRAWS = "full | with replacement | without replacement"

# What runs in lanes: no momentum of workers or server.
_LANE_AXES = _COMPILED_AXES | {"momentum": "None", "server": "averages"}

COVERAGE: tuple[Row, ...] = (
    _row(
        ("gram-batch", "gram", "weights"),
        "margins close on themselves, and a register holds those of sixteen runs",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="0 | positive",
        gradients=_DRAWS,
        scaling="Identity",
        **_LANE_AXES,
    ),
    _row(
        ("gram-batch", "gram", "weights"),
        "as above, with the Gram matrix of D^{-1}",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="0",
        gradients=_DRAWS,
        scaling="Fixed",
        **_LANE_AXES,
    ),
    _row(
        ("gram-batch", "gram", "weights"),
        "squared errors are slopes y − z",
        problem="LinearRegression",
        gradients=_DRAWS,
        scaling="Identity | Fixed",
        **_LANE_AXES,
    ),
    _row(
        ("gram", "weights"),
        "velocities too are combinations of rows: a step moves margins by the Gram block",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="0 | positive",
        gradients=_DRAWS,
        scaling="Identity",
        **_COMPILED_AXES,
    ),
    _row(
        ("gram", "weights"),
        "as above, with the Gram matrix of D^{-1}",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="0",
        gradients=_DRAWS,
        scaling="Fixed",
        **_COMPILED_AXES,
    ),
    _row(
        ("weights",),
        "the ridge shrinks coordinates by η·l2/D_k each, so margins do not close on themselves",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="positive",
        gradients=_DRAWS,
        scaling="Fixed",
        **_COMPILED_AXES,
    ),
    _row(
        ("gram", "weights"),
        "squared errors are slopes y − z",
        problem="LinearRegression",
        gradients=_DRAWS,
        scaling="Identity | Fixed",
        **_COMPILED_AXES,
    ),
    _row(
        ("hessians",),
        "the gradient is A_m(w − c_m)",
        problem="Quadratics",
        gradients="full",
        scaling="Identity | Fixed",
        **_COMPILED_AXES,
    ),
    _row(
        ("scaled-gram", "scaled-weights"),
        "between refreshes D̂ is constant: margins close on themselves, and each worker's block is rebuilt with D̂",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="0",
        gradients=_DRAWS,
        scaling="Adaptive",
        **_COMPILED_AXES,
    ),
    _row(
        ("scaled-gram", "scaled-weights"),
        "squared errors are slopes y − z",
        problem="LinearRegression",
        gradients=_DRAWS,
        scaling="Adaptive",
        **_COMPILED_AXES,
    ),
    _row(
        ("scaled-weights",),
        "a D̂ that meets a ridge, or changes at every step, needs the coordinates themselves",
        problem="LinearClassification",
        loss=_LOSSES,
        l2="0 | positive",
        gradients=_DRAWS,
        scaling="Adaptive | Adaptive in steps",
        **_COMPILED_AXES,
    ),
    _row(
        ("scaled-weights",),
        "as above",
        problem="LinearRegression",
        gradients=_DRAWS,
        scaling="Adaptive in steps",
        **_COMPILED_AXES,
    ),
    _row(
        ("scaled-hessians",),
        "the gradient is A_m(w − c_m), and curvature samples are v∘(A_m v)",
        problem="Quadratics",
        gradients="full",
        scaling="Adaptive | Adaptive in steps",
        **_COMPILED_AXES,
    ),
    _row(
        (),
        "a quadratic has no samples to draw; the definition says so",
        problem="Quadratics",
        gradients="with replacement | without replacement",
    ),
    _row(
        (),
        "hidden units bend, so that margins do not close on themselves; the definition is matrix products already",
        problem="TwoLayerNetwork",
    ),
    _row((), "a rule makes the number of local steps change between rounds", local_steps="rule"),
    _row(
        (),
        "an exact local solve is no sequence of gradient steps",
        local_solver="Flow | Proximal | Projection | Sweeping",
    ),
    _row((), "a normalised rate e/f_m needs the loss of the model at every step", rate="normalised"),
    _row((), "in turn, a worker starts from the model of the one before", aggregation="Sequential"),
    _row((), "kernels pack the data with the one D of all workers", scaling="Fixed per worker"),
    _row((), "the server is no part of the inner loop", server="late | looks ahead"),
    _row((), "kernels average all workers alike", aggregation="Average with weights"),
    _row((), "who takes part changes from round to round", participation="Sampled"),
    _row((), "a kernel's steps follow gradients alone", correction="Scaffold | FedNova"),
    _row((), "a kernel's steps follow gradients alone", local_solver="GradientSteps with a pull"),
    _row((), "a rescaling needs the norm of the model at the end of a round", rescaling="Rescaling"),
    _row((), "no kernel is compiled for this problem, loss or axis"),
)


def find_kernel(
    problem: AbstractProblem, method: LocalMethod, many: bool = False
) -> AbstractKernel[Any] | LaneKernel | None:
    """Return the compiled kernel with the fewest operations, or ``None`` if the definition must run.

    ``many``: one of many runs, which may share registers.
    """
    names = [name for name in covering_row(problem, method).kernels if fits(name, problem)]
    names = [name for name in names if many or name != LaneKernel.name]
    if not names:
        return None
    return kernel_named(min(names, key=lambda name: round_cost(name, problem, method)))


def kernel_named(name: str) -> AbstractKernel[Any] | LaneKernel:
    """Return a kernel by the name that the table uses."""
    if name == LaneKernel.name:
        return LaneKernel()
    return ScaledKernel(name) if name.startswith("scaled-") else Kernel(name)


def why_not(problem: AbstractProblem, method: LocalMethod) -> str:
    """Return why the definition must run; empty if there is a kernel."""
    row = covering_row(problem, method)
    if not row.kernels:
        return f"{row.reason} ({method!r} on {problem!r})"
    if not any(fits(name, problem) for name in row.kernels):
        return f"the packed data of {problem!r} would not fit into memory"
    return ""


def covering_row(problem: AbstractProblem, method: LocalMethod) -> Row:
    """Return the first row that admits the problem and the method."""
    values = axis_values(problem, method)
    return next(row for row in COVERAGE if row.admits(values))


def axis_values(problem: AbstractProblem, method: LocalMethod) -> dict[str, str]:
    """Return the values of all axes by the names that the table uses."""
    values = {axis: _name(getattr(method, axis)) for axis in _COMPILED_AXES if hasattr(method, axis)}
    values["local_steps"] = _steps_name(method)
    values["local_solver"] = _solver_name(method)
    values["aggregation"] = _aggregation_name(method)
    values["server"] = _server_name(method)
    values["problem"] = type(problem).__name__
    values["loss"] = type(getattr(problem, "loss_function", None)).__name__
    values["l2"] = "positive" if getattr(problem, "l2", 0.0) > 0 else "0"
    values["scaling"] = _scaling_name(method)
    values["gradients"] = _gradients_name(method)
    values["rate"] = "normalised" if method.normalised else "scheduled"
    values["unknown"] = _unknown_axes(method)
    return values


def coverage_text() -> str:
    """Return the table as text."""
    return "\n".join(str(row) for row in COVERAGE)


def _name(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _solver_name(method: LocalMethod) -> str:
    pulled = isinstance(method.local_solver, GradientSteps) and method.local_solver.proximal > 0.0
    return _name(method.local_solver) + (" with a pull" if pulled else "")


def _aggregation_name(method: LocalMethod) -> str:
    weighted = isinstance(method.aggregation, Average) and method.aggregation.weights is not None
    return _name(method.aggregation) + (" with weights" if weighted else "")


def _server_name(method: LocalMethod) -> str:
    server = method.server
    if server == Server():
        return "averages"
    if server == Server(server.rate, server.momentum):
        return "moves"
    return "late" if server.delay else "looks ahead"


def _steps_name(method: LocalMethod) -> str:
    if isinstance(method.local_steps, AbstractStepRule):
        return "rule"
    return "per worker" if isinstance(method.local_steps, tuple) else "number"


def _scaling_name(method: LocalMethod) -> str:
    if isinstance(method.scaling, Fixed) and method.scaling.scope == "worker":
        return "Fixed per worker"
    in_steps = isinstance(method.scaling, Adaptive) and method.scaling.refresh == "step"
    return _name(method.scaling) + (" in steps" if in_steps else "")


def _gradients_name(method: LocalMethod) -> str:
    if method.batch is None:
        return "full"
    return "with replacement" if method.replacement else "without replacement"


def _unknown_axes(method: LocalMethod) -> str:
    """Return the axes away from their default that this table does not know."""
    known = {*_COMPILED_AXES, *_READ_ELSEWHERE}
    unknown = [f.name for f in fields(method) if f.name not in known and getattr(method, f.name) != f.default]
    if isinstance(method.scaling, Adaptive):
        unknown += [f"scaling.{f.name}" for f in fields(method.scaling) if f.name not in OPTIONS]
    return ", ".join(unknown) or "none"
