"""Equations on the torus (R/2πZ)^d, one for each structure of noise: smooth, bounded, and nothing like linear.

On the torus the generator is a matrix on trigonometric polynomials, and so is one step of a scheme: weak errors are
then computed, not sampled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from sde.equations import Convention, NoiseKind, SDE, SymbolicSDE


Points = Float[np.ndarray, "*point dim"]


@dataclass(frozen=True)
class TorusCase:
    """An equation in angles (Itô), and where a scheme moves: the angles themselves, or a manifold they describe.

    Attributes
    ----------
    angles
        The equation in angles.
    moved
        The equation that the scheme integrates.
    embed, read
        From angles to its coordinates, and back.
    """

    angles: SymbolicSDE
    moved: SDE
    embed: Callable[[Points], Points]
    read: Callable[[Points], Points]

    __repr__ = in_brief

    def test_function(self, angles: Points) -> Float[np.ndarray, "*point"]:
        """Return a g that notices every moment: g = Π_i (1 + ½ sin φ_i) + ¼ cos(Σ φ_i)."""
        return np.prod(1.0 + 0.5 * np.sin(angles), axis=-1) + 0.25 * np.cos(angles.sum(axis=-1))


def torus_case(kind: NoiseKind | str, convention: Convention = Convention.ITO) -> TorusCase:
    """Return the case of that structure, its scheme's equation written in the convention.

    Raises
    ------
    BadInput
        For an unknown structure.
    """
    if kind not in list(NoiseKind):
        raise checks.refuse("kind", kind, "is no structure of noise", f"give one of {', '.join(NoiseKind)}")
    angles = _equations()[NoiseKind(kind)]
    return TorusCase(angles, angles.converted(convention).compile(), _same, _same)


def circle_case() -> TorusCase:
    """Return dφ = m(φ)dt + s(φ)dW as an equation on the unit circle in R², retracted along rays."""
    import sympy

    phi, x, y = sympy.symbols("phi x y", real=True)
    drift, spread = 0.2 * y - 0.1 * x, 0.4 + 0.3 * x
    on_circle = {x: sympy.cos(phi), y: sympy.sin(phi)}
    angles = SymbolicSDE((phi,), (drift.subs(on_circle),), [[spread.subs(on_circle)]])
    # dX = t dφ − ½ s² X dt for X = (cos φ, sin φ), t = (−sin φ, cos φ).
    bend = spread**2 / 2
    plane = SymbolicSDE((x, y), (-drift * y - bend * x, drift * x - bend * y), [[-spread * y], [spread * x]])
    moved = plane.compile(retract=_onto_circle, probe=(0.6, 0.8))
    return TorusCase(angles, moved, _point_of, _angle_of)


def _equations() -> dict[NoiseKind, SymbolicSDE]:
    import sympy
    from sympy import cos, sin

    x, y = sympy.symbols("x y", real=True)
    drift = (sin(x - y) / 2 - cos(y) / 4, sin(x + y) / 3 + cos(x) / 4)
    columns: dict[NoiseKind, Any] = {
        NoiseKind.GENERAL: [[0.6 + 0.3 * sin(y), 0.3 * cos(x)], [0.4 * sin(x), 0.5 + 0.3 * cos(x + y)]],
        # Independent noises on the angles x − y and y, in coordinates that mix them.
        NoiseKind.COMMUTATIVE: [[0.6 + 0.3 * sin(x - y), 0.5 + 0.2 * cos(y)], [0, 0.5 + 0.2 * cos(y)]],
        NoiseKind.DIAGONAL: [[0.6 + 0.3 * sin(x), 0], [0, 0.5 + 0.3 * cos(y)]],
        NoiseKind.ADDITIVE: [[0.6, 0.2], [-0.1, 0.5]],
    }
    found = {kind: SymbolicSDE((x, y), drift, b) for kind, b in columns.items()}
    line = SymbolicSDE((x,), (sin(x) / 2 - cos(2 * x) / 4,), [[0.7 + 0.4 * sin(x)]])
    return found | {NoiseKind.SCALAR: line}


def _same(x: Points) -> Points:
    return x


def _point_of(angles: Points) -> Points:
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def _angle_of(x: Points) -> Points:
    return np.arctan2(x[..., 1:], x[..., :1])


def _onto_circle(x: Points) -> Points:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)
