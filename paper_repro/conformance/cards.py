"""Tasks, outcomes and suites on cards, for notebooks."""

from typing import TYPE_CHECKING

from implicitbias.display import badge, brief, card, Cell, Row, table
from implicitbias.display.prose import line
from implicitbias.methods.update_rule import update_rule


if TYPE_CHECKING:
    from paper_repro.conformance.case import Case
    from paper_repro.conformance.outcome import Outcome
    from paper_repro.conformance.suite import Suite
    from paper_repro.conformance.task import Task


def task_card(task: "Task") -> str:
    """Return what a simulator is asked: the round, and the numbers."""
    rows = (("problem", repr(task.problem)), ("method", repr(task.method)), ("start", brief(task.start)))
    asked = f"{task.rounds} rounds of {task.algorithm} on {task.workers} workers, d = {task.dim}"
    return card(asked, rows, [task.problem.latex(), *update_rule(task.method)])


def case_card(case: "Case") -> str:
    """Return what has to hold, and what is asked for it."""
    return card(case.name, (("checks", line(case.title)), ("asks", repr(case.task.method))))


def outcome_card(outcome: "Outcome") -> str:
    """Return what was checked, what became of it, and why."""
    rows = (
        ("checks", line(outcome.title)),
        ("outcome", _badge(outcome)),
        ("", line(outcome.message)),
        ("likely cause", line(outcome.cause)),
        ("may follow from", ", ".join(outcome.follows)),
        ("distance", brief(outcome.error) if outcome.finding else ""),
        ("may be", brief(outcome.tolerance) if outcome.finding else ""),
        ("method", repr(outcome.task.method)),
    )
    return card(outcome.case, [row for row in rows if row[1]])


def suite_card(suite: "Suite") -> str:
    """Return the counts, the likely causes, and every case that was run and did not pass."""
    rows: list[Row] = [
        (f"explains {len(found)}", badge(cause, False)) for cause, found in suite.causes.items()
    ]
    bad = table(
        ("case", "", "what was checked", "numbers"),
        [(o.case, _badge(o), line(o.title), line(o.message)) for o in suite.outcomes if o.status.bad],
    )
    return card(repr(suite), rows, body=[bad])


def _badge(outcome: "Outcome") -> Cell:
    good = True if outcome.status.value == "passed" else False if outcome.status.bad else None
    return badge(outcome.status.value, good)
