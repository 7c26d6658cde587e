"""The arrays of a sweep, filled as its blocks arrive, in any order."""

from collections.abc import Mapping

import numpy as np

from implicitbias.engine.trace import Status
from implicitbias.sweeps.block import Measures, require_one_shape, STATUS


LONGEST_STATUS = max(len(status.name) for status in Status)


class Gathering:
    """Status and values of runs 0 … size − 1; runs that have not arrived are INTERRUPTED, their values NaN."""

    def __init__(self, size: int, measures: Measures):
        self.status = np.full(size, Status.INTERRUPTED.name, dtype=f"<U{LONGEST_STATUS}")
        self._names = tuple(name for name, _ in measures)
        self._values: dict[str, np.ndarray] = {}

    def add(self, runs: range, block: Mapping[str, np.ndarray]) -> None:
        """Put a block in its place.

        Raises
        ------
        BadInput
            If a measurement has another shape than that of the runs before.
        """
        self.status[runs.start : runs.stop] = block[STATUS]
        complete = runs.start + np.flatnonzero(block[STATUS] == Status.COMPLETE.name)
        for name in self._names if len(complete) else ():
            own = block[name].shape[1:]
            rows = self._values.setdefault(name, np.full((len(self.status), *own), np.nan))
            require_one_shape(name, {own, rows.shape[1:]})
            rows[complete] = block[name]

    def values(self, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Return the values along the axes of the sweep; NaN where no run completed."""
        empty = np.full(len(self.status), np.nan)
        found = {name: self._values.get(name, empty) for name in self._names}
        return {name: rows.reshape(*shape, *rows.shape[1:]) for name, rows in found.items()}
