"""Federated linear regression on fresh Gaussian data in every round: E|Δ|² obeys a recursion of one line.

Worker m sees n rows x ~ N(0, I_p) and targets x·(w* + δ_m) + noise of variance s², Σ_m δ_m = 0, and takes local steps
on (1/2n)|Xw − y|²; Δ is the averaged model less w*, and ζ² = (1/M) Σ |δ_m|² [ju2024]. Then (derived)

    E|Δ⁺|² = distance·|Δ|² + heterogeneity·ζ² + noise·s²
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from implicitbias import checks
from implicitbias.errors import BadInput


class Coefficients(NamedTuple):
    """What multiplies |Δ|², ζ² and s² in E|Δ⁺|²."""

    distance: float
    heterogeneity: float
    noise: float

    def after(self, distance: float, heterogeneity: float = 0.0, noise: float = 0.0) -> float:
        """Return E|Δ⁺|² from |Δ|² (or its mean), ζ² and s²."""
        return self.distance * distance + self.heterogeneity * heterogeneity + self.noise * noise

    def stationary(self, heterogeneity: float = 0.0, noise: float = 0.0) -> float:
        """Return lim E|Δ|², (heterogeneity·ζ² + noise·s²)/(1 − distance).

        Raises
        ------
        BadInput
            If E|Δ|² grows for ever.
        """
        if not self.distance < 1.0:
            raise BadInput(
                f"distance = {self.distance:.4g}: must be below 1 for E|Δ|² to settle; take a smaller η"
            )
        return self.after(0.0, heterogeneity, noise) / (1.0 - self.distance)


@dataclass(frozen=True)
class FreshRegression:
    """M workers with n fresh Gaussian samples of p parameters in every batch.

    Parameters
    ----------
    workers, samples, dim
        M, n and p.
    """

    workers: int
    samples: int
    dim: int

    def __post_init__(self):
        checks.integer("workers", self.workers, 1, "give M")
        checks.integer("samples", self.samples, 1, "give n, the samples of a worker in one batch")
        checks.integer("dim", self.dim, 1, "give p, the number of parameters")

    def coefficients(self, local_steps: float, lr: float | None = None) -> Coefficients:
        """Return the three numbers for H local steps of learning rate η, each on a fresh batch.

        H = ∞: the worker fits its n < p − 1 samples exactly, by the nearest point of {Xw = y}.

        Parameters
        ----------
        local_steps
            H, or ``math.inf``.
        lr
            η; none for H = ∞.

        Raises
        ------
        BadInput
            If η is missing, or p ≤ n + 1 for exact fits: then 1/(p − n − 1) has no mean.
        """
        if local_steps == math.inf:
            return self._exact_fits()
        checks.integer("local_steps", local_steps, 1, "give H, or math.inf for exact fits")
        return self._steps(checks.number("lr", lr, "give η, e.g. 0.1", above=0), int(local_steps))

    def _exact_fits(self) -> Coefficients:
        """E P = rI for the projector P on n random rows, r = n/p, and E tr (XXᵀ)^{-1} = n/(p − n − 1)."""
        if self.dim <= self.samples + 1:
            raise checks.refuse(
                "dim", self.dim, f"exact fits need p > n + 1 = {self.samples + 1}", "take fewer samples"
            )
        share, alone = self.samples / self.dim, 1.0 / self.workers
        return Coefficients(
            alone * (1.0 - share) + (1.0 - alone) * (1.0 - share) ** 2,
            alone * (share - share**2),
            alone * self.samples / (self.dim - self.samples - 1),
        )

    def _steps(self, lr: float, steps: int) -> Coefficients:
        """E S² = ((n + p + 1)/n) I for S = XᵀX/n, so that one step multiplies E|v|² by u = 1 − 2η + η²(n + p + 1)/n."""
        alone = 1.0 / self.workers
        square = 1.0 - 2.0 * lr + lr**2 * (self.samples + self.dim + 1) / self.samples
        own, common = square**steps, (1.0 - lr) ** (2 * steps)
        gathered = sum(square**j for j in range(steps))
        return Coefficients(
            alone * own + (1.0 - alone) * common,
            alone * (own - common),
            alone * lr**2 * self.dim / self.samples * gathered,
        )
