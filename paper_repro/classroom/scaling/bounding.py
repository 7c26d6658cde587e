"""A theorem T1–T4 held against a run with steps that it admits, and against the tuned run, which it may not admit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import Identity, LocalMethod, savic, Stream
from implicitbias.bounds import Bound
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive
from implicitbias.scaled import (
    admissible_drift,
    largest_weight,
    method_constants,
    metric_constants,
    MiniBatch,
    THEOREMS,
)
from implicitbias.scaled.noise import AbstractNoise, Exact
from implicitbias.scaled_run import scaled_run, ScaledRun
from paper_repro.classroom.scaling.controls import Controls, MAKERS, WARM_UP
from paper_repro.classroom.scaling.data import Instance, instance_of


# Steps that NumPy takes in about a twentieth of a second; fewest rounds of a picture; replicas, which cost nothing.
STEPS, FEWEST, REPLICAS = 480, 4, 16
# Share of what the conditions on η and c admit: D̂ of a warm-up is not quite that of the curvature.
SHARE = 0.5
# d_min and d_max about the curvature: half of its least and twice its largest diagonal entry.
ROOM = 2.0
# 8 η L_D ≤ 1 is the strictest of the conditions on η without local steps.
STRICTEST = 8.0
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
    measured, width
        Mean over replicas of what is bounded, and its half-width in standard errors times three.
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
    width: Float[np.ndarray, " record"]
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


def held(controls: Controls) -> Held | str:
    """Return the theorem of the controls against a run with steps that it admits, or why there is none."""
    c = replace(controls, families=("identity",), accuracy=0.02, step=1.0, effort=1)
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
    rounds = max(FEWEST, STEPS // (c.local_steps * c.workers))
    found = scaled_run(
        own.problem, method, rounds, start=np.zeros(own.problem.dim), replicas=REPLICAS, stream=Stream(c.seed)
    )
    at, values = _measured(own, found, rounds, c.theorem)
    # L_D and σ_D² fall and μ_D falls as D grows: the extreme entries bound the constants of every D̂ between them.
    extremes = np.array([found.diagonals.min(axis=(0, 1)), found.diagonals.max(axis=(0, 1))])
    aware, crude = (_bounds(c, own, method, at, diagonals) for diagonals in (extremes, None))
    width = 3.0 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return Held(
        c.theorem,
        c.bounded,
        float(method.first_lr),
        at.astype(float),
        values.mean(axis=0),
        width,
        aware,
        crude,
    )


def _measured(own: Instance, found: ScaledRun, rounds: int, theorem: str) -> tuple[np.ndarray, np.ndarray]:
    """Return rounds, and what the theorem bounds there: |x̂ − x*|² at each, or f(x̄) − f* at the last."""
    if theorem in DISTANCE:
        at = np.arange(1, rounds + 1)
        return at, ((found.models[:, at] - own.best) ** 2).sum(axis=-1)
    values = np.array([own.problem.loss(w) for w in found.average]) - own.least
    return np.array([rounds]), values[:, None]


def _bounds(
    c: Controls, own: Instance, method: LocalMethod, rounds: np.ndarray, diagonals: np.ndarray | None
) -> tuple[Bound, ...]:
    given = method_constants(own.problem, method, diagonals=diagonals, at=own.best)
    theorem: Callable[..., Bound] = THEOREMS[c.theorem]
    squared = float(own.best @ own.best)
    return tuple(theorem(given, squared_distance=squared, rounds=int(r)) for r in rounds)


def _admitted(c: Controls, own: Instance) -> LocalMethod:
    """Return the method with the largest η, and the fastest forgetting β, that the theorem admits, and a share of them."""
    curvature = np.diag(own.hessian)
    if c.bounded == "identity":
        lr = _largest_lr(c, own, np.ones(len(curvature)))
        return savic(lr, c.local_steps, Identity(), c.batch or None)
    rough = _clipped(c, 1.0 - 1e-6, curvature)
    diagonal = _first_diagonal(c, own, rough)
    lr = _largest_lr(c, own, diagonal)
    mu = metric_constants(own.problem, diagonal, _noise(c), own.best).strong_convexity
    drift = SHARE * admissible_drift(lr, c.local_steps, mu)
    assert rough.floor is not None and rough.ceiling is not None
    beta = 1.0 - largest_weight(rough.rule, drift, rough.ceiling / rough.floor)
    return savic(lr, c.local_steps, _clipped(c, beta, curvature), c.batch or None)


def _largest_lr(c: Controls, own: Instance, diagonal: np.ndarray) -> float:
    found = metric_constants(own.problem, diagonal, _noise(c), own.best)
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
    method = savic(1e-9, 1, replace(scaling, scope="global"), c.batch or None)
    found = scaled_run(
        own.problem, method, 1, start=np.zeros(own.problem.dim), replicas=2, stream=Stream(c.seed)
    )
    return found.diagonals[:, 0].mean(axis=0)


def _noise(c: Controls) -> AbstractNoise:
    return MiniBatch(c.batch) if c.batch else Exact()


def _tuned_method(c: Controls, lr: float) -> LocalMethod:
    """Return the tuned method; a scaling without a ceiling has no constants, and says so."""
    return savic(lr, c.local_steps, c.scaling(c.bounded), c.batch or None)
