"""Fixed random ReLU features: the last layer of a wide network is a linear problem in them."""

import numpy as np

from implicitbias.data.samples import Samples
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


def relu_features(samples: Samples, width: int, stream: Stream) -> Samples:
    """Return φ(x) = max(Vx, 0)/c with V_ij ~ N(0, 1) and c such that the largest |φ(x_i)| is b_x = 1.

    E|max(Vx, 0)|² = width·|x|²/2, so relative lengths of rows survive for large width. Unit j of the layer is the
    same for every width above j.

    Parameters
    ----------
    samples
        Inputs; labels and workers are kept.
    width
        Number of ReLU units, the new d.
    stream
        Source of V; the same stream gives the same layer for other samples of equal dimension, up to c.

    Returns
    -------
    Samples

    Raises
    ------
    BadInput
        If ``width < 1``, or all features vanish.
    """
    if width < 1:
        raise BadInput(f"width = {width}: needs at least one ReLU unit")
    dim = samples.features.shape[1]
    layer = stream.at("data/relu-layer").generator().standard_normal((width, dim))
    active = np.maximum(samples.features @ layer.T, 0)
    largest = float(np.linalg.norm(active, axis=1).max())
    if largest == 0:
        raise BadInput(f"width = {width}: every ReLU unit is off on every sample; use a larger width")
    description = f"{width} random ReLU features of {samples.name}"
    return Samples(
        active / largest, samples.labels, f"{samples.name}-relu{width}", description, samples.workers
    )
