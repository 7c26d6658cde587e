"""The noise that the workers of a run see, as increments for its slow SDE: common random numbers of the two.

In a round the mean of the workers is kicked by −(η/M) Σ_m Σ_s A ξ_{m,s}/√B_loc, which B^{−1/2}A ΔW is equal to for

    ΔW = −(η/√M) Σ_m Σ_s ξ_{m,s},        variance η²H, the slow time of the round.

A slow SDE driven by it follows its own run: the difference of the two has variance O(η) instead of O(1).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import AbstractStepRule, LocalMethod
from implicitbias.stream import Stream
from sde.approximations.setting import setting_of
from sde.brownian import AbstractPath, Increments
from sde.landscapes import Landscape


@dataclass(frozen=True)
class WorkerNoise(AbstractPath):
    """Increments of K noises over rounds, one for each channel of the landscape's noise.

    They are Gaussian where the landscape's law is, and sums of MH variables where it is not: alike to the third
    moment, so that schemes of weak order 1 keep it.

    Parameters
    ----------
    landscape, method
        What is run, with a constant learning rate and one H.
    stream
        That of the run.

    Raises
    ------
    BadInput
        If the method has no noise, another learning rate in every round, or momentum.
    """

    landscape: Landscape
    method: LocalMethod
    stream: Stream

    def __post_init__(self):
        checks.instance("stream", self.stream, Stream, "give the stream of the run")
        setting_of(self.method, self.landscape.workers)
        if isinstance(self.method.local_steps, AbstractStepRule) or self.method.momentum is not None:
            raise BadInput(
                f"method = {self.method!r}: rounds of one length and steps without momentum have increments; "
                "give local_sgd(lr, local_steps, batch, workers=M)"
            )

    @property
    def dt(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Slow time of a round, η²H."""
        setting = setting_of(self.method, self.landscape.workers)
        return setting.lr**2 * setting.local_steps

    @property
    def noises(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Channels K of the landscape's noise."""
        return self.landscape.channels

    @property
    def law(self) -> Increments:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Gaussian, up to what is said above."""
        return Increments.GAUSSIAN

    def increments(
        self, replicas: Int[np.ndarray, " replica"], first: int, count: int
    ) -> Float[np.ndarray, "replica round noise"]:
        """Return ΔW of rounds first, …, first + count − 1."""
        setting = setting_of(self.method, self.landscape.workers)
        steps, total = int(setting.local_steps), np.zeros((len(replicas), count, self.noises))
        for worker in range(setting.workers):
            # Of a batch of one sample: what is drawn is then ξ itself.
            drawn = self.landscape.draw(self.stream, replicas, worker, first * steps, count * steps, 1.0)
            total += drawn.reshape(count, steps, len(replicas), -1).sum(axis=1).swapaxes(0, 1)
        return -setting.lr / np.sqrt(setting.workers) * total

    def antisymmetric(
        self, replicas: Int[np.ndarray, " replica"], first: int, count: int
    ) -> Float[np.ndarray, "replica round noise noise"]:
        """Refuse: no scheme of order 2 is driven by a run."""
        raise BadInput("path = WorkerNoise(…): has no variables V; use a scheme of order 1")
