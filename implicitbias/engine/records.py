"""Which rounds a run keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class RecordAt:
    """Rounds to record; the start (round 0) and the last round are always among them.

    Build it with ``RecordAt.log(count)``, ``RecordAt.every(period)``, ``RecordAt.these(rounds)`` or
    ``RecordAt.last()``.
    """

    count: int | None = None
    period: int | None = None
    chosen: tuple[int, ...] = ()

    __repr__ = in_brief

    @classmethod
    def log(cls, count: int = 200) -> "RecordAt":
        """Record about ``count`` rounds, equally spaced in log r."""
        return cls(count=checks.integer("count", count, 2, "200 log-spaced records make a smooth curve"))

    @classmethod
    def every(cls, period: int) -> "RecordAt":
        """Record every ``period``-th round."""
        return cls(period=checks.integer("period", period, 1, "1 records every round"))

    @classmethod
    def these(cls, rounds: Sequence[int]) -> "RecordAt":
        """Record exactly these rounds."""
        cure = (
            "list rounds to record, e.g. RecordAt.these([0, 10, 100]), or RecordAt.last() for the ends alone"
        )
        chosen = {checks.integer("rounds", r, 0, cure) for r in checks.sequence("rounds", rounds, cure)}
        return cls(chosen=tuple(sorted(chosen)))

    @classmethod
    def last(cls) -> "RecordAt":
        """Record only start and end."""
        return cls()

    def rounds(self, total: int) -> Int[np.ndarray, " record"]:
        """Return the increasing rounds to record in a run of ``total`` rounds.

        Raises
        ------
        BadInput
            If a chosen round lies beyond the run.
        """
        if self.chosen and self.chosen[-1] > total:
            raise BadInput(
                f"rounds to record reach {self.chosen[-1]}: the run ends at round {total}; run longer"
            )
        return np.unique(np.concatenate([[0, total], self._inner(total)]).astype(np.int64))

    def _inner(self, total: int) -> np.ndarray:
        if total == 0:
            return np.zeros(0)
        if self.count is not None:
            return np.round(np.geomspace(1, total, min(self.count, total + 1)))
        if self.period is not None:
            return np.arange(0, total, self.period)
        return np.asarray(self.chosen, dtype=np.float64)
