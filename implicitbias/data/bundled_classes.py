"""Real data bundled with scikit-learn with all their classes, a part of each held out; nothing is downloaded."""

import numpy as np
from jaxtyping import Int

from implicitbias import checks
from implicitbias.data.bundled import table
from implicitbias.data.classified import Classified
from implicitbias.data.preparation import standardised, subset
from implicitbias.stream import Stream


def real_classes(
    name: str, *, held_out: float = 0.25, standardise: bool = True, stream: Stream | None = None
) -> tuple[Classified, Classified]:
    """Return a real data set with all its classes in two parts: to train on, and held out.

    ``by_label(train.classes, K)`` gives worker k class k alone, ``dirichlet(train.classes, M, alpha, stream)`` mixes
    the classes unevenly, ``iid(train.classes, M, stream)`` evenly.

    Parameters
    ----------
    name
        "breast-cancer", "digits", "iris" or "wine".
    held_out
        Share of each class to hold out, in (0, 1); at least one sample of a class stays in either part.
    standardise
        Shift and scale each feature to mean 0 and variance 1 over the samples to train on; the held-out ones follow.
    stream
        Draws which samples to hold out; without it they are evenly spaced in the file.

    Returns
    -------
    train, rest

    Raises
    ------
    BadInput
        If the name is unknown, or the share is not in (0, 1).
    """
    share = checks.number("held_out", held_out, "hold out a share, e.g. 0.25", above=0, below=1)
    rows, classes = table(name)
    away = np.zeros(classes.size, dtype=bool)
    away[_held_out(classes, share, stream)] = True
    inputs = np.asarray(rows, dtype=np.float64)
    if standardise:
        inputs = standardised(inputs, like=inputs[~away])
    return Classified(inputs[~away], classes[~away], name), Classified(
        inputs[away], classes[away], f"{name}-held-out"
    )


def _held_out(
    classes: Int[np.ndarray, " sample"], share: float, stream: Stream | None
) -> Int[np.ndarray, " held"]:
    """Return which samples to hold out: the share of each class, rounded, drawn for each class on its own."""
    chosen = []
    for k in np.unique(classes):
        own = np.flatnonzero(classes == k)
        count = min(max(round(share * own.size), 1), own.size - 1)
        chosen.append(own[subset(own.size, count, None if stream is None else stream.child(f"class/{k}"))])
    return np.concatenate(chosen)
