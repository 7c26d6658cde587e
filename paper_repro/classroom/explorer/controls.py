"""What the class chooses: a claim, its knobs, a seed, and how hard to try."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from implicitbias import checks
from implicitbias.errors import BadInput
from paper_repro.catalogue import find
from paper_repro.claims import Budget, Claim
from paper_repro.claims.knobs import check_knobs, ranges


@dataclass(frozen=True)
class Controls:
    """A claim by key; ``knobs`` that are left out keep their defaults.

    Raises
    ------
    BadInput
        For an unknown claim, knob or budget, a knob outside its range, or a seed that is none.
    """

    key: str = "zhu2024/residual-limit"
    knobs: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    budget: str = Budget.SMOKE.value

    def __post_init__(self):
        checks.integer("seed", self.seed, 0, "0 is as good as any")
        if self.budget not in {b.value for b in Budget}:
            raise BadInput(f"budget = {self.budget!r}: must be one of {', '.join(b.value for b in Budget)}")
        check_knobs(self.values)

    @property
    def claim(self) -> Claim:
        """The claim."""
        return find(self.key)

    @property
    def values(self) -> Any:
        """The claim's knobs, turned."""
        claim = self.claim
        unknown = [name for name in self.knobs if name not in ranges(claim.knobs)]
        if unknown:
            known = ", ".join(ranges(claim.knobs)) or "none"
            raise BadInput(f"knob {unknown[0]!r} is unknown: {self.key} has {known}")
        return dataclasses.replace(claim.knobs, **self.knobs)
