"""The table on a page of the documentation, between two markers, compared with what was run."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from implicitbias import BadInput
from paper_repro.conformance.systems.table import HEADER, Row


MARKERS = re.compile(r"<!-- systems:.*?-->\n(.*?)\n<!-- end of systems -->", re.DOTALL)


def documented(page: Path) -> list[Row]:
    """Return the rows of the table on a page.

    Raises
    ------
    BadInput
        If the page is missing, or has no such table.
    """
    if not page.is_file() or not (found := MARKERS.search(page.read_text(encoding="utf-8"))):
        raise BadInput(f"page = {page}: has no table between <!-- systems: … --> and <!-- end of systems -->")
    lines = [line.strip("| ").split(" | ") for line in found.group(1).splitlines()]
    if tuple(lines[0]) != HEADER:
        raise BadInput(f"page = {page}: the table must have the columns {', '.join(HEADER)}")
    return [_row(line) for line in lines[2:]]


def _row(line: list[str]) -> Row:
    cells: list[Any] = ["" if cell == "–" else cell for cell in line]
    return Row(*cells)


def stale_rows(rows: Iterable[Row], page: Path) -> list[Row]:
    """Return rows that ran in a version the page speaks of, and about which it says something else.

    Raises
    ------
    BadInput
        As ``documented``.
    """
    told = documented(page)
    versions = {(row.system, row.version) for row in told}
    return [row for row in rows if row.version and (row.system, row.version) in versions and row not in told]
