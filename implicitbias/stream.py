"""Addressed randomness: (purpose, replica, worker, round) ↦ words, by the Philox counter cipher.

A draw is a pure function of its address. Batch size, block layout, number of threads and order of
calls cannot change it, so two methods that read the same address are coupled, and one replica out
of a million can be recomputed alone.

The 64-bit words come from Philox4x64-10 (Salmon, Moraes, Dror, Shaw, SC 2011): the key is the digest of
(seed, purpose), the counter is (block, replica, worker, round). NumPy's own ``Philox`` yields the same
words; this vectorised form reads many addresses at once, and the compiled kernels repeat it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt64

from implicitbias.display import card, in_brief
from implicitbias.errors import BadInput


PHILOX_ROUNDS = 10
PHILOX_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
PHILOX_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
# A double carries 53 bits; the half keeps the uniform strictly inside (0, 1).
_UNIT = 2.0**-53


@dataclass(frozen=True)
class Stream:
    """Source of all randomness of one experiment.

    Parameters
    ----------
    seed
        Non-negative integer; the only seed there is.

    Raises
    ------
    BadInput
        If the seed is not a non-negative integer.
    """

    seed: int = 0

    def __post_init__(self):
        if not isinstance(self.seed, int | np.integer) or isinstance(self.seed, bool) or self.seed < 0:
            raise BadInput(f"seed = {self.seed!r}: must be a non-negative integer; give e.g. Stream(0)")

    def _repr_html_(self) -> str:
        how = f"stream.at(purpose, replica, worker, round): pure functions of this address and of seed {self.seed}"
        return card(repr(self), [("draws", how), ("streams of its own", "stream.child(name)")])

    def key(self, purpose: str) -> tuple[int, int]:
        """Return the two key words of (seed, purpose)."""
        digest = hashlib.blake2b(f"{int(self.seed)}/{purpose}".encode(), digest_size=16).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def child(self, name: str) -> "Stream":
        """Return an independent stream that belongs to ``name``: same parent and name, same child."""
        high, low = self.key(f"child/{name}")
        return Stream((high << 64) | low)

    def at(
        self,
        purpose: str,
        replica: int | Sequence[int] | np.ndarray = 0,
        worker: int | Sequence[int] | np.ndarray = 0,
        round: int | Sequence[int] | np.ndarray = 0,
    ) -> "Address":
        """Return the address; replica, worker and round may be arrays, which broadcast together."""
        lanes = [_lane(name, v) for name, v in (("replica", replica), ("worker", worker), ("round", round))]
        return Address(self.key(purpose), *np.broadcast_arrays(*lanes))


@dataclass(frozen=True)
class Address:
    """Where a draw lives. Every reader starts at word 0: read a second purpose for independent numbers.

    Attributes
    ----------
    key
        Two words made of seed and purpose.
    replica, worker, round
        Whose draw it is, of one shape: lanes that are read together.
    """

    key: tuple[int, int]
    replica: UInt64[np.ndarray, "*lanes"]
    worker: UInt64[np.ndarray, "*lanes"]
    round: UInt64[np.ndarray, "*lanes"]

    __repr__ = in_brief

    def words(self, count: int, first: int = 0) -> UInt64[np.ndarray, "*lanes count"]:
        """Return the raw 64-bit words first, …, first + count − 1 of every lane."""
        low, high = first // 4, -(-(first + count) // 4)
        # NumPy's Philox advances its counter before the first block, hence 1, 2, …
        block = np.arange(low + 1, high + 1, dtype=np.uint64)
        address = (self.replica, self.worker, self.round)
        lanes = [np.broadcast_to(a[..., None], (*a.shape, high - low)) for a in address]
        cipher = philox([np.broadcast_to(block, lanes[0].shape), *lanes], self.key)
        words = np.stack(cipher, axis=-1).reshape(*self.replica.shape, 4 * (high - low))
        return words[..., first - 4 * low :][..., :count]

    def uniform(self, count: int, first: int = 0) -> Float[np.ndarray, "*lanes count"]:
        """Return uniforms first, … on the open interval (0, 1): (⌊word/2¹¹⌋ + 1/2)·2⁻⁵³."""
        return ((self.words(count, first) >> np.uint64(11)).astype(np.float64) + 0.5) * _UNIT

    def integers(self, high: int, count: int, first: int = 0) -> Int[np.ndarray, "*lanes count"]:
        """Return integers first, … on {0, …, high−1}: ⌊word·high/2⁶⁴⌋, biased by less than high/2⁶⁴."""
        return multiply_high(self.words(count, first), high)

    def normal(self, count: int, first: int = 0) -> Float[np.ndarray, "*lanes count"]:
        """Return standard normals first, …, by Box–Muller on words 2j and 2j + 1."""
        low, high = first // 2, -(-(first + count) // 2)
        pairs = self.uniform(2 * (high - low), 2 * low).reshape(*self.replica.shape, -1, 2)
        radius, angle = np.sqrt(-2 * np.log(pairs[..., 0])), 2 * np.pi * pairs[..., 1]
        normals = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
        return normals.reshape(*self.replica.shape, -1)[..., first - 2 * low :][..., :count]

    def permutation(self, size: int) -> Int[np.ndarray, "*lanes size"]:
        """Return a uniformly random order of {0, …, size−1}: the ranks of ``size`` words."""
        return np.argsort(self.words(size), axis=-1, kind="stable")

    def generator(self) -> np.random.Generator:
        """Return NumPy's generator on this address (a single lane), for draws made once, such as data."""
        # As uint64 arrays: NumPy rounds lists of large integers to doubles on the way in.
        counter = np.array([0, self.replica, self.worker, self.round], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=np.array(self.key, dtype=np.uint64), counter=counter))


def philox(counter: list[np.ndarray], key: tuple[int, int]) -> list[np.ndarray]:
    """Encrypt counters (four arrays of words) under the key; four arrays of words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(PHILOX_ROUNDS):
        high0, low0 = _full_product(c0, PHILOX_MULTIPLIERS[0])
        high1, low1 = _full_product(c2, PHILOX_MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0, k1 = (k0 + PHILOX_WEYL[0]) % 2**64, (k1 + PHILOX_WEYL[1]) % 2**64
    return [c0, c1, c2, c3]


def multiply_high(words: UInt64[np.ndarray, "..."], high: int) -> Int[np.ndarray, "..."]:
    """Return ⌊word·high/2⁶⁴⌋ exactly, for high < 2³¹."""
    if not 0 < high < 2**31:
        raise BadInput(f"high = {high}: must lie in 1 … 2³¹ − 1; split larger ranges")
    factor = np.uint64(high)
    carry = ((words & _LOW) * factor) >> _HALF
    return (((words >> _HALF) * factor + carry) >> _HALF).astype(np.int64)


def _full_product(a: np.ndarray, multiplier: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the high and the low word of the 128-bit products, through 32-bit halves."""
    b_high, b_low = np.uint64(multiplier >> 32), np.uint64(multiplier & 0xFFFFFFFF)
    a_high, a_low = a >> _HALF, a & _LOW
    cross = a_high * b_low + ((a_low * b_low) >> _HALF)
    middle = a_low * b_high + (cross & _LOW)
    return a_high * b_high + (cross >> _HALF) + (middle >> _HALF), a * np.uint64(multiplier)


def _lane(name: str, value: int | Sequence[int] | np.ndarray) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or (array.size and array.min() < 0):
        raise BadInput(f"{name} = {value!r}: an address is made of non-negative integers; count from 0")
    return array.astype(np.uint64)
