"""Pages of papers: the symbols and figures of their packages, every statement with its verdict, nothing guessed."""

import importlib.util
import re

import pytest

from implicitbias.display.prose import line, paragraphs
from paper_repro import catalogue
from paper_repro.claims.exhibit import Exhibit, Reach, UNSEEN
from paper_repro.gallery import GALLERY
from paper_repro.report.papers import Knowledge, knowledge, notes, symbols


PAPERS = sorted({entry.paper for entry in catalogue.ENTRIES})
REGISTERED = [p for p in PAPERS if importlib.util.find_spec(f"paper_repro.papers.{p}.register")]
DOCSTRING = """Somebody: a paper.

| paper | here | code |
|---|---|---|
| K, w_i^{k+1} | M workers | ``workers`` |
| η, |x| | η | ``lr`` |

We know ``it`` well.

And a second paragraph.
"""


def test_symbols_and_notes_are_read_from_a_docstring_and_the_name_of_the_paper_is_not():
    assert symbols(DOCSTRING) == (
        ("paper", "here", "code"),
        ("K, $w_i^{k+1}$", "M workers", "`workers`"),
        ("η, |x|", "η", "`lr`"),
    )
    assert notes(DOCSTRING) == "We know `it` well.\n\nAnd a second paragraph."


def test_a_table_of_anything_else_is_no_table_of_symbols():
    assert symbols(DOCSTRING.replace("| paper |", "| topic |")) == () == symbols("No table.")


@pytest.mark.parametrize("paper", PAPERS)
def test_what_a_package_says_can_be_shown_and_its_rows_are_as_long_as_their_heads(paper):
    known = knowledge(paper)
    paragraphs(known.notes, strict=True)
    assert not [row for row in known.notes.splitlines() if row.startswith("|")]
    assert len({len(row) for row in known.symbols}) <= 1
    for cell in (cell for row in known.symbols for cell in row):
        line(cell, strict=True)


def test_a_paper_without_a_package_is_not_known_any_better():
    assert knowledge("nobody1900") == knowledge("no/paper") == Knowledge()


@pytest.mark.parametrize("paper", REGISTERED)
def test_a_register_names_figures_and_claims_that_exist_and_ends_with_what_is_unknown(paper):
    figures = knowledge(paper).figures
    drawn, claimed = {f.name for f in GALLERY}, {e.key for e in catalogue.ENTRIES}
    assert figures and all(isinstance(exhibit, Exhibit) and exhibit.remark for exhibit in figures)
    for exhibit in figures:
        assert set(exhibit.figures) <= drawn and set(exhibit.claims) <= claimed
        shown = bool(exhibit.figures or exhibit.claims)
        assert shown is (exhibit.reach in (Reach.ANALOGUE, Reach.REGENERATED)), exhibit.subject
        assert exhibit.place == UNSEEN or re.search(r"\d", exhibit.place)
    assert figures[-1].reach is Reach.UNKNOWN


def test_the_three_papers_of_the_project_keep_a_register():
    assert REGISTERED == ["chezhegov2024", "gu2023", "zhu2024"]
