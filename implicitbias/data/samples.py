"""Labelled samples of a binary linear classification problem."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from implicitbias.checks import real_array
from implicitbias.data.assignment import checked_assignment
from implicitbias.display import card, in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True, eq=False)
class Samples:
    """n samples (feature_i, y_i), y_i ∈ {−1, +1}; the rows x_i = y_i·feature_i are all the theory sees.

    Parameters
    ----------
    features
        Feature vectors, shape (n, d), finite; stored as a read-only copy.
    labels
        Labels −1 or +1, shape (n,).
    name
        Short name for tables and legends.
    description
        One sentence: where the samples come from.
    workers
        Worker index m(i) of each sample, or None when the set does not fix a distribution.

    Raises
    ------
    BadInput
        If shapes disagree, a number is not finite, a label is not ±1, or a worker is empty.
    """

    features: Float[np.ndarray, "sample dim"]
    labels: Float[np.ndarray, " sample"]
    name: str = "samples"
    description: str = ""
    workers: Int[np.ndarray, " sample"] | None = None

    __repr__ = in_brief

    def _repr_html_(self) -> str:
        return card(self.describe())

    def __post_init__(self):
        features = _checked_features(self.features)
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", _checked_labels(self.labels, len(features)))
        if self.workers is not None:
            object.__setattr__(self, "workers", checked_assignment(self.workers, len(features)))

    @property
    def signed(self) -> Float[np.ndarray, "sample dim"]:
        """The rows x_i = y_i·feature_i; w separates the samples iff x_i·w > 0 for all i."""
        return self.labels[:, None] * self.features

    def with_workers(self, workers: Int[np.ndarray, " sample"] | None) -> "Samples":
        """Return the same samples distributed over workers by m(i), or over none."""
        return replace(self, workers=workers)

    def describe(self) -> str:
        """Return one line: name, n, d, class sizes, b_x = max |x_i|, the distribution, the description."""
        samples, dim = self.features.shape
        positive = int(np.sum(self.labels > 0))
        largest = float(np.linalg.norm(self.features, axis=1).max())
        line = f"{self.name}: n = {samples}, d = {dim}, labels +{positive}/−{samples - positive}, b_x = {largest:.4g}"
        if self.workers is not None:
            sizes = np.bincount(self.workers)
            line += f", M = {sizes.size}, n_m = {_span(sizes)}"
        return f"{line}; {self.description}" if self.description else line


def _span(sizes: Int[np.ndarray, " worker"]) -> str:
    smallest, largest = sizes.min(), sizes.max()
    return f"{smallest}" if smallest == largest else f"{smallest}…{largest}"


def _checked_features(given: object) -> Float[np.ndarray, "sample dim"]:
    features = _numbers("features", given)
    if features.ndim != 2 or 0 in features.shape:
        raise BadInput(f"features of shape {features.shape}: must be (samples, dim), both at least 1")
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        i, j = bad[0]
        raise BadInput(
            f"features[{i}, {j}] = {features[i, j]}: must be finite; drop or impute {len(bad)} such entries"
        )
    return features


def _checked_labels(given: object, samples: int) -> Float[np.ndarray, " sample"]:
    labels = _numbers("labels", given)
    if labels.shape != (samples,):
        raise BadInput(
            f"labels of shape {labels.shape}: needs one label for each of the {samples} rows of features"
        )
    wrong = np.flatnonzero(np.abs(labels) != 1)
    if wrong.size:
        cure = (
            "map 0 to −1 with 2*y − 1"
            if set(np.unique(labels)) <= {0.0, 1.0}
            else "pick two classes, map to ±1"
        )
        raise BadInput(f"labels[{wrong[0]}] = {labels[wrong[0]]:g}: labels must be −1 or +1; {cure}")
    return labels


def _numbers(name: str, given: object) -> np.ndarray:
    array = real_array(name, given)
    array.flags.writeable = False
    return array
