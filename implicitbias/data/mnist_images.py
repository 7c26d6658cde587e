"""Two digits of MNIST (lecun1998) as a binary problem, from IDX files or downloaded once."""

import os
import warnings
from http.client import HTTPException
from pathlib import Path

import numpy as np
from jaxtyping import Int, Real

from implicitbias.data.idx_format import read_idx
from implicitbias.data.known_names import refuse_unknown
from implicitbias.data.preparation import class_pair, standardised, subset, with_bias
from implicitbias.data.samples import Samples
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


DATA_VARIABLE = "IMPLICITBIAS_DATA"
# Rows of each part in the downloaded table, which lists the training images first.
PARTS = {"t10k": slice(60_000, 70_000), "train": slice(0, 60_000)}
WHITE = 255.0


def mnist(
    pair: tuple[int, int] = (0, 8),
    samples: int | None = 1000,
    data_home: str | os.PathLike[str] | None = None,
    *,
    stream: Stream | None = None,
    part: str = "t10k",
    standardise: bool = False,
    bias: bool = False,
) -> Samples:
    """Return two digits of MNIST, pixels in [0, 1], d = 784; the first of the pair gets −1, the second +1.

    The IDX files (``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, or the same with ``train``, raw or
    ``.gz``) are looked for in ``data_home``, or else in the folder named by the environment variable
    ``IMPLICITBIAS_DATA``, and in its subfolder ``mnist``. If there are none, scikit-learn downloads the table from
    OpenML once and keeps it in ``data_home`` (default: its own cache).

    Parameters
    ----------
    pair
        The two digits.
    samples
        Number of images to keep; all if None.
    data_home
        Folder of the files.
    stream
        Draws which images to keep; without it they are evenly spaced in the file.
    part
        "t10k", the 10,000 test images, or "train", the 60,000 training images.
    standardise
        Shift and scale each pixel to mean 0 and variance 1 over the images kept.
    bias
        Append a constant feature 1.

    Returns
    -------
    Samples

    Raises
    ------
    BadInput
        If a digit or the part is unknown, a file is damaged, there are fewer images than asked for, or there are no
        files and no network.
    """
    refuse_unknown("part", part, PARTS)
    images, digits = _from_files(data_home, part) or _from_openml(data_home, part)
    rows, labels = class_pair(digits, pair)
    kept = subset(rows.size, samples, stream)
    features = images[rows[kept]] / WHITE
    features = standardised(features) if standardise else features
    features = with_bias(features) if bias else features
    title = f"mnist-{pair[0]}-{pair[1]}"
    return Samples(
        features, labels[kept], title, f"digits {pair[0]} (−1) and {pair[1]} (+1) of MNIST, {part} images"
    )


def mnist_available(data_home: str | os.PathLike[str] | None = None, part: str = "t10k") -> bool:
    """Return whether the IDX files of the part are there; nothing is opened or downloaded."""
    refuse_unknown("part", part, PARTS)
    return all(_find(data_home, name) is not None for name in _file_names(part))


def _from_files(
    data_home: str | os.PathLike[str] | None, part: str
) -> tuple[Real[np.ndarray, "image pixel"], Int[np.ndarray, " image"]] | None:
    names = _file_names(part)
    image_file, label_file = (_find(data_home, name) for name in names)
    if image_file is None and label_file is None:
        return None
    if image_file is None or label_file is None:
        found, missing = (label_file, names[0]) if image_file is None else (image_file, names[1])
        raise BadInput(f"{found}: found without its companion; put {missing} or {missing}.gz beside it")
    images, digits = read_idx(image_file, axes=3), read_idx(label_file, axes=1)
    if len(images) != len(digits):
        raise BadInput(f"{image_file}: {len(images)} images, but {len(digits)} labels in {label_file.name}")
    return images.reshape(len(images), -1), digits.astype(np.int64)


def _from_openml(
    data_home: str | os.PathLike[str] | None, part: str
) -> tuple[Real[np.ndarray, "image pixel"], Int[np.ndarray, " image"]]:
    # Lazy, since importing scikit-learn costs a second.
    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            # The warning of a retry says no more than the error below, should the retry fail too.
            warnings.filterwarnings("ignore", "A network error occurred")
            pixels, digits = fetch_openml(
                "mnist_784", version=1, return_X_y=True, as_frame=False, data_home=data_home, n_retries=1
            )
    except (OSError, HTTPException) as error:
        image_name, label_name = _file_names(part)
        raise BadInput(
            f"data_home = {data_home!r}: no MNIST files there, and the download failed ({error}); put {image_name} and"
            f" {label_name} (raw or .gz) into a folder and name it by data_home or by {DATA_VARIABLE}"
        ) from error
    rows = PARTS[part]
    return np.asarray(pixels)[rows], np.asarray(digits)[rows].astype(np.int64)


def _file_names(part: str) -> tuple[str, str]:
    return f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"


def _find(data_home: str | os.PathLike[str] | None, name: str) -> Path | None:
    folder = os.environ.get(DATA_VARIABLE) if data_home is None else data_home
    if not folder:
        return None
    # Both spellings circulate: idx3-ubyte after a hyphen or after a dot.
    spellings = (name, name.replace("-idx", ".idx"))
    places = (Path(folder), Path(folder) / "mnist")
    candidates = (place / f"{n}{ending}" for place in places for n in spellings for ending in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)
