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
    """A step of worker m sees ∇f_m(w) + A(w)ξ/√B, ξ of mean 0 and covariance I.

    The batch size belongs to the method: only Σ = AAᵀ over B enters. So does the number of workers, where they all
    have one loss L.

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
        """Return the largest eigenvalue of the ∇²f_m(w)."""

    @abstractmethod
    def for_workers(self, workers: int) -> "AbstractNoisyProblem":
        """Return the same problem, worked on by M workers; or refuse another M than its own."""

    @abstractmethod
    def noisy_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        noise: Float[np.ndarray, "*batch channel"],
        worker: int = 0,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w) + A(w)·noise, ``noise`` being ξ/√B."""

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
