r"""A landscape in the variables y = D^{1/2}θ, in which gradient steps along D^{−1}g are plain gradient steps.

θ ← θ − ηD^{−1}g is y ← y − ηD^{−1/2}g, and D^{−1/2}g is a gradient of L̃(y) = L(D^{−1/2}y) with noise D^{−1/2}A:

    ∇L̃ = D^{−1/2}∇L,   ∇²L̃ = D^{−1/2}∇²L D^{−1/2},   Σ̃ = D^{−1/2}ΣD^{−1/2},   Γ̃ = D^{1/2}Γ.

The gradient flow does not go along, unless D = cI: that of L̃ is dθ/ds = −D^{−1}∇L in θ, with another limit Φ_D and
other invariants than D = I. They may be given; else Φ_D is integrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from sde.landscapes.inspection import checked_projection
from sde.landscapes.landscape import Landscape, Projection
from sde.landscapes.manifold import AbstractManifold, Chart, Equations
from sde.landscapes.noise import AbstractNoise, Factors, LabelNoise, SampleLosses


CURE = "give one positive entry of D for each of the variables, e.g. (1.0, 2.0)"


def scaled(
    landscape: Landscape,
    diagonal: Sequence[float],
    *,
    project: Sequence[Any] | Projection | None = None,
    invariants: Sequence[Any] = (),
) -> Landscape:
    """Return L̃(y) = L(D^{−1/2}y), its symbols those of θ; D = I is the landscape itself.

    A run on it by plain steps is D^{1/2} times the run on the landscape by steps along D^{−1}g, noise for noise.

    Parameters
    ----------
    landscape
        L with its noise and Γ.
    diagonal
        D > 0, one entry for each variable.
    project
        Φ_D, the limit of dθ/ds = −D^{−1}∇L, as for ``Landscape`` and in θ; by default the flow is integrated. For
        D = cI it is that of the landscape.
    invariants
        Expressions q in θ with q∘Φ_D = q; for D = cI those of the landscape.

    Raises
    ------
    BadInput
        If D is no positive diagonal, if Γ is given in another way than by ``Equations`` or a ``Chart``, or if Φ_D is
        not the limit of that flow.
    """
    checks.instance("landscape", landscape, Landscape, "give Landscape(loss, variables, noise, manifold)")
    entries = checked_diagonal(diagonal, landscape.dim)
    if len(set(entries)) == 1 and project is None and not invariants:
        if entries[0] == 1.0:
            return landscape
        project, invariants = landscape.given_projection, landscape.invariants
    roots = _roots(entries)
    within = {v: v / root for v, root in zip(landscape.variables, roots, strict=True)}
    found = Landscape(
        landscape.expression.xreplace(within),
        landscape.variables,
        _noise(landscape, within, roots),
        None if landscape.manifold is None else _manifold(landscape.manifold, within, roots),
        project=_projection(checked_projection(project, landscape.variables), within, roots),
        invariants=[_at(q, within) for q in invariants],
        name=f"{landscape.name or 'a landscape'} scaled by D = {_shown(entries)}",
    )
    return found.for_workers(landscape.workers)


def checked_diagonal(diagonal: object, dim: int) -> tuple[float, ...]:
    """Return D as numbers, or refuse what is no positive diagonal of that size."""
    entries = checks.sequence("diagonal", np.asarray(diagonal, dtype=object).ravel().tolist(), CURE)
    numbers = tuple(checks.number("diagonal", entry, CURE, above=0) for entry in entries)
    if len(numbers) != dim:
        raise BadInput(f"diagonal has {len(numbers)} entries: D needs one for each of d = {dim}; {CURE}")
    return numbers


def _roots(entries: tuple[float, ...]) -> tuple[Any, ...]:
    """Return D^{1/2} as exact numbers, so that expressions stay such as can be simplified."""
    import sympy

    return tuple(sympy.sqrt(sympy.nsimplify(entry, rational=True)) for entry in entries)


def _at(expression: Any, within: dict[Any, Any]) -> Any:
    """Return an expression of θ at θ = D^{−1/2}y."""
    import sympy

    return sympy.sympify(expression).xreplace(within)


def _noise(landscape: Landscape, within: dict[Any, Any], roots: tuple[Any, ...]) -> AbstractNoise:
    """Return D^{−1/2}Aξ: outputs and losses of samples stay what they are, another A is multiplied."""
    import sympy

    noise = landscape.noise
    if isinstance(noise, LabelNoise):
        return replace(noise, outputs=tuple(_at(f, within) for f in noise.outputs))
    if isinstance(noise, SampleLosses):
        return replace(noise, losses=tuple(_at(f, within) for f in noise.losses))
    inverse = sympy.diag(*(1 / root for root in roots))
    return Factors(
        (inverse * landscape.factor_expressions.xreplace(within)).tolist(), noise.law, noise.shared
    )


def _manifold(
    manifold: AbstractManifold, within: dict[Any, Any], roots: tuple[Any, ...]
) -> Equations | Chart:
    """Return D^{1/2}Γ; the parameters of a chart stay what they are."""
    if isinstance(manifold, Chart):
        point = tuple(root * c for root, c in zip(roots, manifold.point, strict=True))
        return replace(manifold, point=point)
    if isinstance(manifold, Equations):
        stretched = tuple(
            (float(root) * low, float(root) * high)
            for root, (low, high) in zip(roots, manifold.intervals(len(roots)), strict=True)
        )
        return Equations(*(_at(f, within) for f in manifold.functions), domain=stretched)
    raise BadInput(
        f"manifold = {manifold!r}: how it looks in other variables is known of Equations and of a Chart; give one"
    )


def _projection(project: Any, within: dict[Any, Any], roots: tuple[Any, ...]) -> Any:
    if project is None:
        return None
    if isinstance(project, tuple):
        return [root * _at(e, within) for root, e in zip(roots, project, strict=True)]
    return ScaledProjection(project, tuple(float(root) for root in roots))


@dataclass(frozen=True)
class ScaledProjection:
    """y ↦ D^{1/2}Φ_D(D^{−1/2}y)."""

    project: Projection
    roots: tuple[float, ...]

    def __call__(self, y: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return the limit in y."""
        roots = np.array(self.roots)
        return roots * self.project(y / roots)


def _shown(entries: tuple[float, ...]) -> str:
    return f"({', '.join(f'{entry:g}' for entry in entries)})"
