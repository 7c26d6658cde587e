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
        "crawshaw2025/drift-threshold",
        "crawshaw2025.drift_threshold",
        "Once f ≤ γ/(70ηHM), the drift of Local GD is at most a fifth of the gradient",
        "second-hand",
    ),
    Entry(
        "derived/drift-bound",
        "derived.drift.bound",
        "Local GD is gradient descent with step ηH and an error |b_r| ≤ 2ηHM f²",
        "derived",
    ),
    Entry(
        "derived/drift-leading-term",
        "derived.drift.leading_term",
        "The drift is −(η(H−1)/2) mean ∇²f_m ∇f_m, up to a relative error of order f",
        "derived",
    ),
    Entry(
        "derived/loss-inequalities",
        "derived.losses.inequalities",
        "The loss bounds its slope, the slope its curvature and, for z ≥ 0, half the loss",
        "derived",
    ),
    Entry(
        "derived/onset",
        "derived.drift.onset",
        "The first round with f ≤ γ/(70ηHM) comes later for larger ηH, but never after 70M/γ³",
        "derived",
    ),
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
        "zhu2024/anchored-projections",
        "zhu2024.anchored_projections",
        "Anchored projections converge to the max margin like 1/r, and to P_C(u⁰) from another anchor",
        "second-hand",
    ),
    Entry(
        "zhu2024/many-local-steps",
        "zhu2024.many_local_steps",
        "Many local steps reach the feasible set of the separators, not the max margin",
        "second-hand",
    ),
    Entry(
        "zhu2024/many-local-steps-max-margin",
        "zhu2024.many_local_steps",
        "As we read it, any number of local steps gives the max margin: not in the limit of many",
        "second-hand",
        "REFUTED",
        name="CLAIM_MAX_MARGIN",
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
