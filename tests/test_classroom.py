"""The classroom without a browser: lessons, snapshots, what is refused before anything is served."""

import dataclasses
import json
import re
import socket
import sys
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import Panel, Series, View, view_from_json, view_to_json
from implicitbias.errors import BadInput, Diverged
from paper_repro.classroom import serving
from paper_repro.classroom.lessons import lesson_named, LESSONS
from paper_repro.classroom.screen import heading, numbers, reason
from paper_repro.classroom.shown import attempt, Fact, Refused, Shown
from paper_repro.classroom.snapshot import snapshot_name, snapshot_page
from paper_repro.command_line import main


VIEW = View("A finding", "A setting", (Panel((Series((1.0, 2.0), (3.0, 4.0), label="</script><b>"),)),))
SHOWN = Shown(
    "The error falls like $1/\\log r$",
    (VIEW, VIEW),
    (Fact("error | bound", "$0.5 \\pm 0.1$", "closed form <b>"),),
    why="Since $\\hat w$ grows.",
    code="print(1 < 2)",
    capped="At most 10 rounds.",
)


def raises(error):
    raise error


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_lesson_has_a_notebook_and_a_page_of_notes(lesson):
    notes = lesson.notes.read_text()
    assert lesson.notebook.exists() and lesson.title in notes
    for part in ("**Goal.**", "## What to try", "## What to notice", "## Three questions"):
        assert part in notes
    questions = notes.split("## Three questions", 1)[1]
    assert len(re.findall(r"^\d+\. \*.+?\*", questions, re.MULTILINE | re.DOTALL)) == 3


def test_a_class_sees_a_sentence_and_never_a_traceback():
    assert attempt(lambda: SHOWN) is SHOWN
    for error in (BadInput("η = −1: must be positive; take 0.1"), Diverged("overflow at round 3")):
        assert attempt(lambda error=error: raises(error)) == Refused(str(error))
    with pytest.raises(ZeroDivisionError):  # a mistake of ours is not the class's
        attempt(lambda: raises(ZeroDivisionError()))


def test_a_snapshot_holds_everything_and_needs_nothing():
    page = snapshot_page(LESSONS[0], {"rounds": 10, "text": "</script>"}, SHOWN)
    kept = re.search(r'<script type="application/json" id="snapshot">(.*?)</script>', page, re.DOTALL)
    data = json.loads(kept[1])
    assert [view_from_json(json.dumps(view)) for view in data["views"]] == [VIEW, VIEW]
    assert data["controls"] == {"rounds": 10, "text": "</script>"}
    assert page.count("<svg") == 2 and "At most 10 rounds." in page and "print(1 &lt; 2)" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    named = re.findall(r'\bid="([^"]+)"', page)
    assert len(named) == len(set(named))


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_snapshot_is_named_by_what_it_shows(one, other):
    names = [snapshot_name(LESSONS[0], {"rounds": n}) for n in (one, other)]
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["class", "directions"], "unknown; use one of direction"),
        (["class", "--edit"], "name it"),
        (["class", "--port", "0"], "1 … 65535"),
        (["class", "--port", "70000"], "1 … 65535"),
        (["class", "direction", "--edit", "--out", "/dev/null/out"], "cannot be written"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(arguments, said, capsys, monkeypatch):
    monkeypatch.setattr(serving, "find_spec", lambda name: object())
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_port_that_is_taken_is_refused():
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"port = {port}"):
            serving.free_port(port)
    assert serving.free_port(None) > 0


def test_without_marimo_the_cure_is_named(capsys, monkeypatch):
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    assert main(["class"]) == 2
    assert "pip install 'implicitbias[class]'" in capsys.readouterr().err


def test_a_notebook_of_ones_own_is_never_written_over(tmp_path):
    lesson = lesson_named("claims")
    command = serving.editing(lesson, tmp_path, port=1, headless=True)
    own = tmp_path / lesson.notebook.name
    assert command[0] == sys.executable and str(own) in command
    assert own.read_bytes() == lesson.notebook.read_bytes()
    assert tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["marimo"]["runtime"][
        "auto_instantiate"
    ]
    for path in tmp_path.iterdir():
        path.write_text("mine")
    serving.editing(lesson, tmp_path, port=1, headless=True)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


def test_listing_the_lessons_needs_no_marimo(capsys, monkeypatch):
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    assert main(["class", "--list", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == [lesson.name for lesson in LESSONS]


def test_shown_is_compared_by_value():
    assert dataclasses.replace(SHOWN) == SHOWN and dataclasses.replace(SHOWN, finding="") != SHOWN
    assert view_to_json(SHOWN.views[0]) == view_to_json(VIEW)


def test_words_on_screen_are_set_as_on_the_pages_of_the_report():
    shown = dataclasses.replace(SHOWN, why="At last **every $H$** ends at `w_hat`, <b>.\n\n- one\n- two")
    why = reason(shown)
    assert "<strong>every <math" in why and "<code>w_hat</code>" in why and "&lt;b&gt;" in why
    assert why.count("<li>") == 2 and "<math" in heading(shown) and "At most 10 rounds." in heading(shown)
    assert "&lt;b&gt;" in numbers(shown.facts) and numbers(shown.facts).count("<tr>") == 1
    refused = heading(Refused("η = <1>: too large"))
    assert 'role="alert"' in refused and "&lt;1&gt;" in refused
