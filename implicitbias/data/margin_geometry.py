"""The knobs of planted separable data, and the inequalities they must satisfy together."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput


@dataclass(frozen=True)
class MarginGeometry:
    """Sizes and lengths of a planted max-margin problem; see ``separable`` for the meaning of each.

    Raises
    ------
    BadInput
        If no data set has these numbers.
    """

    samples: int
    dim: int
    margin: float
    support: int
    zero_multiplier: int = 0
    gap: float = 1.0
    scale: float = 1.0
    conditioning: float = 0.5
    dual_ratio: float = 3.0
    spanning: bool = True

    def __post_init__(self):
        self._check_counts()
        self._check_lengths()

    @property
    def on_margin(self) -> int:
        """Number of rows with x_i·ŵ = 1."""
        return self.support + self.zero_multiplier

    @property
    def new_axes(self) -> int:
        """Dimensions that the zero-multiplier rows add to the span of the active rows."""
        return min(self.zero_multiplier, self.dim - self.support)

    @property
    def transverse(self) -> int:
        """Dimensions across ŵ in use: those of span(X_S) if spanning, else all d − 1."""
        return self.support - 1 + self.new_axes if self.spanning else self.dim - 1

    def reach(self, along: Float[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
        """Return the largest length across ŵ that keeps each row with x·u = ``along`` within the scale."""
        return np.sqrt(np.maximum(self.scale**2 - along**2, 0))

    @property
    def support_reach(self) -> float:
        """Largest length across ŵ of a support vector, whose x·u is γ."""
        return float(np.sqrt(self.scale**2 - self.margin**2))

    def transverse_spectrum(self) -> Float[np.ndarray, " axis"]:
        """Return the eigenvalues of A_S across ŵ up to a factor, log-spaced from the conditioning to 1."""
        return np.geomspace(self.conditioning, 1, self.support - 1)

    def _check_counts(self):
        n, d, k, z = self.samples, self.dim, self.support, self.zero_multiplier
        if n < 1 or d < 1:
            raise BadInput(f"samples, dim = {n}, {d}: both must be at least 1")
        if not 1 <= k <= d:
            raise BadInput(f"support = {k}: unique multipliers need 1 ≤ support ≤ dim = {d}; raise dim")
        if z < 0 or (z > 0 and k == d):
            raise BadInput(f"zero_multiplier = {z}: must be ≥ 0, and 0 if support = dim = {d}; lower support")
        if k + z > n:
            raise BadInput(f"support + zero_multiplier = {k + z}: cannot exceed samples = {n}; raise samples")

    def _check_lengths(self):
        lengths = (self.margin, self.gap, self.scale)
        if not (np.all(np.isfinite(lengths)) and min(lengths) > 0):
            raise BadInput(f"margin, gap, scale = {lengths}: must be positive and finite")
        if not 0 < self.conditioning <= 1:
            raise BadInput(f"conditioning = {self.conditioning}: λ_min/λ_max must lie in (0, 1]")
        if not 1 <= self.dual_ratio < np.inf:
            raise BadInput(
                f"dual_ratio = {self.dual_ratio}: the largest over the smallest multiplier is at least 1"
            )
        nearest = self.margin * (1 + self.gap) if self.samples > self.on_margin else self.margin
        if nearest > self.scale or (self.on_margin > 1 and self.margin == self.scale):
            raise BadInput(
                f"margin, gap = {self.margin:g}, {self.gap:g}: rows need margin·(1 + gap) ≤ scale = {self.scale:g}"
                " (margin < scale with two support vectors); lower the margin or the gap, or raise the scale"
            )
