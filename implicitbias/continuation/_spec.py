"""Continuations as values: each distinct one is computed once and feeds every claim that asks for it."""

from dataclasses import dataclass

import numpy as np

from implicitbias.continuation._fast_forward import fast_forward
from implicitbias.display import in_brief
from implicitbias.engine.trace import Status, Trace
from implicitbias.methods import LocalMethod
from implicitbias.problems import LinearClassification


@dataclass(frozen=True)
class FastForwardSpec:
    """A continuation, described: same description, same trace.

    Attributes
    ----------
    problem, method
        What is minimised, and how.
    log_time
        The last τ, or those to record.
    start
        w⁰; 0 by default.
    handover, order, rtol
        As for `fast_forward`.
    """

    problem: LinearClassification
    method: LocalMethod
    log_time: float | tuple[float, ...]
    start: tuple[float, ...] | None = None
    handover: int | str = "auto"
    order: int = 2
    rtol: float = 1e-10

    __repr__ = in_brief

    def compute(self) -> Trace:
        """Run it. A divergence is a result: it is in the trace's status."""
        trace = fast_forward(
            self.problem,
            self.method,
            np.array(self.log_time) if isinstance(self.log_time, tuple) else self.log_time,
            start=None if self.start is None else np.array(self.start),
            handover=self.handover,
            order=self.order,
            rtol=self.rtol,
            progress=False,
            throw=False,
        )
        if trace.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        return trace
