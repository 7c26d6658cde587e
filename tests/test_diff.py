"""``paper-repro diff``: equal reports differ in nothing, every planted change is named, and noise is called noise."""

import dataclasses
import json
import math
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from paper_repro.catalogue import find
from paper_repro.claims import Budget, Relation, Result, Status, verify_one
from paper_repro.claims.result import FalsifierResult
from paper_repro.claims.verdict import Comparison
from paper_repro.command_line import main
from paper_repro.report.diff.changes import ABSENT, claim_changes
from paper_repro.report.diff.difference import difference
from paper_repro.report.diff.movement import Interval, Movement, movement
from paper_repro.report.diff.records import read_results


LIMIT = Comparison("limit of the loss", 0.5, 0.01, 0.5, 0.02, Relation.EQUAL, Status.HOLDS, 0.1)
RATE = Comparison("exponent", -1.0, 0.1, -1.0, 0.0, Relation.AT_MOST, Status.HOLDS, 0.2)
RESULT = Result(
    key="zhu2024/example",
    paper="zhu2024",
    title="An example",
    source="derived",
    status=Status.HOLDS,
    expected=Status.HOLDS,
    evidence="LIMIT",
    message="as predicted",
    comparisons=(LIMIT, RATE),
    falsifiers=(FalsifierResult("twice", "a factor", Status.REFUTED, "far away"),),
    knobs={"lr": 0.1, "local_steps": 4},
    seed=0,
    budget="smoke",
    seconds=1.0,
)
OTHER = dataclasses.replace(RESULT, key="zhu2024/other")
NUDGED = dataclasses.replace(
    RESULT, comparisons=(LIMIT, dataclasses.replace(RATE, predicted=-1.000000000001))
)
widths = st.floats(0, 10)
values = st.floats(-1e3, 1e3)


def measuring(value: float, uncertainty: float = 0.01, **rest: object) -> Result:
    changed = dataclasses.replace(LIMIT, measured=value, uncertainty=uncertainty)
    return dataclasses.replace(RESULT, comparisons=(changed, RATE), **rest)


def changes(after: Result) -> dict[str, tuple[object, object]]:
    found = claim_changes(RESULT, after).changes
    return {f"{c.kind} {c.name}".strip(): (c.before, c.after) for c in found}


def write(folder: Path, *results: Result) -> str:
    folder.mkdir(parents=True)
    records = [r.to_json() for r in results]
    (folder / "results.json").write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return str(folder)


@given(values, widths, values, widths)
@example(0.0, 0.0, 0.0, 0.0)
def test_the_rule_of_movement_is_that_of_intervals(a, u, b, v):
    assume(abs(abs(a - b) - (u + v)) > 1e-9 and abs(abs(a - b) - min(u, v)) > 1e-9 or a == b)
    found = movement(Interval(a, u), Interval(b, v))
    disjoint = a + u < b - v or b + v < a - u
    assert (found is Movement.MOVED) is disjoint
    assert (found is Movement.SAME) is (b - v <= a <= b + v and a - u <= b <= a + u)
    assert found is movement(Interval(b, v), Interval(a, u))


@given(st.floats(-1e300, 1e300))
def test_the_last_bits_of_an_exact_number_do_not_count_and_more_does(value):
    assume(abs(value) > 1e-290)
    exact = Interval(value, 0.0)
    assert movement(exact, Interval(math.nextafter(value, math.inf), 0.0)) is Movement.SAME
    assert movement(exact, Interval(value * (1 + 1e-12), 0.0)) is Movement.MOVED


def test_what_is_not_finite_has_no_size_but_coming_and_going_is_seen():
    lost, one = Interval.of(math.nan, 1.0), Interval.of(1.0, 0.1)
    assert movement(lost, Interval.of(math.inf, math.nan)) is Movement.SAME
    assert movement(lost, one) is movement(one, lost) is Movement.MOVED
    assert movement(one, Interval.of(50.0, math.nan)) is Movement.UNCLEAR


@pytest.mark.parametrize(
    ("after", "named"),
    [
        ({"status": Status.REFUTED}, {"verdict": ("HOLDS", "REFUTED")}),
        ({"expected": Status.REFUTED}, {"expected": ("HOLDS", "REFUTED")}),
        ({"evidence": "RATE"}, {"evidence": ("LIMIT", "RATE")}),
        ({"source": "stated"}, {"source": ("derived", "stated")}),
        ({"seed": 1}, {"seed": (0, 1)}),
        ({"budget": "paper"}, {"budget": ("smoke", "paper")}),
        (
            {"knobs": {"lr": 0.1, "local_steps": 5, "workers": 2}},
            {"knob local_steps": (4, 5), "knob workers": (ABSENT, 2)},
        ),
        ({"falsifiers": ()}, {"falsifier twice": ("REFUTED", ABSENT), "toothless": (False, True)}),
        ({"comparisons": (LIMIT,)}, {"quantity exponent": ("HOLDS", ABSENT)}),
        (
            {"comparisons": (LIMIT, dataclasses.replace(RATE, relation=Relation.EQUAL))},
            {"relation exponent": ("≤", "=")},
        ),
        (
            {"comparisons": (LIMIT, dataclasses.replace(RATE, predicted=-2.0, status=Status.REFUTED))},
            {
                "quantity exponent": ("HOLDS", "REFUTED"),
                "predicted exponent": (Interval(-1.0, 0.0), Interval(-2.0, 0.0)),
            },
        ),
        ({"title": "Another", "seconds": 9.0, "message": "told otherwise"}, {}),
    ],
)
def test_each_change_is_named_with_both_sides_and_nothing_else_is(after, named):
    assert changes(dataclasses.replace(RESULT, **after)) == named


def test_numbers_are_moved_unclear_or_within_their_uncertainties():
    words = {value: claim_changes(RESULT, measuring(value)) for value in (0.505, 0.515, 0.53)}
    assert not words[0.505].changes and words[0.505].within == 1
    assert [c.certain for c in words[0.515].changes] == [False] and not words[0.515].certain
    assert [c.certain for c in words[0.53].changes] == [True]
    assert claim_changes(RESULT, measuring(0.53, uncertainty=0.1)).certain is False


@pytest.mark.parametrize(
    "setting", [{"seed": 1}, {"budget": "paper"}, {"knobs": {"lr": 0.2, "local_steps": 4}}]
)
def test_numbers_of_another_setting_are_not_compared_but_the_verdict_is(setting):
    found = claim_changes(RESULT, measuring(7.0, status=Status.REFUTED, **setting))
    assert not found.comparable and found.within == 0
    assert {c.kind for c in found.changes} == {"verdict", *({"knobs": "knob"}.get(k, k) for k in setting)}


def test_claims_that_came_and_went_are_told_apart():
    found = difference({RESULT.key: RESULT}, {OTHER.key: OTHER})
    assert [r.key for r in found.gone] == [RESULT.key] and [r.key for r in found.added] == [OTHER.key]
    assert not found.compared and found.exit_code == 1


def test_a_claim_verified_twice_with_the_same_seed_does_not_differ_and_with_another_says_so():
    claim = find("karimireddy2020/path")
    first, second = (verify_one(claim, seed=5, budget=Budget.SMOKE) for _ in range(2))
    assert first.comparisons and not claim_changes(first, second).changes
    other = claim_changes(first, verify_one(claim, seed=6, budget=Budget.SMOKE))
    assert [(c.kind, c.before, c.after) for c in other.changes] == [("seed", 5, 6)]


def test_a_report_is_read_from_its_folder_from_the_folder_around_it_and_from_a_file(tmp_path):
    folder = Path(write(tmp_path / "out" / "report", RESULT, OTHER))
    for path in (folder, tmp_path / "out", folder / "results.json"):
        assert list(read_results("A", path)) == [RESULT.key, OTHER.key]
    assert read_results("A", folder)[RESULT.key] == RESULT


@pytest.mark.parametrize(
    ("after", "code", "said"),
    [
        ((RESULT, OTHER), 0, "claims: 0 changed, 0 unclear, 0 added, 0 gone, 2 unchanged."),
        ((measuring(0.505), OTHER), 0, "1 number differs by no more than it is known to"),
        ((measuring(0.515), OTHER), 3, "measured limit of the loss  0.5 ± 0.01 → 0.515 ± 0.01  unclear"),
        ((measuring(0.53), OTHER), 1, "measured limit of the loss  0.5 ± 0.01 → 0.53 ± 0.01  moved"),
        ((NUDGED, OTHER), 1, "predicted exponent  -1.0 → -1.000000000001  moved"),
        ((RESULT,), 1, "gone     zhu2024/other (HOLDS in A)"),
        ((measuring(0.53, seed=3), OTHER), 1, "numbers not compared"),
        ((measuring(math.nan), OTHER), 1, "0.5 ± 0.01 → not finite"),
    ],
)
def test_the_command_says_what_changed_and_its_exit_code_says_whether(tmp_path, capsys, after, code, said):
    paths = write(tmp_path / "a", RESULT, OTHER), write(tmp_path / "b", *after)
    assert main(["diff", *paths]) == code
    assert said in capsys.readouterr().out
    assert main(["diff", *paths, "--json"]) == code
    record = json.loads(capsys.readouterr().out)
    assert (code == 0) is not bool(record["changed"] or record["added"] or record["gone"])
    assert record["version"] == 1


def test_the_rule_is_stated_where_numbers_are_listed_and_in_the_help(tmp_path, capsys):
    paths = write(tmp_path / "a", RESULT), write(tmp_path / "b", measuring(0.53))
    main(["diff", *paths])
    assert "|a − b| > u + v" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["diff", "--help"])
    shown = capsys.readouterr().out
    assert "|a − b| > u + v" in shown and "paper-repro diff out/before out/after" in shown


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (None, "must exist"),
        ("folder", "must hold results.json"),
        ("{", "must be JSON"),
        ("{}", "must be an array of verdicts"),
        ('[{"version": 99}]', "of version 99"),
        ("[3]", "of version None"),
        ('[{"version": 1, "key": "zhu2024/x"}]', "record of zhu2024/x is damaged"),
        (json.dumps([RESULT.to_json()] * 2), "holds zhu2024/example 2 times"),
    ],
)
def test_bad_input_is_refused_with_its_value_its_rule_and_a_cure(tmp_path, capsys, content, rule):
    path = tmp_path / "b"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_text(content)
    assert main(["diff", write(tmp_path / "a", RESULT), str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("paper-repro diff: B = ") and rule in error and "; " in error and "'" in error
    assert len(error.splitlines()) == 1
