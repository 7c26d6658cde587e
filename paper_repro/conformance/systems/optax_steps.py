"""Optax's transformations as points of this project's scalings: which are, with which settings, and which are not.

Theirs: ``optax.sgd``, ``adam``, ``rmsprop``, ``adagrad`` and ``apply_updates``, gradients by ``jax.grad``, in doubles.
Ours: the loop, and the other side of the comparison, the engine on the same problem with one step per round (H = 1).

With one step per round the average of the workers' models is one step along ∇f = (1/M) Σ ∇f_m; D follows ∇f with
``pooling="square_of_mean"``, and the velocities of heavy ball average to that of ∇f. Then, exactly:

| Optax | here |
|---|---|
| ``sgd(η)`` | no scaling |
| ``sgd(η, β)`` | heavy ball β: u ← g + βu, x ← x − ηu is v ← βv − ηg, x ← x + v |
| ``sgd(η, β, nesterov)`` | ``Server(momentum=β, nesterov=True)`` |
| ``adam(η, b1=0, b2, eps)`` | ``Adam(beta=b2, floor=eps, flooring="plus")``: β_t is its correction by 1 − b2^t |
| ``adam(η, b1=0, b2, eps=0, eps_root)`` | ``flooring="inside"`` |
| ``rmsprop(η, decay, eps, initial_scale)`` | ``RMSProp(beta=decay, floor=eps, flooring="inside", initial=√…)`` |
| ``rmsprop(…, eps_in_sqrt=False)`` | ``flooring="plus"`` |
| ``rmsprop(…, bias_correction=True)`` from ``initial_scale=0`` | ``Adam(…)`` |
| ``rmsprop(…, momentum=β)`` | heavy ball β on scaled steps; with ``nesterov`` the server's |
| ``adagrad(η, initial_accumulator_value, eps)`` | ``AdaGrad(floor=eps, flooring="inside", initial=√…)`` |

No point here: ``adam`` with b1 > 0, whose first moment averages gradients *before* they are scaled, with weights
corrected for the start, where heavy ball sums steps that keep the D of their round; ``rmsprop`` corrected from another
``initial_scale`` than 0, which Optax would magnify; ``rmsprop(centered=True)``, whose D² is a variance; both floors at
once, √(D² + eps_root) + eps. And our ``flooring="max"`` is none of Optax's.
"""
# pyright: reportMissingImports=false

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version as version_of
from typing import Any

import jax
import numpy as np
import optax
from jaxtyping import Float

from implicitbias import (
    AdaGrad,
    Adam,
    gd,
    LinearRegression,
    LocalMethod,
    RecordAt,
    RMSProp,
    run,
    Server,
    Stream,
)


# Before the steps of Adam bounce around the minimiser, where a difference grows with every step.
ROUNDS = 20
# Relative to the largest number of a path: twenty steps in double precision stay two digits below.
TOLERANCE = 1e-12

LR, BETA, HEAVY, FLOOR, INITIAL = 0.05, 0.9, 0.7, 1e-3, 0.04

_INSIDE: dict[str, Any] = {"floor": FLOOR, "flooring": "inside", "pooling": "square_of_mean"}
_PLUS: dict[str, Any] = _INSIDE | {"flooring": "plus"}
_RMSPROP = RMSProp(beta=BETA, initial=math.sqrt(INITIAL), **_INSIDE)


@dataclass(frozen=True, eq=False)
class Point:
    """One of Optax's transformations, and the point of ``LocalMethod`` that is said to be the same.

    Attributes
    ----------
    name
        The call, with the settings that it is about.
    theirs, ours
        The transformation and the method.
    """

    name: str
    theirs: Any
    ours: LocalMethod

    def error(self, problem: LinearRegression) -> float:
        """Return the largest distance between the two paths from 0, relative to the largest number."""
        expected = engine_path(problem, self.ours)
        return float(np.abs(optax_path(problem, self.theirs) - expected).max() / np.abs(expected).max())


POINTS = (
    Point("sgd", optax.sgd(LR), gd(LR)),
    Point("sgd(momentum)", optax.sgd(LR, HEAVY), gd(LR, momentum=HEAVY)),
    Point(
        "sgd(momentum, nesterov)",
        optax.sgd(LR, HEAVY, nesterov=True),
        LocalMethod(lr=LR, server=Server(momentum=HEAVY, nesterov=True)),
    ),
    Point(
        "adam(b1=0, eps)",
        optax.adam(LR, b1=0.0, b2=BETA, eps=FLOOR),
        gd(LR, scaling=Adam(beta=BETA, **_PLUS)),
    ),
    Point(
        "adam(b1=0, eps=0, eps_root)",
        optax.adam(LR, b1=0.0, b2=BETA, eps=0.0, eps_root=FLOOR),
        gd(LR, scaling=Adam(beta=BETA, **_INSIDE)),
    ),
    Point("rmsprop(initial_scale)", optax.rmsprop(LR, BETA, FLOOR, INITIAL), gd(LR, scaling=_RMSPROP)),
    Point(
        "rmsprop(eps_in_sqrt=False)",
        optax.rmsprop(LR, BETA, FLOOR, eps_in_sqrt=False),
        gd(LR, scaling=RMSProp(beta=BETA, **_PLUS)),
    ),
    Point(
        "rmsprop(bias_correction)",
        optax.rmsprop(LR, BETA, FLOOR, bias_correction=True),
        gd(LR, scaling=Adam(beta=BETA, **_INSIDE)),
    ),
    Point(
        "rmsprop(initial_scale, momentum)",
        optax.rmsprop(LR, BETA, FLOOR, INITIAL, momentum=HEAVY),
        gd(LR, momentum=HEAVY, scaling=_RMSPROP),
    ),
    Point(
        "rmsprop(initial_scale, momentum, nesterov)",
        optax.rmsprop(LR, BETA, FLOOR, INITIAL, momentum=HEAVY, nesterov=True),
        LocalMethod(lr=LR, scaling=_RMSPROP, server=Server(momentum=HEAVY, nesterov=True)),
    ),
    Point(
        "adagrad(initial_accumulator_value)",
        optax.adagrad(LR, INITIAL, FLOOR),
        gd(LR, scaling=AdaGrad(initial=math.sqrt(INITIAL), **_INSIDE)),
    ),
)


def version() -> str:
    """Return the versions of Optax and of JAX, which does its arithmetic."""
    return f"{version_of('optax')} (jax {version_of('jax')})"


def regression(seed: int) -> LinearRegression:
    """Return a least-squares problem of three unequal workers with rows and labels that are normal."""
    random = Stream(seed)
    features = random.at("optax/features").normal(36).reshape(12, 3)
    return LinearRegression(
        features, random.at("optax/labels").normal(12), workers=np.repeat([0, 1, 2], [3, 4, 5])
    )


def engine_path(problem: LinearRegression, method: LocalMethod) -> Float[np.ndarray, "round dim"]:
    """Return our path from 0."""
    trace = run(problem, method, ROUNDS, record=RecordAt.every(1), engine="definition", progress=False)
    return np.asarray(trace.w)[0, 1:]


@lru_cache
def gradient_of(problem: LinearRegression) -> Any:
    """Return ∇f, f = (1/M) Σ_m |X_m x − y_m|²/(2 n_m), as JAX derives and compiles it."""
    parts = [(problem.features[rows], problem.targets[rows]) for rows in problem.members]

    def loss(x: Any) -> Any:
        return sum(0.5 * jax.numpy.mean((X @ x - y) ** 2) for X, y in parts) / len(parts)

    return jax.jit(jax.grad(loss))


def optax_path(problem: LinearRegression, transformation: Any) -> Float[np.ndarray, "round dim"]:
    """Return Optax's path from 0, in doubles, which are switched on for it alone."""
    with jax.enable_x64(True):
        x: Any = jax.numpy.zeros(problem.dim)
        state, path = transformation.init(x), []
        for _ in range(ROUNDS):
            updates, state = transformation.update(gradient_of(problem)(x), state, x)
            x = optax.apply_updates(x, updates)
            path.append(np.asarray(x))
    return np.stack(path)
