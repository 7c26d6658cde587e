"""Claims of other packages: found by their key, judged, cited, and asked again when their code changes."""

import sys
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest

from implicitbias.tasks.source import source_digest
from paper_repro.bibliography import bibtex
from paper_repro.catalogue import ENTRIES, find, select
from paper_repro.command_line import main
from paper_repro.report.citation import citation
from paper_repro.report.papers import knowledge


MODULE = '''
"""A guest.

| paper | here |
|---|---|
| K | H |

Read by a guest.
"""

from paper_repro.claims import Claim, closed_form, Falsifier, Measured, NoKnobs
from paper_repro.claims import Observation, Predicted, Prediction, Reference


def claim(key, value):
    def number(n):
        return lambda case: Prediction({"n": Predicted(n)})

    return Claim(
        key=key,
        title="n is two",
        statement="$n = 2$",
        hypotheses=("n is a number",),
        reference=Reference("guest_paper"),
        source="stated",
        setup=lambda knobs, stream: knobs,
        observe=lambda case, traces: Observation({"n": Measured(value)}),
        predict=number(2.0),
        judge=closed_form,
        falsifiers=(Falsifier("three", "people count from 1", number(3.0)),),
    )


CLAIMS = (claim("guest_paper/two", 2.0), claim("guest_paper/too", 2.0))
BIBTEX = "@misc{guest_paper, author = {Guest, A.}, title = {On Two}, year = {2026}}"
'''


@pytest.fixture
def guest(tmp_path, monkeypatch):
    """Return a function that writes the module as a new process would see it; the working directory is its folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(text=MODULE, name="guest_paper"):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
        _forget(name.partition("/")[0])

    yield written
    _forget("guest_paper")


def _forget(name):
    source_digest.cache_clear()
    for known in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[known]


def verify(*more):
    return main(["verify", "guest_paper", "--out", "out", "--jobs", "1", *more])


def test_the_key_says_where_a_claim_is(guest):
    guest()
    assert [entry.key for entry in select(["guest_paper"])] == ["guest_paper/two", "guest_paper/too"]
    assert [entry.key for entry in select(["guest_paper/two"])] == ["guest_paper/two"]
    assert find("guest_paper/too") is select(["guest_paper/too"])[0].load()
    assert select() == list(ENTRIES), "all means all of ours"


def test_a_module_is_no_rival_of_our_own_papers(guest):
    guest(MODULE.replace("guest_paper", "zhu2024"), "zhu2024")
    assert {entry.key for entry in select(["zhu2024"])} == {e.key for e in ENTRIES if e.paper == "zhu2024"}
    assert "zhu2024" not in sys.modules


def test_it_is_listed_verified_reported_and_cited_like_ours(guest, capsys):
    guest()
    assert main(["list", "guest_paper"]) == 0 and "guest_paper/two  stated" in capsys.readouterr().out
    assert main(["report", "guest_paper/two", "--out", "out", "--jobs", "1"]) == 0
    page = Path("out/report/papers/guest_paper.html").read_text()
    assert "On Two" in page and "Read by a guest." in page and "n is two" in page
    capsys.readouterr()
    assert main(["cite", "guest_paper/two"]) == 0 and capsys.readouterr().out.startswith("@misc{guest_paper,")
    assert bibtex("guest_paper") == citation("guest_paper").bibtex
    assert knowledge("guest_paper").symbols == (("paper", "here"), ("K", "H"))


@pytest.mark.parametrize("name", ["guest_paper", "guest_paper/__init__"])
def test_a_verdict_is_kept_until_the_code_changes(guest, capsys, name):
    guest(name=name)
    assert verify() == 0
    guest(MODULE + "\n# The same claims.\n", name=name)
    assert verify("--json") == 0
    guest(MODULE.replace('two", 2.0)', 'two", 3.0)'), name=name)
    assert verify() == 1 and "REFUTED" in capsys.readouterr().out


def test_an_unchanged_claim_is_not_judged_again(guest, monkeypatch):
    guest()
    assert verify() == 0
    monkeypatch.setattr(import_module("paper_repro.claims.verify"), "judge_claim", None)
    assert verify() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "guest_paper.py has no CLAIMS; add CLAIMS = (MY_CLAIM, …) there"),
        ("CLAIMS = (1,)", "must be a tuple of Claim"),
        (MODULE.replace('"guest_paper/two"', '"my/two"'), "call it guest_paper/two"),
        (MODULE.replace("/too", "/two"), "2 claims have it; rename one"),
        ("import no_such_module_at_all", "it needs the module 'no_such_module_at_all'"),
        ("1 / 0", "importing it raised ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_used_says_why(guest, capsys, text, said):
    guest(text)
    assert verify() == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "key", ["no_such_paper/claim", "os/path", "this", "_pytest", "guest-paper/two", "a.b"]
)
def test_what_is_no_paper_is_unknown_and_not_imported(guest, capsys, key):
    guest()
    known = set(sys.modules)
    assert main(["verify", key]) == 2
    assert f"claim '{key}' is unknown" in capsys.readouterr().err
    assert not {name for name in set(sys.modules) - known if name in ("this", "a", "guest_paper")}


def test_near_misses_name_the_guests(guest, capsys):
    guest()
    assert main(["verify", "guest_paper/twoo"]) == 2
    assert "did you mean guest_paper/two" in capsys.readouterr().err
