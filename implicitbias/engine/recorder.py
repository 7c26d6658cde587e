"""Collects records while a run goes on: memory grows with the records, never with the rounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.engine.state import State
from implicitbias.engine.trace import Status, Trace
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem, LinearClassification, TwoLayerNetwork


Observable = Callable[[Float[np.ndarray, "replica dim"]], Float[np.ndarray, "replica *shape"]]


@dataclass(frozen=True)
class OfWorkers:
    """An observable of the workers' models before they were averaged: (replica, worker, dim) ↦ (replica, …)."""

    function: Callable[[Float[np.ndarray, "replica worker dim"]], Float[np.ndarray, "replica *shape"]]

    def __call__(self, local: Float[np.ndarray, "replica worker dim"]) -> Float[np.ndarray, "replica *shape"]:
        """Return what is observed."""
        return self.function(local)


class Recorder:
    """Keeps models, clocks, worker disagreement and what ``observe`` computes, record by record."""

    def __init__(self, problem: AbstractProblem, observe: Mapping[str, Observable]):
        self._problem = problem
        self._observe = observe
        self._states: list[State] = []
        self._w: list[np.ndarray] = []
        self._clocks: list[tuple[int, float, float]] = []
        self._disagreement: list[np.ndarray] = []
        self._observed: dict[str, list[np.ndarray]] = {name: [] for name in observe}

    def add(self, state: State) -> None:
        """Record a state.

        Raises
        ------
        BadInput
            If an observable returns something whose first axis is not the replicas.
        """
        # First: an interruption from the keyboard while a user's function runs leaves whole records.
        values = {name: observed(name, observable, state) for name, observable in self._observe.items()}
        self._states = [state]
        self._w.append(state.w)
        self._clocks.append((state.clock.round, state.clock.time, state.clock.slow_time))
        self._disagreement.append(disagreement(state))
        for name, value in values.items():
            self._observed[name].append(value)

    def trace(self, method: LocalMethod, engine: str, status: Status, message: str) -> Trace:
        """Return the records as a trace."""
        w = np.stack(self._w, axis=1)
        rounds, time, slow_time = (np.array(column) for column in zip(*self._clocks, strict=True))
        return Trace(
            w=w,
            rounds=rounds,
            time=time,
            slow_time=slow_time,
            log_loss=_log_loss(self._problem, w),
            min_margin=_min_margin(self._problem, w),
            disagreement=np.stack(self._disagreement, axis=1),
            extras={name: np.stack(values, axis=1) for name, values in self._observed.items()},
            final=self._states[-1],
            status=status,
            message=message,
            method=method,
            fingerprint=self._problem.fingerprint,
            engine=engine,
        )


def observed(
    name: str, observable: Observable | OfWorkers, state: State
) -> Float[np.ndarray, "replica *shape"]:
    """Return what an observable sees of a state.

    Raises
    ------
    BadInput
        If it returns something whose first axis is not the replicas.
    """
    seen = state.local if isinstance(observable, OfWorkers) else state.w
    value = np.asarray(observable(seen), dtype=np.float64)
    if value.shape[:1] != state.w.shape[:1]:
        raise BadInput(
            f"observe[{name!r}] returned shape {value.shape}: must map (replica, …) = {seen.shape} to (replica, …); "
            "keep the first axis"
        )
    return value


def disagreement(state: State) -> Float[np.ndarray, " replica"]:
    """Return √((1/M) Σ_m |w_m − mean|²) of the workers' models before they were aggregated."""
    # On its way to infinity a square overflows before the model does; the run reports that end as `Diverged`.
    with np.errstate(over="ignore", invalid="ignore"):
        spread = state.local - state.local.mean(axis=1, keepdims=True)
        return np.sqrt((spread**2).sum(axis=2).mean(axis=1))


def _log_loss(problem: AbstractProblem, w: np.ndarray) -> np.ndarray:
    # As above; and f = 0 is a legitimate end of a regression.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if isinstance(problem, LinearClassification | TwoLayerNetwork):
            return problem.log_loss(w)
        return np.log(problem.loss(w))


def _min_margin(problem: AbstractProblem, w: np.ndarray) -> np.ndarray | None:
    if not isinstance(problem, LinearClassification):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        return problem.margins(w).min(axis=-1)
