"""What the deterministic claims on the slow SDE share: landscapes by name, points of Γ, and Φ by its variations."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.claims import Predicted
from sde import zoo
from sde.landscapes import Curvature
from sde.landscapes.variations import Variations, variations_of
from sde.zoo import AbstractClosedForms, RandomManifold


# Errors per step of the integrated flows are 1e-12; some hundred of them add up along Γ.
ALLOWANCE = 1e-9
REASON = "error of the integrated flow"
# Random manifolds that the claims may draw, as (d, m): each is derived once, which takes seconds.
SHAPES = ((4, 2), (3, 1))
# Points looked at on each.
POINTS = 2

Points = Float[np.ndarray, "point dim"]


@dataclass(frozen=True)
class ManifoldCase:
    """A random manifold with points of Γ, what eigenpairs say there, and a method."""

    closed: RandomManifold
    points: Points
    curvature: Curvature = field(compare=False)
    workers: int
    alpha: float


def manifold_case(instance: int, workers: int, alpha: float) -> ManifoldCase:
    """Return the case of a random manifold: the seed does not change it, so that it is derived once."""
    closed = zoo.random_manifold(Stream(instance), *SHAPES[instance])
    points = closed.landscape.points(POINTS, Stream(instance))
    return ManifoldCase(closed, points, closed.landscape.curvature(points), workers, alpha)


def landscape_named(name: str) -> AbstractClosedForms:
    """Return a landscape of the zoo with every kind of noise that its closed forms allow."""
    noisy = {
        "exponential_valley": {"rate": 1.2, "tangential": 0.7, "mixed": 0.5},
        "quadratic_valley": {"tangential": 0.7, "mixed": 0.5},
        "circle": {"tangential": 0.7, "mixed": 0.6},
        "scalar_factorisation": {"sigma": 0.5},
    }
    return zoo.ZOO[name](**noisy.get(name, {}))


def points_near(closed: AbstractClosedForms, distance: float, stream: Stream) -> tuple[Points, Points]:
    """Return a point of Γ that the stream chooses, and one off it by ``distance``."""
    on = closed.landscape.points(POINTS, stream.child("slow-sde/points"))[:1]
    noise = stream.at("slow-sde/off", np.arange(len(on))).normal(on.shape[1])
    return on, on + distance * noise / np.linalg.norm(noise, axis=1, keepdims=True)


def flow_at(closed: AbstractClosedForms, points: Points) -> Variations:
    """Return Φ, ∂Φ and ∂²Φ by the variational equations, integrated once for equal points."""
    return _flow(closed, tuple(map(tuple, points.tolist())))


def predicted(value: np.ndarray, scale: float = 1.0) -> Predicted:
    """Return a prediction up to the errors of the flow, magnified by ``scale``."""
    return Predicted(value, ALLOWANCE * max(1.0, scale), reason=REASON)


@lru_cache(maxsize=64)
def _flow(closed: AbstractClosedForms, points: tuple[tuple[float, ...], ...]) -> Variations:
    return variations_of(closed.landscape, np.array(points))
