"""The table of systems: what ran, what did not and why, what failed, and that the page says the same."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from implicitbias import BadInput
from paper_repro.conformance import Status
from paper_repro.conformance.systems import __main__ as command
from paper_repro.conformance.systems import not_run_reason, page, processes, System, SYSTEMS, table
from paper_repro.conformance.systems.table import Row


ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "systems.md"


def test_a_system_whose_library_is_missing_is_not_run_and_fails_nothing(monkeypatch, capsys):
    monkeypatch.setitem(SYSTEMS, "nowhere", System("nowhere", "flower", "no_such_library", "nothing"))
    monkeypatch.setattr(command, "rows_apart", table.rows_of)
    assert command.main(["nowhere", "--markdown"]) == 0
    assert "| nowhere | – | all | not run | no_such_library is not installed |" in capsys.readouterr().out


def test_a_library_that_breaks_on_import_is_not_run_with_its_words(monkeypatch):
    monkeypatch.setitem(SYSTEMS, "broken", System("broken", "no_such_module", "numpy", "nothing"))
    assert not_run_reason("broken").startswith("ModuleNotFoundError on import: No module named")


def test_an_unknown_system_is_bad_input(capsys):
    assert command.main(["nobody"]) == 2
    assert "system = 'nobody': is not known; choose among flower" in capsys.readouterr().err
    with pytest.raises(BadInput):
        not_run_reason("nobody")


def test_a_failed_oracle_is_exit_code_1(monkeypatch):
    for result, code in (("passed", 0), ("departs", 0), ("undecided", 0), ("not run", 0), ("failed", 1)):
        monkeypatch.setattr(
            command, "rows_apart", lambda name, seed, result=result: [Row(name, "1", "O1", result, "")]
        )
        assert command.main(["flower"]) == code


def test_a_process_that_crashes_is_a_failure_with_its_last_words(monkeypatch, tmp_path):
    crash = tmp_path / "python"
    crash.write_text("#!/bin/sh\necho 'Segmentation fault' >&2\nexit 139\n")
    crash.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crash))
    (row,) = processes.rows_apart("flower")
    assert row.result == "failed" and row.detail == "the process ended with code 139: Segmentation fault"


class FakeOutcome:
    """What the table reads of an outcome."""

    def __init__(self, status, message="", case="O0d/same-seed@G", error=0.0):
        self.status, self.message, self.case, self.error = status, message, case, error
        self.oracle = case[:2]


def test_one_bad_case_fails_its_oracle_and_is_named():
    good, skipped = FakeOutcome(Status.PASSED), FakeOutcome(Status.NOT_RUN, "no scaffold")
    bad = FakeOutcome(Status.FAILED, "off by 1", "O1/path@G")
    broken = FakeOutcome(Status.ERROR, "KeyError", "O1/rate@G")
    assert table.summary([good, skipped, skipped]) == ("passed", "1 passed, 2 not run: no scaffold")
    assert table.summary([good, bad]) == ("failed", "1 passed, 1 failed: O1/path@G: off by 1")
    assert table.summary([good, broken])[0] == "failed"
    assert table.summary([skipped])[0] == "not run"
    assert table.summary([good, FakeOutcome(Status.UNDECIDED)])[0] == "undecided"


def test_a_known_departure_is_one_of_rounding_only():
    system = SYSTEMS["flower-server"]
    assert table._departs(system, FakeOutcome(Status.FAILED, error=1e-16))
    assert not table._departs(system, FakeOutcome(Status.FAILED, error=1e-6))
    assert not table._departs(system, FakeOutcome(Status.FAILED, case="O1/path@G", error=1e-16))
    assert not table._departs(SYSTEMS["flower"], FakeOutcome(Status.FAILED, error=1e-16))


def test_the_page_speaks_of_every_system_and_of_no_failure():
    rows = page.documented(PAGE)
    assert {row.system for row in rows} == set(SYSTEMS)
    assert {row.result for row in rows} <= {"passed", "departs", "not run"}
    assert page.stale_rows(rows, PAGE) == []


def test_a_row_that_the_page_tells_otherwise_is_stale_unless_its_version_is_another():
    told = page.documented(PAGE)[0]
    assert page.stale_rows([replace(told, result="failed")], PAGE)
    assert page.stale_rows([replace(told, result="failed", version="0")], PAGE) == []
    with pytest.raises(BadInput, match="has no table"):
        page.documented(ROOT / "README.md")


def test_the_page_tells_of_optax_what_is_run():
    pytest.importorskip("optax", reason="a system of `make simulators`, which installs it")
    assert page.stale_rows(table.rows_of("optax"), PAGE) == []


def test_rows_survive_json():
    row = Row("flower", "1", "O1", "passed", "10 passed")
    assert Row(**json.loads(json.dumps(row.to_json()))) == row


def test_continuous_integration_asks_every_system():
    (line,) = re.findall(r"for system in (.*); do", (ROOT / ".ci" / "run").read_text())
    assert line.split() == list(SYSTEMS)


def test_why_a_system_is_not_run_may_differ_from_the_page(tmp_path):
    told, here = (Row("flower", "", "all", "not run", why) for why in ("not installed", "no loopback"))
    other = tmp_path / "page.md"
    other.write_text(f"<!-- systems: -->\n{table.markdown([told])}\n<!-- end of systems -->\n")
    assert page.documented(other) == [told]
    assert page.stale_rows([here], other) == []
