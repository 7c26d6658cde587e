"""Laws of gradient noise: ξ of mean 0 and covariance I, read at the address of a worker's step of life.

Step s of worker m (counted over all its rounds) lies in segment ⌊s/256⌋ of its life at place p = s mod 256; the
address is (law, replica, worker, segment). Two methods with other numbers of local steps, but the same stream,
therefore meet the same noise step by step.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.stream import Address, Stream


# Steps per address: a word holds the bits of 64 steps, and one call of the cipher gives four words.
SEGMENT = 256
_WORD = 64

Noise = Float[np.ndarray, "steps replica channel"]


class AbstractLaw(ABC):
    """Law of ξ: independent components of mean 0 and variance 1 (``Drawn`` is the exception it explains)."""

    @property
    @abstractmethod
    def purpose(self) -> str:
        """Purpose of the addresses."""

    @abstractmethod
    def piece(self, address: Address, place: int, steps: int, channels: int, batch: float) -> np.ndarray:
        """Return ξ/√B of steps place, …, place + steps − 1 of a segment, shape (replica, steps, channel)."""

    @abstractmethod
    def check(self, batch: float) -> None:
        """Refuse a batch size that the law cannot have."""

    def scaled(
        self,
        stream: Stream,
        replicas: Int[np.ndarray, " replica"],
        worker: int,
        first: int,
        steps: int,
        channels: int,
        batch: float,
    ) -> Noise:
        """Return ξ/√B of the worker's steps first, …, first + steps − 1."""
        pieces = [
            self.piece(stream.at(self.purpose, replicas, worker, q), place, count, channels, batch)
            for q, place, count in segments(first, steps)
        ]
        return np.concatenate(pieces, axis=1).swapaxes(0, 1)


@dataclass(frozen=True)
class Gaussian(AbstractLaw):
    """ξ ~ N(0, I): normal number p·K + c of the segment, K channels."""

    @property
    def purpose(self) -> str:
        """Return ``gaussian-noise``."""
        return "gaussian-noise"

    def check(self, batch: float) -> None:
        """Admit every batch size: only Σ/B enters."""

    def piece(self, address: Address, place: int, steps: int, channels: int, batch: float) -> np.ndarray:
        """Return the normals, over √B."""
        drawn = address.normal(steps * channels, place * channels)
        return drawn.reshape(-1, steps, channels) / np.sqrt(batch)


@dataclass(frozen=True)
class TwoPoint(AbstractLaw):
    """ξ = ±1, one random bit each: bit p mod 64 of word 4c + ⌊p/64⌋, +1 where it is 0.

    Only the covariance of the noise enters the limits of small learning rates, and a bit is cheaper than a normal.
    """

    @property
    def purpose(self) -> str:
        """Return ``two-point-noise``."""
        return "two-point-noise"

    def check(self, batch: float) -> None:
        """Admit every batch size: only Σ/B enters."""

    def piece(self, address: Address, place: int, steps: int, channels: int, batch: float) -> np.ndarray:
        """Return the signs, over √B."""
        words = address.words(channels * SEGMENT // _WORD).reshape(-1, 1, channels, SEGMENT // _WORD)
        at = place + np.arange(steps)
        chosen = np.take(words, at // _WORD, axis=-1)[:, 0].swapaxes(1, 2)
        bits = (chosen >> (at % _WORD).astype(np.uint64)[:, None]) & np.uint64(1)
        return (1.0 - 2.0 * bits.astype(np.float64)) / np.sqrt(batch)


@dataclass(frozen=True)
class Skewed(AbstractLaw):
    """ξ = √((1 − p)/p) with probability p, else −√(p/(1 − p)): variance 1, skewness (1 − 2p)/√(p(1 − p))."""

    probability: float = 0.2

    def __post_init__(self):
        checks.number("probability", self.probability, "½ is the symmetric law, TwoPoint()", above=0, below=1)

    @property
    def purpose(self) -> str:
        """Return ``skewed-noise``."""
        return "skewed-noise"

    def check(self, batch: float) -> None:
        """Admit every batch size: only Σ/B enters."""

    def piece(self, address: Address, place: int, steps: int, channels: int, batch: float) -> np.ndarray:
        """Return the two values, over √B."""
        odds = np.sqrt((1.0 - self.probability) / self.probability)
        drawn = address.uniform(steps * channels, place * channels).reshape(-1, steps, channels)
        return np.where(drawn < self.probability, odds, -1.0 / odds) / np.sqrt(batch)


@dataclass(frozen=True)
class Drawn(AbstractLaw):
    """Real mini-batches of B of the n samples, with replacement: ξ_i/√B = √n·(times i was drawn)/B.

    With A = (∇ℓ_i − ∇L)_i/√n the noise Aξ/√B is the mean gradient of the batch minus ∇L. The counts are not
    independent, but A sums to 0 over the samples, so that the covariance is Σ/B all the same.
    """

    @property
    def purpose(self) -> str:
        """Return ``sample-noise``."""
        return "sample-noise"

    def check(self, batch: float) -> None:
        """Refuse a batch that is no whole number of samples.

        Raises
        ------
        BadInput
            Naming the batch.
        """
        if int(batch) != batch:
            raise BadInput(
                f"batch = {batch!r}: real samples are drawn one by one, so B_loc must be an integer; round it, or "
                "choose the law Gaussian(), for which only Σ/B counts"
            )

    def piece(self, address: Address, place: int, steps: int, channels: int, batch: float) -> np.ndarray:
        """Return √n·counts/B."""
        size = int(batch)
        drawn = address.integers(channels, steps * size, place * size).reshape(-1, steps, size)
        counts = (drawn[..., None] == np.arange(channels)).sum(axis=2)
        return counts * (np.sqrt(channels) / size)


def segments(first: int, steps: int) -> Iterator[tuple[int, int, int]]:
    """Yield (segment, first place in it, number of steps) of the steps first, …, first + steps − 1."""
    while steps > 0:
        segment, place = divmod(first, SEGMENT)
        count = min(steps, SEGMENT - place)
        yield segment, place, count
        first, steps = first + count, steps - count
