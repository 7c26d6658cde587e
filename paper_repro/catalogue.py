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
        "derived/orthogonal-closed-forms",
        "derived.orthogonal.closed_forms",
        "One orthogonal sample per worker: separator, limit, projections and local flow in closed form",
        "derived",
    ),
    Entry(
        "soudry2018/cosine-expansion",
        "soudry2018.cosine_expansion",
        "1 − cos(w(t), ŵ) = |ρ|²(1 − cos²(ρ, ŵ))/(2|ŵ|² log²t) up to O(1/log³t)",
        "derived",
    ),
    Entry(
        "soudry2018/cosine-expansion-printed",
        "soudry2018.cosine_expansion",
        "A misprint as we read it: cos = 1 + (2|ρ|²/|ŵ|²)(cos²(ρ, ŵ) − 1/4)/log²t can exceed 1",
        "stated",
        "REFUTED",
        name="CLAIM_PRINTED",
    ),
    Entry(
        "soudry2018/cosine-series",
        "soudry2018.cosine_series",
        "(1 + x)^(−1/2) has the coefficient 3/8, which turns the printed cosine into the right one",
        "derived",
    ),
    Entry(
        "soudry2018/figure-1-rate",
        "soudry2018.slow_direction",
        "On the support vectors of Figure 1 the direction converges like t^(−1/4)/log t, not 1/log t",
        "derived",
    ),
    Entry(
        "soudry2018/momentum-limit",
        "soudry2018.momentum_limit",
        "Momentum changes neither direction nor rate: it is gradient descent with step η/(1 − β)",
        "derived",
    ),
    Entry(
        "soudry2018/residual-limit",
        "soudry2018.residual_limit",
        "w(t) − ŵ log t converges to w̃, and the summed loss is 1/(γ²ηt)",
        "stated",
    ),
    Entry(
        "soudry2018/tightness-example",
        "soudry2018.tightness_example",
        "On one sample the flow is log(t + exp w₁(0)) exactly, so the rate 1/log t is attained",
        "stated",
    ),
    Entry(
        "soudry2018/validation-loss",
        "soudry2018.validation_loss",
        "The validation loss grows like Σ |x·ŵ| log t, summed over the misclassified points",
        "stated",
    ),
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
