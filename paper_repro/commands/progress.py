"""Progress of a verification on the terminal: stages, then a line per verdict as it falls."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from paper_repro.claims.result import Result


# Verdicts are said as they fall; the stages before them, this often.
SECONDS_BETWEEN_LINES = 3.0


class Announcer:
    """Prints to standard error, so that standard output stays what was asked for."""

    def __init__(self, total: int, *, quiet: bool = False):
        self._total = total
        self._done = 0
        self._quiet = quiet
        self._began = time.monotonic()

    def watch(self, items: Iterator[Any], stage: str, count: int) -> Iterator[Any]:
        """Pass the items of a stage on, and say every few seconds how many are done."""
        if count and stage != "claims":
            self._say(f"{count} {stage}")
        said = time.monotonic()
        for done, item in enumerate(items, start=1):
            if time.monotonic() - said > SECONDS_BETWEEN_LINES and stage != "claims":
                said = time.monotonic()
                self._say(f"{stage} {done}/{count}")
            yield item

    def finished(self, result: Result) -> None:
        """Say what became of a claim."""
        self._done += 1
        flag = "" if result.as_expected else "  (unexpected)" if not result.undecided else "  (undecided)"
        self._say(f"{self._done:>3}/{self._total} {result.status.value:<14} {result.key}{flag}")

    def _say(self, line: str) -> None:
        if not self._quiet:
            elapsed = time.monotonic() - self._began
            print(f"[{elapsed:6.1f} s] {line}", file=sys.stderr, flush=True)
