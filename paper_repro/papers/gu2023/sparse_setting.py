r"""Generalisation where everything is known: a diagonal network, three samples of four features, a truth of one.

The held-out error E|x·(w − w*)|², x ~ N(0, I), is |w − w*|². With label noise the slow SDE has no diffusion: its ODE
predicts the error of every method at every slow time. Phases of a method (post-local SGD: H = 1, then H) follow each
other along it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, LocalMethod, post_local_sgd, qsr, RecordAt, rounds_of, RunSpec, Stream
from paper_repro.claims import knob
from sde.equations import Convention, SDE
from sde.references import flow
from sde.zoo import diagonal_network, DiagonalNetwork


# All sign patterns of three samples but one sign: every two columns differ, and w* = e_1 is the solution of Xw = y
# of least |w|_1, since no kernel vector has half of its weight on one entry.
FEATURES = ((1.0, 1.0, 1.0, -1.0), (1.0, 1.0, -1.0, 1.0), (1.0, -1.0, 1.0, 1.0))
SPARSE = (1.0, 0.0, 0.0, 0.0)
METHODS = ("sgd", "post_local_sgd", "local_sgd", "qsr")
NAMES = {"sgd": "SGD", "post_local_sgd": "post-local SGD", "local_sgd": "Local SGD", "qsr": "QSR"}
# Records of a run; a round of QSR lasts from one to the next.
RECORDS = 8
# δ²·slow time/B at the end: SGD has halved its error, Local SGD has almost none left.
HORIZON = 0.32
# A round of QSR wants (α_Q/η)² steps; rounding of α_Q must not lose the last.
LAST_STEP = 1e-9


@dataclass(frozen=True)
class SparseKnobs:
    """A diagonal network with label noise δ = 1, trained from u = v = scale, brought to its minima first."""

    workers: int = knob(4, "M", "workers", low=3, high=6)
    total_batch: float = knob(1.0, "B", "total batch", low=1.0, high=2.0)
    alpha: float = knob(1.0, "α", "time ηH of a round of Local SGD", low=0.6, high=1.4)
    scale: float = knob(0.8, "u(0)", "size of the weights at the start", low=0.7, high=1.0)


@lru_cache(maxsize=1)
def network() -> DiagonalNetwork:
    """Return the network; its landscape is derived and compiled once."""
    return diagonal_network(FEATURES, truth=SPARSE)


@dataclass(frozen=True)
class Plan:
    """What is run at one learning rate: N = RECORDS·k·H steps.

    Attributes
    ----------
    knobs
        M, B, start.
    lr, local_steps
        η and H of Local SGD.
    per_record
        Rounds of Local SGD between two records, k.
    """

    knobs: SparseKnobs
    lr: float
    local_steps: int
    per_record: int

    @property
    def steps(self) -> int:
        """Steps in all."""
        return RECORDS * self.per_record * self.local_steps

    @property
    def slow_times(self) -> Float[np.ndarray, " record"]:
        """Slow times η²·steps of the records, the start included."""
        return self.lr**2 * self.steps * np.arange(RECORDS + 1) / RECORDS

    def refined(self) -> "Plan":
        """Return the same slow time and α at η/2."""
        return Plan(self.knobs, self.lr / 2.0, 2 * self.local_steps, 2 * self.per_record)

    def method(self, name: str) -> LocalMethod:
        """Return one of ``METHODS``; post-local SGD switches in the middle."""
        batch, workers = self.knobs.total_batch / self.knobs.workers, self.knobs.workers
        if name == "qsr":
            growth = self.lr * np.sqrt(self.per_record * self.local_steps) * (1.0 + LAST_STEP)
            return qsr(self.lr, float(growth), 1, batch, workers=workers)
        if name == "post_local_sgd":
            return post_local_sgd(self.lr, self.local_steps, batch, switch=self.steps // 2, workers=workers)
        return local_sgd(self.lr, 1 if name == "sgd" else self.local_steps, batch, workers=workers)

    def spec(self, method: LocalMethod, replicas: int, stream: Stream) -> RunSpec:
        """Return the run of a method from the start, all methods on the same noise."""
        ends = np.cumsum(rounds_of(method, self.steps))
        wanted = self.steps * np.arange(1, RECORDS + 1) // RECORDS
        # A round that is cut by a record is recorded when it ends.
        record = RecordAt.these((np.searchsorted(ends, wanted) + 1).tolist())
        start = tuple(start_of(self.knobs).tolist())
        return RunSpec(network().landscape, method, len(ends), record, start, replicas, stream)


def plan_of(knobs: SparseKnobs, lr: float) -> Plan:
    """Return the plan with α and the horizon as near as whole numbers of steps and rounds come."""
    steps = max(2, round(knobs.alpha / lr))
    rounds = HORIZON * knobs.total_batch / (lr**2 * steps)
    return Plan(knobs, lr, steps, max(1, round(rounds / RECORDS)))


def start_of(knobs: SparseKnobs) -> Float[np.ndarray, " dim"]:
    """Return Φ(u, v) for u = v = scale: equal weights, a dense w."""
    return network().project(np.full(network().landscape.dim, knobs.scale))


def predicted_path(
    knobs: SparseKnobs, end: float, phases: Sequence[tuple[float, int]]
) -> Float[np.ndarray, "time dim"]:
    """Return ζ at equally spaced slow times from 0 to ``end``, by the ODE of each phase (α, its last index)."""
    path, low, last = [start_of(knobs)[None]], 0, phases[-1][1]
    for alpha, high in phases:
        path.append(_phase(knobs, alpha, end / last, high - low, tuple(path[-1][-1])))
        low = high
    return np.concatenate(path)


# Claims and their falsifiers ask for the same lines again and again.
@lru_cache(maxsize=64)
def _phase(
    knobs: SparseKnobs, alpha: float, spacing: float, count: int, start: tuple[float, ...]
) -> Float[np.ndarray, "time dim"]:
    return flow(_equation(knobs, alpha), spacing * np.arange(1, count + 1), np.array(start)).value


def phases_of(name: str, alpha: float, last: int) -> tuple[tuple[float, int], ...]:
    """Return the phases of a method in the limit η → 0; a round of QSR is infinitely long in units of 1/λ."""
    if name == "post_local_sgd":
        return (0.0, last // 2), (alpha, last)
    return (({"sgd": 0.0, "local_sgd": alpha, "qsr": np.inf}[name], last),)


def _equation(knobs: SparseKnobs, alpha: float) -> SDE:
    own = network()
    return SDE(
        lambda zeta: own.velocity(zeta, knobs.workers, knobs.total_batch, alpha),
        lambda zeta: np.zeros((*zeta.shape, 0)),
        dim=own.landscape.dim,
        noises=0,
        convention=Convention.ITO,
        name="slow ODE of the sparse network",
        probe=tuple(start_of(knobs)),
    )
