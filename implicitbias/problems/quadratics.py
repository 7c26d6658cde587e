"""Quadratics over workers: f_m(w) = ½(w − c_m)ᵀA_m(w − c_m), the problems whose every answer is a formula."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from implicitbias.errors import BadInput
from implicitbias.problems.abstract import apply, frozen_array
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable


# Asymmetry of a matrix assembled in doubles stays within a few units of rounding.
SYMMETRY_TOLERANCE = 1e-12
QUADRATIC = r"f(w) = \frac{1}{M} \sum_m \frac{1}{2} (w - c_m)^\top A_m (w - c_m)"


class Quadratics(AbstractTwiceDifferentiable):
    """f(w) = (1/M) Σ_m ½(w − c_m)ᵀA_m(w − c_m), A_m symmetric positive semidefinite.

    Parameters
    ----------
    hessians
        Array (worker, dim, dim) of the A_m.
    centres
        Array (worker, dim) of the c_m.

    Raises
    ------
    BadInput
        For non-finite entries, mismatched shapes, or an A_m that is not symmetric positive semidefinite.
    """

    def __init__(self, hessians: ArrayLike, centres: ArrayLike):
        self.centres = frozen_array("centres", centres, 2)
        workers, dim = self.centres.shape
        self.hessians = frozen_array("hessians", hessians, 3, shape=(workers, dim, dim))
        for m, matrix in enumerate(self.hessians):
            _check_semidefinite(m, matrix)

    @property
    def dim(self) -> int:
        """Dimension d of the parameters."""
        return self.centres.shape[1]

    @property
    def workers(self) -> int:
        """Number of workers M."""
        return self.centres.shape[0]

    @cached_property
    def smoothness(self) -> float:
        """L = max_m λ_max(A_m)."""
        return float(np.linalg.eigvalsh(self.hessians).max())

    @cached_property
    def strong_convexity(self) -> float:
        """μ = λ_min of the mean Hessian."""
        return float(np.linalg.eigvalsh(self.hessians.mean(axis=0)).min())

    @cached_property
    def minimiser(self) -> Float[np.ndarray, " dim"]:
        """Minimum-norm minimiser of f, (Σ A_m)⁺ Σ A_m c_m."""
        pull = np.einsum("mij,mj->i", self.hessians, self.centres)
        return np.linalg.pinv(self.hessians.sum(axis=0), hermitian=True) @ pull

    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return f_m(w)."""
        offset = self.point(w, worker) - self.centres[worker]
        return 0.5 * np.einsum("...i,ij,...j->...", offset, self.hessians[worker], offset)

    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w) = A_m(w − c_m).

        Raises
        ------
        BadInput
            If mini-batch ``samples`` are asked for: a quadratic has no samples.
        """
        _refuse_samples(samples)
        w = self.point(w, worker)
        return apply(self.hessians[worker], w - self.centres[worker])

    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return A_m·v.

        Raises
        ------
        BadInput
            If mini-batch ``samples`` are asked for: a quadratic has no samples.
        """
        _refuse_samples(samples)
        direction = self.point(direction, worker)
        return apply(self.hessians[worker], direction)

    def content(self) -> tuple[object, ...]:
        """Return Hessians and centres."""
        return self.hessians, self.centres

    def latex(self) -> str:
        """Return f as LaTeX."""
        return QUADRATIC

    def __repr__(self) -> str:
        return f"Quadratics(d={self.dim}, M={self.workers})"


def _refuse_samples(samples: object) -> None:
    if samples is not None:
        raise BadInput("batch is set, but Quadratics have no samples: use batch=None (full gradients)")


def _check_semidefinite(worker: int, matrix: np.ndarray) -> None:
    scale = np.abs(matrix).max()
    if np.abs(matrix - matrix.T).max() > SYMMETRY_TOLERANCE * scale:
        raise BadInput(f"hessians[{worker}] is not symmetric: a Hessian must be; use (A + Aᵀ)/2")
    smallest = np.linalg.eigvalsh(matrix).min()
    if smallest < -SYMMETRY_TOLERANCE * scale * len(matrix):
        raise BadInput(
            f"hessians[{worker}] has eigenvalue {smallest:g}: f_m must be convex; shift it by that much"
        )
