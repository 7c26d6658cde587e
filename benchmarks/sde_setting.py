"""An equation with nonlinear drift and noise that depends on the state, as every contestant needs it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class PathSetting:
    """dx = (x − x³ − y) dt + 0.3 dW₁, dy = (x − y) dt + 0.2 √(1 + x²) dW₂ from (½, 0)."""

    paths: int
    steps: int
    dt: float

    @property
    def name(self) -> str:
        """What the table says."""
        return f"{self.paths} paths × {self.steps} steps × 2 dimensions"

    @cached_property
    def start(self) -> Float[np.ndarray, "path dim"]:
        """Return (½, 0) for every path."""
        return np.tile([0.5, 0.0], (self.paths, 1))

    @cached_property
    def equation(self) -> tuple[tuple[Any, ...], ...]:
        """Return variables, drift and diffusion as expressions."""
        import sympy

        x, y = sympy.symbols("x y", real=True)
        return (x, y), (x - x**3 - y, x - y), ((0.3, 0), (0, 0.2 * sympy.sqrt(1 + x**2)))
