"""Who holds which point: dealt anew to M workers, evenly or as unlike as can be."""

import numpy as np

from implicitbias.data import by_direction, by_label, iid
from implicitbias.data.known_names import refuse_unknown
from implicitbias.errors import BadInput
from implicitbias.stream import Stream
from paper_repro.classroom.direction.presets import Arrangement


AS_THEY_ARE = "as the preset has it"
DEALINGS = (AS_THEY_ARE, "in turn", "at random", "by label", "by angle")


def dealt(given: Arrangement, dealing: str, workers: int, seed: int = 0) -> Arrangement:
    """Return the same points, dealt to M workers; the seed only draws ``"at random"``.

    Parameters
    ----------
    given
        Points and labels.
    dealing
        One of ``DEALINGS``: by label and by angle (of y·x) make workers unlike.
    workers
        M; not looked at where points stay as they are.

    Raises
    ------
    BadInput
        For an unknown dealing, or more workers than points.
    """
    refuse_unknown("dealing", dealing, DEALINGS)
    if dealing == AS_THEY_ARE:
        return given
    if workers > len(given.points):
        raise BadInput(
            f"M = {workers}: each worker needs a point, and there are {len(given.points)}; lower M, or add points"
        )
    holders = _holders(given, dealing, workers, seed)
    return Arrangement(given.points, given.labels, tuple(int(m) for m in holders), given.shows)


def _holders(given: Arrangement, dealing: str, workers: int, seed: int) -> np.ndarray:
    labels = np.array(given.labels)
    if dealing == "in turn":
        return np.arange(len(labels)) % workers
    if dealing == "at random":
        return iid(len(labels), workers, Stream(seed))
    if dealing == "by label":
        return by_label(labels, workers)
    rows = labels[:, None] * np.array(given.points)
    # Angles around the mean row, so that the cut lies where no row is.
    middle = np.arctan2(*rows.mean(axis=0)[::-1])
    angles = np.angle(np.exp(1j * (np.arctan2(rows[:, 1], rows[:, 0]) - middle)))
    return by_direction(angles[:, None], workers, direction=np.ones(1))
