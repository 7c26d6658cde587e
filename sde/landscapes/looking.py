"""Where a landscape is looked at before any work: random points on its manifold and near it."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias.stream import Stream


if TYPE_CHECKING:
    from sde.landscapes.landscape import Landscape

# Points at which Γ, Φ, invariants and noise are checked: a wrong formula is wrong almost everywhere.
POINTS = 8
# The stream of the checks: a landscape is accepted or refused the same way every time.
CHECKS = Stream(0).child("landscape-checks")
# |∇L| on Γ and differences of formulas, relative to their terms: rounding of the expressions, with room.
TOLERANCE = 1e-8
# How far from Γ, in every coordinate, points near it are: a wrong formula shows, and a right one still holds.
NEAR = 0.03


def points_on_and_off(
    landscape: "Landscape",
) -> tuple[Float[np.ndarray, "point dim"], Float[np.ndarray, "point dim"]]:
    """Return points of Γ and points near them; without a manifold, none and points anywhere."""
    off = CHECKS.at("anywhere", np.arange(POINTS)).normal(landscape.dim)
    if landscape.manifold is None:
        return off[:0], off
    on = landscape.points(POINTS, CHECKS)
    return on, on + NEAR * off[: len(on)]
