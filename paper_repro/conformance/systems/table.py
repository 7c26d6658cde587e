"""Rows of the table: system, version, oracle, result."""

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from typing import Any, Literal

from paper_repro.conformance.outcome import Outcome, Status
from paper_repro.conformance.systems import KNOWN_TO, not_run_reason, System, SYSTEMS


Result = Literal["passed", "failed", "undecided", "departs", "not run"]
HEADER = ("system", "version", "oracle", "result", "what was run")


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    system, version
        Name and version, empty where the system cannot run.
    oracle
        ``"O1"``, or ``"scaled: adam(…)"``; ``"all"`` where none ran.
    result
        ``"departs"`` is a failure by rounding that the system is known for, and no other.
    detail
        How many cases, what was not run, and why.
    """

    system: str
    version: str
    oracle: str
    result: Result
    detail: str

    def to_json(self) -> dict[str, str]:
        """Return the row as plain data."""
        return asdict(self)


def rows_of(name: str, seed: int = 0) -> list[Row]:
    """Return the rows of a system, run in this process.

    Raises
    ------
    BadInput
        For an unknown name.
    """
    if reason := not_run_reason(name):
        return [Row(name, "", "all", "not run", reason)]
    system = SYSTEMS[name]
    module = system.load()
    return (
        _scaled_rows(name, module, seed) if system.scaled else _simulator_rows(system, module.simulate, seed)
    )


def _scaled_rows(name: str, module: Any, seed: int) -> list[Row]:
    problem, said = module.regression(seed), f"{module.ROUNDS} steps, to {module.TOLERANCE:g}"
    rows = []
    for point in module.POINTS:
        error = point.error(problem)
        passed = error <= module.TOLERANCE
        detail = said if passed else f"off by {error:.1e} within {said}"
        rows.append(
            Row(name, module.version(), f"scaled: {point.name}", "passed" if passed else "failed", detail)
        )
    return rows


def _simulator_rows(system: System, simulator: Any, seed: int) -> list[Row]:
    # The oracles import what they calculate with, which printing a table does not need.
    from paper_repro.conformance.oracles import cases

    outcomes, version = [case.check(simulator) for case in cases(seed)], simulator.version()
    rows = []
    for oracle in dict.fromkeys(outcome.oracle for outcome in outcomes):
        result, detail = summary(o for o in outcomes if o.oracle == oracle and not _departs(system, o))
        rows.append(Row(system.name, version, oracle, result, detail))
    departures = [
        Row(system.name, version, case, "departs", f"by rounding: {why}")
        for case, why in system.known.items()
    ]
    return rows + departures


def _departs(system: System, outcome: Outcome) -> bool:
    """Return whether the system is known to fail a case by rounding, whichever way it went this time."""
    return any(outcome.case.startswith(case) for case in system.known) and outcome.error <= KNOWN_TO


def summary(outcomes: Iterable[Outcome]) -> tuple[Result, str]:
    """Return the result of an oracle from the outcomes of its cases, and how it came about."""
    given = list(outcomes)
    by_status = {status: [o for o in given if o.status is status] for status in Status}
    bad = [f"{o.case}: {o.message}" for o in given if o.status.bad]
    reasons = dict.fromkeys(o.message for o in by_status[Status.NOT_RUN])
    counts = ", ".join(f"{len(found)} {status.value}" for status, found in by_status.items() if found)
    detail = ": ".join(part for part in (counts, "; ".join([*bad, *reasons])) if part)
    if bad:
        return "failed", detail
    if by_status[Status.UNDECIDED]:
        return "undecided", detail
    return ("passed" if by_status[Status.PASSED] else "not run"), detail


def markdown(rows: Iterable[Row]) -> str:
    """Return the table for the documentation."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(astuple(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cell or '–' for cell in line)} |" for line in lines)


def text(rows: Iterable[Row]) -> str:
    """Return the table for a terminal, in columns but for the last."""
    lines = [HEADER, *(astuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER) - 1)] + [0]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)
