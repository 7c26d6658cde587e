"""Collects records of an integration: memory grows with the records, never with the steps."""

from collections.abc import Mapping

import numpy as np

from implicitbias.engine.recorder import Observable, observed
from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace
from sde.equations import SDE
from sde.schemes import AbstractScheme


class PathRecorder:
    """Keeps X, t and what ``observe`` computes, record by record."""

    def __init__(self, sde: SDE, scheme: AbstractScheme, observe: Mapping[str, Observable]):
        self._sde = sde
        self._scheme = scheme
        self._observe = observe
        self._states: list[State] = []
        self._observed: dict[str, list[np.ndarray]] = {name: [] for name in observe}

    def add(self, state: State) -> None:
        """Record a state.

        Raises
        ------
        BadInput
            If an observable returns something whose first axis is not the replicas.
        """
        # First: an interruption from the keyboard while a user's function runs leaves whole records.
        values = {name: observed(name, observable, state.w) for name, observable in self._observe.items()}
        self._states.append(state)
        for name, value in values.items():
            self._observed[name].append(value)

    def trace(self, engine: str, status: Status, message: str) -> Trace:
        """Return the records as a trace."""
        w = np.stack([state.w for state in self._states], axis=1)
        time = np.array([state.clock.time for state in self._states])
        missing = np.full(w.shape[:2], np.nan)
        return Trace(
            w=w,
            rounds=np.array([state.clock.round for state in self._states]),
            time=time,
            slow_time=time,
            log_loss=missing,
            disagreement=missing,
            method=None,
            scheme=repr(self._scheme),
            fingerprint=self._sde.fingerprint,
            engine=engine,
            extras={name: np.stack(values, axis=1) for name, values in self._observed.items()},
            final=self._states[-1],
            status=status,
            message=message,
        )
