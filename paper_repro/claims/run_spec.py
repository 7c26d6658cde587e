"""Runs as values: each distinct one is computed once and feeds every claim that asks for it."""

from dataclasses import dataclass

from implicitbias import LocalMethod, RecordAt, run, Stream, Trace
from implicitbias.problems import AbstractProblem


@dataclass(frozen=True)
class RunSpec:
    """A run, described: same description, same trace.

    ``start`` is one w⁰ for all replicas, or one for each; by default 0.
    """

    problem: AbstractProblem
    method: LocalMethod
    rounds: int
    record: RecordAt = RecordAt.log(200)
    start: tuple[float, ...] | tuple[tuple[float, ...], ...] | None = None
    replicas: int = 1
    stream: Stream = Stream(0)

    def compute(self) -> Trace:
        """Run it. A divergence is a result: it is in the trace's status."""
        trace = run(
            self.problem,
            self.method,
            self.rounds,
            start=None if self.start is None else _array(self.start),
            replicas=self.replicas,
            record=self.record,
            stream=self.stream,
            progress=False,
            throw=False,
        )
        if trace.status.name == "INTERRUPTED":
            raise KeyboardInterrupt
        return trace


def _array(start: tuple):
    import numpy as np

    return np.array(start)
