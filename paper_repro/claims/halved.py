"""The limit η → 0 from runs at η and at η/2, as a measured value with the error of sampling and of extrapolation."""

import numpy as np
from jaxtyping import Float

from paper_repro.claims.ensembles import mean_of
from paper_repro.claims.observation import Measured


def at_zero_rate(
    coarse: Float[np.ndarray, "replica *quantity"],
    fine: Float[np.ndarray, "replica *quantity"],
    comparisons: int = 1,
) -> Measured:
    """Return the mean of 2·fine − coarse, with no error of first order in η, replica by replica.

    Its error is Student's half-width of that mean, plus |E_η − E_{η/2}|: on the slow horizon no theorem says what is
    left after the extrapolation, so all that it moved is kept as an error. For ``sampled_limit``.

    Parameters
    ----------
    coarse, fine
        The same quantities at η and at η/2; replica k of both may share noise.
    comparisons
        How many intervals decide the claim, these included.
    """
    pairs = 2.0 * fine - coarse
    columns = [mean_of(column, comparisons) for column in pairs.reshape(len(pairs), -1).T]
    value, error = (np.array([getattr(c, name) for c in columns]) for name in ("value", "error"))
    moved = np.abs((coarse - fine).mean(axis=0)).ravel()
    return Measured(value.reshape(pairs.shape[1:]), (error + moved).reshape(pairs.shape[1:]))
