"""What a run leaves behind: recorded models, clocks, diagnostics, and how it ended."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from implicitbias.display import badge, brief, card, Cell, table
from implicitbias.display.digits import number
from implicitbias.engine.state import State
from implicitbias.errors import Diverged
from implicitbias.methods import LocalMethod


class Status(Enum):
    """How a run ended; the value is the message, with the cure."""

    COMPLETE = "all rounds were run"
    DIVERGED = (
        "an iterate left the floating-point range; use loss=Logistic(), a smaller ηH, or a start nearer to 0"
    )
    INTERRUPTED = "stopped from the keyboard; the records so far are valid, and start=trace goes on from them"


@dataclass(frozen=True)
class Trace:
    """Records of one run of a method on a problem, or of one integration of an SDE.

    Of an SDE, ``w`` holds X, ``rounds`` counts steps, ``time`` and ``slow_time`` are both the time t of the equation;
    it has a ``scheme`` instead of a ``method``, and no loss and no workers: there stands nan.

    Attributes
    ----------
    w
        Recorded models; the mean over replicas (one row) when statistics are reduced.
    rounds
        Recorded rounds r, the first one 0; in a continued trace real numbers, infinite beyond 10³⁰⁸.
    time, slow_time
        Σ η and Σ η² over the steps taken (mean over workers; sum where they take turns; e_k for η_k = e_k/f).
    log_loss
        log f(w), finite where f itself under- or overflows; its mean over replicas when statistics are reduced.
    min_margin
        min_i x_i·w for classification (its mean over replicas when statistics are reduced), else ``None``.
    disagreement
        Root mean square over workers of |w_m − mean| before the aggregation that ended the round.
    extras
        What ``observe`` asked for; statistics objects when ``reduce`` was given.
    final
        State to go on from; ``None`` when statistics were reduced, or the run was continued in log-time.
    status, message
        How the run ended.
    stored_log_time
        τ where it is no mere log of ``time``: beyond e⁷⁰⁹ that is infinite.
    method, fingerprint, engine
        What was run, on which problem (digest of its content), by ``definition`` or which kernel.
    scheme
        The scheme that integrated an SDE, in words.
    """

    w: Float[np.ndarray, "replica record dim"]
    rounds: Int[np.ndarray, " record"] | Float[np.ndarray, " record"]
    time: Float[np.ndarray, " record"]
    slow_time: Float[np.ndarray, " record"]
    log_loss: Float[np.ndarray, "replica record"]
    disagreement: Float[np.ndarray, "replica record"]
    method: LocalMethod | None
    fingerprint: str
    engine: str
    min_margin: Float[np.ndarray, "replica record"] | None = None
    extras: Mapping[str, object] = field(default_factory=dict)
    final: State | None = None
    status: Status = Status.COMPLETE
    message: str = Status.COMPLETE.value
    stored_log_time: Float[np.ndarray, " record"] | None = None
    scheme: str | None = None

    @cached_property
    def log_time(self) -> Float[np.ndarray, " record"]:
        """τ = log Σ η = log(ηHr) at constant rates; −∞ at round 0."""
        if self.stored_log_time is not None:
            return self.stored_log_time
        with np.errstate(divide="ignore"):
            return np.log(self.time)

    @property
    def loss(self) -> Float[np.ndarray, "replica record"]:
        """f(w), from its logarithm; under ``reduce`` the exponential of the mean of log f, a geometric mean."""
        with np.errstate(over="ignore"):
            return np.exp(self.log_loss)

    def __repr__(self) -> str:
        """Say how much there is, how far it goes, and how it ended; the arrays are for ``print(trace.w)``."""
        replicas, records, dim = self.w.shape
        last = f"to τ = {self.log_time[-1]:.6g}" if self.scheme is None else f"to t = {self.time[-1]:.6g}"
        end = last if records else "no records"
        shape = f"replicas={replicas}, records={records}, dim={dim}"
        return f"Trace({shape}, {end}, {self.engine!r}, {self.status.name})"

    def _repr_html_(self) -> str:
        rows = [("ended", badge(self.message, self.status is Status.COMPLETE)), ("of", repr(self.method))]
        return card(repr(self), rows if self.method else rows[:1], body=[self._ends()])

    def _ends(self) -> Cell:
        """Return the first and the last record as a table: of the first replica."""
        shown = sorted({0, len(self.rounds) - 1}) if self.w.size else []
        heads = ("round" if self.scheme is None else "step", "time", "log f", "w of the first replica")
        return table(
            heads,
            [
                (
                    number(self.rounds[k]),
                    number(self.time[k]),
                    number(self.log_loss[0, k]),
                    brief(self.w[0, k]),
                )
                for k in shown
            ],
        )

    def checked(self) -> "Trace":
        """Return the trace itself if the run did not diverge.

        Raises
        ------
        Diverged
            With the message, and this trace as ``.trace``.
        """
        if self.status is Status.DIVERGED:
            raise Diverged(self.message, self)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trace to an ``.npz`` file: arrays and JSON, no pickle; never a half-written file.

        Raises
        ------
        BadInput
            If ``path`` is no file name.
        """
        from implicitbias.engine.storage import save_trace

        save_trace(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Trace":
        """Read a trace that ``save`` wrote.

        Raises
        ------
        BadInput
            If there is no such file, it is no trace, or was written by a newer version.
        """
        from implicitbias.engine.storage import load_trace

        return load_trace(path)

    def to_xarray(self) -> object:
        """Return the recorded arrays as an ``xarray.Dataset`` (xarray must be installed)."""
        import xarray  # pyright: ignore[reportMissingImports]

        along = {"w": ("replica", "record", "dim"), "log_loss": ("replica", "record")}
        along["disagreement"] = ("replica", "record")
        clocks = {name: ("record", getattr(self, name)) for name in ("rounds", "time", "slow_time")}
        return xarray.Dataset({n: (axes, getattr(self, n)) for n, axes in along.items()}, coords=clocks)
