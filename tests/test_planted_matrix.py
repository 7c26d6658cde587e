"""The matrix of bugs and oracles: the right simulator passes, every bug is caught, and names are right."""

from pathlib import Path

import numpy as np
import pytest

from paper_repro.command_line import main
from paper_repro.conformance.oracles import cases
from paper_repro.conformance.outcome import Status
from paper_repro.conformance.planted import Plain, PLANTED
from paper_repro.conformance.planted.matrix import first_failures, matrix
from paper_repro.conformance.planted.page import table


PAGE = (Path(__file__).resolve().parents[1] / "docs" / "planted-bugs.md").read_text()
CASES = {case.name: case for case in cases()}
ORACLES = tuple(dict.fromkeys(case.oracle for case in CASES.values()))
# A few of every kind: the whole takes a minute, and ``paper-repro planted-bugs`` prints it.
SOME = (
    "swapped-steps", "one-step-more", "momentum-left-on", "uniform", "undivided-control", "rho-not-halved",
    "delay-longer", "float32", "recorded-before", "drawn-once",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    return {row.bug.name: row for row in matrix(bug for bug in PLANTED if bug.name in SOME)}


def test_nothing_catches_the_right_simulator():
    assert {case.check(Plain()).status for case in CASES.values()} == {Status.PASSED}


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_every_bug_is_caught_by_the_case_that_the_page_names(bug):
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{bug.name}` |"))
    first = CASES[line.split(" | ")[-2]]
    with np.errstate(all="ignore"):  # twice: what survives a run shows in the next
        assert first_failures(bug.simulator, [first, first]) == {first.oracle: first.name}


def test_the_page_is_what_the_matrix_says(rows):
    for row in rows.values():
        assert table([row], ORACLES).splitlines()[-1] in PAGE.splitlines(), row.bug.name


def test_a_bug_that_is_named_is_named_rightly(rows):
    assert {row.verdict for row in rows.values()} <= {"named", "no path"}


def test_the_page_counts_its_rows_and_has_no_wrong_name():
    marked = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(marked) == len(PLANTED)
    assert f"**{len(PLANTED)} of {len(PLANTED)} bugs are caught.**" in PAGE
    assert "(wrong)" not in PAGE and "escaped" not in PAGE


def test_the_command_prints_rows_and_answers_by_its_exit_code(capsys):
    assert main(["planted-bugs", "no-half", "server-rate-twice"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 2 and shown[0].startswith("no-half") and shown[1].startswith("server-rate-twice")
    assert main(["planted-bugs", "no-halves"]) == 2
    assert "no bug of this name" in capsys.readouterr().err
