"""Brownian increments by address: step n of replica k draws the same numbers in any batch, block or order.

Step n = 256·q + p of replica k with K noises reads segment q, ``stream.at(purpose, k, 0, q)``:

| law of ΔW_c/√Δ | purpose | which number |
|---|---|---|
| Gaussian | ``brownian`` | normal p·K + c |
| two-point: ±1 | ``two-point-brownian`` | bit p mod 64 of word 4c + ⌊p/64⌋; 0 is +1 |
| three-point: ±√3 with probability 1/6 each, else 0 | ``three-point-brownian`` | uniform p·K + c, by its quantile |
| antisymmetric V_jr/Δ = ±1, r < j | ``antisymmetric-brownian`` | bit p mod 64 of word 4e + ⌊p/64⌋, e = j(j−1)/2 + r |
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems.laws import Gaussian, segments, TwoPoint
from implicitbias.stream import Stream


ANTISYMMETRIC = "antisymmetric-brownian"
ROOT_3 = 3.0**0.5
# A step computed as t/n and one written by hand differ by rounding.
SAME_STEP = 1e-12


class Increments(Enum):
    """Law of the increments of one step; the value is the purpose of its address.

    A step needs few moments to have a weak order: two points match those of a Gaussian up to the third, three
    points up to the fifth. Only Gaussian increments follow a path.
    """

    GAUSSIAN = "brownian"
    TWO_POINT = "two-point-brownian"
    THREE_POINT = "three-point-brownian"


class AbstractPath(ABC):
    """Increments of K noises over steps of one length, for every replica.

    Attributes
    ----------
    dt
        Length Δ of a step.
    noises
        K.
    law
        Law of ΔW/√Δ.
    """

    dt: float
    noises: int
    law: Increments

    @abstractmethod
    def increments(
        self, replicas: Int[np.ndarray, " replica"], first: int, count: int
    ) -> Float[np.ndarray, "replica step noise"]:
        """Return ΔW of steps first, …, first + count − 1."""

    @abstractmethod
    def antisymmetric(
        self, replicas: Int[np.ndarray, " replica"], first: int, count: int
    ) -> Float[np.ndarray, "replica step noise noise"]:
        """Return V: V_jr = ±Δ for r < j, V_rj = −V_jr, V_jj = −Δ, independent of the increments."""

    def check(self, noises: int, dt: float, law: Increments) -> None:
        """Refuse to drive an equation or scheme that needs other increments.

        Raises
        ------
        BadInput
            Naming what does not match.
        """
        wanted = {"noises": noises, "law": law}
        for name, value in wanted.items():
            if getattr(self, name) != value:
                rule = f"the path has {name} = {getattr(self, name)!r}"
                raise checks.refuse(name, value, rule, f"draw a path with {name}={value}")
        if not np.isclose(self.dt, dt, rtol=SAME_STEP, atol=0.0):
            raise BadInput(
                f"dt = {dt:g}: the path has steps of {self.dt:g}; pass dt={self.dt:g}, or coarsen it"
            )


@dataclass(frozen=True)
class BrownianPath(AbstractPath):
    """The increments of K independent noises over steps of one length, for every replica.

    Integrations that share a path share their noise: common random numbers, and one path at two step lengths.

    Parameters
    ----------
    stream
        Where the numbers come from.
    dt
        Length Δ of a step.
    noises
        K.
    law
        Law of ΔW/√Δ.
    level
        Each step is the sum of 2^level addressed ones; set by ``coarsened``.

    Raises
    ------
    BadInput
        If a value breaks its rule.
    """

    stream: Stream
    dt: float
    noises: int
    law: Increments = Increments.GAUSSIAN
    level: int = 0

    def __post_init__(self):
        checks.instance("stream", self.stream, Stream, "give Stream(0), the one source of randomness")
        checks.number("dt", self.dt, "give the length of a step", above=0)
        checks.integer("noises", self.noises, 0, "give the number of columns of the diffusion")
        checks.instance("law", self.law, Increments, "give e.g. Increments.GAUSSIAN")
        checks.integer("level", self.level, 0, "use .coarsened(levels)")

    def increments(
        self, replicas: Int[np.ndarray, " replica"], first: int, count: int
    ) -> Float[np.ndarray, "replica step noise"]:
        """Return ΔW of steps first, …, first + count − 1."""
        sums = self._addressed(replicas, first << self.level, count << self.level)
        # In pairs, level by level: the same bytes whether it was coarsened once or step by step.
        for _ in range(self.level):
            sums = sums[:, 0::2] + sums[:, 1::2]
        return sums

    def antisymmetric(
        self, replicas: Int[np.ndarray, " replica"], first: int, count: int
    ) -> Float[np.ndarray, "replica step noise noise"]:
        """Return V: V_jr = ±Δ for r < j, V_rj = −V_jr, V_jj = −Δ, independent of the increments."""
        rows, columns = np.tril_indices(self.noises, -1)
        parts = [self._signs(replicas, q, p, n, len(rows)) for q, p, n in segments(first, count)]
        signs = np.concatenate(parts, axis=1)
        area = np.zeros((*signs.shape[:2], self.noises, self.noises))
        area[..., rows, columns], area[..., columns, rows] = signs, -signs
        return self.dt * (area - np.eye(self.noises))

    def coarsened(self, levels: int = 1, *, single_difference: bool = False) -> "BrownianPath":
        """Return the same path in steps of 2^levels Δ: their increments are the sums of the fine ones.

        Parameters
        ----------
        levels
            How many times the step is doubled.
        single_difference
            The path serves one difference of two levels and no telescoping sum: allows two- and three-point laws.

        Raises
        ------
        BadInput
            For increments that are not Gaussian: their sums have another law.
        """
        checks.integer("levels", levels, 0, "1 doubles the step")
        if self.law is not Increments.GAUSSIAN and levels and not single_difference:
            raise checks.refuse(
                "law",
                self.law,
                "sums of these increments have another law, so that a telescoping sum over levels is biased",
                "use Gaussian increments, or say single_difference=True if only one difference is taken",
            )
        return replace(self, dt=self.dt * 2**levels, level=self.level + levels)

    def _addressed(self, replicas: np.ndarray, first: int, count: int) -> np.ndarray:
        parts = [self._segment(replicas, q, p, n) for q, p, n in segments(first, count)]
        return np.sqrt(self.dt / 2**self.level) * np.concatenate(parts, axis=1)

    def _segment(self, replicas: np.ndarray, segment: int, place: int, count: int) -> np.ndarray:
        """Return ΔW/√Δ of ``count`` steps of a segment."""
        address = self.stream.at(self.law.value, replicas, 0, segment)
        if self.noises == 0:
            return np.zeros((len(replicas), count, 0))
        if self.law is not Increments.THREE_POINT:
            law = Gaussian() if self.law is Increments.GAUSSIAN else TwoPoint()
            return law.piece(address, place, count, self.noises, 1.0)
        uniform = address.uniform(count * self.noises, place * self.noises)
        three = ROOT_3 * ((uniform > 5.0 / 6.0).astype(np.float64) - (uniform < 1.0 / 6.0))
        return three.reshape(len(replicas), count, self.noises)

    def _signs(self, replicas: np.ndarray, segment: int, place: int, count: int, pairs: int) -> np.ndarray:
        """Return V_jr/Δ of ``count`` steps of a segment, for the pairs r < j."""
        address = self.stream.at(ANTISYMMETRIC, replicas, 0, segment)
        return (
            TwoPoint().piece(address, place, count, pairs, 1.0)
            if pairs
            else np.zeros((len(replicas), count, 0))
        )
