"""Problems with second derivatives, along a direction at a time."""

from abc import abstractmethod

import numpy as np
from jaxtyping import Float, Int

from implicitbias.problems.abstract import AbstractProblem


class AbstractTwiceDifferentiable(AbstractProblem):
    """An objective that offers Hessian–vector products, at the price of about two gradients each.

    Curvature scalings and expansions of a round need them; everything else runs without.
    """

    @abstractmethod
    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇²f_m(w)·v, or its mean over the worker's local ``samples`` (indices 0 … n_m − 1)."""

    def hvp(
        self, w: Float[np.ndarray, "*batch dim"], direction: Float[np.ndarray, "*batch dim"]
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇²f(w)·v."""
        return np.mean([self.worker_hvp(w, direction, m) for m in range(self.workers)], axis=0)
