"""Distributions of n samples over M workers, from identical to label-pure.

Each split returns the worker index m(i) ∈ {0, …, M−1} of every sample; no worker is empty. Those with ``sizes``
accept either integers n_1, …, n_M with sum n, or proportions with sum 1, and default to sizes that differ by at
most one.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Shaped

from implicitbias.data.samples import Samples
from implicitbias.data.worker_sizes import even_sizes, sizes_from
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


def iid(
    samples: int | Samples | Shaped[np.ndarray, " sample"],
    workers: int,
    stream: Stream,
    sizes: Sequence[int] | Sequence[float] | None = None,
) -> Int[np.ndarray, " sample"]:
    """Return a uniformly random split with the given sizes: every worker sees the same distribution.

    Parameters
    ----------
    samples
        The number n, the Samples, or an array with one entry per sample.
    workers
        M.
    stream
        Source of the random order.
    sizes
        Sizes n_m or proportions.

    Returns
    -------
    array, shape (n,)
        Worker index of each sample.

    Raises
    ------
    BadInput
        If there are more workers than samples, or the sizes do not fit.
    """
    count = _count(samples)
    order = stream.at("split/iid").permutation(count)
    return _consecutive(order, sizes_from(sizes, count, workers))


def by_label(
    labels: Shaped[np.ndarray, " sample"] | Samples,
    workers: int,
    sizes: Sequence[int] | Sequence[float] | None = None,
) -> Int[np.ndarray, " sample"]:
    """Return the most heterogeneous split: samples sorted by label and dealt out in blocks.

    Without ``sizes``, and with M at least the number K of labels, every worker holds one label only: each label
    gets workers in proportion to its samples (at least one), who share it evenly. With ``sizes``, or M < K, at most
    K − 1 neighbouring pairs of blocks share a label.

    Parameters
    ----------
    labels
        Labels of any kind, or the Samples.
    workers
        M.
    sizes
        Sizes n_m or proportions, in ascending order of the label.

    Returns
    -------
    array, shape (n,)
        Worker index of each sample; within a label, samples are dealt out in the order given.

    Raises
    ------
    BadInput
        If there are more workers than samples, or the sizes do not fit.
    """
    given = _labels(labels)
    order = np.argsort(given, kind="stable")
    even = sizes_from(sizes, given.size, workers)
    counts = np.unique(given, return_counts=True)[1]
    if sizes is None and workers >= counts.size:
        shares = _workers_per_label(counts, workers)
        even = np.concatenate([even_sizes(int(c), int(m)) for c, m in zip(counts, shares, strict=True)])
    return _consecutive(order, even)


def dirichlet(
    labels: Shaped[np.ndarray, " sample"] | Samples, workers: int, alpha: float, stream: Stream
) -> Int[np.ndarray, " sample"]:
    """Return a split whose share of each label over the workers is Dirichlet(α, …, α).

    α → ∞ gives every worker the same share of every label, α → 0 each label to one worker. The samples of a label
    are dealt in random order, in blocks that end at the rounded cumulative shares. A worker left empty takes the
    sample listed last of the worker that then holds most (lowest indices first): the repair draws nothing.

    Parameters
    ----------
    labels
        Labels of any kind, or the Samples.
    workers
        M.
    alpha
        Concentration α > 0.
    stream
        Source of shares and orders.

    Returns
    -------
    array, shape (n,)
        Worker index of each sample.

    Raises
    ------
    BadInput
        If α is not positive and finite, or there are more workers than samples.
    """
    if not 0 < alpha < np.inf:
        raise BadInput(
            f"alpha = {alpha}: the Dirichlet concentration must be positive and finite; for ∞ use iid"
        )
    given = _labels(labels)
    sizes_from(None, given.size, workers)
    assignment = np.empty(given.size, dtype=np.int64)
    draw = stream.at("split/dirichlet").generator()
    for label in np.unique(given):
        rows = draw.permutation(np.flatnonzero(given == label))
        shares = draw.dirichlet(np.full(workers, alpha))
        ends = np.rint(np.cumsum(shares) / shares.sum() * rows.size).astype(np.int64)
        assignment[rows] = np.repeat(np.arange(workers), np.diff(ends, prepend=0))
    return _filled(assignment, workers)


def by_direction(
    features: Float[np.ndarray, "sample dim"] | Samples,
    workers: int,
    direction: Float[np.ndarray, " dim"] | None = None,
    sizes: Sequence[int] | Sequence[float] | None = None,
) -> Int[np.ndarray, " sample"]:
    """Return slabs: samples sorted by their coordinate along a direction and cut into consecutive blocks.

    Parameters
    ----------
    features
        Rows to be sorted, signed or not; for Samples, the rows x_i = y_i·feature_i.
    workers
        M; worker 0 holds the smallest coordinates.
    direction
        Non-zero vector; default the leading principal direction of the centred rows, its largest entry positive.
    sizes
        Sizes n_m or proportions.

    Returns
    -------
    array, shape (n,)
        Worker index of each sample; ties keep their order.

    Raises
    ------
    BadInput
        If the direction is zero or of another dimension, or the sizes do not fit.
    """
    rows = features.signed if isinstance(features, Samples) else np.asarray(features, dtype=np.float64)
    if rows.ndim != 2 or not np.all(np.isfinite(rows)):
        raise BadInput(f"features of shape {rows.shape}: must be finite numbers of shape (samples, dim)")
    axis = principal_direction(rows) if direction is None else np.asarray(direction, dtype=np.float64)
    if axis.shape != rows.shape[1:] or not np.all(np.isfinite(axis)) or not axis.any():
        raise BadInput(f"direction = {axis}: must be a non-zero finite vector of dimension {rows.shape[1]}")
    order = np.argsort(rows @ axis, kind="stable")
    return _consecutive(order, sizes_from(sizes, len(rows), workers))


def principal_direction(rows: Float[np.ndarray, "sample dim"]) -> Float[np.ndarray, " dim"]:
    """Return the unit vector of largest variance, signed so that its largest entry in absolute value is positive."""
    leading = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False).Vh[0]
    return leading * np.sign(leading[np.argmax(np.abs(leading))])


def _consecutive(
    order: Int[np.ndarray, " sample"], sizes: Int[np.ndarray, " worker"]
) -> Int[np.ndarray, " sample"]:
    assignment = np.empty(order.size, dtype=np.int64)
    assignment[order] = np.repeat(np.arange(sizes.size), sizes)
    return assignment


def _workers_per_label(counts: Int[np.ndarray, " label"], workers: int) -> Int[np.ndarray, " label"]:
    """Share M workers among labels in proportion to their samples, at least one and at most one per sample."""
    shares = np.ones_like(counts)
    for _ in range(workers - counts.size):
        shares[np.argmax(np.where(shares < counts, counts / shares, 0))] += 1
    return shares


def _filled(assignment: Int[np.ndarray, " sample"], workers: int) -> Int[np.ndarray, " sample"]:
    sizes = np.bincount(assignment, minlength=workers)
    for empty in np.flatnonzero(sizes == 0):
        giver = int(np.argmax(sizes))
        assignment[np.flatnonzero(assignment == giver)[-1]] = empty
        sizes[giver] -= 1
        sizes[empty] += 1
    return assignment


def _count(samples: int | Samples | Shaped[np.ndarray, " sample"]) -> int:
    if isinstance(samples, Samples):
        return len(samples.features)
    return len(samples) if isinstance(samples, np.ndarray) else int(samples)


def _labels(labels: Shaped[np.ndarray, " sample"] | Samples) -> Shaped[np.ndarray, " sample"]:
    given = labels.labels if isinstance(labels, Samples) else np.asarray(labels)
    if given.ndim != 1:
        raise BadInput(f"labels of shape {given.shape}: needs one label per sample, shape (n,)")
    return given
