"""Checks of a landscape before any work: symbols, shapes, and Γ at random points."""

from collections.abc import Sequence
from typing import Any, TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from sde.landscapes.compiled import compiled, slopes
from sde.landscapes.curvature import eigenpairs
from sde.landscapes.inspected_projection import check_projection
from sde.landscapes.looking import CHECKS, POINTS, points_on_and_off, TOLERANCE
from sde.landscapes.manifold import Equations
from sde.landscapes.noise import Covariance, LabelNoise, SampleLosses
from sde.landscapes.symbols import check_expression


if TYPE_CHECKING:
    from sde.landscapes.landscape import Landscape


def checked_projection(project: Any, variables: Sequence[Any]) -> Any:
    """Return Φ as a tuple of expressions, or as the function or the ``None`` that it is."""
    import sympy

    if project is None or callable(project):
        return project
    cure = "give one expression per variable, a function (…, d) ↦ (…, d), or leave it out"
    given = checks.sequence("project", project, cure)
    if len(given) != len(variables):
        raise BadInput(f"project has {len(given)} coordinates: needs d = {len(variables)}; {cure}")
    return tuple(sympy.sympify(e) for e in given)


def inspect_landscape(landscape: "Landscape") -> None:
    """Refuse a landscape whose parts do not fit together.

    Raises
    ------
    BadInput
        Naming the part, the rule and the cure.
    """
    _check_symbols(landscape)
    if landscape.manifold is not None:
        landscape.manifold.codimension(landscape.dim)
        points = landscape.points(POINTS, CHECKS)
        _check_minima(landscape, points)
        _check_label_noise(landscape, points)
    if landscape.given_projection is not None:
        check_projection(landscape)
    _check_covariance(landscape)
    _check_sample_losses(landscape)
    _check_invariants(landscape)


def _check_symbols(landscape: "Landscape") -> None:
    parts: list[tuple[str, Any]] = [("loss", landscape.expression), ("noise", landscape.factor_expressions)]
    parts += [("gradient", e) for e in landscape.gradient_expressions]
    if not callable(landscape.given_projection):
        parts += [("project", e) for e in landscape.given_projection or ()]
    parts += [("invariants", q) for q in landscape.invariants]
    if isinstance(landscape.manifold, Equations):
        parts += [("manifold", f) for f in landscape.manifold.functions]
    for name, part in parts:
        check_expression(name, part, landscape.variables)


def _check_minima(landscape: "Landscape", points: Float[np.ndarray, "point dim"]) -> None:
    """Refuse a Γ on which ∇L does not vanish, or ∇²L has another rank than the codimension."""
    with np.errstate(all="ignore"):
        gradient, hessian = landscape.gradient(points), landscape.hessian(points)
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        raise BadInput(
            f"manifold: ∇L is not finite at {points[0]}; give a domain= on which the loss is smooth"
        )
    size = np.linalg.norm(hessian, axis=(1, 2)) * (1.0 + np.linalg.norm(points, axis=1))
    slope = np.linalg.norm(gradient, axis=1)
    if not (slope <= TOLERANCE * size).all():
        k = int(np.argmax(slope / size))
        raise BadInput(
            f"manifold: |∇L| = {slope[k]:.3g} at the point {points[k]} of Γ; on a manifold of minima it vanishes: "
            "check the equations or the chart against the loss"
        )
    eigenpairs(hessian, landscape.codimension)


def _check_label_noise(landscape: "Landscape", points: Float[np.ndarray, "point dim"]) -> None:
    """Refuse label noise for a loss that is not (1/2n) Σ (f_i − y_i)²."""
    noise = landscape.noise
    if not isinstance(noise, LabelNoise):
        return
    expected, found = noise.delta**2 * landscape.hessian(points), landscape.covariance(points)
    if np.abs(found - expected).max() > TOLERANCE * np.abs(expected).max():
        raise BadInput(
            f"outputs = {noise.outputs}: label noise has Σ = δ²∇²L on Γ for L = (1/2n) Σ (f_i − y_i)², and here it has "
            "not; give the n outputs f_i of that loss, with the factor 1/(2n)"
        )


def _check_covariance(landscape: "Landscape") -> None:
    """Refuse a Σ that is not positive semidefinite, which has no factor A with AAᵀ = Σ."""
    noise = landscape.noise
    if not isinstance(noise, Covariance):
        return
    points = np.concatenate(points_on_and_off(landscape))
    with np.errstate(all="ignore"):
        wanted = compiled(landscape.variables, noise.matrix)(points)
        gap = np.abs(landscape.covariance(points) - wanted).max(axis=(1, 2))
    bad = gap > TOLERANCE * np.abs(wanted).max(axis=(1, 2))
    if bad.any():
        k = int(np.argmax(bad))
        raise BadInput(
            f"matrix = {noise.matrix}: not positive semidefinite at {points[k]}, where its eigenvalues are "
            f"{np.linalg.eigvalsh(wanted[k])}; a covariance is: mend it, give a manifold on whose domain it is, or "
            "Factors(A) with Σ = AAᵀ"
        )


def _check_sample_losses(landscape: "Landscape") -> None:
    """Refuse losses of samples whose mean is not L."""
    noise = landscape.noise
    if not isinstance(noise, SampleLosses):
        return
    theta = CHECKS.at("anywhere", np.arange(POINTS)).normal(landscape.dim)
    with np.errstate(all="ignore"):
        losses = compiled(landscape.variables, noise.losses)(theta)
        gap = np.abs(losses.mean(axis=1) - landscape.loss(theta))
    if np.nanmax(gap / (1.0 + np.abs(losses).max(axis=1))) > TOLERANCE:
        raise BadInput(f"losses = {noise.losses}: their mean must be the loss; divide its sum by n")


def _check_invariants(landscape: "Landscape") -> None:
    """Refuse an invariant that changes along the gradient flow."""
    if not landscape.invariants:
        return
    theta = 0.5 + 0.3 * CHECKS.at("anywhere", np.arange(POINTS)).normal(landscape.dim)
    with np.errstate(all="ignore"):
        along = compiled(landscape.variables, slopes(landscape.invariants, landscape.variables))(theta)
        gradient = landscape.gradient(theta)
        change = np.abs(along @ gradient[..., None])[..., 0]
        size = np.linalg.norm(along, axis=2) * np.linalg.norm(gradient, axis=1)[:, None]
    bad = np.nanmax(change / np.where(size > 0.0, size, 1.0), axis=0) > TOLERANCE
    if bad.any():
        q: Sequence[Any] = [q for q, wrong in zip(landscape.invariants, bad, strict=True) if wrong]
        raise BadInput(f"invariants: {q[0]} changes along the gradient flow; an invariant has ∇q·∇L = 0")
