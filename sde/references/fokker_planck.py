"""Densities by the forward (Fokker–Planck) equation, conserving mass to rounding."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput, NotCertified
from sde.equations import SDE, SymbolicSDE
from sde.references.coefficients import Coefficients, coefficients, Observable, on_points
from sde.references.crank_nicolson import evolved, tridiagonal
from sde.references.domain import Domain, finite, Ring


# Drift over diffusion across a cell beyond which the flux is upwind to rounding; keeps s = 0 finite.
STEEPEST = 700.0
# A density on this many cells per unit of its mass is negative by more than rounding only if the grid is too coarse.
NEGATIVE = 1e-6


@dataclass(frozen=True)
class Density:
    """Means of the density over cells of one width.

    Attributes
    ----------
    q
        Centres of the cells.
    values
        p, of mass 1: Σ p·width = 1.
    width
        Width of a cell.
    error
        Total variation distance to the density on cells twice as wide, in twice as long steps.
    """

    q: Float[np.ndarray, " cell"]
    values: Float[np.ndarray, " cell"]
    width: float
    error: float

    __repr__ = in_brief

    def expectation(self, g: Observable) -> float:
        """Return E g(q), (point, 1) ↦ (point,), by the midpoint rule."""
        return float(on_points(g, self.q) @ self.values) * self.width


def density(
    sde: SDE | SymbolicSDE,
    t: float,
    start: float | Callable[[Float[np.ndarray, " cell"]], Float[np.ndarray, " cell"]],
    domain: Domain,
    *,
    cells: int = 800,
    steps: int = 400,
) -> Density:
    """Return the density of q_t, of a one-dimensional equation.

    p_t = −∂_q(b p − ½ ∂_q(s² p)): no flux through the ends of a segment, periodic on a ring. The flux is the exact one
    of a constant drift and diffusion between two centres (Scharfetter and Gummel), so that p stays positive and the
    mass 1; Crank–Nicolson in time.

    Parameters
    ----------
    sde
        The equation; Stratonovich is converted.
    t
        Time, > 0.
    start
        q_0, or the density of q_0 (it is normalised).
    domain
        ``Segment(low, high)`` or ``Ring(low, period)``.
    cells, steps
        Of the finer grid; both are even.

    Raises
    ------
    BadInput
        If the equation is not one-dimensional, or the start lies outside or has no mass.
    NotCertified
        If the grid is too coarse for a positive density.
    """
    found, domain = coefficients(sde), finite(domain)
    t = checks.number("t", t, "give a time; at 0 the density is that of the start", above=0)
    for name, value in (("cells", cells), ("steps", steps)):
        if checks.integer(name, value, 8, "800 is a good start") % 2:
            raise checks.refuse(name, value, "must be even", "the error is found on half of them")
    coarse, fine = (_solved(found, t, start, domain, cells // k, steps // k) for k in (2, 1))
    width = (domain.high - domain.low) / cells
    error = 0.5 * np.abs(fine.reshape(-1, 2).mean(axis=1) - coarse).sum() * 2.0 * width
    return Density(_centres(domain, cells), fine, width, float(error))


def _centres(domain: Domain, cells: int) -> np.ndarray:
    return domain.low + (np.arange(cells) + 0.5) * ((domain.high - domain.low) / cells)


def _solved(found: Coefficients, t: float, start, domain: Domain, cells: int, steps: int) -> np.ndarray:
    h = (domain.high - domain.low) / cells
    p = evolved(_forward(found, domain, cells, h), _mass(start, domain, cells, h), t, steps)
    if not np.isfinite(p).all() or p.min() < -NEGATIVE * p.max():
        raise NotCertified(
            f"forward equation on {cells} cells in {steps} steps: not positive; take more of both"
        )
    return p


def _forward(found: Coefficients, domain: Domain, cells: int, h: float):
    """Return the matrix of −(F_{i+½} − F_{i−½})/h with F = right_i p_i − left_{i+1} p_{i+1}."""
    ring = isinstance(domain, Ring)
    faces = domain.low + h * np.arange(1, cells + (1 if ring else 0))
    sides = np.stack([faces - 0.5 * h, faces + 0.5 * h])
    spread = np.array([0.5 * found.square(side) for side in sides])
    # F = (b − D′)p − D p′ with D = ½s².
    drift, middle = found.drift(faces) - (spread[1] - spread[0]) / h, 0.5 * found.square(faces)
    if not (np.isfinite(drift).all() and np.isfinite(middle).all()):
        raise BadInput(
            "drift or diffusion is not finite on the domain; keep the ends away from singular points"
        )
    middle = np.maximum(middle, np.abs(drift) * h / STEEPEST)
    right, left = middle / h * _bernoulli(-drift * h, middle), middle / h * _bernoulli(drift * h, middle)
    # Through the ends of a segment, and once more around a ring, flows what flows through the last face.
    right, left = (side if ring else np.append(side, 0.0) for side in (right, left))
    out = right + np.roll(left, 1)
    return tridiagonal(np.roll(right, 1) / h, -out / h, left / h, ring)


def _bernoulli(z: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return x/(eˣ − 1) at x = z/scale, 1 at 0."""
    x = np.divide(z, scale, out=np.zeros_like(z), where=scale > 0.0)
    return np.divide(x, np.expm1(x), out=np.ones_like(x), where=x != 0.0)


def _mass(start, domain: Domain, cells: int, h: float) -> np.ndarray:
    """Return the cell means of the start: a point is split over two cells so that its mean is kept."""
    if callable(start):
        p = np.asarray(start(_centres(domain, cells)), dtype=np.float64)
        if p.shape != (cells,) or not (np.isfinite(p).all() and (p >= 0.0).all() and p.any()):
            raise checks.refuse(
                "start", start, "must be a density q ↦ p ≥ 0 of positive mass", "or give one q_0"
            )
        return p / (p.sum() * h)
    place = (checks.number("start", start, "give q_0 or a density") - domain.low) / h - 0.5
    if not isinstance(domain, Ring) and not 0.0 <= place <= cells - 1:
        raise checks.refuse("start", start, f"must lie in {domain}", "widen the domain")
    low, part = int(np.floor(place)), place - np.floor(place)
    p = np.zeros(cells)
    p[low % cells] += (1.0 - part) / h
    p[(low + 1) % cells] += part / h
    return p
