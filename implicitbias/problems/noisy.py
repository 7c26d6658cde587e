"""Problems that are known by a loss and the law of its gradient noise, rather than by samples."""

from abc import abstractmethod
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from implicitbias.errors import BadInput
from implicitbias.problems.abstract import AbstractProblem
from implicitbias.problems.laws import AbstractLaw, Noise
from implicitbias.stream import Stream


class AbstractNoisyProblem(AbstractProblem):
    """One loss L for all workers; a step sees ∇L(w) + A(w)ξ/√B, ξ of mean 0 and covariance I.

    The number of workers and the batch size belong to the method: only Σ = AAᵀ over B enters.

    Attributes
    ----------
    law
        Law of ξ.
    shared
        Whether all workers see the same ξ, which breaks the independence that averaging lives on.
    """

    law: AbstractLaw
    shared: bool

    @property
    @abstractmethod
    def channels(self) -> int:
        """Number of components of ξ."""

    @property
    @abstractmethod
    def replica_block(self) -> int:
        """Replicas that are moved together when statistics are reduced."""

    @abstractmethod
    def sharpness(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return the largest eigenvalue of ∇²L(w)."""

    @abstractmethod
    def for_workers(self, workers: int) -> "AbstractNoisyProblem":
        """Return the same problem, worked on by M workers."""

    @abstractmethod
    def noisy_gradient(
        self, w: Float[np.ndarray, "*batch dim"], noise: Float[np.ndarray, "*batch channel"]
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇L(w) + A(w)·noise, ``noise`` being ξ/√B."""

    @abstractmethod
    def compiled(self, method: Any) -> Any | None:
        """Return the compiled twin of the definition for a ``LocalMethod``, an ``AbstractAdvance``; or ``None``."""

    @abstractmethod
    def why_not_compiled(self, method: Any) -> str:
        """Return why there is no compiled twin; empty if there is one."""

    def draw(
        self,
        stream: Stream | None,
        replicas: Int[np.ndarray, " replica"],
        worker: int,
        first: int,
        steps: int,
        batch: float,
    ) -> Noise:
        """Return ξ/√B of the worker's steps first, …, first + steps − 1 of its life.

        Raises
        ------
        BadInput
            Without a stream, or for a batch size that the law cannot have.
        """
        if stream is None:
            raise BadInput("stream = None: noise is drawn at addresses of a stream; give stream=Stream(0)")
        self.law.check(batch)
        address = 0 if self.shared else worker
        return self.law.scaled(stream, replicas, address, first, steps, self.channels, batch)
