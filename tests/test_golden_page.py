"""The golden instance worked by hand: what the page works out, its code prints; test_pages runs the code."""

import re
from pathlib import Path

from tests.documented import blocks, output_of


PAGE = (Path(__file__).resolve().parents[1] / "docs" / "golden-instance.md").read_text()


def test_every_number_worked_by_hand_is_printed_below():
    known, end, lines = set(), 0, PAGE.splitlines()
    for block in blocks(PAGE):
        if block.runs:
            by_hand = numbers("\n".join(lines[end : block.start]))
            shown = output_of(PAGE, block)
            known |= set(numbers(shown.code))
            assert by_hand and set(by_hand) <= known, (block.start, set(by_hand) - known)
            end = shown.end


def numbers(text):
    return [float(number) for number in re.findall(r"\d\.\d{5,}", text)]
