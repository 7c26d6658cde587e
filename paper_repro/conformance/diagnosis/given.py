"""What the local work of one round starts from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Given:
    """The start of a round's local work, one row per worker.

    Attributes
    ----------
    round_
        Number of the round, from 0.
    begin, anchor
        Where the steps begin, and where ρ pulls to.
    pull
        own·c_m − server·c, which a step subtracts from its gradient; 0 without controls.
    buffer
        u of the local momentum.
    """

    round_: int
    begin: Float[np.ndarray, "worker dim"]
    anchor: Float[np.ndarray, "worker dim"]
    pull: Float[np.ndarray, "worker dim"]
    buffer: Float[np.ndarray, "worker dim"]
