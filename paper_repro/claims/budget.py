"""How much work a verification may spend."""

from enum import Enum
from typing import TypeVar


T = TypeVar("T")


class Budget(Enum):
    """Smoke: ≤ 0.2 s a claim, a falsifier may stay undecided. Quick: a second. Paper: as long as it takes."""

    SMOKE = "smoke"
    QUICK = "quick"
    PAPER = "paper"

    def pick(self, *, smoke: T, quick: T, paper: T) -> T:
        """Return the value for this budget."""
        return {"smoke": smoke, "quick": quick, "paper": paper}[self.value]
