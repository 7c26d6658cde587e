"""``paper-repro check-simulator``: exit codes, JSON, a page, and bad input said in one line."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from paper_repro.command_line import main
from paper_repro.conformance import check
from paper_repro.conformance.case import Case
from paper_repro.conformance.loading import load_simulator
from paper_repro.conformance.page import page, write_report
from paper_repro.conformance.suite import Suite
from paper_repro.conformance.task import FEATURES
from tests import conformance_simulators as simulators


ROOT = Path(__file__).resolve().parents[1]
HERE = "tests.conformance_simulators"
VOID = {"meta", "link", "input", "img", "br", "hr"}
QUICK = ("O0a", "O1/path", "O3/path")

SOURCE = """
import numpy as np
print("imported")

def right(task):
    print("called")
    x, path = task.start.copy(), []
    for _ in range(task.rounds):
        models = []
        for features, labels, steps in zip(task.features, task.labels, task.local_steps):
            v = x.copy()
            for _ in range(steps):
                v -= task.lr * features.T @ (features @ v - labels) / len(labels)
            models.append(v)
        x = sum(p * v for p, v in zip(task.weights, models))
        path.append(x)
    return path

class Simulator:
    supports = ("fedavg", "scaffold")
    def __call__(self, task):
        return right(task)

class NeedsMore:
    def __init__(self, engine): ...

class Misspelt:
    supports = ("fedavg", "scafold")
    def __call__(self, task): ...

number = 3
"""


@pytest.fixture(autouse=True)
def undiagnosed(monkeypatch):
    """Failures without the search for their cause, which takes longer than they do."""
    monkeypatch.setattr(Case, "_diagnosed", lambda self, simulator, outcome, found: outcome)


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "my_loops.py"
    path.write_text(SOURCE)
    yield path
    for name in [name for name in sys.modules if name.endswith("my_loops")]:
        del sys.modules[name]


def asked(simulator: str, *more: str) -> list[str]:
    return ["check-simulator", simulator, "--only", *QUICK, *more]


def test_a_right_simulator_gives_0_and_says_what_was_not_run(file, monkeypatch, capsys):
    monkeypatch.chdir(file.parent)
    assert main(asked("my_loops:right")) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "not run: 2 cases (it does not declare scaffold)",
        "my_loops:right: 4 passed, 2 not run",
    ]
    assert "imported" in printed.err and "called" in printed.err


def test_a_wrong_one_gives_1_with_the_numbers(capsys):
    assert main(asked(f"{HERE}:OneMoreStep")) == 1
    printed = capsys.readouterr().out
    assert "O1/path@G: the first rounds are" in printed
    assert "round 1: 0.121539 instead of 0.111835" in printed
    assert "O0a/equal-workers@G, O1/path@G failed already: this may follow from it" in printed
    assert printed.splitlines()[-1] == f"{HERE}:OneMoreStep: 6 failed"


def test_nothing_to_run_gives_3(capsys):
    assert main(["check-simulator", f"{HERE}:plain_fedavg", "--only", "O3"]) == 3
    assert capsys.readouterr().out.splitlines()[-1].endswith("not run")


def test_json_is_all_that_is_on_standard_output(file, capsys):
    assert main(asked(f"{file}:Simulator", "--json", "--seed", "5")) == 1
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["format"], told["seed"], told["complete"], told["exit_code"]) == (1, 5, True, 1)
    assert told["counts"] == {"passed": 4, "failed": 2, "undecided": 0, "not run": 0, "error": 0}
    assert "passed" not in printed.err


def test_records_have_the_documented_fields():
    told = check(simulators.OneMoreStep(), only=("O1/path",)).to_json()
    assert set(told) == {
        "format", "simulator", "seed", "instances", "thorough", "complete", "exit_code", "counts", "cases",
    }  # fmt: skip
    golden, drawn = told["cases"]
    assert set(golden) == {
        "case", "oracle", "title", "status", "message", "error", "tolerance", "expected", "observed",
        "cause", "causes", "cause_known", "follows",
    }  # fmt: skip
    assert [len(row) for row in golden["expected"]] == [1] * 5 and [
        len(row) for row in drawn["observed"]
    ] == [3] * 5
    assert golden["error"] > golden["tolerance"] > 0


def test_numbers_that_are_not_finite_are_null():
    told = check(lambda task: [[float("nan")] * task.dim] * task.rounds, only=("O1/path",)).to_json()
    assert told["cases"][0]["observed"] == [[None]] * 5 and told["cases"][0]["error"] is None
    json.dumps(told, allow_nan=False)


BAD = {
    "my_loops": "must read MODULE:OBJECT",
    ":right": "must read MODULE:OBJECT",
    "no_such_module:run": "there is no module 'no_such_module'",
    "{folder}/absent.py:run": "there is no file",
    "{file}:wrong": "has no 'wrong'; it has right, Simulator, NeedsMore, Misspelt",
    "{file}:number": "int cannot be called",
    "{file}:NeedsMore": r"NeedsMore\(\) raised TypeError",
    "{file}:Misspelt": "'scafold' is no feature; they are fedavg",
    "{folder}/broken.py:run": "importing it raised ZeroDivisionError",
    "{folder}/lacking.py:run": "it needs the module 'no_such_dependency'",
    "{folder}/leaving.py:run": "importing it raised SystemExit",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_gives_2_and_one_line_with_the_cure(text, file, capsys):
    (file.parent / "broken.py").write_text("1 / 0")
    (file.parent / "lacking.py").write_text("import no_such_dependency")
    (file.parent / "leaving.py").write_text("raise SystemExit(0)")
    assert main(asked(text.format(file=file, folder=file.parent))) == 2
    printed = capsys.readouterr()
    said = [line for line in printed.err.splitlines() if line.startswith("paper-repro")]
    assert len(said) == 1 and re.search(BAD[text], said[0]) and printed.out == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--seed", "-1"), "seed = -1"),
        (("--instances", "-2"), "instances = -2"),
        (("--report", ""), "must name a folder"),
    ],
)
def test_bad_options_give_2_before_any_run(more, words, capsys):
    assert main(asked(f"{HERE}:plain_fedavg", *more)) == 2
    assert words in capsys.readouterr().err
    assert main(["check-simulator", f"{HERE}:plain_fedavg", "--only", "O99"]) == 2
    assert "--only O99: there is no such oracle" in capsys.readouterr().err


def test_a_file_with_the_name_of_a_module_in_use_leaves_it_alone(file):
    import queue

    shadow = file.parent / "queue.py"
    shadow.write_text("def run(task):\n    return task.start")
    assert load_simulator(f"{shadow}:run").__name__ == "run"
    assert sys.modules["queue"] is queue


def test_an_interrupted_check_keeps_what_it_found(file, tmp_path, capsys):
    file.write_text(
        SOURCE + "\ndef stops(task):\n    if task.dim == 3: raise KeyboardInterrupt\n    return right(task)"
    )
    assert main(asked(f"{file}:stops", "--json", "--report", str(tmp_path / "report"))) == 130
    told = json.loads(capsys.readouterr().out)
    assert not told["complete"] and told["exit_code"] == 130
    assert [c["case"] for c in told["cases"]] == ["O0a/equal-workers@G"]
    assert json.loads((tmp_path / "report" / "conformance.json").read_text()) == told
    assert "Interrupted" in (tmp_path / "report" / "index.html").read_text()


class Nesting(HTMLParser):
    """Checks that elements nest, and collects links, ids and words."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.links, self.ids, self.words = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def suite() -> Suite:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Case, "_diagnosed", lambda self, simulator, outcome, found: outcome)
        only = ("O1/path", "O3/unequal-path", "O5/sets-uniform@G")
        return check(simulators.WrongControls(), only=only, name="a<b>:c")


@pytest.fixture(scope="module")
def text(suite) -> str:
    return page(suite)


def test_the_page_needs_nothing_beside_it_and_names_each_case_once(suite, text):
    read = Nesting(text)
    assert len(set(read.ids)) == len(read.ids)
    inner = {link[1:] for link in read.links if link.startswith("#")}
    assert inner <= set(read.ids)
    assert {link for link in read.links if not link.startswith("#")} == {"conformance.json"}
    assert [i for i in read.ids if "@" not in i and i.startswith("O")] == [
        o.case.replace("/", "-").replace("@", "-") for o in suite.outcomes
    ]


def test_the_page_shows_question_numbers_and_picture_of_every_failure(suite, text):
    read = Nesting(text)
    words = " ".join(" ".join(read.words).split())
    assert suite.failures and "a<b>:c" in words
    for outcome in suite.failures:
        anchor = outcome.case.replace("/", "-").replace("@", "-")
        part = text.split(f'id="{anchor}" open>')[1].split('<details class="case')[0]
        assert "<svg" in part
        assert f"{outcome.finding.observed.ravel()[0]:.9g}" in part and "scaffold" in part


def test_a_report_is_written_whole_and_the_same_each_time(suite, text, tmp_path):
    index = write_report(suite, tmp_path / "new" / "folder")
    assert index.read_text() == text
    assert json.loads((index.parent / "conformance.json").read_text()) == suite.to_json()
    assert sorted(p.name for p in index.parent.iterdir()) == ["conformance.json", "index.html"]


def test_cases_are_tests_of_a_pytest_suite(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import sys\n"
        "import pytest\n"
        "from paper_repro.conformance import cases\n"
        "from tests.conformance_simulators import plain_fedavg, SwappedSteps\n"
        "chosen = [c for c in cases() if c.oracle in ('O1', 'O3') and c.name.endswith('path@G')]\n"
        "@pytest.mark.parametrize('case', chosen, ids=str)\n"
        "def test_right(case):\n"
        "    case.assert_holds(plain_fedavg)\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-rs", "-n", "0", "-p", "no:cacheprovider", "test_mine.py"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "1 passed, 2 skipped" in done.stdout and "does not declare scaffold" in done.stdout


def test_nothing_of_it_needs_pytest():
    code = (
        "import sys; sys.modules['pytest'] = None; sys.modules['hypothesis'] = None\n"
        "from paper_repro.conformance import cases\n"
        "from tests.conformance_simulators import plain_fedavg\n"
        "{str(case): case for case in cases()}['O1/path@G'].assert_holds(plain_fedavg)\n"
        "assert 'matplotlib' not in sys.modules and 'jinja2' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_help_names_features_and_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["check-simulator", "--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in FEATURES) and "exit codes" in printed
