"""The README tells the truth: its code runs, its output is real, its table is the catalogue."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from paper_repro.catalogue import select
from paper_repro.commands.list import markdown_table


README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


def block(marker, language="python"):
    return re.search(rf"<!-- {marker}:.*?-->\n```{language}\n(.*?)```", README, re.DOTALL).group(1)


def test_the_example_prints_what_it_says():
    code = block("example")
    expected = re.search(r"```text\n(.*?)```", README[README.index(code) :], re.DOTALL).group(1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == expected
    assert len([line for line in code.splitlines() if line.strip()]) <= 15


@pytest.mark.parametrize("marker", ["far", "sweep"])
def test_what_follows_the_example_prints_what_it_says(marker):
    code, printed, space = block(marker), io.StringIO(), {}
    expected = re.search(r"```text\n(.*?)```", README[README.index(code) :], re.DOTALL).group(1)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(block("example"), space)
    with contextlib.redirect_stdout(printed):
        exec(code, space)
    assert printed.getvalue() == expected


@pytest.mark.parametrize("marker", ["drift", "scaling", "recursions"])
def test_what_stands_alone_prints_what_it_says(marker):
    code, printed = block(marker), io.StringIO()
    expected = re.search(r"```text\n(.*?)```", README[README.index(code) :], re.DOTALL).group(1)
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == expected


def test_the_theorem_of_ten_lines_is_tested():
    space = {}
    code = block("theorem")
    exec(code, space)
    space["test_small_steps_grow_along_the_separator"]()
    assert len([line for line in code.splitlines() if line.strip()]) <= 10


def test_the_table_of_claims_is_the_catalogue():
    table = re.search(r"<!-- claims:.*?-->\n(.*?)\n<!-- end of claims -->", README, re.DOTALL).group(1)
    assert table == markdown_table(select()), (
        "run `paper-repro list --markdown` and paste it between the markers"
    )
