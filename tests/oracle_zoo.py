"""Separable data with known answers, shared by the tests of the oracle."""

from dataclasses import dataclass

import numpy as np

from implicitbias.stream import Stream


@dataclass(frozen=True, eq=False)
class Weighted:
    """The least an oracle needs to know of a problem."""

    signed: np.ndarray
    sample_weights: np.ndarray


# Two workers of three samples; all constants below are worked by hand from the two support vectors.
SET_A = np.array([(1, 0.1), (2, -0.2), (1.5, 1.5), (0.2, 1.6), (0.9, 2.5), (-0.4, 4.8)])

# Set A without its last sample: workers of three and two samples, so that 1/(M n_m) differs from 1/n.
SET_A_UNEQUAL = Weighted(SET_A[:5], np.array([1 / 6, 1 / 6, 1 / 6, 1 / 4, 1 / 4]))

# The four support vectors of Fig. 1 of soudry2018, labels absorbed: two rows, each twice.
SOUDRY_FIGURE = np.array([(0.5, 1.5), (1.5, 0.5), (0.5, 1.5), (1.5, 0.5)])

# The second support vector has multiplier zero: the residual grows like log log r.
DEGENERATE = np.array([(1.0, 0.0), (1.0, 1.0)])


def orthogonal(scales) -> np.ndarray:
    """Worker m holds the single sample c_m e_m."""
    return np.diag(np.asarray(scales, dtype=float))


def separable(samples: int, dim: int, seed: int, shift: float = 0.3) -> np.ndarray:
    """Gaussian rows signed by a random direction, then moved along it so that the margin is not tiny."""
    draw = Stream(seed).at("separable").generator()
    teacher = draw.standard_normal(dim)
    teacher /= np.linalg.norm(teacher)
    rows = draw.standard_normal((samples, dim))
    return rows * np.sign(rows @ teacher)[:, None] + shift * teacher


def rotation(dim: int, seed: int) -> np.ndarray:
    """Random orthogonal matrix."""
    return np.linalg.qr(Stream(seed).at("rotation").generator().standard_normal((dim, dim)))[0]
