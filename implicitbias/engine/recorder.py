"""Collects records while a run goes on: memory grows with the records, never with the rounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.engine.scaling import preconditioner
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

    __repr__ = in_brief

    def __call__(self, local: Float[np.ndarray, "replica worker dim"]) -> Float[np.ndarray, "replica *shape"]:
        """Return what is observed."""
        return self.function(local)


@dataclass(frozen=True)
class OfScaling:
    """An observable of the scaling in force in the round that ended: D̂, (replica, 1 | worker, dim) ↦ (replica, …).

    At the first record no round has ended, and D̂ is what the start makes of it; ``None`` sees D̂ itself.
    """

    function: (
        Callable[[Float[np.ndarray, "replica scope dim"]], Float[np.ndarray, "replica *shape"]] | None
    ) = None

    __repr__ = in_brief

    def __call__(
        self, scaling: Float[np.ndarray, "replica scope dim"]
    ) -> Float[np.ndarray, "replica *shape"]:
        """Return what is observed."""
        return scaling if self.function is None else self.function(scaling)


class Recorder:
    """Keeps models, clocks, worker disagreement and what ``observe`` computes, record by record."""

    def __init__(self, problem: AbstractProblem, method: LocalMethod, observe: Mapping[str, Observable]):
        self._problem, self._method = problem, method
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
        values = {
            name: observed(name, observable, seen_by(name, observable, self._method, state))
            for name, observable in self._observe.items()
        }
        self._states = [state]
        self._w.append(state.w)
        self._clocks.append((state.clock.round, state.clock.time, state.clock.slow_time))
        self._disagreement.append(disagreement(state))
        for name, value in values.items():
            self._observed[name].append(value)

    def trace(self, engine: str, status: Status, message: str) -> Trace:
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
            method=self._method,
            fingerprint=self._problem.fingerprint,
            engine=engine,
        )


def observed(
    name: str, observable: Observable, seen: Float[np.ndarray, "replica *more"]
) -> Float[np.ndarray, "replica *shape"]:
    """Return an observable of what it sees.

    Raises
    ------
    BadInput
        If it returns something whose first axis is not the replicas.
    """
    value = np.asarray(observable(seen), dtype=np.float64)
    if value.shape[:1] != seen.shape[:1]:
        raise BadInput(
            f"observe[{name!r}] returned shape {value.shape}: must map (replica, …) = {seen.shape} to (replica, …); "
            "keep the first axis"
        )
    return value


def seen_by(
    name: str, observable: Observable, method: LocalMethod, state: State
) -> Float[np.ndarray, "replica *more"]:
    """Return the part of a state that an observable asks for: w, the workers' models, or D̂.

    Raises
    ------
    BadInput
        If it asks for the scaling of a method without one.
    """
    if isinstance(observable, OfWorkers):
        return state.local
    if not isinstance(observable, OfScaling):
        return state.w
    diagonal = preconditioner(method, state)
    if diagonal is None:
        rule = f"sees D̂, and {method!r} has none"
        raise checks.refuse(
            f"observe[{name!r}]", observable, rule, "give the method a scaling, or leave it out"
        )
    return diagonal


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
