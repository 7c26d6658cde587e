"""Which worker holds which sample: one integer m(i) in {0, …, M−1} per sample, no worker empty."""

import numpy as np
from jaxtyping import Int

from implicitbias.errors import BadInput


def checked_assignment(workers: object, samples: int) -> Int[np.ndarray, " sample"]:
    """Return m(i), i = 1 … n, as a read-only integer array, or say what is wrong with it.

    Parameters
    ----------
    workers
        Worker index of each sample; M is one more than the largest.
    samples
        Number n of samples.

    Raises
    ------
    BadInput
        If the array is not n integers ≥ 0, or if some worker below the largest index holds no sample.
    """
    given = np.asarray(workers)
    if given.shape != (samples,):
        raise BadInput(
            f"workers of shape {given.shape}: needs one worker index for each of the {samples} samples"
        )
    if given.dtype.kind not in "iu" or (samples and given.min() < 0):
        raise BadInput(f"workers = {given}: must be integers counted from 0; give e.g. the result of iid(…)")
    assignment = given.astype(np.int64)
    if samples:
        refuse_empty_workers(assignment, int(assignment.max()) + 1)
    assignment.flags.writeable = False
    return assignment


def refuse_empty_workers(assignment: Int[np.ndarray, " sample"], workers: int) -> None:
    """Raise BadInput if one of the M workers holds no sample: f_m = (1/n_m) Σ ℓ needs n_m ≥ 1."""
    empty = np.flatnonzero(np.bincount(assignment, minlength=workers) == 0)
    if empty.size:
        raise BadInput(
            f"worker {empty[0]} of {workers} (counted from 0) holds no sample: every n_m must be at least 1;"
            " use fewer workers or number them without a gap"
        )
