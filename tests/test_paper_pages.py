"""Pages of papers: the symbols and figures of their packages, every statement with its verdict, nothing guessed."""

import re
from pkgutil import iter_modules

import pytest

from implicitbias.display.prose import line, paragraphs
from paper_repro import catalogue, papers
from paper_repro.claims.exhibit import Exhibit, Reach, UNNUMBERED, UNSEEN
from paper_repro.gallery import GALLERY
from paper_repro.report.papers import Knowledge, knowledge, notes, symbols


PAPERS = sorted({entry.paper for entry in catalogue.ENTRIES})
PACKAGES = sorted(m.name for m in iter_modules(papers.__path__) if m.ispkg and m.name != "derived")
# A figure, table or appendix as papers number them, of one panel if need be.
PLACE = r"(Figure|Table) \d+(\([a-z]\))?|Appendix [A-Z]"
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


def test_every_package_is_of_a_paper_with_claims():
    assert PACKAGES == [paper for paper in PAPERS if paper != "derived"]


@pytest.mark.parametrize("paper", PACKAGES)
def test_every_paper_has_a_register_of_figures_and_claims_that_exist_and_it_ends_with_what_is_unknown(paper):
    figures = knowledge(paper).figures
    drawn, claimed = {f.name for f in GALLERY}, {e.key for e in catalogue.ENTRIES}
    assert figures and all(isinstance(exhibit, Exhibit) and exhibit.remark for exhibit in figures)
    for exhibit in figures:
        assert set(exhibit.figures) <= drawn and set(exhibit.claims) <= claimed
        shown = bool(exhibit.figures or exhibit.claims)
        assert shown is (exhibit.reach in (Reach.ANALOGUE, Reach.REGENERATED)), exhibit.subject
        for text in (exhibit.subject, exhibit.remark, exhibit.known):
            line(text, strict=True)
    assert figures[-1].reach is Reach.UNKNOWN and figures[-1].place == UNSEEN


@pytest.mark.parametrize("paper", PACKAGES)
def test_a_register_gives_no_number_without_saying_where_it_was_seen(paper):
    for exhibit in knowledge(paper).figures:
        assert bool(exhibit.known) is (exhibit.place != UNSEEN), exhibit.subject
        assert exhibit.place in (UNSEEN, UNNUMBERED) or re.fullmatch(PLACE, exhibit.place), exhibit.place
        assert exhibit.known or exhibit.reach is not Reach.NEEDS_GPU, "what nobody has seen needs nothing"


@pytest.mark.parametrize("paper", PACKAGES)
def test_a_register_names_a_claim_of_its_own_paper(paper):
    keys = [key for exhibit in knowledge(paper).figures for key in exhibit.claims]
    assert any(key.startswith(f"{paper}/") for key in keys)
