"""The report of a check: one page that needs nothing beside it, and the same as data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from figures import svg_inline
from figures.save import write_whole
from paper_repro.conformance.outcome import Outcome, Status
from paper_repro.conformance.picture import view
from paper_repro.conformance.suite import Suite
from paper_repro.conformance.task import Task
from paper_repro.report.environment import environment
from paper_repro.report.rendering import render, stylesheet


# A figure takes half a second: these many failures are drawn, and beside them the passed first rounds on G.
MOST_DRAWN = 20
# Rows of a table of numbers; the data file has all.
MOST_ROWS = 12

BADGES = {
    Status.PASSED: ("expected", "✓"),
    Status.FAILED: ("unexpected", "✗"),
    Status.UNDECIDED: ("undecided", "?"),
    Status.NOT_RUN: ("unmet", "∅"),
    Status.ERROR: ("unexpected", "!"),
}


@dataclass(frozen=True, eq=False)
class Entry:
    """A case as the page shows it."""

    outcome: Outcome
    figure: Markup | None

    @property
    def anchor(self) -> str:
        """Name of its place on the page."""
        return self.outcome.case.replace("/", "-").replace("@", "-")

    @property
    def badge(self) -> tuple[str, str]:
        """Colour and symbol."""
        return BADGES[self.outcome.status]

    @property
    def asked(self) -> dict[str, str]:
        """What the simulator was asked, name by name."""
        return asked(self.outcome.task)

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """(place, expected, observed, difference) of the first entries."""
        found = self.outcome.finding
        if found is None:
            return []
        expected, observed = np.atleast_2d(found.expected.T).T, np.atleast_2d(found.observed.T).T
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(observed - expected).max(axis=1)
        rows = zip(expected[:MOST_ROWS], observed[:MOST_ROWS], off[:MOST_ROWS], strict=True)
        return [(str(k + 1), _digits(e), _digits(o), f"{d:.1e}") for k, (e, o, d) in enumerate(rows)]

    @property
    def left_out(self) -> int:
        """Entries that the table does not show."""
        return max(len(self.outcome.finding.expected) - MOST_ROWS, 0) if self.outcome.finding else 0


def write_report(suite: Suite, folder: Path) -> Path:
    """Write ``conformance.json`` and ``index.html``, each whole or not at all, and return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(suite.to_json(), indent=2, ensure_ascii=False) + "\n"
    write_whole(folder / "conformance.json", data.encode())
    return write_whole(folder / "index.html", page(suite).encode())


def page(suite: Suite) -> str:
    """Return the page."""
    drawn = set(_drawn(suite))
    entries = [
        Entry(outcome, _figure(outcome) if outcome.case in drawn else None) for outcome in suite.outcomes
    ]
    counts = [
        (BADGES[status][0], status.value, len(suite.having(status)))
        for status in Status
        if suite.having(status)
    ]
    return render(
        "conformance.html.jinja",
        suite=suite,
        entries=entries,
        counts=counts,
        causes=[(cause, [o.case for o in found]) for cause, found in suite.causes.items()],
        anchors={entry.outcome.case: entry.anchor for entry in entries},
        style=Markup(stylesheet()),
        environment=environment(),
    )


def asked(task: Task) -> dict[str, str]:
    """Return a task in words, without what is at its default."""
    rows = {
        "algorithm": task.algorithm,
        "samples n_m": _tuple(len(labels) for labels in task.labels) + f" in d = {task.dim}",
        "learning rate η": f"{task.lr:.6g}",
        "local steps H_m": _tuple(task.local_steps),
        "weights p_m": _tuple(f"{p:.4g}" for p in task.weights),
        "start x⁰": _digits(task.start),
        "rounds R": str(task.rounds),
        "proximal ρ": f"{task.proximal:g}" if task.algorithm == "fedprox" else "",
        "server rate": f"{task.server_lr:g}" if task.server_lr != 1 else "",
        "server momentum β": f"{task.server_momentum:g}{' (Nesterov)' if task.nesterov else ''}"
        if task.server_momentum
        else "",
        "delay": f"{task.delay} rounds" if task.delay else "",
        "participants": f"{task.participants} of {task.workers}, drawn" if task.participants else "",
        "mini-batch": str(task.batch) if task.batch else "",
        "seed": str(task.seed),
    }
    return {name: value for name, value in rows.items() if value}


def _drawn(suite: Suite) -> Iterator[str]:
    yield from (outcome.case for outcome in suite.failures[:MOST_DRAWN])
    passed = suite.having(Status.PASSED)
    yield from (o.case for o in passed if o.case.endswith("@G") and o.case.split("/")[1].startswith("path"))


def _figure(outcome: Outcome) -> Markup | None:
    shown = view(outcome)
    return (
        None if shown is None else Markup(svg_inline(shown, prefix=f"figure-{outcome.case.encode().hex()}"))
    )


def _digits(values: np.ndarray) -> str:
    texts = [f"{value:.9g}" for value in values]
    return texts[0] if len(texts) == 1 else _tuple(texts)


def _tuple(values) -> str:
    return f"({', '.join(str(value) for value in values)})"
