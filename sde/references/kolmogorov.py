"""Expectations by the backward Kolmogorov equation: no paths, no noise."""

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput, NotCertified
from sde.equations import SDE, SymbolicSDE
from sde.references.coefficients import Coefficients, coefficients, Observable, on_points
from sde.references.crank_nicolson import evolved, tridiagonal
from sde.references.domain import Domain, finite, Ring, Segment
from sde.references.flow import flow
from sde.references.reference import Reference


# The ends of a segment are moved by this part of the way to the start, to see whether paths reach them.
CLOSER = 0.1
# Rounding of the steps, relative to the largest |g|: thousands of them, each with cancelling errors.
ROUNDING = 1e-14


def expectation(
    sde: SDE | SymbolicSDE,
    g: Observable,
    t: float,
    start: Float[np.ndarray, " start"] | float,
    domain: Domain,
    *,
    points: int = 1001,
    steps: int = 400,
) -> Reference:
    """Return E g(q_t) for q_0 = start, of a one-dimensional equation.

    u_t = b u_q + ½ s² u_qq, u(0, ·) = g, and E g(q_t) = u(t, q_0): Crank–Nicolson and central differences, on a
    segment with u_qq = 0 at ends that paths do not reach, on a ring periodically. The answer is extrapolated from
    this grid and one of half the steps in q and t, and its error is how much they differ, or how much moving the
    ends of a segment matters. Without diffusion it is the flow, by an ODE solver.

    Parameters
    ----------
    sde
        The equation; Stratonovich is converted.
    g
        Test function, (point, 1) ↦ (point,), as ``observe`` takes it.
    t
        Time, ≥ 0.
    start
        One or several q_0.
    domain
        ``Segment(low, high)`` or ``Ring(low, period)``.
    points, steps
        Of the coarser grid.

    Raises
    ------
    BadInput
        If the equation is not one-dimensional, or a start lies outside.
    NotCertified
        If the grid is too coarse for a finite answer.
    """
    found, domain = coefficients(sde), finite(domain)
    t = checks.number("t", t, "give a time", least=0)
    points = checks.integer("points", points, 5, "1001 is a good start")
    steps = checks.integer("steps", steps, 2, "400 is a good start")
    q = checks.real_array("start", start)
    flat = q.ravel()
    if isinstance(domain, Segment) and not domain.holds(flat):
        raise checks.refuse("start", start, f"must lie in {domain}", "widen the domain")
    if not found.square(np.linspace(domain.low, domain.high, points)).any():
        return _along_the_flow(found, g, t, q)
    grids = [(domain, 1), (domain, 2)]
    grids += [(domain.around(flat, CLOSER), 1)] if isinstance(domain, Segment) else []
    coarse, fine, *closer = (
        _solved(found, g, t, flat, where, finer * (points - 1) + 1, finer * steps) for where, finer in grids
    )
    error = np.max([np.abs(fine - coarse), *(np.abs(coarse - c) for c in closer)], axis=0)
    error += ROUNDING * np.abs(on_points(g, np.linspace(domain.low, domain.high, points))).max()
    return Reference((fine + (fine - coarse) / 3.0).reshape(q.shape), error.reshape(q.shape))


def _solved(
    found: Coefficients, g: Observable, t: float, start: np.ndarray, domain: Domain, points: int, steps: int
) -> np.ndarray:
    """Return u(t) at the start on one grid."""
    from scipy.interpolate import CubicSpline

    ring = isinstance(domain, Ring)
    q = np.linspace(domain.low, domain.high, points)
    inner = q[:-1] if ring else q
    u = evolved(_generator(found, inner, q[1] - q[0], ring), on_points(g, inner), t, steps)
    if not np.isfinite(u).all():
        raise NotCertified(
            f"backward equation on {points} points in {steps} steps: not finite; take more of both"
        )
    if ring:
        return CubicSpline(q, np.append(u, u[0]), bc_type="periodic")(domain.wrapped(start))
    return CubicSpline(q, u)(start)


def _generator(found: Coefficients, q: np.ndarray, h: float, ring: bool):
    """Return b ∂_q + ½ s² ∂_qq in central differences; at the ends of a segment u is continued linearly."""
    b, s2 = found.drift(q), found.square(q)
    if not (np.isfinite(b).all() and np.isfinite(s2).all()):
        raise BadInput(
            "drift or diffusion is not finite on the domain; keep the ends away from singular points"
        )
    spread, slope = 0.5 * s2 / h**2, 0.5 * b / h
    below, here, above = spread - slope, -2.0 * spread, spread + slope
    if not ring:
        here[0], above[0] = -b[0] / h, b[0] / h
        below[-1], here[-1] = -b[-1] / h, b[-1] / h
    return tridiagonal(below, here, above, ring)


def _along_the_flow(found: Coefficients, g: Observable, t: float, q: np.ndarray) -> Reference:
    ends = [flow(found.sde, t, np.array([one])) for one in q.ravel()]
    values = on_points(g, np.array([end.value[0] for end in ends]))
    moved = on_points(g, np.array([end.value[0] + end.error[0] for end in ends]))
    return Reference(values.reshape(q.shape), np.abs(moved - values).reshape(q.shape))
