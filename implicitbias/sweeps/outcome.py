"""What a sweep leaves behind: measurements along named axes, and how every run ended."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from implicitbias import archive, checks
from implicitbias.display import card
from implicitbias.engine.trace import Status
from implicitbias.errors import BadInput
from implicitbias.statistics import mean_interval
from implicitbias.sweeps.grid import Coordinate


FORMAT = 1
KIND = "sweep"
# Probability that an interval misses the mean, by default.
LEVEL = 0.05
# Coordinates that a printed axis shows; longer ones show their ends.
SHOWN = 6


@dataclass(frozen=True)
class Sweep:
    """Measurements of all runs of a sweep.

    Attributes
    ----------
    axes
        Names and coordinates of the axes, in the order of the arrays; the last one is ``seed``.
    values
        What was measured, by name: arrays [*axes, *own]; NaN where the run did not complete.
    status
        How every run ended, an array [*axes] of the names of ``Status``; INTERRUPTED where it was not run.
    """

    axes: Mapping[str, tuple[Coordinate, ...]]
    values: Mapping[str, Float[np.ndarray, "..."]]
    status: np.ndarray

    def __getitem__(self, name: str) -> Float[np.ndarray, "..."]:
        """Return what was measured under this name."""
        if name not in self.values:
            raise BadInput(f"sweep[{name!r}]: measures {', '.join(self.values)}; give one of these")
        return self.values[name]

    @cached_property
    def complete(self) -> Bool[np.ndarray, "..."]:
        """Which runs completed, along the axes."""
        return self.status == Status.COMPLETE.name

    def at(self, **coordinates: Coordinate) -> "Sweep":
        """Return the part of the sweep at these coordinates; their axes are gone.

        Raises
        ------
        BadInput
            For an axis or a coordinate that is not there.
        """
        index = tuple(
            self._position(name, coordinates.pop(name)) if name in coordinates else slice(None)
            for name in self.axes
        )
        if coordinates:
            raise BadInput(
                f"axis {next(iter(coordinates))!r}: there is none; the axes are {', '.join(self.axes)}"
            )
        left = {
            name: values
            for (name, values), at in zip(self.axes.items(), index, strict=True)
            if at == slice(None)
        }
        # As arrays, so that a single run stays an array without axes.
        values = {name: np.asarray(value[index]) for name, value in self.values.items()}
        return Sweep(left, values, np.asarray(self.status[index]))

    def mean(self, name: str, over: str = "seed") -> Float[np.ndarray, "..."]:
        """Return the mean along an axis; NaN where a run did not complete."""
        return self[name].mean(axis=self._axis(over))

    def interval(
        self, name: str, over: str = "seed", level: float = LEVEL
    ) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
        """Return the ends of Student's interval for the mean along an axis; NaN where a run did not complete.

        Parameters
        ----------
        name
            Of what was measured.
        over
            Axis of independent samples.
        level
            Probability that an interval misses the mean.

        Raises
        ------
        BadInput
            If the axis holds fewer than two samples.
        """
        samples = np.moveaxis(self[name], self._axis(over), -1)
        ends = np.full((*samples.shape[:-1], 2), np.nan)
        for index in np.ndindex(samples.shape[:-1]):
            if np.isfinite(samples[index]).all():
                found = mean_interval(samples[index], level)
                ends[index] = found.low, found.high
        return ends[..., 0], ends[..., 1]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the sweep to an ``.npz`` file: arrays and JSON, no pickle; never a half-written file.

        Raises
        ------
        BadInput
            If ``path`` is no file name.
        """
        header = {"format": FORMAT, "kind": KIND, "axes": [[n, list(c)] for n, c in self.axes.items()]}
        values = {f"values/{name}": array for name, array in self.values.items()}
        archive.save(path, KIND, header, {"status": self.status, **values})

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Sweep":
        """Read a sweep that ``save`` wrote.

        Raises
        ------
        BadInput
            If there is no such file, it is no sweep, or was written by a newer version.
        """
        header, arrays = archive.load(path, KIND, FORMAT)
        values = {name.partition("/")[2]: a for name, a in arrays.items() if name.startswith("values/")}
        return Sweep({name: tuple(c) for name, c in header["axes"]}, values, arrays["status"])

    def to_xarray(self) -> Any:
        """Return the sweep as an ``xarray.Dataset`` (xarray must be installed)."""
        import xarray  # pyright: ignore[reportMissingImports]

        axes = tuple(self.axes)
        own = {n: tuple(f"{n}_{k}" for k in range(a.ndim - len(axes))) for n, a in self.values.items()}
        data = {name: ((*axes, *own[name]), array) for name, array in self.values.items()}
        return xarray.Dataset(
            data | {"status": (axes, self.status)}, coords={n: list(c) for n, c in self.axes.items()}
        )

    def __repr__(self) -> str:
        width = max((len(name) for name in (*self.axes, "measured")), default=0)
        counts = [f"{(self.status == s.name).sum()} {s.name.lower()}" for s in Status]
        lines = [
            f"Sweep of {self.status.size} runs: " + ", ".join(c for c in counts if not c.startswith("0 "))
        ]
        lines += [f"  {name:<{width}}  {_shown(values)}" for name, values in self.axes.items()]
        own = {name: array.shape[len(self.axes) :] for name, array in self.values.items()}
        named = ", ".join(name + (str(list(shape)) if shape else "") for name, shape in own.items())
        return "\n".join([*lines, f"  {'measured':<{width}}  {named}"])

    def _repr_html_(self) -> str:
        head, *lines = repr(self).splitlines()
        named = [line.strip().partition(" ") for line in lines]
        return card(head, [(name, shown.strip()) for name, _, shown in named])

    def _axis(self, name: str) -> int:
        if name not in self.axes:
            raise BadInput(f"over = {name!r}: is no axis of this sweep; the axes are {', '.join(self.axes)}")
        return tuple(self.axes).index(name)

    def _position(self, name: str, value: Coordinate) -> int:
        if value not in self.axes[name]:
            known = ", ".join(map(str, self.axes[name]))
            raise checks.refuse(name, value, f"was not swept; the axis holds {known}", "give one of these")
        return self.axes[name].index(value)


def _shown(values: tuple[Coordinate, ...]) -> str:
    if len(values) <= SHOWN:
        return ", ".join(map(str, values))
    return f"{values[0]}, {values[1]}, …, {values[-1]} ({len(values)})"
