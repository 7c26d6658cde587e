"""The golden instance worked by hand: the page's code runs, prints what it says, and says what it prints."""

import contextlib
import io
import re
from pathlib import Path

import pytest


PAGE = (Path(__file__).resolve().parents[1] / "docs" / "golden-instance.md").read_text()
BLOCKS = re.findall(r"<!-- (\w+):.*?-->\n```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def printed():
    space, texts = {}, {}
    for marker, code, _ in BLOCKS:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, space)
        texts[marker] = out.getvalue()
    return texts


@pytest.mark.parametrize(("marker", "expected"), [(marker, text) for marker, _, text in BLOCKS])
def test_the_page_prints_what_it_says(marker, expected, printed):
    assert printed[marker] == expected


def test_every_number_worked_by_hand_is_printed_below(printed):
    known = set()
    for (marker, text), section in zip(printed.items(), re.split(r"<!-- \w+:", PAGE), strict=False):
        known |= set(numbers(text))
        by_hand = numbers(section.split("```")[-1])
        assert by_hand and set(by_hand) <= known, (marker, set(by_hand) - known)


def numbers(text):
    return [float(number) for number in re.findall(r"\d\.\d{5,}", text)]
