"""A task of a sweep: a block of runs, reduced to what is measured before anything is kept or travels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.engine.batch import run_batch
from implicitbias.engine.run_spec import RunSpec
from implicitbias.engine.trace import Status, Trace
from implicitbias.errors import BadInput
from implicitbias.sweeps.grid import Grid


# Trace of one run ↦ a number, or an array of the same shape for every run.
Measure = Callable[[Trace], object]
Measures = tuple[tuple[str, Measure], ...]

STATUS = "status"


@dataclass(frozen=True)
class Blocks:
    """The tasks of a sweep: its runs in their order, ``size`` at a time, made when they are asked for."""

    grid: Grid
    measures: Measures
    size: int

    def __len__(self) -> int:
        return -(-self.grid.size // self.size)

    def __getitem__(self, number: int) -> tuple[tuple[RunSpec, ...], Measures]:
        return tuple(self.grid.run(k) for k in self.runs(number)), self.measures

    def runs(self, number: int) -> range:
        """Return the numbers of the runs of a block."""
        return range(number * self.size, min((number + 1) * self.size, self.grid.size))


def measured(specs: tuple[RunSpec, ...], measures: Measures) -> dict[str, np.ndarray]:
    """Run a block; return the status of every run and, of those that completed, what is measured.

    What a diverged run leaves behind is no measurement at its last round, hence left out.
    """
    traces = run_batch(specs)
    complete = [trace for trace in traces if trace.status is Status.COMPLETE]
    values = {name: _column(name, [_value(name, measure, t) for t in complete]) for name, measure in measures}
    return {STATUS: np.array([trace.status.name for trace in traces])} | (values if complete else {})


def final_w(trace: Trace) -> Float[np.ndarray, " dim"]:
    """Return the last recorded w."""
    return trace.w[0, -1]


def final_log_loss(trace: Trace) -> float:
    """Return log f(w) at the last record."""
    return float(trace.log_loss[0, -1])


def final_margin(trace: Trace) -> float:
    """Return min_i x_i·w/|w| at the last record; NaN at w = 0 and where there is no margin."""
    length = float(np.linalg.norm(trace.w[0, -1]))
    if trace.min_margin is None or length == 0:
        return float("nan")
    return float(trace.min_margin[0, -1]) / length


FINAL: Mapping[str, Measure] = {"w": final_w, "log_loss": final_log_loss, "margin": final_margin}


def require_one_shape(name: str, shapes: set[tuple[int, ...]]) -> None:
    """Refuse a measurement that has one shape on some runs and another on others.

    Raises
    ------
    BadInput
        With the shapes.
    """
    if len(shapes) > 1:
        raise BadInput(
            f"measure[{name!r}] has the shapes {' and '.join(map(str, sorted(shapes)))}: must be the same on all runs; "
            "measure numbers, or sweep these problems one by one"
        )


def _column(name: str, values: list[Float[np.ndarray, "*own"]]) -> Float[np.ndarray, "run *own"]:
    require_one_shape(name, {value.shape for value in values})
    return np.array(values)


def _value(name: str, measure: Measure, trace: Trace) -> Float[np.ndarray, "*own"]:
    return checks.real_array(f"measure[{name!r}]", measure(trace), "return a number or an array of numbers")
