"""Runs as values: each distinct one is computed once and feeds every claim that asks for it."""

from dataclasses import dataclass

import numpy as np

from implicitbias.display import in_brief
from implicitbias.engine.binding import bound
from implicitbias.engine.records import RecordAt
from implicitbias.engine.request import check_request
from implicitbias.engine.run import run
from implicitbias.engine.trace import Status, Trace
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


@dataclass(frozen=True)
class RunSpec:
    """A run, described: same description, same trace.

    Attributes
    ----------
    problem, method, rounds
        What is minimised, how, and how long.
    record
        Rounds to keep.
    start
        One w⁰ for all replicas, or one for each; 0 by default.
    replicas
        Independent repetitions.
    stream
        Source of all draws.
    """

    problem: AbstractProblem
    method: LocalMethod
    rounds: int
    record: RecordAt = RecordAt.log(200)
    start: tuple[float, ...] | tuple[tuple[float, ...], ...] | None = None
    replicas: int = 1
    stream: Stream = Stream(0)

    __repr__ = in_brief

    def check(self) -> None:
        """Refuse a run that cannot be done.

        Raises
        ------
        BadInput
            As ``run``.
        """
        problem = self.problem
        if isinstance(problem, AbstractProblem) and isinstance(self.method, LocalMethod):
            problem = bound(problem, self.method)
        check_request(problem, self.method, self.rounds, self.replicas, self.stream)

    def compute(self) -> Trace:
        """Run it. A divergence is a result: it is in the trace's status."""
        trace = run(
            self.problem,
            self.method,
            self.rounds,
            start=None if self.start is None else np.array(self.start),
            replicas=self.replicas,
            record=self.record,
            stream=self.stream,
            progress=False,
            throw=False,
        )
        if trace.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        return trace
