"""One phase of progressive rescaling across ŵ: which growth of the norm its steps can undo (derived)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from paper_repro.claims.separable import SeparableCase


# Distances after a rescaling, over that of v*, among which the best ball is sought: any one is a valid certificate.
BALLS = np.geomspace(1e-3, 10.0, 400)


@dataclass(frozen=True)
class Phase:
    """What decides whether v = Π⊥w returns to v* = Π⊥w̃ within the steps of a phase.

    Attributes
    ----------
    curvature
        λ, smallest eigenvalue across ŵ of ∇²g(v*) = γ²A_S, g(v) = log Σ_S p_i exp(−x_i·v).
    spread
        D, largest distance of two support vectors across ŵ.
    length
        |v*|.
    reach
        Largest |Π⊥x_i|: no step moves v farther than e times this.
    """

    curvature: float
    spread: float
    length: float
    reach: float

    def shrinkage(
        self, distance: Float[np.ndarray, " ball"], rate: float, every: int
    ) -> Float[np.ndarray, " ball"]:
        """Return a factor by which the steps of a phase shrink |v − v*| from ``distance``.

        |g‴[h, h, u]| ≤ max|(x_i − x_j)·u| g″[h, h] gives ∇²g ≥ λe^{−D|v − v*|}, which steps e ≤ 1 contract by.
        """
        return (1.0 - rate * self.curvature * np.exp(-self.spread * distance)) ** every

    def largest_growth(self, rate: float, every: int) -> float:
        """Return a growth c > 1 for which a ball around v* is mapped into itself by rescaling and steps.

        From |v − v*| ≤ δq a rescaling leads to |cv − v*| ≤ cδq + (c − 1)|v*|, which is δ for the c returned, and the
        steps back to δq, with q the factor at δ.
        """
        distance = BALLS * self.length
        back = distance * self.shrinkage(distance, rate, every)
        return float(((distance + self.length) / (back + self.length)).max())

    def runaway_growth(self, rate: float, every: int) -> float:
        """Return a growth that no phase can undo from |v| = |v*| on: c|v| − every·e·reach = 2|v|."""
        return 2.0 + every * rate * self.reach / self.length


def phase_of(case: SeparableCase) -> Phase:
    """Return the phase of a separable problem whose support vectors span the data."""
    direction, rows = case.svm.direction, case.svm.signed[case.svm.support]
    across = rows - np.outer(rows @ direction, direction)
    metric = (across.T * case.svm.duals[case.svm.support]) @ across * case.svm.margin**2
    positive = np.linalg.eigvalsh(metric)[-(np.linalg.matrix_rank(rows) - 1) :]
    offset = case.residual_limit - (case.residual_limit @ direction) * direction
    everyone = case.svm.signed - np.outer(case.svm.signed @ direction, direction)
    return Phase(
        curvature=float(positive[0]),
        spread=float(np.linalg.norm(across[:, None] - across[None], axis=-1).max()),
        length=float(np.linalg.norm(offset)),
        reach=float(np.linalg.norm(everyone, axis=1).max()),
    )
