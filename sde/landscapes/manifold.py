"""The manifold Γ of minimisers as it is given: by equations, or by a chart."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from sde.landscapes.compiled import compiled, Field, slopes
from sde.landscapes.symbols import check_expression, checked_symbols


# Newton's method converges quadratically; a point that needs more is not near the manifold.
NEWTON_STEPS = 60
# Residual of the equations at which Newton stops, relative to the size of their gradients: rounding.
RESIDUAL = 1e-13
# Where points of Γ are looked for if no domain is given: in every coordinate.
DOMAIN = (-1.5, 1.5)
# One interval for all coordinates, or one for each.
Domain = tuple[float, float] | tuple[tuple[float, float], ...]
CURE = "give Equations(F_1, …) for Γ = {F = 0}, or Chart(parameters, point) for Γ = {point(u)}"


class AbstractManifold(ABC):
    """A submanifold Γ of R^d."""

    @abstractmethod
    def codimension(self, dim: int) -> int:
        """Return m_c: d minus the dimension of Γ."""

    @abstractmethod
    def points(self, variables: Sequence[Any], uniforms: Float[np.ndarray, "point dim"]) -> np.ndarray:
        """Return points of Γ, shape (point, dim), from uniforms on (0, 1)."""


@dataclass(frozen=True)
class Equations(AbstractManifold):
    """Γ = {F_1 = … = F_m = 0}, the gradients ∇F_a independent on Γ.

    Parameters
    ----------
    *functions
        The F_a as SymPy expressions.
    domain
        Interval in which every coordinate of a starting point is drawn when points of Γ are needed, or one interval
        for each.
    """

    functions: tuple[Any, ...]
    domain: Domain = DOMAIN

    __repr__ = in_brief

    def __init__(self, *functions: Any, domain: Domain = DOMAIN):
        import sympy

        given = checks.sequence("functions", functions, CURE)
        object.__setattr__(self, "functions", tuple(sympy.sympify(f) for f in given))
        intervals = tuple(checked_interval("domain", interval) for interval in _intervals(domain, 1))
        object.__setattr__(self, "domain", intervals[0] if len(intervals) == 1 else intervals)

    def intervals(self, dim: int) -> tuple[tuple[float, float], ...]:
        """Return one interval per coordinate.

        Raises
        ------
        BadInput
            If the intervals that were given are not d.
        """
        found = _intervals(self.domain, dim)
        if len(found) != dim:
            raise BadInput(
                f"domain = {self.domain}: needs one interval, or one for each of the d = {dim} coordinates"
            )
        return found

    def codimension(self, dim: int) -> int:
        """Return the number of equations."""
        if len(self.functions) > dim:
            raise BadInput(
                f"functions = {self.functions}: more equations than the d = {dim} variables; {CURE}"
            )
        return len(self.functions)

    def points(self, variables: Sequence[Any], uniforms: Float[np.ndarray, "point dim"]) -> np.ndarray:
        """Return the points that Newton's method reaches from points of the domain; those it does not are left out.

        Raises
        ------
        BadInput
            If it reaches none, or the domain is of another dimension.
        """
        low, high = np.array(self.intervals(len(variables)), dtype=np.float64).T
        found, good = self.retracted(variables, low + (high - low) * uniforms)
        if not good.any():
            raise BadInput(
                f"Equations{self.functions}: Newton's method reaches no point of Γ from domain = {self.domain}; "
                "give domain=(low, high) around it, or a Chart"
            )
        return found[good]

    def retracted(
        self, variables: Sequence[Any], theta: Float[np.ndarray, "point dim"]
    ) -> tuple[Float[np.ndarray, "point dim"], np.ndarray]:
        """Return θ moved to Γ by θ ← θ − J⁺F, and which of the points got there."""
        values, jacobian = _with_jacobian(self.functions, tuple(variables))
        theta = np.array(theta, dtype=np.float64)
        good = np.zeros(len(theta), dtype=bool)
        with np.errstate(all="ignore"):
            for _ in range(NEWTON_STEPS):
                f, j = values(theta), jacobian(theta)
                scale = np.linalg.norm(j, axis=(1, 2)) * (1.0 + np.linalg.norm(theta, axis=1))
                good = np.linalg.norm(f, axis=1) <= RESIDUAL * scale
                usable = np.isfinite(f).all(axis=1) & np.isfinite(j).all(axis=(1, 2)) & ~good
                if not usable.any():
                    break
                step = (np.linalg.pinv(j[usable]) @ f[usable][..., None])[..., 0]
                theta[usable] -= step
        return theta, good


@dataclass(frozen=True)
class Chart(AbstractManifold):
    """Γ = {point(u)}: a parametrisation, u ↦ point(u) an immersion.

    Parameters
    ----------
    parameters
        Symbols u; one that is also a variable of the landscape is fine.
    point
        The d coordinates of the point as expressions in the parameters.
    domain
        Interval of every parameter, or one interval for each: where the point is evaluated in checks.

    Raises
    ------
    BadInput
        For parameters that are no symbols, or coordinates in others.
    """

    parameters: tuple[Any, ...]
    point: tuple[Any, ...]
    domain: Domain = DOMAIN

    __repr__ = in_brief

    def __post_init__(self):
        import sympy

        parameters = self.parameters if isinstance(self.parameters, Sequence) else (self.parameters,)
        object.__setattr__(self, "parameters", checked_symbols("parameters", tuple(parameters)))
        given = checks.sequence("point", tuple(self.point), CURE)
        object.__setattr__(self, "point", tuple(sympy.sympify(e) for e in given))
        for coordinate in self.point:
            check_expression("point", coordinate, self.parameters)
        for interval in self.intervals:
            checked_interval("domain", interval)

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """One interval per parameter."""
        return _intervals(self.domain, len(self.parameters))

    def codimension(self, dim: int) -> int:
        """Return d minus the number of parameters."""
        if len(self.point) != dim or len(self.parameters) > dim:
            raise BadInput(
                f"point = {self.point}: needs d = {dim} coordinates and at most as many parameters; {CURE}"
            )
        return dim - len(self.parameters)

    def embed(self, u: Float[np.ndarray, "*batch parameter"]) -> Float[np.ndarray, "*batch dim"]:
        """Return point(u)."""
        return _with_jacobian(self.point, self.parameters)[0](u)

    def jacobian(self, u: Float[np.ndarray, "*batch parameter"]) -> Float[np.ndarray, "*batch dim parameter"]:
        """Return ∂point/∂u."""
        return _with_jacobian(self.point, self.parameters)[1](u)

    def points(self, variables: Sequence[Any], uniforms: Float[np.ndarray, "point dim"]) -> np.ndarray:
        """Return point(u) for u in the domain."""
        del variables
        low, high = np.array(self.intervals, dtype=np.float64).T
        return self.embed(low + (high - low) * uniforms[:, : len(self.parameters)])


def _intervals(domain: Domain, count: int) -> tuple[tuple[float, float], ...]:
    """Return the intervals that are given one by one, or the one interval as often as it is needed."""
    if isinstance(domain, Sequence) and domain and isinstance(domain[0], Sequence):
        return tuple(domain)  # pyright: ignore[reportReturnType]
    return (domain,) * count  # pyright: ignore[reportReturnType]


def checked_interval(name: str, interval: object) -> tuple[float, float]:
    """Return (low, high), low < high, or refuse it."""
    ends = checks.sequence(name, interval, "give (low, high)")
    if len(ends) != 2:
        raise checks.refuse(name, interval, "must have two ends", "give (low, high)")
    low, high = (checks.number(name, end, "give (low, high)") for end in ends)
    if not low < high:
        raise checks.refuse(name, interval, "must increase", "give (low, high)")
    return low, high


# Outside the manifolds, which thus stay values that can be compared and sent to another process.
@lru_cache(maxsize=256)
def _with_jacobian(functions: tuple[Any, ...], variables: tuple[Any, ...]) -> tuple[Field, Field]:
    return compiled(variables, functions), compiled(variables, slopes(functions, variables))
