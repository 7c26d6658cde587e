"""How many samples each worker gets: n_1 + … + n_M = n, every n_m ≥ 1."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from implicitbias.errors import BadInput


# Proportions are typed by hand: (.33, .33, .34) sums to 1 within rounding, (.3, .3, .3) does not.
PROPORTION_TOLERANCE = 1e-9


def even_sizes(samples: int, workers: int) -> Int[np.ndarray, " worker"]:
    """Return sizes that differ by at most one, the larger ones first."""
    return samples // workers + (np.arange(workers) < samples % workers).astype(np.int64)


def sizes_from(
    sizes: Sequence[int] | Sequence[float] | None, samples: int, workers: int
) -> Int[np.ndarray, " worker"]:
    """Return n_1, …, n_M from exact sizes, from proportions, or even ones.

    Parameters
    ----------
    sizes
        M integers with sum n; or M positive floats with sum 1, rounded to sizes by the largest remainder, no worker
        below one sample; or None.
    samples
        n.
    workers
        M.

    Raises
    ------
    BadInput
        If M is not between 1 and n, or the sizes do not fit n and M.
    """
    if workers < 1:
        raise BadInput(f"workers = {workers}: needs at least one worker")
    if workers > samples:
        raise BadInput(
            f"workers = {workers} > samples = {samples}: every worker needs at least one sample; lower workers"
        )
    if sizes is None:
        return even_sizes(samples, workers)
    given = np.asarray(sizes)
    if given.shape != (workers,) or given.dtype.kind not in "iuf":
        raise BadInput(f"sizes = {sizes}: needs one number for each of the {workers} workers")
    if given.dtype.kind == "f":
        return _proportional(given, samples)
    if given.min() < 1 or given.sum() != samples:
        raise BadInput(
            f"sizes = {sizes}: must be at least 1 each and sum to samples = {samples}, not {given.sum()}"
        )
    return given.astype(np.int64)


def _proportional(shares: Float[np.ndarray, " worker"], samples: int) -> Int[np.ndarray, " worker"]:
    """Round n·p_m by the largest remainder, then raise empty workers to one at the cost of the largest."""
    if not (np.all(shares > 0) and abs(shares.sum() - 1) <= PROPORTION_TOLERANCE):
        raise BadInput(
            f"sizes = {shares.tolist()}: proportions must be positive and sum to 1, not {shares.sum():g};"
            " for exact sizes give integers"
        )
    sizes = np.floor(shares * samples).astype(np.int64)
    remainder = shares * samples - sizes
    sizes[np.argsort(-remainder, kind="stable")[: samples - sizes.sum()]] += 1
    for empty in np.flatnonzero(sizes == 0):
        sizes[np.argmax(sizes)] -= 1
        sizes[empty] += 1
    return sizes
