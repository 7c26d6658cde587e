"""What things look like: in a line, on a card, as a formula; escaped, short, and without work."""

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from dataclasses import dataclass, field, fields, is_dataclass
from html.parser import HTMLParser
from pathlib import Path
from string import ascii_letters
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

import sde
from implicitbias import Full, LocalMethod, Quadratics, Sampled
from implicitbias.display import badge, brief, card, cut, ends, in_brief, latex_of, table, tex
from implicitbias.display.accents import accented, MARKS
from implicitbias.display.brief import PART, WHOLE
from implicitbias.display.card import BAD, GOOD, OPEN
from implicitbias.display.formulas import mathml
from implicitbias.methods.update_rule import update_rule
from implicitbias.problems.abstract import OBJECTIVE
from paper_repro.bibliography import BIBTEX
from paper_repro.claims.verdict import Status
from paper_repro.report.citation import citation
from sde.schemes import SCHEMES
from tests.noun_zoo import method_zoo, noun_zoo, problem_zoo, result, sde_zoo
from tests.test_house import HEAVY


ROOT = Path(__file__).resolve().parents[1]
# Characters of a line: ``in_brief`` and the lines written by hand stay below.
LINE = 300
# Elements that HTML closes by itself.
VOID = {"br"}
ROOTS = ("implicitbias", "sde", "figures", "paper_repro")
SHOWN = (
    "state",
    "stream",
    "closed forms",
    "claim",
    "result",
    "verdict",
    "suite",
    "outcome",
    "case",
    "task",
    "samples",
    "trace",
    "sweep",
    "bound",
)
CARDS = (
    *method_zoo(),
    *problem_zoo(),
    *sde_zoo(),
    *SHOWN,
    *(type(scheme).__name__ for scheme in SCHEMES),
    "separator",
    "affine round",
    "random round",
    "formula",
)


class Balanced(HTMLParser):
    """Reads a fragment and remembers what is open, all tags, and all text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


def read(html):
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert not parser.open, parser.open
    return parser


def test_every_noun_reads_well_in_a_line():
    for name, noun in noun_zoo().items():
        shown = repr(noun)
        assert len(shown) <= LINE, name
        assert not any(raw in shown for raw in ("array([", " object at 0x", "np.float64")), shown


PUBLIC = (
    "paper_repro.claims",
    "paper_repro.conformance",
    "paper_repro.gallery",
    "paper_repro.report.standalone",
)


def public_dataclasses() -> list[type]:
    """Return the dataclasses that packages offer, or their modules beside them."""
    names = [*PUBLIC, *(root for root in ("implicitbias", "sde", "figures"))]
    for root in ("implicitbias", "sde", "figures"):
        inside = pkgutil.iter_modules(importlib.import_module(root).__path__)
        names += [f"{root}.{m.name}" for m in inside if not m.name.startswith("_")]
    modules = [importlib.import_module(name) for name in names]
    things = [thing for m in modules for name, thing in vars(m).items() if not name.startswith("_")]
    kinds = {c for c in things if isinstance(c, type) and is_dataclass(c) and not inspect.isabstract(c)}
    return sorted((c for c in kinds if c.__module__.split(".")[0] in ROOTS), key=lambda c: c.__qualname__)


def stuffed(kind: type) -> object:
    """Return an instance whose every field holds far more than a line, whatever its checks say."""
    filling = {"float": 1 / 3, "int": 10**9, "bool": True, "str": "word " * 200}
    noun = object.__new__(kind)
    for part in fields(kind):
        name = part.type if isinstance(part.type, str) else getattr(part.type, "__name__", "")
        text = str(part.type)
        value: Any = filling.get(name)
        if "ndarray" in text or "Float[" in text:
            value = np.ones((200, 3))
        elif "tuple" in text or "Sequence" in text:
            value = tuple(map(float, range(200)))
        elif "Mapping" in text or "dict" in text:
            value = {f"key {k}": np.ones(200) for k in range(200)}
        object.__setattr__(noun, part.name, value)
    return noun


def test_every_public_dataclass_reads_well_in_a_line_whatever_it_holds():
    shown, written = set(map(type, noun_zoo().values())), 0
    for kind in public_dataclasses():
        if not (kind.__repr__ is in_brief or hasattr(kind.__repr__, "__wrapped__")):
            # Written by hand: it reads what it holds, so that it needs the real thing.
            assert kind in shown, f"{kind.__qualname__}: put one into the noun zoo"
            continue
        line = repr(stuffed(kind))
        assert len(line) <= LINE and "\n" not in line and "object at 0x" not in line, kind.__qualname__
        written += 1
    assert written > 100


def test_every_card_is_balanced_and_runs_nothing():
    cards = {name: noun._repr_html_() for name, noun in noun_zoo().items() if hasattr(noun, "_repr_html_")}
    assert set(CARDS) <= set(cards)
    for name, html in cards.items():
        shown = read(html)
        assert not shown.tags & {"script", "style", "link", "img", "iframe"}, name
        assert "array([" not in shown.text and shown.text.strip(), name


def test_every_formula_is_drawn_without_a_script():
    written = {name: noun for name, noun in noun_zoo().items() if hasattr(noun, "_repr_latex_")}
    assert {*method_zoo(), *problem_zoo(), *sde_zoo()} <= set(written)
    assert written.pop("functions")._repr_latex_() is None  # an equation of functions alone has no formula
    for name, noun in written.items():
        shown = noun._repr_latex_()
        assert shown.startswith("$$") and shown.endswith("$$") and shown.count("$") == 4, name
        assert mathml(shown.strip("$").replace("gathered", "split").replace("aligned", "split")), name
        html = noun._repr_html_() if name != "equation" else "<math"
        assert "<math" in html and "<code>\\" not in html, name


AXES = {
    "lr": [0.1, 0.25, 1e-5],
    "local_steps": [1, 7, (2, 3)],
    "batch": [None, 8],
    "participation": [Full(), Sampled(2), Sampled(2, weighting="unbiased")],
}


@given(st.fixed_dictionaries({axis: st.sampled_from(values) for axis, values in AXES.items()}), st.data())
def test_another_method_reads_otherwise(axes, data):
    """Another value on any axis changes line, formula or card: nothing that matters is left out."""
    axis = data.draw(st.sampled_from(sorted(AXES)))
    other = data.draw(st.sampled_from([v for v in AXES[axis] if v != axes[axis]]))
    one, two = LocalMethod(**axes), LocalMethod(**axes | {axis: other})
    assert repr(one) != repr(two) and one._repr_html_() != two._repr_html_()
    assert update_rule(one) != update_rule(two)


def test_a_round_is_what_the_method_does():
    zoo = {name: update_rule(method) for name, method in method_zoo().items()}
    plain = r"w_m \leftarrow w_m - 0.2\, \nabla f_m(w_m) \quad 10 \text{ times}"
    assert zoo["local gd"] == (plain, r"w^{r+1} = \frac{1}{M} \sum_m w_m")
    assert zoo["one step"][0] == r"w_m \leftarrow w_m - 10^{-5}\, \nabla f_m(w_m) \quad 1 \text{ time}"
    assert r"\left(\nabla f_m(w_m) - c_m + c\right)" in zoo["scaffold"][0] and len(zoo["scaffold"]) == 3
    assert r"\left(\nabla f_m(w_m) + 0.3\, (w_m - w^r)\right)" in zoo["fedprox"][0]
    assert r"D_m^{-1}" in zoo["fixed per worker"][0] and "D^{-1}" in zoo["fixed"][0]
    assert r"v_m \leftarrow 0.9\, v_m - 0.1\, \hat D_m^{-1}" in zoo["adam"][0]
    assert zoo["server"][2:] == (
        r"u \leftarrow 0.9\, u + \Delta_{r-2}",
        r"w^{r+1} = w^r + 0.7\, \left(\Delta_{r-2} + 0.9\, u\right)",
    )
    assert zoo["heavy server"][2:] == (r"u \leftarrow 0.9\, u + \Delta_r", r"w^{r+1} = w^r + u")
    assert zoo["drawn unbiased"][1].startswith(r"w^{r+1} = w^r + \frac{M}{|S_r|} \sum_{m \in S_r} p_m")
    assert zoo["drawn uniform unbiased"][1].startswith(
        r"w^{r+1} = w^r + \frac{1}{|S_r|} \sum_{m \in S_r} (w_m"
    )
    assert zoo["drawn samples unbiased"][1].startswith(
        r"w^{r+1} = w^r + \frac{M}{n\, |S_r|} \sum_{m \in S_r} n_m"
    )
    assert r"\nabla \log f_m(w_m)" in zoo["normalised"][0] and "e_k" in zoo["normalised"][0]


values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=200), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=12), st.lists(inner, max_size=12).map(tuple)),
    max_leaves=20,
)


@given(values)
@example((1.0,) * 7)
def test_a_value_is_brief_and_on_one_line(value):
    shown = brief(value)
    assert len(shown) <= PART and "\n" not in shown


@given(st.lists(st.integers(1, 5), max_size=4), st.integers(0, 2**32 - 1))
def test_an_array_shows_its_entries_or_its_shape(shape, seed):
    array = np.random.default_rng(seed).normal(size=shape)
    shown = brief(array)
    if array.ndim == 1:
        assert [float(v) for v in shown.strip("[]").split(",")] == [float(f"{v:.6g}") for v in array]
    elif array.ndim:
        assert shown == f"array({', '.join(map(str, shape))})"


@given(st.lists(st.floats(allow_nan=False), max_size=20))
def test_short_tuples_are_exact_and_long_ones_say_their_length(numbers):
    shown = ends(tuple(numbers))
    if len(numbers) <= 6:
        assert eval(shown, {"inf": np.inf}) == tuple(numbers)
    else:
        assert shown.endswith(f"…, {numbers[-1]!r}: {len(numbers)})")


@dataclass(frozen=True)
class Noun:
    value: Any
    kept: int = 3
    hidden: Any = field(default=None, repr=False)

    __repr__ = in_brief


@given(values, st.integers(2, 4))
def test_a_dataclass_shows_what_differs_from_its_defaults(value, kept):
    shown = repr(Noun(value, kept, hidden="unseen"))
    assert shown.startswith(f"Noun(value={brief(value)}") and len(shown) <= WHOLE
    assert (f"kept={kept}" in shown.removeprefix(f"Noun(value={brief(value)}")) == (kept != 3)
    assert "unseen" not in shown.removeprefix(f"Noun(value={brief(value)}")


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40)


@given(texts, st.lists(st.tuples(texts, texts), max_size=3), texts)
@example("</div><script>alert(1)</script>", [("<td>", "&amp;")], r"\frac{a}{b")
def test_whatever_is_written_on_a_card_is_text(title, rows, latex):
    shown = read(card(title, rows, [latex], body=[table((title,), rows), badge(title, None)]))
    assert shown.tags <= {"div", "table", "tr", "td", "th", "span", "code"} or "math" in shown.tags
    assert "script" not in shown.tags
    assert title in shown.text and all(a in shown.text and b in shown.text for a, b in rows)


@pytest.mark.parametrize(
    ("status", "falsified", "mark", "colour"),
    [
        (Status.HOLDS, Status.REFUTED, "✓", GOOD),
        (Status.REFUTED, Status.REFUTED, "✗", BAD),
        (Status.HOLDS, Status.HOLDS, "✗", BAD),  # toothless: the check could not have failed
        (Status.INCONCLUSIVE, Status.REFUTED, "○", OPEN),
    ],
)
def test_a_verdict_is_good_if_it_is_expected_and_could_have_failed(status, falsified, mark, colour):
    html = result(status, falsified)._repr_html_()
    text = read(html).text
    assert f"verdict{mark} {status.value}" in text and colour in html
    assert f"{'✓' if falsified is Status.REFUTED else '✗'} {falsified.value}" in text


def test_a_verdict_shows_its_numbers_with_their_errors():
    text = read(result()._repr_html_()).text
    assert "rate <r>" in text and "0.4975 ± 0.012" in text and "= 0.5 ± 0.02" in text


def test_a_suite_shows_its_cause_and_every_failure():
    suite = noun_zoo()["suite"]
    text = read(suite._repr_html_()).text
    assert suite.failures and all(outcome.case in text for outcome in suite.failures)
    assert (
        any("one local step too few" in cause for cause in suite.causes) and "one local step too few" in text
    )


def test_nothing_long_is_printed_and_nothing_is_derived(monkeypatch):
    """What would take SymPy seconds is left out; a landscape says then what every problem does."""
    x, y = sympy.symbols("x y", real=True)
    long = sum(sympy.sin(k * x) * y**2 for k in range(1, 120))
    landscape = sde.Landscape(long, (x, y), sde.Isotropic(1.0), name="waves")
    monkeypatch.setattr(sympy, "latex", lambda *_: pytest.fail("printed"))
    assert landscape._repr_latex_() == f"$${OBJECTIVE}$$" and "waves" in landscape._repr_html_()
    equation = sde.SymbolicSDE((x, y), (long, 0), [[0], [1]])
    assert equation._repr_latex_() is None and len(repr(equation)) <= LINE


def test_a_problem_of_ones_own_shows_its_own_formula():
    class Own(Quadratics):
        pass

    class Written(Own):
        def latex(self):
            return r"f(w) = \text{mine}"

    assert Written([[[1.0]]], [[0.0]])._repr_latex_() == r"$$f(w) = \text{mine}$$"
    assert latex_of(object(), OBJECTIVE) == OBJECTIVE


def test_cards_and_lines_load_nothing_heavy():
    code = (
        "import json, sys\n"
        "from implicitbias import *\n"
        "from implicitbias.bounds import crawshaw_threshold\n"
        "from implicitbias.recursions import affine_round\n"
        "from paper_repro.claims.verdict import Evidence, Status, Verdict\n"
        "from paper_repro.claims.result import Result\n"
        "problem = Quadratics([[[1.0]], [[0.25]]], [[0.0], [1.0]])\n"
        "method = scaffold(0.1, 10)\n"
        "verdict = Verdict(Status.HOLDS, Evidence.RATE, (), 'met')\n"
        "bound = crawshaw_threshold(0.9, lr=0.1, local_steps=10, workers=2)\n"
        "for noun in (problem, method, affine_round(problem, method), bound, verdict):\n"
        "    repr(noun), noun._repr_html_()\n"
        "problem._repr_latex_(), method._repr_latex_()\n"
        "print(json.dumps(list(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert not {module.split(".")[0] for module in json.loads(printed)} & set(HEAVY)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_in_latex_are_the_numbers(value):
    shown = tex(value).replace(r" \cdot 10^{", "e").replace("10^{", "1e").replace("}", "")
    assert float(shown) == float(f"{value:.6g}") and mathml(tex(value))


@given(st.text(), st.integers(1, 50))
def test_cut_text_is_one_line_and_short(text, most):
    assert len(cut(text, most)) <= most and "\n" not in cut(text, most)


COMPOSED = [(m, a) for m in MARKS for a in ascii_letters if len(normalize("NFC", a + MARKS[m])) == 1]


@given(st.sampled_from(COMPOSED), texts.filter(lambda text: not set(text) & set("\\\\{}")), st.booleans())
def test_every_way_to_write_an_accent_is_the_one_letter(accent, after, outer):
    mark, letter = accent
    spellings = [rf"\{mark}{{{letter}}}", rf"\{mark} {letter}"]
    spellings += [rf"\{mark}{letter}"] * (not mark.isalpha()) + [rf"\{mark}{{\{letter}}}"] * (letter in "ij")
    for spelling in spellings:
        written = f"{{{spelling}}}" if outer else spelling
        shown = accented(f"Name {written}{after}").replace("{", "").replace("}", "")
        assert shown == f"Name {normalize('NFC', letter + MARKS[mark])}{after}"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (r"Tak{\'a}{\v c}", "Tak{á}{č}"),
        (r"Fran{\c{c}}ois", "Fran{ç}ois"),
        (r"{\AA}ke, \L ukasz, Stra\ss{}e, A \& B", "{Å}ke, Łukasz, Straße, A & B"),
        (r"\alpha \varphi \cite{x} \url x", r"\alpha \varphi \cite{x} \url x"),
    ],
)
def test_letters_of_tex_are_read_and_its_other_commands_are_left(written, read_as):
    assert accented(written) == read_as


def test_no_reference_shows_a_command_of_tex_or_a_brace():
    for key in BIBTEX:
        shown = citation(key)
        for text in (shown.short, shown.authors, shown.title, shown.venue, shown.year, shown.note):
            assert not set(text) & set("\\{}"), f"{key}: {text}"
    assert "Takáč, Martin" in citation("chezhegov2024").authors
