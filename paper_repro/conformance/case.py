"""A case: a question to a simulator, and how its answer is judged."""

import traceback
import unittest
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TYPE_CHECKING

import numpy as np

from implicitbias import BadInput
from implicitbias.display import cut
from paper_repro.claims.failure import first_line
from paper_repro.conformance.cards import case_card
from paper_repro.conformance.outcome import Finding, Outcome, Status
from paper_repro.conformance.task import FEATURES, run_simulator, Simulator, Task


if TYPE_CHECKING:
    from paper_repro.conformance.diagnosis import Diagnosis

# Characters of a title that a line shows.
TITLE = 160


class NotChecked(unittest.SkipTest):
    """A case that says nothing about this simulator, with the reason; pytest and unittest count it as skipped."""


@dataclass(frozen=True, eq=False)
class Case:
    """One question to a simulator. Its string is its name, which makes ``ids=str`` work in pytest.

    Parameters
    ----------
    name, oracle, title
        ``"O1/path@G"``, ``"O1"``, and what has to hold, in a sentence.
    task
        What is asked; of several tasks, the one whose path is shown.
    judge
        Asks, compares, and returns what it found.
    more
        Further tasks that the judge asks.
    diagnosable
        Whether what is observed is the path of ``task``, so that mutated recursions can be fitted to it.
    """

    name: str
    oracle: str
    title: str
    task: Task
    judge: Callable[[Simulator], Finding]
    more: tuple[Task, ...] = ()
    diagnosable: bool = False

    def __repr__(self) -> str:
        return f"Case({self.name!r}, {cut(self.title, TITLE)!r})"

    def _repr_html_(self) -> str:
        return case_card(self)

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """Features that a simulator must offer."""
        wanted = {name for task in (self.task, *self.more) for name in task.needs}
        return tuple(name for name in FEATURES if name in wanted)

    def check(self, simulator: Simulator, found: "Sequence[Diagnosis]" = ()) -> Outcome:
        """Return what became of the case; whatever the simulator raises is part of it.

        Parameters
        ----------
        simulator
            What is asked.
        found
            Diagnoses of other cases, which are tried before a failure is searched for its cause.
        """
        missing = [name for name in self.needs if name not in supported(simulator)]
        if missing:
            return self._outcome(Status.NOT_RUN, f"it does not declare {', '.join(missing)}")
        try:
            finding = self.judge(simulator)
        except NotImplementedError as reason:
            return self._outcome(Status.NOT_RUN, f"it does not offer this: {reason}".rstrip(": "))
        except (Exception, SystemExit) as error:
            text = traceback.format_exc()
            message = str(error) if isinstance(error, BadInput) else first_line(text)
            return self._outcome(Status.ERROR, message, traceback=text)
        outcome = self._outcome(finding.status, finding.message, finding=finding)
        return self._diagnosed(simulator, outcome, found)

    def assert_holds(self, simulator: Simulator) -> None:
        """Raise unless the case is passed; for test suites.

        Raises
        ------
        AssertionError
            If it failed, with the numbers and the likely cause, or if the simulator broke.
        NotChecked
            A skip: if it cannot be run on this simulator, or if its draws decide nothing.
        """
        outcome = self.check(simulator)
        if outcome.status.bad:
            raise AssertionError(told(outcome))
        if outcome.status is not Status.PASSED:
            raise NotChecked(f"{self.name}: {outcome.message}")

    def _outcome(self, status: Status, message: str, **more: Any) -> Outcome:
        return Outcome(self.name, self.oracle, self.title, status, message, self.task, **more)

    def _diagnosed(
        self, simulator: Simulator, outcome: Outcome, found: "Sequence[Diagnosis]" = ()
    ) -> Outcome:
        """Return the outcome with the recursions that explain a failed path."""
        if not self.diagnosable or outcome.status is not Status.FAILED or outcome.finding is None:
            return outcome
        from paper_repro.conformance.diagnosis import diagnose
        from paper_repro.conformance.suspects import suspected

        observed = outcome.finding.observed
        try:
            diagnosis = suspected(self.task, observed, outcome.error, found)
            diagnosis = diagnosis or diagnose(self.task, observed, lambda task: ask(simulator, task))
        except Exception as error:  # the numbers of the failure are worth more than its cause
            words = f"{outcome.message}; its cause was not found: {type(error).__name__}: {error}"
            return replace(outcome, message=words)
        return replace(outcome, diagnosis=diagnosis)


def ask(simulator: Simulator, task: Task) -> Any:
    """Return the path of a task, run on copies of its arrays: a simulator that writes on them harms only itself."""
    return run_simulator(simulator, handed_out(task))


def handed_out(task: Task) -> Task:
    """Return the same task on fresh, writable arrays."""
    features, labels = (tuple(np.array(part) for part in whole) for whole in (task.features, task.labels))
    return replace(task, features=features, labels=labels, start=np.array(task.start))


def supported(simulator: Simulator) -> tuple[str, ...]:
    """Return what a simulator declares in ``supports``; one that declares nothing offers FedAvg.

    Raises
    ------
    BadInput
        If it declares a feature that nobody asks for, or no names.
    """
    declared: Any = getattr(simulator, "supports", ("fedavg",))
    if not isinstance(declared, Iterable):
        raise BadInput(f"supports = {declared!r}: must be names of features; they are {', '.join(FEATURES)}")
    declared = (declared,) if isinstance(declared, str) else tuple(declared)
    for name in declared:
        if name not in FEATURES:
            raise BadInput(f"supports = {declared!r}: {name!r} is no feature; they are {', '.join(FEATURES)}")
    return declared


def told(outcome: Outcome) -> str:
    """Return an outcome as lines: what had to hold, the numbers, the likely cause."""
    lines = [f"{outcome.case}: {outcome.title}", outcome.message]
    if outcome.cause:
        lines.append(f"likely cause: {outcome.cause}")
    if outcome.follows:
        lines.append(f"{', '.join(outcome.follows)} failed already: this may follow from it")
    return "\n".join(lines)
