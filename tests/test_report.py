"""The report: every link leads somewhere, every falsifier is seen, no page calls the network, same bytes twice."""

import dataclasses
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from shutil import which
from traceback import format_exception
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias.display.digits import known_digits, number
from implicitbias.display.formulas import FormulaError, mathml
from implicitbias.display.prose import line, paragraphs
from implicitbias.display.prose import words as words_of
from implicitbias.errors import BadInput
from paper_repro import catalogue
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Result,
    Status,
    verify_one,
)
from paper_repro.claims.failure import first_line
from paper_repro.claims.result import FalsifierResult
from paper_repro.claims.verdict import Comparison
from paper_repro.commands import figures as figures_command
from paper_repro.report import rerun
from paper_repro.report.citation import citation
from paper_repro.report.drawing import slug
from paper_repro.report.interval_strip import interval_strip
from paper_repro.report.making import make_report
from paper_repro.report.outcome import counted, outcome, status_meaning, teeth
from paper_repro.report.plates import Maker
from paper_repro.report.rendering import stylesheet
from paper_repro.report.standalone import standalone
from paper_repro.report.story import spelled, story


SCRIPT = '<script src="filter.js" defer></script>'
VOID = {"meta", "link", "input", "img", "br", "hr"}


@dataclasses.dataclass(frozen=True)
class HalvingKnobs:
    """Knobs of the example."""

    lr: float = knob(0.25, "η", "learning rate", low=0.01, high=0.9)
    steps: int = knob(4, "H", "local steps", low=1, high=20)
    start: str = knob("one", "w₀", "start", choices=("one", "two"))


def shrink(case: HalvingKnobs, traces: object) -> Observation:
    steps = np.arange(1.0, case.steps + 1)
    curve = Curve(steps, (1 - case.lr) ** steps, "measured", method="gd")
    return Observation({"shrinking of w": Measured((1 - case.lr) ** case.steps, 1e-9)}, (curve,))


def power(case: HalvingKnobs) -> Prediction:
    return Prediction({"shrinking of w": Predicted((1 - case.lr) ** case.steps, 1e-8)})


def linear(case: HalvingKnobs) -> Prediction | AssumptionUnmet:
    if case.steps == 1:
        return AssumptionUnmet("H = 1: both are the same")
    return Prediction({"shrinking of w": Predicted(1 - case.lr * case.steps)})


EXAMPLE = Claim(
    key="derived/shrinking",
    title="H steps of gradient descent on w²/2 shrink w by (1 − η)^H <exactly>",
    statement=r"For $f(w) = \tfrac12 \|w\|^2$, $w_H = (1-\eta)^H w_0$ & nothing else.",
    hypotheses=(r"$0 < \eta < 1$", "no noise"),
    reference=Reference("derived", "proved here", ("v1", "v2")),
    source="derived",
    knobs=HalvingKnobs(),
    setup=lambda knobs, stream: knobs,
    observe=shrink,
    predict=power,
    judge=closed_form,
    falsifiers=(
        Falsifier("$1 - \\eta H$", "the first order in η looks exact on a plot", linear),
        Falsifier(
            "(1 + η)^H", "a sign", lambda c: Prediction({"shrinking of w": Predicted((1 + c.lr) ** c.steps)})
        ),
    ),
    proof="Each step multiplies by $1-\\eta$.\n\nSo, by induction,\n\n$$w_H = \\prod_{h=1}^{H} (1-\\eta)\\, w_0.$$",
    see=("soudry2018/linear-reading", "zhu2024/absent"),
    axes=("local steps", "w / w₀", "linear", "log"),
)
READING = dataclasses.replace(
    EXAMPLE,
    key="soudry2018/linear-reading",
    title="H steps shrink w by 1 − ηH",
    source="second-hand",
    reference=Reference("soudry2018"),
    predict=linear,
    expects=Status.REFUTED,
    falsifiers=(
        Falsifier("0", "w stays positive", lambda c: Prediction({"shrinking of w": Predicted(0.0)})),
    ),
    proof="",
    see=("derived/shrinking",),
)


def raise_markup(case: object, traces: object) -> Observation:
    raise RuntimeError("broken <script>alert(1)</script>")


ERRONEOUS = dataclasses.replace(EXAMPLE, key="derived/error", observe=raise_markup, see=())
BLUNT = dataclasses.replace(
    EXAMPLE,
    key="derived/blunt",
    title="A blunt measurement decides nothing",
    judge=bound,
    observe=lambda case, traces: Observation({"size": Measured(1.0, 0.5)}),
    predict=lambda case: Prediction({"size": Predicted(1.2, 0.0, Relation.AT_MOST)}),
    falsifiers=(
        Falsifier("0.1", "small", lambda c: Prediction({"size": Predicted(0.1, 0, Relation.AT_MOST)})),
    ),
    see=(),
)
UNMET = dataclasses.replace(
    EXAMPLE, key="derived/unmet", setup=lambda knobs, stream: AssumptionUnmet("γ ≤ 0: not separable"), see=()
)
CLAIMS = (EXAMPLE, BLUNT, ERRONEOUS, READING, UNMET)


@dataclasses.dataclass(frozen=True)
class GalleryFigure:
    name: str
    title: str
    build: object
    animate: object = None


@dataclasses.dataclass(frozen=True)
class Missing:
    reason: str


def no_data(seed: int, budget: Budget, data_home: Path | None) -> Missing:
    return Missing("no MNIST in data_home")


def drawn_view(seed: int, budget: Budget, data_home: Path | None):
    from figures import Panel, Series, View

    return View("Lines are straight", "y = x", (Panel((Series((0.0, 1.0), (0.0, 1.0), "y", "theory"),)),))


def failing(seed: int, budget: Budget, data_home: Path | None):
    raise ValueError("gallery & trouble\nand a second line")


GALLERY = (
    GalleryFigure("straight", "Lines are straight", drawn_view),
    GalleryFigure("mnist", "Digits", no_data),
    GalleryFigure("broken", "A broken figure", failing),
)


def write(folder: Path, results: list[Result], gallery: tuple[GalleryFigure, ...] = ()):
    maker = Maker(kept=folder / "kept")
    return make_report(results, {c.key: c for c in CLAIMS}, folder / "report", maker=maker, gallery=gallery)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return [verify_one(claim) for claim in CLAIMS]


@pytest.fixture(scope="module")
def site(results, tmp_path_factory) -> Path:
    shown = results[:1] + without_figures(results[1:])  # one is enough, and drawing takes its time
    return write(tmp_path_factory.mktemp("site"), shown, GALLERY).index.parent


def without_figures(results: list[Result]) -> list[Result]:
    return [dataclasses.replace(result, view="") for result in results]


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


class Reader(HTMLParser):
    """Collects links, ids and words, and refuses tags that do not nest."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.links, self.ids, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [
            found[name] for name in ("href", "src", "xlink:href", "action", "srcset") if name in found
        ]
        self.ids += [found["id"]] if "id" in found else []
        assert not [name for name in found if name.startswith("on")], "no script in an attribute"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.words.append(data)


@cache
def read(path: Path) -> Reader:
    return Reader(path.read_text(encoding="utf-8"))


def words(path: Path) -> str:
    return " ".join(" ".join(read(path).words).split())


def test_one_page_per_claim_and_per_paper_an_index_a_gallery_and_the_records(site, results):
    names = {path.relative_to(site).as_posix() for path in pages(site)}
    own = {f"claims/{slug(c.key)}.html" for c in CLAIMS} | {"papers/derived.html", "papers/soudry2018.html"}
    assert names == {"index.html", "gallery.html", *own}
    assert json.loads((site / "results.json").read_text()) == [r.to_json() for r in results]


def test_pages_nest_and_name_each_element_once(site):
    for path in pages(site):
        ids = read(path).ids
        assert len(ids) == len(set(ids)), path


def test_every_link_leads_to_a_file_of_the_site(site):
    for path in pages(site):
        reader = read(path)
        for link in reader.links:
            parts = urlsplit(link)
            assert not parts.scheme and not parts.netloc, f"{path.name} calls {link}"
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file() and target.is_relative_to(site), f"{path.name}: {link} leads nowhere"
            if parts.fragment and target.suffix == ".html":
                assert parts.fragment in read(target).ids, f"{path.name}: {link} has no such place"


def test_style_sheet_and_script_fetch_nothing_and_only_the_index_has_a_script(site):
    assert not re.search(r"@import|url\(|https?:", (site / "report.css").read_text())
    assert not re.search(r"import|fetch|Request|https?:|innerHTML|eval", (site / "filter.js").read_text())
    assert [path.name for path in pages(site) if SCRIPT in path.read_text()] == ["index.html"]


class Builder(HTMLParser):
    """Builds the tree of a page; elements that HTML leaves open are closed at once."""

    def __init__(self, text: str):
        super().__init__()
        self.tree = ElementTree.TreeBuilder()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.tree.end(tag)

    def handle_startendtag(self, tag, attrs):
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        self.tree.end(tag)

    def handle_endtag(self, tag):
        self.tree.end(tag)

    def handle_data(self, data):
        self.tree.data(data)


@cache
def tree(path: Path) -> ElementTree.Element:
    return Builder(path.read_text(encoding="utf-8")).tree.close()


# Where pages say what was measured, predicted or counted, or what was set.
NUMBERS = ("num", "numbers", "message", "count", "teeth", "tally")


def said(element: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element | None]]:
    """Yield every piece of text, and the number link around it, if there is one."""
    link = element if element.get("class", "").split()[:1] == ["number"] else None
    if element.tag in ("math", "svg"):
        return
    yield element.text or "", link
    for child in element:
        yield from ((text, inner if inner is not None else link) for text, inner in said(child))
        yield child.tail or "", link


def command_at(page: Path, href: str) -> str:
    """Return the command, or the line that reads what it printed, to which a link leads."""
    parts = urlsplit(href)
    target = (page.parent / parts.path).resolve() if parts.path else page
    element = tree(target).find(f".//*[@id='{parts.fragment}']")
    assert element is not None, f"{page.name}: {href} leads nowhere"
    shown = [code for pre in element.iter("pre") for code in pre.iter("code")]
    return "".join(shown[0].itertext()) if shown else ""


def test_every_number_is_a_link_to_its_command(site):
    found = 0
    for path in pages(site):
        for element in tree(path).iter():
            if not set(element.get("class", "").split()) & set(NUMBERS) or element.tag == "a":
                continue
            for text, link in said(element):
                if not re.search(r"\d", text) or element.find(".//*[@class='default']") is not None:
                    continue
                assert link is not None, f"{path.name}: {text!r} does not say where it comes from"
                assert command_at(path, link.get("href", "")).split()[0] in ("paper-repro", "jq")
                found += 1
    assert found > 60  # numbers, not only rows


def at(record: Any, place: str) -> Any:
    """Return what jq finds at a place in JSON."""
    for key in re.findall(r'\[(\d+|"(?:[^"\\]|\\.)*")\]|\.(\w+)', place):
        record = record[json.loads(key[0]) if key[0] else key[1]]
    return record


def test_a_number_stands_where_its_link_says(site, results):
    shown = 0
    for result in results:
        for link in tree(site / "claims" / f"{slug(result.key)}.html").iter("a"):
            if not link.get("title", "").startswith(".[0]."):
                continue
            values = at([result.to_json()], link.get("title", "").replace("[].status", ""))
            text = "".join(link.itertext())
            if isinstance(values, float):
                written = text.lstrip("=≤≥± ")
                assert written in {re.sub(r"<.*?>", "", number(values, digits)) for digits in range(2, 13)}, (
                    f"{link.get('title')}: {text}"
                )
                shown += 1
            elif isinstance(values, str) and values and "number" in link.get("href", ""):
                assert text == "".join(Builder(f"<p>{words_of(values)}</p>").tree.close().itertext())
    assert shown >= 10


def test_running_the_command_of_a_page_gives_its_numbers(tmp_path, capsys):
    from paper_repro.command_line import main

    claim = catalogue.find("mcmahan2017/path")
    result = verify_one(claim, dataclasses.replace(claim.knobs, workers=3), seed=5, budget=Budget.SMOKE)
    line, _, kept = rerun.keeping(result).partition(" > ")
    assert main([*shlex.split(line)[1:], "--out", str(tmp_path), "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    assert set(rerun.SIDES) == {"measured", "uncertainty", "predicted", "allowance", "resolution"}
    for c in result.comparisons:
        for side in rerun.SIDES:
            assert at(json.loads(printed), rerun.place(side, c.name)) == getattr(c, side)
    if which("jq") is None:
        pytest.skip("the lines of jq were not run: there is no jq; install it, e.g. by apt-get install jq")
    (tmp_path / kept).write_text(printed)
    lines = {o.subject: o.line for o in rerun.origins(dataclasses.replace(result, comparisons=(QUOTED,)))}
    assert len(lines) == 3
    # One of each kind: "number-1" and "number-2" differ by the name in the same line.
    kinds = {origin.anchor.partition("-")[0]: origin for origin in reversed(rerun.origins(result))}
    for origin in kinds.values():
        run = subprocess.run(
            origin.line, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        if origin.anchor.startswith("number-1"):
            wanted = {side: getattr(result.comparisons[0], side) for side in rerun.SIDES}
            assert json.loads(run.stdout) == wanted
        assert run.stdout.strip()


QUOTED = Comparison('Adam\'s "β" → $x_i$', 1.0, 0.1, 1.0, 0.1, Relation.EQUAL, Status.HOLDS, 0.2)


def test_a_name_with_quotes_is_one_word_of_the_shell():
    result = dataclasses.replace(verify_one(EXAMPLE), comparisons=(QUOTED,))
    words = shlex.split(rerun.origins(result)[0].line)
    assert words[0] == "jq" and words[2] == rerun.KEPT and len(words) == 3
    assert json.loads(words[1].partition("map_values(.[")[2].rstrip(")]")) == QUOTED.name
    assert at([{"measured": {QUOTED.name: 7}}], rerun.place("measured", QUOTED.name)) == 7


def test_the_command_of_a_report_names_its_claims_unless_they_are_all(results, site):
    again = command_at(site / "index.html", "#again")
    assert again == shlex.join(
        ["paper-repro", "report", *(c.key for c in CLAIMS), "--seed", "0", "--budget", "quick"]
    )
    assert rerun.report_command([], results, {"lr": 0.1}).endswith("--budget quick --set lr=0.1")
    other = dataclasses.replace(results[0], seed=1)
    assert rerun.report_command([], [*results, other]) == ""


def test_the_gallery_lists_every_figure_with_its_state_and_command(site):
    rows = [" ".join("".join(row.itertext()).split()) for row in tree(site / "gallery.html").iter("tr")][1:]
    assert rows == [
        "Lines are straight drawn paper-repro figures straight --seed 0 --budget quick",
        "Digits not drawn paper-repro figures mnist --seed 0 --budget quick",
        "A broken figure failed paper-repro figures broken --seed 0 --budget quick",
    ]
    assert "3 figures 1 drawn 1 not drawn, for a stated reason 1 failed" in words(site / "gallery.html")
    assert command_at(site / "gallery.html", "#straight") == rows[0].split("drawn ")[1]


def of(source: str, status: Status, expected: Status = Status.HOLDS) -> Result:
    refuted = FalsifierResult("f", "w", Status.REFUTED, "m")
    return Result("a/b", "a", "t", source, status, expected, "", "", (), (refuted,), {}, 0, "smoke", 0.0)


def test_a_story_counts_statements_by_ground_and_names_what_does_not_hold():
    holds, refuted = of("stated", Status.HOLDS), of("second-hand", Status.REFUTED, Status.REFUTED)
    told = story([holds, holds, refuted], [of("derived", Status.HOLDS)])
    assert told.sentences == (
        "Three statements of the paper are checked here: two as the source words them, one known through others. "
        "Two hold, as expected.",
        "One statement of ours is checked beside them, proved in this project. It holds, as expected.",
    )
    assert [results for _, results in told.notable] == [(refuted,)]
    (alone,) = story([], [of("conjectured", Status.INCONCLUSIVE)]).sentences
    assert alone == "One statement of ours is checked here, conjectured and measured."
    assert spelled(12) == "twelve" and spelled(13) == "13"


def test_the_page_of_a_paper_tells_which_reading_is_refuted_and_what_holds_instead(site):
    shown = " ".join("".join(tree(site / "papers" / "soudry2018.html").itertext()).split())
    assert "One statement of the paper is checked here, known through others." in shown
    assert "its check refutes: H steps shrink w by 1 − ηH. What holds instead: H steps of gradient" in shown


def test_a_standalone_page_needs_no_file_beside_it_and_escapes_its_title_only(tmp_path):
    path = tmp_path / "one.html"
    path.write_text(
        standalone(
            "a </title> & b", "<p id='body'>Look.</p>", environment={"implicitbias": "1", "commit": "<c>"}
        )
    )
    reader = read(path)
    assert "Look." in words(path) and "<c>" in words(path) and "a </title> & b" in words(path)
    assert {"main", "body"} <= set(reader.ids)
    assert all(link.startswith("#") and link[1:] in reader.ids for link in reader.links)
    assert stylesheet() in path.read_text() and not re.search(r"@import|url\(|https?:", path.read_text())


def test_every_page_can_be_reached_from_the_index(site):
    seen, waiting = set(), [site / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        targets = [
            (path.parent / urlsplit(link).path).resolve() for link in read(path).links if urlsplit(link).path
        ]
        waiting += [t for t in targets if t.suffix == ".html"]
    assert seen == set(pages(site))


def test_inline_figures_are_well_formed_and_formulas_are_mathml(site):
    text = (site / "claims" / "derived--shrinking.html").read_text()
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg.replace("xlink:href", "href"))
    assert text.count("<math") >= 6 and "$" not in re.sub(r"<(pre|svg).*?</\1>", "", text, flags=re.DOTALL)


def test_text_is_escaped(site):
    for path in pages(site):
        text = path.read_text()
        assert "<script" not in text.replace(SCRIPT, "") and "<exactly>" not in text
    assert "<exactly>" in words(site / "claims" / "derived--shrinking.html")


def test_every_falsifier_is_shown_with_its_reason_and_verdict(site, results):
    for claim, result in zip(CLAIMS, results, strict=True):
        shown = words(site / "claims" / f"{slug(claim.key)}.html")
        for falsifier in claim.falsifiers:
            assert " ".join(falsifier.why.split()) in shown
        for judged in result.falsifiers:
            assert judged.message in shown
    assert "2 of 2 refuted" in words(site / "claims" / "derived--shrinking.html")


def test_an_error_shows_its_traceback_and_the_other_claims_go_on(site):
    shown = words(site / "claims" / "derived--error.html")
    assert "Traceback (most recent call last)" in shown and "in raise_markup" in shown
    assert "broken <script>alert(1)</script>" in shown


def test_a_refuted_reading_is_not_held_against_the_paper_and_names_its_correction(site):
    path = site / "claims" / "soudry2018--linear-reading.html"
    assert "this reading, not the paper" in words(path)
    assert "derived--shrinking.html" in read(path).links


def test_the_page_of_a_paper_has_its_statements_with_verdicts_the_source_s_apart_from_ours(site, results):
    theirs, ours = site / "papers" / "soudry2018.html", site / "papers" / "derived.html"
    assert "What the paper says" in words(theirs) and "What the paper says" not in words(ours)
    assert (
        "reading refuted" in words(theirs)
        and "../claims/soudry2018--linear-reading.html" in read(theirs).links
    )
    for claim, result in zip(CLAIMS, results, strict=True):
        shown = words(theirs if claim.paper == "soudry2018" else ours)
        assert claim.title.split("^")[0] in shown and outcome(result).words in shown


def test_a_claim_outside_the_report_is_named_but_not_linked(site):
    path = site / "claims" / "derived--shrinking.html"
    assert "zhu2024/absent" in words(path)
    assert not [link for link in read(path).links if "absent" in link]


def test_the_gallery_shows_figures_reasons_and_failures(site, results, tmp_path):
    shown = words(site / "gallery.html")
    assert "no MNIST in data_home" in shown and "gallery & trouble" in shown
    assert (site / "figures" / "straight.pdf").exists() and not (site / "figures" / "mnist.pdf").exists()
    report = write(tmp_path, without_figures(results), GALLERY[1:])
    assert dict(report.missing) == {"mnist": "no MNIST in data_home"}
    assert dict(report.failed) == {"broken": "ValueError: gallery & trouble"}


def test_an_error_is_named_by_the_first_line_of_its_message():
    try:
        try:
            raise_markup(None, None)
        except RuntimeError as error:
            raise ValueError("outer\n  indented\nlast") from error
    except ValueError as error:
        assert first_line("".join(format_exception(error))) == "ValueError: outer"
    assert first_line("one line") == "one line"


def test_same_results_give_the_same_bytes_and_times_are_in_the_records_only(results, tmp_path):
    slower = [dataclasses.replace(r, seconds=r.seconds + 7.0) for r in results[:1]]
    first, second = (write(tmp_path / str(k), rs).index.parent for k, rs in enumerate((results[:1], slower)))
    for path in sorted(p for p in first.rglob("*") if p.is_file()):
        twin = second / path.relative_to(first)
        assert (path.read_bytes() == twin.read_bytes()) is (path.name != "results.json"), path.name


def test_an_interrupted_report_keeps_the_former_index_and_no_half_file(results, tmp_path, monkeypatch):
    index = write(tmp_path, without_figures(results[:1])).index
    before = index.read_bytes()
    replace, done = os.replace, []

    def interrupted(source, target):
        done.append(target)
        if len(done) == 3:  # in the middle of the pages
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, without_figures(results))
    assert index.read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


def test_files_may_be_read_by_a_web_server(site):
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in pages(site))


def test_a_figure_is_drawn_once_for_the_same_source_and_view(results, tmp_path):
    write(tmp_path, results[:1])
    png = tmp_path / "report" / "figures" / "derived--shrinking.png"
    png.write_bytes(b"kept")
    write(tmp_path, results[:1])
    assert png.read_bytes() == b"kept"
    png.unlink()
    write(tmp_path, results[:1])
    assert png.read_bytes()[1:4] == b"PNG"


@settings(max_examples=15, deadline=None)
@given(lr=st.floats(0.05, 0.8), steps=st.integers(1, 20), seed=st.integers(0, 10**6))
def test_the_lines_of_python_give_the_result_again(lr, steps, seed):
    knobs = HalvingKnobs(lr=lr, steps=steps, start="two")
    result = verify_one(EXAMPLE, knobs, seed=seed, budget=Budget.SMOKE)
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "find", {EXAMPLE.key: EXAMPLE}.__getitem__)
        exec(rerun.python(result), names)
    again = names["result"]
    assert isinstance(again, Result) and dataclasses.replace(again, seconds=result.seconds) == result


def test_the_command_line_gives_the_result_again(results):
    from paper_repro.claims.knobs import with_values

    words = shlex.split(rerun.command(results[0]))
    turned = dict(words[k + 1].split("=", 1) for k, word in enumerate(words) if word == "--set")
    assert words[:3] == ["paper-repro", "verify", EXAMPLE.key]
    assert with_values(HalvingKnobs(lr=0.5, steps=9, start="two"), turned) == EXAMPLE.knobs


def test_badges_tell_expected_unexpected_and_undecided_apart(results):
    kinds = [outcome(r).kind for r in results]
    assert kinds == ["expected", "undecided", "unexpected", "reading", "undecided"]
    assert len({(o.symbol, o.words) for o in map(outcome, results)}) == 5
    flipped = dataclasses.replace(results[0], expected=Status.REFUTED)
    assert outcome(flipped).kind == "unexpected"
    blunt = dataclasses.replace(results[0].falsifiers[0], status=Status.HOLDS)
    assert outcome(dataclasses.replace(results[0], falsifiers=(blunt,))).words == "toothless"
    assert sum(count for _, _, count in counted(results)) == len(results)


def test_an_unmet_hypothesis_that_was_expected_is_not_called_undecided(results):
    unmet = dataclasses.replace(
        results[0], status=Status.NOT_APPLICABLE, expected=Status.NOT_APPLICABLE, falsifiers=()
    )
    assert outcome(unmet).words == "not applicable, as expected"
    assert ("unmet", "not applicable, as expected", 1) in counted([*results, unmet])


@pytest.mark.parametrize("evidence", ["RATE", "LIMIT", "STATISTICAL"])
def test_what_is_met_by_containment_is_not_said_to_lie_inside(results, evidence):
    met = dataclasses.replace(results[0], evidence=evidence)
    assert "contains the predicted one" in status_meaning(met)


def test_a_power_after_an_index_is_not_part_of_it():
    assert line("b_x³/γ³") == "b<sub>x</sub>³/γ³"


def test_a_falsifier_that_does_not_apply_is_not_counted_as_a_missing_tooth():
    result = verify_one(EXAMPLE, HalvingKnobs(steps=1))
    assert (teeth(result).refuted, teeth(result).applicable, teeth(result).unmet) == (1, 1, 1)


@pytest.mark.parametrize("latex", [r"\frac{1}{", r"\unheardof{x}", r"a & b", r"x^{2", r"\left( x"])
def test_a_formula_that_cannot_be_shown_is_an_error_if_strict_and_its_source_if_not(latex):
    with pytest.raises(FormulaError, match="formula"):
        line(f"see ${latex}$", strict=True)
    assert '<code class="latex">' in line(f"see ${latex}$")


def test_arrows_and_printed_braces_need_no_partner():
    assert mathml(r"v \leftarrow \beta v \rightarrow 0") and mathml(r"\left\{ x \right.") and mathml(r"\}")


def test_functions_are_set_apart_and_letters_have_their_alphabet():
    assert 'rspace="0"' in mathml(r"\log(x)") and 'rspace="0.167em"' in mathml(r"\log x")
    assert "𝒪" in mathml(r"\mathcal{O}(1)") and "ℬ" in mathml(r"\mathcal{B}") and "𝐱" in mathml(r"\mathbf{x}")


def test_signs_after_a_bracket_are_prefixes_and_between_terms_are_not():
    assert mathml("f(-x)").count('form="prefix"') == 1 and 'form="prefix"' not in mathml("a - b")
    assert 'form="prefix"' not in mathml("(a) - b") and mathml("-x").count('form="prefix"') == 1


def test_relations_are_operators_and_symbols_that_are_letters_are_not():
    for relation, symbol in ((r"\sim", "∼"), (r"\perp", "⊥"), (r"\pm", "±"), (r"\implies", "⟹")):
        assert f"<mo>{symbol}</mo>" in mathml(f"a {relation} b")
    assert ">∞</mi>" in mathml(r"x \to \infty") and ">∇</mi>" in mathml(r"\nabla f")


def test_no_line_begins_with_the_comma_after_a_formula():
    assert line("for $x$, $y$") == f'for <span class="unbroken">{mathml("x")},</span> {mathml("y")}'
    assert line("$$x = 1$$.") == mathml("x = 1.", "block")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("f(w^r) → 0", "f(w<sup>r</sup>) → 0"),
        ("p_i = 1/(M n_m)", "p<sub>i</sub> = 1/(M n<sub>m</sub>)"),
        ("(1 − η)^H and 10^{-3}", "(1 − η)<sup>H</sup> and 10<sup>-3</sup>"),
        ("(1 + x)^(−1/2)", "(1 + x)<sup>−1/2</sup>"),
        ("a_m(b) and f_x", "a<sub>m</sub>(b) and f<sub>x</sub>"),
        ("a |w|² b", 'a <span class="unbroken">|w|²</span> b'),
        ("$|w|$ & c_m u_m", f"{mathml('|w|')} &amp; c<sub>m</sub> u<sub>m</sub>"),
        ("local_steps of set_a_prime", "local_steps of set_a_prime"),
        ("`x_i` is code", "<code>x_i</code> is code"),
        ("D̂_m⁻¹, θ̄_r, γ_∞ and 2d_min", "D̂<sub>m</sub>⁻¹, θ̄<sub>r</sub>, γ<sub>∞</sub> and 2d<sub>min</sub>"),
        ("max_m λ_m, x_i^2", "max<sub>m</sub> λ<sub>m</sub>, x<sub>i</sub><sup>2</sup>"),
        ("H^{t_p}, t^(−min(1, a))", "H<sup>t<sub>p</sub></sup>, t<sup>−min(1, a)</sup>"),
    ],
)
def test_indices_in_plain_words_are_raised_and_names_of_code_are_not(text, shown):
    assert line(text) == shown


def test_paragraphs_lists_and_displays():
    shown = paragraphs("One & two.\n\n- a $x$\n- b\n\n1. first\n2. second\n\n$$x = 1$$")
    assert shown.count("<p>") == 2 and "<ul><li>a " in shown and "<ol><li>first</li>" in shown
    assert "&amp;" in shown and 'display="block"' in shown


@given(st.floats(-1e300, 1e300), st.integers(2, 12))
@example(99.7, 2)
@example(0.0, 6)
def test_numbers_read_back_as_what_they_were(value, digits):
    text = re.sub(r"10<sup>(.*)</sup>", r"e\1", number(value, digits)).replace("·", "").replace("−", "-")
    text = text.replace("-e", "-1e") if "-e" in text[:2] else "1" + text if text.startswith("e") else text
    assert "e+" not in number(value, digits)
    assert float(text) == pytest.approx(value, rel=0.5 * 10.0 ** (1 - digits) * (1 + 1e-9), abs=0)


def test_a_sharper_measurement_is_shown_with_more_digits():
    assert known_digits(1.0, 1e-2) <= known_digits(1.0, 1e-5) < known_digits(1.0, 1e-9) <= 12
    assert known_digits(1.0, float("inf"), 0.0) == known_digits(0.0, 1e-9) == known_digits(float("nan"), 1.0)


@settings(max_examples=60)
@given(
    st.floats(-1e3, 1e3),
    st.floats(0, 10),
    st.floats(-1e3, 1e3),
    st.floats(0, 10),
    st.sampled_from(list(Relation)),
)
def test_the_strip_shows_the_three_way_rule(measured, uncertainty, predicted, allowance, relation):
    c = Comparison("q", measured, uncertainty, predicted, allowance, relation, Status.HOLDS, 0.1)
    svg = ElementTree.fromstring(interval_strip(c))
    rect, bar = svg.find("rect"), svg.find("line[@class='spread']")
    assert rect is not None and bar is not None
    low, high = float(rect.get("x", "")), float(rect.get("x", "")) + float(rect.get("width", ""))
    start, end = float(bar.get("x1", "")), float(bar.get("x2", ""))
    excess = {Relation.EQUAL: abs(measured - predicted), Relation.AT_MOST: measured - predicted}
    missed = excess.get(relation, predicted - measured)
    scale = 0.06 * (abs(measured - predicted) + uncertainty + allowance)  # what a pixel can tell
    if missed - uncertainty > allowance + scale:
        assert end < low or start > high
    if missed + uncertainty < allowance - scale:
        assert low - 0.5 <= start and end <= high + 0.5
    assert 0 <= start <= end <= 220


def test_citations_are_read_from_their_bibtex():
    soudry = citation("soudry2018")
    assert soudry.short == "Soudry et al. 2018" and soudry.venue == "Journal of Machine Learning Research, 19"
    assert citation("lieder2021").title == "On the convergence rate of the Halpern-iteration"
    assert citation("zhu2024").short == "Zhu, Vardhan and Mazumdar 2024"
    assert citation("nobody1900").short == "nobody1900"


def test_the_figures_command_draws_lists_and_says_what_is_missing(tmp_path, monkeypatch, capsys):
    from paper_repro.command_line import main
    from paper_repro.report import plates

    monkeypatch.setattr(plates, "gallery", lambda: GALLERY[:2])
    assert main(["figures", "--list"]) == 0
    assert "straight  Lines are straight" in capsys.readouterr().out
    assert main(["figures", "--out", str(tmp_path), "--jobs", "1", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert (
        all(Path(file).is_file() for file in rows["straight"]["files"])
        and len(rows["straight"]["files"]) == 4
    )
    assert rows["mnist"]["missing"] == "no MNIST in data_home" and not rows["mnist"]["files"]
    monkeypatch.setattr(plates, "gallery", lambda: GALLERY[2:])
    assert main(["figures", "--out", str(tmp_path), "--jobs", "1"]) == 1
    assert main(["figures", "nothing-like-this"]) == 2
    assert "--list" in capsys.readouterr().err
    assert figures_command.EXAMPLES


def test_the_report_command_ends_with_the_table_and_the_index(tmp_path, monkeypatch, capsys):
    from paper_repro.command_line import main
    from paper_repro.commands import report

    known = {c.key: c for c in CLAIMS}
    monkeypatch.setattr(report, "find", known.__getitem__)
    for claims, code in (((EXAMPLE, READING), 0), ((EXAMPLE, BLUNT), 3), ((EXAMPLE, ERRONEOUS), 1)):
        monkeypatch.setattr(
            report, "verified", lambda options, cs=claims: without_figures([verify_one(c) for c in cs])
        )
        assert main(["report", "derived", "--out", str(tmp_path), "--jobs", "1"]) == code
        out = capsys.readouterr().out
        assert EXAMPLE.key in out and out.strip().endswith(str(tmp_path / "report" / "index.html"))


@pytest.mark.parametrize("entry", catalogue.ENTRIES, ids=lambda entry: entry.key)
def test_every_formula_of_the_catalogue_can_be_shown(entry):
    claim = entry.load()
    texts = [claim.title, claim.statement, *claim.hypotheses, claim.proof, claim.reference.place]
    texts += [text for f in claim.falsifiers for text in (f.name, f.why)]
    for text in texts:
        paragraphs(text, strict=True)
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", text), "a backslash that became a character"


def test_an_unknown_figure_is_refused_before_any_work():
    with pytest.raises(BadInput, match="unknown"):
        figures_command._claim_keys(["no-such-thing"])
