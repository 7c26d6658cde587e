"""Real data bundled with scikit-learn, as binary problems; nothing is downloaded."""

import numpy as np
from jaxtyping import Int, Real

from implicitbias.data.known_names import refuse_unknown
from implicitbias.data.preparation import class_pair, standardised, subset, with_bias
from implicitbias.data.samples import Samples
from implicitbias.stream import Stream


LOADERS = {
    "breast-cancer": ("load_breast_cancer", (0, 1)),
    "digits": ("load_digits", (0, 8)),
    "iris": ("load_iris", (0, 1)),
    "wine": ("load_wine", (0, 1)),
}


def real(
    name: str,
    pair: tuple[int, int] | None = None,
    *,
    standardise: bool = True,
    bias: bool = True,
    samples: int | None = None,
    stream: Stream | None = None,
) -> Samples:
    """Return a real data set of two classes; the first of the pair gets the label −1, the second +1.

    Parameters
    ----------
    name
        "breast-cancer", "digits", "iris" or "wine".
    pair
        The two classes; default (0, 1), for digits (0, 8).
    standardise
        Shift and scale each feature to mean 0 and variance 1 over the samples kept.
    bias
        Append a constant feature 1, after standardising.
    samples
        Number of samples to keep; all if None.
    stream
        Draws which samples to keep; without it they are evenly spaced in the file.

    Returns
    -------
    Samples

    Raises
    ------
    BadInput
        If the name or a class is unknown, or there are fewer samples than asked for.

    Notes
    -----
    With a bias, all samples of breast-cancer (by a hair), digits (0, 8), iris (0, 1) and wine (0, 1) are linearly
    separable; iris (1, 2) is not.
    """
    inputs, classes = table(name)
    pair = LOADERS[name][1] if pair is None else pair
    rows, labels = class_pair(classes, pair)
    kept = subset(rows.size, samples, stream)
    features = np.asarray(inputs[rows[kept]], dtype=np.float64)
    features = standardised(features) if standardise else features
    features = with_bias(features) if bias else features
    title = f"{name}-{pair[0]}-{pair[1]}"
    return Samples(features, labels[kept], title, f"classes {pair[0]} (−1) and {pair[1]} (+1) of {name}")


def table(name: str) -> tuple[Real[np.ndarray, "row feature"], Int[np.ndarray, " row"]]:
    """Return features and classes 0, 1, … of all rows, as they are bundled.

    Raises
    ------
    BadInput
        If the name is unknown.
    """
    refuse_unknown("name", name, LOADERS)
    # Lazy, since importing scikit-learn costs a second.
    from sklearn import datasets

    return getattr(datasets, LOADERS[name][0])(return_X_y=True)
