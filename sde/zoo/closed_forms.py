"""What is known in closed form about a landscape: Φ, coordinates of Γ, and the slow SDE in them.

On Γ the slow SDE, in slow time t = η²·steps, reads in coordinates q

    dq = b(q) dt + s(q) dW,      M workers, total batch B = M·B_loc, round time α = ηH.

α = 0 is SGD with batch B, α = ∞ the M-fold limit.
"""

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.display import card, latex_of, typeset
from implicitbias.errors import BadInput
from implicitbias.problems.abstract import OBJECTIVE
from sde.landscapes import Landscape
from sde.landscapes.compiled import compiled, Field


# Of the integrator of slow paths, which are smooth: a path is wanted to ten digits.
RTOL, ATOL = 1e-12, 1e-14

Points = Float[np.ndarray, "*batch dim"]
Coordinates = Float[np.ndarray, "*batch coordinate"]


class AbstractClosedForms(ABC):
    """A landscape together with the closed forms that hold on it."""

    def _repr_html_(self) -> str:
        return card(repr(self), [("landscape", repr(self.landscape))], [latex_of(self.landscape, OBJECTIVE)])

    def _repr_latex_(self) -> str | None:
        return typeset([latex_of(self.landscape, OBJECTIVE)])

    @property
    @abstractmethod
    def landscape(self) -> Landscape:
        """The loss with its noise and Γ: a problem to run methods on."""

    @property
    @abstractmethod
    def coordinates(self) -> tuple[Any, ...]:
        """Q as SymPy expressions in the variables of the landscape, extended off Γ in any smooth way."""

    @abstractmethod
    def project(self, theta: Points) -> Points:
        """Return Φ(θ)."""

    @abstractmethod
    def start(self, q: Coordinates) -> Points:
        """Return the point of Γ over the coordinates q."""

    @abstractmethod
    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return b(q)."""

    @abstractmethod
    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return s(q), the same for every M and α."""

    def coordinate(self, zeta: Points) -> Coordinates:
        """Return q(ζ) at points of Γ."""
        return _field(self.landscape.variables, self.coordinates)(np.asarray(zeta, dtype=np.float64))

    def invariant(self, theta: Points) -> Coordinates:
        """Return q(Φ(θ)), which the gradient flow does not change."""
        return self.coordinate(self.project(theta))

    def slow_path(
        self,
        start: Float[np.ndarray, " coordinate"],
        times: Float[np.ndarray, " time"],
        workers: int,
        total_batch: float,
        alpha: float,
    ) -> Float[np.ndarray, "time coordinate"]:
        """Return q at increasing slow times, q(0) = start, where the slow SDE is an ODE.

        Raises
        ------
        BadInput
            If it has a diffusion: then the mean of q does not solve the equation without it.
        """
        start = np.atleast_1d(np.asarray(start, dtype=np.float64))
        if np.any(self.slow_diffusion(start, total_batch)):
            raise BadInput(
                f"{self.landscape!r} has noise along Γ: its slow SDE is no ODE; integrate the SDE, or take the "
                "tangential noise away"
            )
        return _path(lambda q: self.slow_drift(q, workers, total_batch, alpha), start, np.asarray(times))


# Outside the closed forms, which thus stay values that can be compared and sent to another process.
@lru_cache(maxsize=64)
def _field(variables: tuple[Any, ...], expressions: tuple[Any, ...]) -> Field:
    return compiled(variables, expressions)


def _path(velocity: Any, start: np.ndarray, times: np.ndarray) -> np.ndarray:
    from scipy.integrate import solve_ivp

    span = (0.0, float(times[-1]))
    found = solve_ivp(lambda t, q: velocity(q), span, start, "DOP853", t_eval=times, rtol=RTOL, atol=ATOL)
    return found.y.T
