"""Local SGD on a valley L = ½h(x)y² with noise in y, as every contestant needs it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, LocalMethod
from implicitbias.problems import AbstractLaw
from sde.landscapes import Equations, Factors, Landscape


@dataclass(frozen=True)
class ValleySetting:
    """A valley with h = 1 + x², or h = eˣ, and how Local SGD runs in it."""

    exponential: bool
    replicas: int = 4096
    workers: int = 8
    local_steps: int = 10
    lr: float = 0.01

    @property
    def name(self) -> str:
        """What the table says."""
        h = "eˣ" if self.exponential else "1 + x²"
        return f"h = {h}, M = {self.workers}, H = {self.local_steps}, {self.replicas} replicas"

    @property
    def steps(self) -> int:
        """Local steps of a round, all workers and replicas."""
        return self.replicas * self.workers * self.local_steps

    @cached_property
    def start(self) -> Float[np.ndarray, "replica dim"]:
        """Return a point with room for the drift, for every replica."""
        return np.tile([0.5, 0.1], (self.replicas, 1))

    @property
    def method(self) -> LocalMethod:
        """Local SGD with one sample per step."""
        return local_sgd(self.lr, self.local_steps, batch=1.0, workers=self.workers)

    def landscape(self, law: AbstractLaw) -> Landscape:
        """Return the valley with noise of that law."""
        import sympy

        x, y = sympy.symbols("x y", real=True)
        h = sympy.exp(x) if self.exponential else 1 + x**2
        return Landscape(h * y**2 / 2, (x, y), Factors([[0], [1]], law=law), Equations(y))
