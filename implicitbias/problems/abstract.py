"""What every problem offers, and the checks every problem makes on its data."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.display import card, latex_of, tex, typeset
from implicitbias.errors import BadInput


# What is minimised, of a problem that does not say more by a method ``latex``.
OBJECTIVE = r"f(w) = \frac{1}{M} \sum_m f_m(w)"
WORKERS_CURE = "give M, one worker index per sample, or one list of sample indices per worker"


class AbstractProblem(ABC):
    """Objective f = (1/M) Σ_m f_m of M workers on R^d.

    Parameters live in arrays ``w`` of shape (…, dim); leading axes are batched over. Equality and hash are
    those of the content, so that a problem can be the key of a table of runs.
    """

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of the parameters."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """Number of workers M."""

    @abstractmethod
    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return f_m(w)."""

    @abstractmethod
    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w), or its mean over the worker's local ``samples`` (indices 0 … n_m − 1)."""

    @abstractmethod
    def content(self) -> tuple[object, ...]:
        """Return what defines the problem: arrays and parameters, in a fixed order."""

    def loss(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return f(w) = (1/M) Σ_m f_m(w)."""
        return np.mean([self.worker_loss(w, m) for m in range(self.workers)], axis=0)

    def point(self, w: Float[np.ndarray, "*batch dim"], worker: int = 0) -> Float[np.ndarray, "*batch dim"]:
        """Return w as an array, having checked that f_m can be evaluated there.

        Raises
        ------
        BadInput
            If w does not end in an axis of length ``dim``, or there is no worker m.
        """
        if not isinstance(w, np.ndarray) or w.dtype.kind != "f":
            w = checks.real_array("w", w)
        if w.shape[-1:] != (self.dim,):
            raise BadInput(
                f"w has shape {w.shape}: its last axis must be d = {self.dim}; leading axes are batches"
            )
        if not 0 <= worker < self.workers:
            raise BadInput(f"worker = {worker}: must lie in 0 … {self.workers - 1}; count workers from 0")
        return w

    def gradient(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f(w) = (1/M) Σ_m ∇f_m(w)."""
        return np.mean([self.worker_gradient(w, m) for m in range(self.workers)], axis=0)

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the content: same content, same fingerprint, on every machine."""
        digest = hashlib.sha256(type(self).__name__.encode())
        for part in self.content():
            if isinstance(part, np.ndarray):
                digest.update(f"{part.dtype.str}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
            else:
                digest.update(repr(part).encode())
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbstractProblem) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def _repr_latex_(self) -> str | None:
        return typeset([latex_of(self, OBJECTIVE)])

    def _repr_html_(self) -> str:
        return card(repr(self), (), [latex_of(self, OBJECTIVE)])


def ridge(l2: float) -> str:
    """Return + (l2/2)|w|² as LaTeX; nothing for 0."""
    return rf" + \frac{{{tex(l2)}}}{{2}} |w|^2" if l2 else ""


def apply(matrix: Float[np.ndarray, "row column"], vectors: Float[np.ndarray, "*batch column"]) -> np.ndarray:
    """Return A·v for every vector v of a batch, shape (*batch, row).

    One matrix–vector product each: a product of whole matrices would sum in an order that depends on the size
    of the batch, and a replica must not know how many there are.
    """
    return (matrix @ vectors[..., None])[..., 0]


def frozen_array(
    name: str, value: object, axes: int, *, shape: tuple[int | None, ...] | None = None
) -> np.ndarray:
    """Return ``value`` as a read-only array of finite doubles with the given number of axes.

    Raises
    ------
    BadInput
        If it has another number of axes, an empty axis, another shape, or an entry that is not finite.
    """
    array = checks.real_array(name, value)
    if array.ndim != axes or 0 in array.shape:
        raise BadInput(f"{name} has shape {array.shape}: must have {axes} non-empty axes; reshape it")
    if shape is not None and any(
        want not in (None, have) for want, have in zip(shape, array.shape, strict=True)
    ):
        raise BadInput(f"{name} has shape {array.shape}: must have shape {shape}; check rows against columns")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        raise BadInput(
            f"{name}{list(where)} = {array[where]}: data must be finite; drop or impute the {len(bad)} bad entries"
        )
    array.setflags(write=False)
    return array


def worker_assignment(workers: object, samples: int) -> Int[np.ndarray, " sample"]:
    """Return the worker index of every sample.

    ``workers`` is that array itself, a sequence of index arrays (one per worker), or a number M of
    contiguous, nearly equal blocks.

    Raises
    ------
    BadInput
        If a worker is empty, a sample is missing or doubled, or there are more workers than samples.
    """
    if isinstance(workers, int | np.integer) and not isinstance(workers, bool):
        return _frozen_assignment(_blocks(int(workers), samples), samples)
    if isinstance(workers, np.ndarray) or all(isinstance(m, int | np.integer) for m in _sequence(workers)):
        return _frozen_assignment(np.asarray(workers), samples)
    parts = [
        checks.sequence(f"workers[{m}]", part, WORKERS_CURE) for m, part in enumerate(_sequence(workers))
    ]
    return _frozen_assignment(_from_index_arrays(parts, samples), samples)


def _sequence(workers: object) -> Sequence[Any]:
    if not isinstance(workers, Sequence) or isinstance(workers, str):
        raise checks.refuse("workers", workers, "must be a number, a list or an integer array", WORKERS_CURE)
    return workers


def _blocks(count: int, samples: int) -> np.ndarray:
    if not 1 <= count <= samples:
        raise BadInput(f"workers = {count}: must lie in 1 … n = {samples}; every worker needs a sample")
    return np.arange(samples) * count // samples


def _from_index_arrays(parts: list[tuple[object, ...]], samples: int) -> np.ndarray:
    indices = [checks.integer("workers", i, 0, WORKERS_CURE) for part in parts for i in part]
    if sorted(indices) != list(range(samples)):
        raise BadInput(
            f"workers lists {len(indices)} indices: each of 0 … {samples - 1} must occur once; {WORKERS_CURE}"
        )
    assignment = np.empty(samples, dtype=np.int64)
    assignment[indices] = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return assignment


def _frozen_assignment(assignment: np.ndarray, samples: int) -> np.ndarray:
    if assignment.shape != (samples,) or assignment.dtype.kind not in "iu":
        raise BadInput(
            f"workers has shape {assignment.shape} and type {assignment.dtype}: must hold one worker index "
            f"for each of the n = {samples} samples; {WORKERS_CURE}"
        )
    if assignment.min() < 0 or assignment.max() >= samples:
        raise BadInput(
            f"workers reach from {assignment.min()} to {assignment.max()}: M ≤ n = {samples} workers are "
            "numbered 0 … M − 1; renumber"
        )
    empty = np.flatnonzero(np.bincount(assignment) == 0)
    if len(empty):
        raise BadInput(
            f"worker {empty[0]} has no sample: every worker 0 … {assignment.max()} needs one; renumber"
        )
    result = assignment.astype(np.int64)
    result.setflags(write=False)
    return result
