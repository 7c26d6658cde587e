"""Stationary laws in one dimension by quadrature: p ∝ exp(∫ 2b/s²)/s², in logarithms."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import NotCertified
from sde.equations import SDE, SymbolicSDE
from sde.references.coefficients import coefficients, Observable, on_points
from sde.references.domain import Domain, Ring, Segment
from sde.references.potential import along, around, chart, LogWeights
from sde.references.reference import Reference


LINE = Segment()
# First width of a panel, and how often it is halved.
WIDTH, HALVINGS = 1.0, 6
# Change of log Z and of E log p under a halving that counts as rounding of a sum over a few hundred panels …
CONVERGED = 1e-12
# … and the most that is accepted, where the coefficients are not smooth.
ACCEPTED = 1e-8


@dataclass(frozen=True)
class StationaryLaw:
    """A law as masses on quadrature nodes.

    Attributes
    ----------
    q
        Nodes in increasing order.
    masses
        Weights of the nodes, of sum 1.
    log_density
        log p at the nodes.
    error
        Relative error of the masses: how far the last refinement moved log Z and E log p, and what lies beyond the
        nodes.
    """

    q: Float[np.ndarray, " node"]
    masses: Float[np.ndarray, " node"]
    log_density: Float[np.ndarray, " node"]
    error: float

    __repr__ = in_brief

    def expectation(self, g: Observable) -> Reference:
        """Return E g(q), (point, 1) ↦ (point,)."""
        kept = self.masses > 0.0
        values, masses = on_points(g, self.q[kept]), self.masses[kept]
        return Reference(np.asarray(values @ masses), np.asarray(self.error * (np.abs(values) @ masses)))


def stationary_law(
    sde: SDE | SymbolicSDE, domain: Domain = LINE, *, centre: float = 0.0, scale: float = 1.0
) -> StationaryLaw:
    """Return the stationary law of a one-dimensional equation.

    Without flux through the ends p ∝ exp(Λ)/s², Λ = ∫ 2b/s² dq. Around a ring with a net drift probability
    circulates: p ∝ exp(Λ(q))/s²(q) ∫_q^{q+P} exp(−Λ).

    Parameters
    ----------
    sde
        The equation; Stratonovich is converted.
    domain
        The line by default; a segment with ends, finite or not; or ``Ring(low, period)``.
    centre, scale
        On a line or half-line: roughly where the mass is, and how wide it lies.

    Raises
    ------
    BadInput
        If the equation is not one-dimensional, has no noise somewhere inside, or p cannot be normalised.
    NotCertified
        If the quadrature does not converge.
    """
    found = coefficients(sde)
    checks.instance("domain", domain, Segment | Ring, "give Segment(low, high) or Ring()")
    scale = checks.number("scale", scale, "give a width", above=0)
    centre = checks.number("centre", centre, "give a point near the mass")
    if isinstance(domain, Ring):
        weigh = partial(around, found, domain)
    else:
        weigh = partial(along, found, chart(domain, centre, scale))
    width, change, weights = WIDTH, math.inf, None
    for _ in range(HALVINGS):
        width, before = 0.5 * width, weights
        weights = weigh(width)
        change = math.inf if before is None else _moved(before, weights)
        if change <= CONVERGED:
            break
    if weights is None or not change + weights.cut <= ACCEPTED:
        raise NotCertified(
            f"stationary law: panels of width {width:g} leave an error of {change:.1e}; say where it lies by "
            "centre= and scale=, narrow a domain with a heavy tail, or make sure that "
            "s² > 0 inside"
        )
    masses = np.exp(weights.log_mass - weights.log_total)
    error = max(change, CONVERGED) + weights.cut
    return StationaryLaw(weights.q, masses, weights.log_density - weights.log_total, error)


def _moved(before: LogWeights, after: LogWeights) -> float:
    """Return by how much log Z and E log p differ, the latter relative to its size."""
    entropies = before.mean_log_density, after.mean_log_density
    total = abs(after.log_total - before.log_total)
    return max(total, abs(entropies[1] - entropies[0]) / (1.0 + abs(entropies[1])))
