"""Mean and variance of a stream of samples, with the same bytes whatever the blocks it came in."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput


LEAF = 256  # samples summed at once; blocks of LEAF·2^k samples reproduce `Moments.of` to the bit


def _zero() -> Float[np.ndarray, "..."]:
    return np.zeros(())


@dataclass(frozen=True, eq=False)
class Moments:
    """Count n, mean x̄ and sum of squared deviations S = Σ (x − x̄)² of samples of one shape.

    `Moments()` is empty, the neutral element of `merge`. Merging is exact in real arithmetic and free of
    the cancellation of Σx² − n x̄²:

        n = n₁ + n₂,   δ = x̄₂ − x̄₁,   x̄ = x̄₁ + δ n₂/n,   S = S₁ + S₂ + δ² n₁n₂/n.

    In floating point it is associative only to rounding; `tree` fixes the order, hence the bytes.

    Parameters
    ----------
    count : int
        Number of samples n.
    mean, squares : array
        x̄ and S, of the shape of one sample and in its units (S squared).
    """

    count: int = 0
    mean: Float[np.ndarray, "..."] = field(default_factory=_zero)
    squares: Float[np.ndarray, "..."] = field(default_factory=_zero)

    __repr__ = in_brief

    @classmethod
    def of(cls, samples: Float[np.ndarray, "..."], axis: int = 0) -> "Moments":
        """Moments over one axis of an array, by leaves of `LEAF` samples merged in tree order.

        Raises
        ------
        BadInput
            If a sample is not finite: a mean of survivors would be a silent selection.
        """
        rows = np.moveaxis(np.asarray(samples, dtype=float), axis, 0)
        if not np.isfinite(rows).all():
            bad = int(np.argmax(~np.isfinite(rows).reshape(len(rows), -1).all(axis=1)))
            raise BadInput(
                f"samples[{bad}] = {rows[bad]}: samples must be finite; "
                "look at the status of the trace they come from"
            )
        return cls.tree(_leaf(rows[start : start + LEAF]) for start in range(0, len(rows), LEAF))

    @classmethod
    def tree(cls, parts: Iterable["Moments"]) -> "Moments":
        """Merge parts, in their order, along the binary tree that splits k parts at the largest 2^j < k.

        The stream is consumed once and O(log k) parts are kept. Since the tree depends on the order of
        the parts alone, blocks may be computed by any thread, in any order.
        """
        pending: list[tuple[int, Moments]] = []
        for part in parts:
            size = 1
            while pending and pending[-1][0] == size:
                part = pending.pop()[1].merge(part)
                size *= 2
            pending.append((size, part))
        total = cls()
        for _, part in reversed(pending):
            total = part.merge(total)
        return total

    def merge(self, other: "Moments") -> "Moments":
        """Moments of both sets of samples together."""
        if other.count == 0:
            return self
        if self.count == 0:
            return other
        count = self.count + other.count
        step = other.mean - self.mean
        return Moments(
            count,
            # Sums of arrays without axes are scalars.
            np.asarray(self.mean + step * (other.count / count)),
            np.asarray(self.squares + other.squares + step * step * (self.count * other.count / count)),
        )

    @property
    def variance(self) -> Float[np.ndarray, "..."]:
        """Unbiased sample variance S/(n − 1); NaN below two samples."""
        return np.asarray(self.squares / (self.count - 1) if self.count > 1 else self.squares * np.nan)

    @property
    def standard_error(self) -> Float[np.ndarray, "..."]:
        """Estimated standard deviation of the mean, √(S/(n(n − 1)))."""
        return np.asarray(np.sqrt(self.variance / max(self.count, 1)))


def _leaf(rows: Float[np.ndarray, "sample ..."]) -> Moments:
    # Two passes: the second sees deviations only, so that a large mean costs no digits of S.
    mean = rows.mean(axis=0)
    deviations = rows - mean
    squares = (deviations**2).sum(axis=0) - deviations.sum(axis=0) ** 2 / len(rows)
    return Moments(len(rows), np.asarray(mean), np.asarray(np.maximum(squares, 0.0)))
