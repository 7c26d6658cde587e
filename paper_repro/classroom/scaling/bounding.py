"""A theorem T1–T4 held against a run with steps that it admits, and against the tuned run, which it may not admit.

The run of its own has full gradients, so that the terms of noise do not hide the others. T1 and T4 bound |x̂ − x*|² at
every round; T2 and T3 bound f − f* at the average over all local steps, which takes the NumPy form of the run, and few
rounds of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import Identity, LocalMethod, OfScaling, RecordAt, run, savic, Stream, Trace
from implicitbias.bounds import Bound
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive
from implicitbias.scaled import (
    admissible_drift,
    largest_weight,
    method_constants,
    metric_constants,
    THEOREMS,
)
from implicitbias.scaled_run import scaled_run
from paper_repro.classroom.scaling.controls import BETA, Controls, MAKERS, WARM_UP
from paper_repro.classroom.scaling.data import Instance, instance_of


# Local steps of all workers that a kernel, and NumPy, take in about a thirtieth of a second; replicas, rounds, records.
STEPS, NUMPY_STEPS = 24_000, 320
REPLICAS, FEWEST, MOST, RECORDS = 4, 4, 400, 24
# Share of what the conditions on η and c admit: D̂ of a warm-up is not quite that of the curvature.
SHARE = 0.5
# d_min and d_max about the curvature: half of its least and twice its largest diagonal entry.
ROOM = 2.0
# 8 η L_D ≤ 1 is the strictest of the conditions on η without local steps.
STRICTEST = 8.0
# A learning rate that moves nothing, to see D̂ as the start makes it.
SMALLEST = 1e-9
DISTANCE = ("T1", "T4")


@dataclass(frozen=True, eq=False)
class Held:
    """A bound against data.

    Attributes
    ----------
    theorem, family, lr
        Which, of which scaling, at which learning rate.
    rounds
        Where.
    measured
        Mean over replicas of what is bounded; replicas differ in the signs of Hutchinson's samples alone.
    bounds
        At these rounds, in the metric of the D̂_p that were in force.
    crude
        The same with d_min and d_max alone.
    """

    theorem: str
    family: str
    lr: float
    rounds: Float[np.ndarray, " record"]
    measured: Float[np.ndarray, " record"]
    bounds: tuple[Bound, ...]
    crude: tuple[Bound, ...]

    @property
    def applicable(self) -> bool:
        """Whether the theorem claims anything here."""
        return all(bound.applicable for bound in self.bounds)

    @property
    def unmet(self) -> tuple[str, ...]:
        """Hypotheses that fail."""
        return tuple(dict.fromkeys(said for bound in self.bounds for said in bound.unmet))

    @property
    def tightness(self) -> float:
        """Measured over bound at the last round: at most 1, and 1 if it is sharp."""
        return self.bounds[-1].tightness(float(self.measured[-1]))

    @property
    def exceeded(self) -> np.ndarray:
        """Indices of the records at which the bound is exceeded: none, if theorem, constants and run are right."""
        return np.flatnonzero(self.measured > np.array([bound.value for bound in self.bounds]))


def held(controls: Controls) -> Held | str:
    """Return the theorem of the controls against a run with steps that it admits, or why there is none."""
    c = replace(controls, families=("identity",), accuracy=0.02, step=1.0, effort=1, batch=0, seed=0)
    if c.scope == "worker" and c.bounded != "identity":
        return "one D̂ for all workers, frozen for the round: here each worker has its own"
    try:
        return _held(c)
    except BadInput as error:
        return str(error)


def unmet_when_tuned(controls: Controls, lr: float) -> tuple[str, ...] | str:
    """Return the hypotheses that fail for the tuned run of the bounded scaling, or why it has no constants."""
    own, method = instance_of(controls), _tuned_method(controls, lr)
    try:
        given = method_constants(own.problem, method, at=own.best)
    except BadInput as error:
        return str(error)
    squared = float(own.best @ own.best)
    return THEOREMS[controls.theorem](given, squared_distance=squared, rounds=1).unmet


@lru_cache(maxsize=128)
def _held(controls: Controls) -> Held:
    own, c = instance_of(controls), controls
    method = _admitted(c, own)
    at, measured, extremes = (_distances if c.theorem in DISTANCE else _averages)(c, own, method)
    aware, crude = (_bounds(c, own, method, at, diagonals) for diagonals in (extremes, None))
    return Held(c.theorem, c.bounded, method.first_lr, at.astype(float), measured, aware, crude)


def _distances(
    c: Controls, own: Instance, method: LocalMethod
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return rounds, the mean of |x̂ − x*|² there, and the extreme entries of every D̂."""
    rounds = int(np.clip(STEPS // (REPLICAS * c.local_steps * c.workers), FEWEST, MOST))
    scaled = c.bounded != "identity"
    trace = run(
        own.problem,
        method,
        rounds,
        replicas=REPLICAS,
        stream=Stream(c.seed),
        record=RecordAt.log(RECORDS),
        observe={"D": OfScaling()} if scaled else None,
        progress=False,
    )
    distance = ((trace.w[:, 1:] - own.best) ** 2).sum(axis=-1).mean(axis=0)
    return trace.rounds[1:], distance, _extremes(_in_force(trace), method) if scaled else None


def _averages(
    c: Controls, own: Instance, method: LocalMethod
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the last round, the mean of f(x̄) − f*, and the extreme entries of every D̂."""
    rounds = max(FEWEST, NUMPY_STEPS // (c.local_steps * c.workers))
    found = scaled_run(
        own.problem, method, rounds, start=np.zeros(own.problem.dim), replicas=REPLICAS, stream=Stream(c.seed)
    )
    gap = np.mean([own.problem.loss(w) for w in found.average]) - own.least
    return np.array([rounds]), np.array([gap]), _extremes(found.diagonals, method)


def _extremes(diagonals: np.ndarray, method: LocalMethod) -> Float[np.ndarray, "2 dim"]:
    """Return the least and largest entries: as D grows L_D, σ_D² and μ_D fall, so these bound them for every D̂."""
    entries, scaling = diagonals.reshape(-1, diagonals.shape[-1]), method.scaling
    found = np.array([entries.min(axis=0), entries.max(axis=0)])
    # A kernel takes roots and squares of the floor, and may leave its last bit.
    return np.clip(found, scaling.floor, scaling.ceiling) if isinstance(scaling, Adaptive) else found


def _bounds(
    c: Controls, own: Instance, method: LocalMethod, rounds: np.ndarray, diagonals: np.ndarray | None
) -> tuple[Bound, ...]:
    given = method_constants(own.problem, method, diagonals=diagonals, at=own.best)
    theorem: Callable[..., Bound] = THEOREMS[c.theorem]
    squared = float(own.best @ own.best)
    return tuple(theorem(given, squared_distance=squared, rounds=int(r)) for r in rounds)


def _admitted(c: Controls, own: Instance) -> LocalMethod:
    """Return the method with a share of the largest η, and of the fastest forgetting β, that the theorem admits."""
    curvature = np.diag(own.hessian)
    if c.bounded == "identity":
        lr = _largest_lr(c, own, np.ones(len(curvature)))
        return savic(lr, c.local_steps, Identity())
    rough = _clipped(c, BETA, curvature)
    diagonal = _first_diagonal(c, own, rough)
    lr = _largest_lr(c, own, diagonal)
    mu = metric_constants(own.problem, diagonal, at=own.best).strong_convexity
    drift = SHARE * admissible_drift(lr, c.local_steps, mu)
    assert rough.floor is not None and rough.ceiling is not None and rough.rule != "sum"
    beta = 1.0 - largest_weight(rough.rule, drift, rough.ceiling / rough.floor)
    return savic(lr, c.local_steps, _clipped(c, beta, curvature))


def _largest_lr(c: Controls, own: Instance, diagonal: np.ndarray) -> float:
    found = metric_constants(own.problem, diagonal, at=own.best)
    # T3 and T4 also ask for η L_D (H − 1) ≤ 1/8.
    steps = max(1, c.local_steps - 1) if c.theorem in ("T3", "T4") else 1
    return SHARE / (STRICTEST * found.sample_smoothness * steps)


def _clipped(c: Controls, beta: float, curvature: np.ndarray) -> Adaptive:
    """Return the scaling with the floor and the ceiling that theorems need."""
    if c.bounded == "adagrad":
        raise BadInput(
            "scaling = AdaGrad: its D grows without end, and T1–T4 need d_min ≤ D̂ ≤ d_max; choose another scaling"
        )
    low, high = float(curvature.min()) / ROOM, float(curvature.max()) * ROOM
    if c.bounded in ("rmsprop", "adam"):
        # Of the size of gradients, which are at most those of a sample: the root of the curvature times a length of 1.
        low, high = low**0.5 / ROOM, high**0.5 * ROOM
    return MAKERS[c.bounded](beta=beta, floor=low, ceiling=high, warmup=WARM_UP, scope=c.scope)


def _first_diagonal(c: Controls, own: Instance, scaling: Adaptive) -> np.ndarray:
    """Return D̂ after the warm-up, which a β near 1 hardly changes."""
    trace = run(
        own.problem,
        savic(SMALLEST, 1, replace(scaling, scope="global")),
        1,
        replicas=REPLICAS,
        stream=Stream(c.seed),
        observe={"D": OfScaling()},
        progress=False,
    )
    return _in_force(trace)[:, 0, 0].mean(axis=0)


def _in_force(trace: Trace) -> Float[np.ndarray, "replica record scope dim"]:
    """Return D̂ at the records; at the first no round has ended, and none was in force."""
    return np.asarray(trace.extras["D"])[:, 1:]


def _tuned_method(c: Controls, lr: float) -> LocalMethod:
    """Return the tuned method; a scaling without a ceiling has no constants, and says so."""
    return savic(lr, c.local_steps, c.scaling(c.bounded), c.batch or None)
