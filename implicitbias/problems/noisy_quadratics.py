"""Quadratics seen through additive noise: the moments of every run are known."""

from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from implicitbias import checks
from implicitbias.display import beside
from implicitbias.problems.abstract import apply, frozen_array
from implicitbias.problems.laws import AbstractLaw, Drawn, Gaussian
from implicitbias.problems.noisy import AbstractNoisyProblem
from implicitbias.problems.quadratics import QUADRATIC, Quadratics
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable


# Numbers of one worker's models in a block of replicas: a few MB, with what a round makes of them.
BLOCK_ENTRIES = 2**16


class NoisyQuadratics(AbstractNoisyProblem, AbstractTwiceDifferentiable):
    """f_m(w) = ½(w − c_m)ᵀA_m(w − c_m), of which a step of worker m sees ∇f_m(w) + Nξ/√B.

    ξ has mean 0 and covariance I, independently over workers and steps; B is the method's ``batch``, and 1 for the
    noise itself. The workers are the problem's own.

    Parameters
    ----------
    hessians, centres
        Arrays (worker, dim, dim) and (worker, dim) of the A_m and c_m, as for ``Quadratics``.
    noise
        N, array (dim, channel), or the number s for N = sI.
    law
        Law of ξ.

    Raises
    ------
    BadInput
        For anything that ``Quadratics`` refuses, or a noise of another shape or not finite.
    """

    shared = False

    def __init__(
        self,
        hessians: ArrayLike,
        centres: ArrayLike,
        noise: float | ArrayLike = 1.0,
        law: AbstractLaw = Gaussian(),
    ):
        self.quadratics = Quadratics(hessians, centres)
        self.noise = _factor(noise, self.quadratics.dim)
        checks.instance("law", law, AbstractLaw, "give Gaussian(), TwoPoint() or Skewed(p)")
        if isinstance(law, Drawn):
            raise checks.refuse("law", law, "quadratics have no samples to draw", "give Gaussian()")
        self.law = law

    @property
    def dim(self) -> int:
        """Dimension d of the parameters."""
        return self.quadratics.dim

    @property
    def workers(self) -> int:
        """Number of workers M."""
        return self.quadratics.workers

    @property
    def channels(self) -> int:
        """Number of components of ξ."""
        return self.noise.shape[1]

    @property
    def replica_block(self) -> int:
        """Replicas that are moved together when statistics are reduced."""
        return max(1, BLOCK_ENTRIES // self.dim)

    @cached_property
    def covariance(self) -> Float[np.ndarray, "dim dim"]:
        """Σ = NNᵀ, of a step with B = 1."""
        return self.noise @ self.noise.T

    @property
    def minimiser(self) -> Float[np.ndarray, " dim"]:
        """Minimum-norm minimiser of f."""
        return self.quadratics.minimiser

    def sharpness(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return L = max_m λ_max(A_m), the same everywhere."""
        return np.full(self.point(w).shape[:-1], self.quadratics.smoothness)

    def for_workers(self, workers: int) -> "NoisyQuadratics":
        """Return the problem itself, which brings its workers.

        Raises
        ------
        BadInput
            For another number of them.
        """
        if workers != self.workers:
            rule = f"{self!r} brings its own M = {self.workers}"
            raise checks.refuse("workers", workers, rule, "leave it out")
        return self

    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return f_m(w)."""
        return self.quadratics.worker_loss(w, worker)

    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w), without noise.

        Raises
        ------
        BadInput
            If ``samples`` are asked for: there are none.
        """
        return self.quadratics.worker_gradient(w, worker, samples)

    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return A_m·v: only the gradient is noisy.

        Raises
        ------
        BadInput
            If ``samples`` are asked for.
        """
        return self.quadratics.worker_hvp(w, direction, worker, samples)

    def noisy_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        noise: Float[np.ndarray, "*batch channel"],
        worker: int = 0,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w) + N·noise, ``noise`` being ξ/√B."""
        return self.worker_gradient(w, worker) + apply(self.noise, noise)

    def compiled(self, method: Any) -> None:
        """Return ``None``: the definition is fast enough for problems whose every answer is a formula."""

    def why_not_compiled(self, method: Any) -> str:
        """Return why there is no compiled twin."""
        return f"{self!r} has no kernel"

    def content(self) -> tuple[object, ...]:
        """Return Hessians, centres, noise and its law."""
        return *self.quadratics.content(), self.noise, repr(self.law)

    def latex(self) -> str:
        """Return f, and what a step sees, as LaTeX."""
        return beside(QUADRATIC, r"\nabla f_m(w) + \frac{1}{\sqrt{B}} N \xi \text{ is seen}")

    def __repr__(self) -> str:
        return f"NoisyQuadratics(d={self.dim}, M={self.workers})"


def _factor(noise: float | ArrayLike, dim: int) -> Float[np.ndarray, "dim channel"]:
    given = checks.real_array("noise", noise, "give s, or N with Σ = NNᵀ")
    return frozen_array("noise", given * np.eye(dim) if given.ndim == 0 else given, 2, shape=(dim, None))
