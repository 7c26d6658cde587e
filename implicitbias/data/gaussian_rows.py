"""Gaussian samples labelled by a random hyperplane: separable, with a margin left to chance."""

import numpy as np
from jaxtyping import Float

from implicitbias.data.samples import Samples
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


def gaussian_separable(stream: Stream, samples: int, dim: int) -> Samples:
    """Return set G(n, d): normal a ~ N(0, I_d), features N(0, I_d), y_i = sign(feature_i·a), b_x = 1.

    Parameters
    ----------
    stream
        Source of the hyperplane and of the features.
    samples, dim
        n and d.

    Returns
    -------
    Samples
        Features divided by the largest norm; x_i·a > 0 for all i.

    Raises
    ------
    BadInput
        If n or d is below 1.
    """
    if samples < 1 or dim < 1:
        raise BadInput(f"samples, dim = {samples}, {dim}: both must be at least 1")
    normal = stream.at("data/gaussian/normal").generator().standard_normal(dim)
    features = stream.at("data/gaussian/features").generator().standard_normal((samples, dim))
    return labelled_by_hyperplane(normal, features)


def labelled_by_hyperplane(
    normal: Float[np.ndarray, " dim"], features: Float[np.ndarray, "sample dim"]
) -> Samples:
    """Return features/max|feature| with y_i = sign(feature_i·a).

    Raises
    ------
    BadInput
        If a feature lies on the hyperplane, or is not finite.
    """
    sides = np.sign(features @ normal)
    on_plane = np.flatnonzero(sides == 0)
    if on_plane.size:
        raise BadInput(f"features[{on_plane[0]}]: lies on the hyperplane x·a = 0, so has no label; drop it")
    unit = features / np.linalg.norm(features, axis=1).max()
    return Samples(unit, sides, "gaussian", "Gaussian features labelled by a random hyperplane")
