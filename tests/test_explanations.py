"""The explanations say of claims and symbols what the catalogue and the papers' packages say."""

import re

import pytest

from paper_repro.catalogue import ENTRIES
from paper_repro.report.papers import knowledge
from tests.documented import ROOT


FOLDER = ROOT / "docs" / "explanation"
PAGES = {page.stem: page.read_text() for page in sorted(FOLDER.glob("*.md"))}
PAPERS = ("zhu2024", "gu2023", "chezhegov2024")
CATALOGUE = {entry.key: entry for entry in ENTRIES}
# A key in the type of code.
KEY = re.compile(r"`((?:derived|[a-z]+\d{4}[a-z]*)/[a-z0-9-]+)`")
ROW = re.compile(r"^\| `([^`]+/[^`]+)` \| ([a-z-]+) \| ([A-Z_]+) \|", re.MULTILINE)
# Letters with a hat or a bar are characters in docstrings, and commands in formulas.
ACCENTED = {r"\bar\theta": "θ̄", r"\hat D": "D̂", r"\hat x": "x̂"}


@pytest.mark.parametrize("page", PAGES)
def test_every_claim_named_is_in_the_catalogue(page):
    assert set(KEY.findall(PAGES[page])) <= CATALOGUE.keys()


@pytest.mark.parametrize("paper", PAPERS)
def test_tables_of_verdicts_have_the_sources_and_the_expected_verdicts_of_the_catalogue(paper):
    rows = ROW.findall(PAGES[paper])
    assert len(rows) >= 10
    assert [(key, CATALOGUE[key].source, CATALOGUE[key].expects) for key, *_ in rows] == rows


@pytest.mark.parametrize("paper", PAPERS)
def test_the_page_of_a_paper_tells_of_all_of_its_claims(paper):
    own = {key for key in CATALOGUE if key.startswith(f"{paper}/")}
    assert own <= {key for key, *_ in ROW.findall(PAGES[paper])}


@pytest.mark.parametrize("paper", PAPERS)
def test_the_symbols_are_those_of_the_paper_s_package(paper):
    table = PAGES[paper].split("\n| paper |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    shown = [tuple(map(plain, row.strip("| ").split(" | "))) for row in table]
    assert shown == [tuple(map(plain, row)) for row in knowledge(paper).symbols[1:]]


def plain(cell):
    """Return a cell without marks of code and of formulas."""
    for command, letter in ACCENTED.items():
        cell = cell.replace(command, letter)
    return re.sub(r"[`${}]", "", cell).strip()


@pytest.mark.parametrize("paper", PAPERS)
def test_no_theorem_of_a_paper_has_a_number(paper):
    numbered = re.findall(r"(?:Theorem|Proposition|Lemma|Corollary) \d[\d.]*", PAGES[paper])
    assert not numbered
