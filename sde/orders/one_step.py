"""The law of what one step reads, as finitely many branches: expectations over a step are then sums."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from sde.brownian import Increments
from sde.schemes import AbstractScheme


# Gauss–Hermite nodes per noise: exact up to degree 11, hence up to Δ⁵.
HERMITE = 6


@dataclass(frozen=True)
class Points:
    """A law on the line with finitely many values."""

    values: tuple[float, ...]
    weights: tuple[float, ...]


# Values ±1: moments up to the third are those of N(0, 1), enough for weak order 1.
TWO_POINT = Points((1.0, -1.0), (0.5, 0.5))
# Values ±√3 and 0: moments up to the fifth are those of N(0, 1), enough for weak order 2.
THREE_POINT = Points((3.0**0.5, 0.0, -(3.0**0.5)), (1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0))
# Mean 0 and variance 1, but third moment 3/2: what the weak Euler step must not be given.
SKEWED = Points((2.0, -0.5), (0.2, 0.8))


def gaussian() -> Points:
    """Return Gauss–Hermite nodes for the normal law."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE)
    return Points(tuple(nodes), tuple(weights / weights.sum()))


@dataclass(frozen=True)
class OneStepLaw:
    """Branches of (ΔW/√Δ, V/Δ) with their probabilities; V is ``None`` where a scheme reads none."""

    increments: Float[np.ndarray, "branch noise"]
    areas: Float[np.ndarray, "branch noise noise"] | None
    weights: Float[np.ndarray, " branch"]

    __repr__ = in_brief


def law_of(increments: Increments) -> Points:
    """Return the law of one increment over √Δ."""
    checks.instance("increments", increments, Increments, "give e.g. Increments.TWO_POINT")
    if increments is Increments.GAUSSIAN:
        return gaussian()
    return TWO_POINT if increments is Increments.TWO_POINT else THREE_POINT


def one_step_law(
    scheme: AbstractScheme, noises: int, points: Points | None = None, *, areas: bool = True
) -> OneStepLaw:
    """Return what a step of the scheme reads: independent increments, and V if it reads that.

    Parameters
    ----------
    scheme
        Whose own law is taken by default.
    noises
        k.
    points
        Another law of each increment, to see what it does to the order.
    areas
        ``False`` drops V: its off-diagonal entries are 0.
    """
    own = law_of(scheme.increments) if points is None else points
    pairs = noises * (noises - 1) // 2 if scheme.antisymmetric and areas else 0
    outcomes = [(own.values, own.weights)] * noises + [(TWO_POINT.values, TWO_POINT.weights)] * pairs
    values = np.array([*product(*(v for v, _ in outcomes))]).reshape(-1, noises + pairs)
    weights = np.array([np.prod(w) for w in product(*(w for _, w in outcomes))])
    area = _areas(values[:, noises:], noises) if scheme.antisymmetric else None
    return OneStepLaw(values[:, :noises], area, weights)


def _areas(signs: Float[np.ndarray, "branch pair"], noises: int) -> Float[np.ndarray, "branch noise noise"]:
    rows, columns = np.tril_indices(noises, -1)
    area = np.tile(-np.eye(noises), (len(signs), 1, 1))
    if signs.shape[1]:
        area[:, rows, columns], area[:, columns, rows] = signs, -signs
    return area
