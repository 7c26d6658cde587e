"""Outer momentum on quadratics: two rounds determine the next, e^{r+1} = t e^r − d e^{r−1} on every mode."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import diloco, fedavg, LocalMethod, Quadratics
from implicitbias.recursions import affine_round, AffineRound


# Rounding of a run of a few rounds, relative to its start; solving for t and d divides it by b²lc.
ROUNDING = 1e-12


@dataclass(frozen=True)
class OuterCase:
    """Workers, inner steps, and the server's rate l and momentum b."""

    problem: Quadratics
    lr: float
    local_steps: int
    rate: float
    momentum: float

    @property
    def method(self) -> LocalMethod:
        """Gradient descent inside, Nesterov's momentum outside."""
        return diloco(self.lr, self.local_steps, self.rate, self.momentum)

    @cached_property
    def plain(self) -> AffineRound:
        """A round without the outer optimiser."""
        return affine_round(self.problem, fedavg(self.lr, self.local_steps, None))

    @cached_property
    def modes(self) -> tuple[Float[np.ndarray, " mode"], Float[np.ndarray, "dim mode"]]:
        """Eigenvalues c and eigenvectors of mean W_m; c = 1 − (1 − ηλ)^H where the workers share their Hessian."""
        moved = np.eye(self.problem.dim) - self.plain.matrix
        shares, axes = np.linalg.eigh((moved + moved.T) / 2.0)
        return shares, axes

    @property
    def fixed_point(self) -> Float[np.ndarray, " dim"]:
        """Where plain averaging ends."""
        return self.plain.fixed_point

    @property
    def magnified(self) -> Float[np.ndarray, " mode"]:
        """Rounding of t and d of every mode: (e¹)² − e⁰e² = b²lc(e⁰)², which `recurrence` divides by."""
        return ROUNDING / (self.momentum**2 * self.rate * self.modes[0])

    def errors(self, path: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record mode"]:
        """Return the distance from the fixed point along every mode."""
        return (path - self.fixed_point) @ self.modes[1]


def nesterov(
    shares: Float[np.ndarray, "*mode"], rate: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return t = (1 + b)(1 − lc) and d = b(1 − lc)."""
    left = 1.0 - rate * np.asarray(shares)
    return (1.0 + momentum) * left, momentum * left


def heavy_ball(
    shares: Float[np.ndarray, "*mode"], rate: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return t = 1 + b − lc and d = b, of a server with heavy ball."""
    left = 1.0 + momentum - rate * np.asarray(shares)
    return left, np.full_like(left, momentum)


def factor(
    trace: Float[np.ndarray, "*mode"], determinant: Float[np.ndarray, "*mode"]
) -> Float[np.ndarray, "*mode"]:
    """Return the larger modulus of the roots of z² − tz + d: the factor per round in the end."""
    root = np.sqrt((trace**2 - 4.0 * determinant).astype(complex))
    return np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2.0


def recurrence(errors: Float[np.ndarray, "record mode"]) -> tuple[np.ndarray, np.ndarray]:
    """Solve e² = te¹ − de⁰ and e³ = te² − de¹ for t and d of every mode."""
    e0, e1, e2, e3 = errors[:4]
    scale = e1 * e1 - e0 * e2
    return (e1 * e2 - e0 * e3) / scale, (e2 * e2 - e1 * e3) / scale
