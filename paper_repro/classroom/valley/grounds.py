"""Landscapes to walk on: each with kinds of noise, a start, and the slow motion of its position along Γ.

Noise enters only as Σ/B: noise of size σ and a batch B is noise of size 1 and a batch B/σ². One compiled kernel thus
serves every size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.problems import TwoPoint
from sde import zoo
from sde.zoo import AbstractClosedForms


# σ_T of noise with a part along Γ: enough to see it spread, too little to hide the drift of SGD.
ALONG = 0.25

Positions = Float[np.ndarray, "*batch"]


@dataclass(frozen=True)
class Ground:
    """A landscape of the zoo, seen in a plane of weights.

    Attributes
    ----------
    title
        What it looks like.
    family
        Its name in ``sde.zoo``.
    shape
        h(φ), where the zoo is asked for another than its own.
    kinds
        Kinds of noise, and how the zoo is asked for them.
    start
        q_0, the first entry of which is the position.
    position
        What the position is.
    window
        Ends of the picture, ((x, x), (y, y)).
    floor
        Positions whose points are Γ in the picture.
    """

    title: str
    family: str
    shape: str
    kinds: Mapping[str, Mapping[str, float]]
    start: tuple[float, ...]
    position: str
    window: tuple[tuple[float, float], tuple[float, float]]
    floor: tuple[float, float]

    @property
    def winds(self) -> bool:
        """Whether the position is an angle, which goes on past π."""
        return self.position.startswith("angle")

    def made(self, noise: str) -> AbstractClosedForms:
        """Return the landscape with its closed forms.

        Raises
        ------
        BadInput
            If there is no such noise on it.
        """
        if noise not in self.kinds:
            raise BadInput(
                f"noise = {noise!r}: there is none of this kind on the {self.family}; choose {', '.join(self.kinds)}"
            )
        return _made(self.family, self.shape, tuple(self.kinds[noise].items()))

    def said(self, noise: str) -> str:
        """Return the call that makes it, as Python."""
        shape = f'sympify("{self.shape}", locals={{"phi": phi}}), phi, ' if self.shape else ""
        given = "".join(f"{name}={value:g}, " for name, value in self.kinds[noise].items())
        return f"{self.family}({shape}{given}law=TwoPoint())"


_ACROSS: Mapping[str, float] = {}
_LABEL = {"normal": 0.0, "label": 1.0}

GROUNDS: Mapping[str, Ground] = MappingProxyType(
    {
        "valley": Ground(
            "straight valley ½eˣy², wider to the left",
            "exponential_valley",
            "",
            {"across": _ACROSS, "across and along": {"tangential": ALONG}, "labels": _LABEL},
            (0.3,),
            "x",
            ((-1.6, 0.8), (-0.8, 0.8)),
            (-1.6, 0.8),
        ),
        "bowl": Ground(
            "straight valley ½(1 + x²)y², widest at x = 0",
            "quadratic_valley",
            "",
            {"across": _ACROSS, "labels": _LABEL},
            (1.0,),
            "x",
            ((-0.4, 1.4), (-0.6, 0.6)),
            (-0.4, 1.4),
        ),
        "ring": Ground(
            "ring ½h(φ)(r − 1)², h = 4 + 2.4 sin φ: widest at φ = −π/2",
            "ring",
            "4 + 2.4*sin(phi)",
            {"across": {"tangential": 0.0}, "across and along": {"tangential": ALONG}},
            (0.0,),
            "angle φ",
            ((-1.6, 1.6), (-1.6, 1.6)),
            (-np.pi, np.pi),
        ),
        "circle": Ground(
            "circle ½·4(r − 1)² of one width, noise tilted against Γ",
            "circle",
            "",
            {"tilted": {"curvature": 4.0, "tangential": 0.5, "mixed": 0.5}},
            (0.0,),
            "angle φ",
            ((-1.6, 1.6), (-1.6, 1.6)),
            (-np.pi, np.pi),
        ),
        "sphere": Ground(
            "sphere ½·4(|x| − 1)² in three dimensions, seen along x₃",
            "sphere",
            "",
            {"isotropic": {"curvature": 4.0}},
            (1.0, 0.0, 0.0),
            "first coordinate x₁",
            ((-1.4, 1.4), (-1.4, 1.4)),
            (-np.pi, np.pi),
        ),
        "hyperbola": Ground(
            "two layers, ½(uv − 1)²: flattest where they balance, u = v",
            "scalar_factorisation",
            "",
            {"labels": {"label": 1.0}},
            (2.0,),
            "imbalance u² − v²",
            ((0.4, 2.0), (0.2, 1.8)),
            (-2.4, 3.2),
        ),
    }
)


def ground_named(name: str) -> Ground:
    """Return a landscape of the lesson.

    Raises
    ------
    BadInput
        For an unknown name.
    """
    if name not in GROUNDS:
        raise BadInput(f"landscape = {name!r}: unknown; choose one of {', '.join(GROUNDS)}")
    return GROUNDS[name]


def position_drift(
    closed: AbstractClosedForms, q: Positions, workers: Any, total_batch: float, alpha: Any
) -> Positions:
    """Return the slow drift of the position, entry by entry of q, M and α."""
    groove = getattr(closed, "groove", None)
    if groove is not None:
        bend = 1.0 if isinstance(closed, zoo.Ring | zoo.Circle) else 0.0
        return groove.drift(q, workers, total_batch, alpha, bend=bend)
    return closed.slow_drift(q[..., None], _beside(workers), total_batch, _beside(alpha))[..., 0]


def position_diffusion(closed: AbstractClosedForms, q: Positions, total_batch: float) -> Positions:
    """Return the slow diffusion of the position, as of one Brownian motion."""
    if isinstance(closed, zoo.Sphere):
        # |(I − ζζᵀ)e_1| = √(1 − ζ_1²): the position of the sphere is a process of its own.
        return closed.sigma / np.sqrt(total_batch) * np.sqrt(np.maximum(1.0 - q**2, 0.0))
    return closed.slow_diffusion(q[..., None], total_batch)[..., 0, 0]


def diffuses(closed: AbstractClosedForms, start: tuple[float, ...]) -> bool:
    """Return whether there is noise along Γ: else the slow SDE is an ODE."""
    return bool(np.any(closed.slow_diffusion(np.asarray(start), 1.0)))


@cache
def _made(family: str, shape: str, options: tuple[tuple[str, float], ...]) -> AbstractClosedForms:
    import sympy

    factory: Callable[..., AbstractClosedForms] = zoo.ZOO[family]
    phi = sympy.Symbol("phi", real=True)
    read: Any = sympy.sympify  # whose overloads know no names
    curved = (read(shape, locals={"phi": phi}), phi) if shape else ()
    return factory(*curved, **dict(options), law=TwoPoint())


def _beside(values: Any) -> Any:
    """Return an array with an axis for the coordinate."""
    return values[..., None] if isinstance(values, np.ndarray) else values
