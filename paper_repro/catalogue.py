"""The catalogue: every claim, registered by hand, imported only when it is asked for."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from implicitbias.errors import BadInput


if TYPE_CHECKING:
    from paper_repro.claims import Claim


@dataclass(frozen=True)
class Entry:
    """A claim by name: what ``list`` shows without importing it. A test keeps it equal to the claim."""

    key: str
    module: str
    title: str
    source: str
    expects: str = "HOLDS"
    name: str = "CLAIM"

    @property
    def paper(self) -> str:
        """First part of the key."""
        return self.key.split("/", 1)[0]

    def load(self) -> "Claim":
        """Import and return the claim."""
        return getattr(import_module(f"paper_repro.papers.{self.module}"), self.name)


ENTRIES = (
    Entry(
        "zhu2024/residual-limit",
        "zhu2024.residual_limit",
        "w − ŵ log(ηHr) converges, to a limit that depends neither on η nor on H",
        "derived",
    ),
)


def select(patterns: Sequence[str] = ()) -> list[Entry]:
    """Return the entries whose key is, or starts with, one of the patterns; all for none.

    Raises
    ------
    BadInput
        For a pattern that matches nothing; names the nearest keys.
    """
    if not patterns:
        return list(ENTRIES)
    for pattern in patterns:
        if not any(_matches(entry, pattern) for entry in ENTRIES):
            raise BadInput(f"claim {pattern!r} is unknown: {_nearest(pattern)}; `paper-repro list` shows all")
    return [entry for entry in ENTRIES if any(_matches(entry, p) for p in patterns)]


def find(key: str) -> "Claim":
    """Return the claim of this key.

    Raises
    ------
    BadInput
        If there is none.
    """
    for entry in ENTRIES:
        if entry.key == key:
            return entry.load()
    raise BadInput(f"claim {key!r} is unknown: {_nearest(key)}; `paper-repro list` shows all")


def _matches(entry: Entry, pattern: str) -> bool:
    return entry.key == pattern or entry.key.startswith(pattern.rstrip("/") + "/")


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key, [e.key for e in ENTRIES], n=3, cutoff=0.4)
    return f"did you mean {' or '.join(near)}" if near else "a key reads paper/name"
