"""From a table of real data to a binary problem: a pair of classes, a subset, standardised, with a bias."""

import numpy as np
from jaxtyping import Float, Int

from implicitbias.errors import BadInput
from implicitbias.stream import Stream


def class_pair(classes: Int[np.ndarray, " row"], pair: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the two classes, in file order, and their labels: −1 for the first, +1 for the second.

    Raises
    ------
    BadInput
        If the two classes are equal or one of them does not occur.
    """
    known = np.unique(classes).tolist()
    if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(known):
        raise BadInput(f"pair = {pair}: must be two different classes among {known}")
    rows = np.flatnonzero(np.isin(classes, pair))
    return rows, np.where(classes[rows] == pair[1], 1.0, -1.0)


def subset(rows: int, samples: int | None, stream: Stream | None) -> Int[np.ndarray, " sample"]:
    """Return which rows to keep, ascending: all, ``samples`` drawn without replacement, or evenly spaced ones.

    Without a stream the rows are ⌊j·rows/samples⌋, so that files sorted by class still give both classes.

    Raises
    ------
    BadInput
        If more samples are asked for than there are, or fewer than one.
    """
    if samples is None:
        return np.arange(rows)
    if not 1 <= samples <= rows:
        raise BadInput(
            f"samples = {samples}: the chosen classes have {rows} rows; ask for 1 … {rows}, or None for all"
        )
    if stream is None:
        return np.arange(samples) * rows // samples
    return np.sort(stream.at("data/subset").permutation(rows)[:samples])


def standardised(
    features: Float[np.ndarray, "sample dim"], like: Float[np.ndarray, "other dim"] | None = None
) -> Float[np.ndarray, "sample dim"]:
    """Return columns shifted and scaled so that those of ``like`` have mean 0 and variance 1.

    ``like`` are the features themselves by default; columns in which it is constant become 0.
    """
    like = features if like is None else like
    shift, constant = like.mean(axis=0), np.ptp(like, axis=0) == 0
    scale = (like - shift).std(axis=0)
    return np.where(constant, 0.0, features - shift) / np.where(constant, 1.0, scale)


def with_bias(features: Float[np.ndarray, "sample dim"]) -> Float[np.ndarray, "sample dim+1"]:
    """Return the features with a last column of ones: a hyperplane off the origin becomes one through it."""
    return np.column_stack([features, np.ones(len(features))])
