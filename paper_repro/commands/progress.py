"""Progress of a verification on the terminal: stages, then a line per verdict as it falls."""

import sys
import time

from paper_repro.claims.result import Result


class Announcer:
    """Prints to standard error, so that standard output stays what was asked for."""

    def __init__(self, total: int, *, quiet: bool = False):
        self._total = total
        self._done = 0
        self._quiet = quiet
        self._began = time.monotonic()

    def started(self, stage: str, count: int) -> None:
        """Say that a stage begins."""
        if not self._quiet and count:
            print(f"{self._elapsed()} computing {count} {stage} …", file=sys.stderr, flush=True)

    def finished(self, result: Result) -> None:
        """Say what became of a claim."""
        self._done += 1
        if not self._quiet:
            flag = "" if result.as_expected else "  (unexpected)" if not result.undecided else "  (undecided)"
            line = f"{self._elapsed()} {self._done:>3}/{self._total} {result.status.value:<14} {result.key}{flag}"
            print(line, file=sys.stderr, flush=True)

    def _elapsed(self) -> str:
        return f"[{time.monotonic() - self._began:6.1f} s]"
