"""Small data sets on which the theory of separable classification has exact or printed answers.

Labels are absorbed (all +1), except in the figure of soudry2018, whose labels are part of the example.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks
from implicitbias.data.samples import Samples
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


SET_A_ROWS = ((1.0, 0.1), (2.0, -0.2), (1.5, 1.5), (0.2, 1.6), (0.9, 2.5), (-0.4, 4.8))
SOUDRY_SUPPORT = ((0.5, 1.5), (1.5, 0.5), (-0.5, -1.5), (-1.5, -0.5))
SOUDRY_LABELS = (1.0, 1.0, -1.0, -1.0)


def set_a() -> Samples:
    """Return set A: d = 2, M = 2, n_m = 3, workers whose own SVMs lie 77° apart.

    ŵ = (.94936709, .50632911), γ = .92941176; the first sample of each worker supports it, with multipliers
    (.89729210, .26037494); θ = 1.797468; A_S has eigenvalues 1 and .58324 (derived).
    """
    return _absorbed(
        SET_A_ROWS, "A", "two workers whose local separators disagree", workers=(0, 0, 0, 1, 1, 1)
    )


def set_a_prime() -> Samples:
    """Return set A′: set A without its last sample, so that n = (3, 2) and p_i = 1/(M n_m) ≠ 1/n (derived)."""
    return _absorbed(SET_A_ROWS[:-1], "A-prime", "set A with unequal workers", workers=(0, 0, 0, 1, 1))


def orthogonal(c: Sequence[float] | Float[np.ndarray, " worker"] = (1.0, 2.0, 0.5)) -> Samples:
    """Return set O: worker m holds the single sample c_m e_m, so that the coordinates decouple.

    ŵ_m = 1/c_m, a_m = 1/c_m², 1/γ² = Σ 1/c_m², w̃_m = −log(M/c_m²)/c_m, A_S = I (derived).

    Parameters
    ----------
    c
        Lengths c_m > 0, one per worker.

    Raises
    ------
    BadInput
        If a length is not positive, or there is none.
    """
    lengths = np.asarray(c, dtype=np.float64)
    if lengths.ndim != 1 or not lengths.size or not np.all(lengths > 0):
        raise BadInput(f"c = {c}: needs one length c_m > 0 per worker; give e.g. (1, 2, .5)")
    return _absorbed(np.diag(lengths), "O", "one orthogonal sample per worker", workers=range(lengths.size))


def lagging_orthonormal(workers: int) -> Samples:
    """Return one orthonormal sample e_m for each of M workers.

    Started with one coordinate behind the others, the lagging worker alone drives the loss, and the bias of
    Local-GD against inexact GD comes within a constant of its bound (derived).
    """
    if workers < 1:
        raise BadInput(f"workers = {workers}: needs at least one worker")
    return _absorbed(
        np.eye(workers), "lagging-orthonormal", "one orthonormal sample per worker", range(workers)
    )


def degenerate() -> Samples:
    """Return set D: x_1 = (1, 0), x_2 = (1, 1), a support vector with multiplier zero.

    ŵ = (1, 0), a = (1, 0): w − ŵ log t is unbounded, its second coordinate grows like log log t (derived).
    """
    return _absorbed(((1.0, 0.0), (1.0, 1.0)), "D", "a support vector with zero multiplier", workers=(0, 0))


def opposed_pair(margin: float = 0.05) -> Samples:
    """Return x_1 = (γ, √(1 − γ²)), x_2 = (γ, −√(1 − γ²)/2): agreed along ŵ = (1/γ, 0), opposed across it.

    The set of wu2024, Theorem 3: with 0 < γ < 0.1, steps that never raise the loss leave it above c₀/t. As x_1·x_2 < 0,
    a long step that serves one row undoes the other. No worker is fixed.

    Parameters
    ----------
    margin
        γ in (0, 1); then max |x_i| = 1.

    Raises
    ------
    BadInput
        If γ is not in (0, 1).
    """
    along = checks.number("margin", margin, "give e.g. 0.05", above=0, below=1)
    across = float(np.sqrt(1.0 - along**2))
    rows = np.array([[along, across], [along, -across / 2]])
    return Samples(rows, np.ones(2), "opposed", f"two rows of margin {along:g}, opposed across ŵ")


def sweeping_example() -> Samples:
    """Return one worker with x_a = (2, 1), x_b = (1, 0), on which many local steps do not project.

    From u = (−3, 1) the limit H → ∞ ends at (1, 5/3), the projection on {x·u ≥ 1} is (1, 1) (derived).
    """
    return _absorbed(((2.0, 1.0), (1.0, 0.0)), "sweeping", "sweeping differs from projecting", workers=(0, 0))


def order_of_limits() -> Samples:
    """Return two workers on which the order of r → ∞ and H → ∞ decides: (.5, 1), (0, 2) and (2, 0).

    From u⁰ = (−2, −3) averaged sweeping processes end at (.717, .6415), averaged projections at (1, .5); ŵ = (.5, .75).
    Their directions are .2522 (sweeping, ŵ), .5133 (projection, ŵ) and .2654 (each other) apart. The global sweeping
    process from the first reaches its last face, with velocity ŵ, at s = 3.17 (derived).
    """
    rows = ((0.5, 1.0), (0.0, 2.0), (2.0, 0.0))
    return _absorbed(rows, "order", "two workers on which the order of limits decides", workers=(0, 0, 1))


def soudry_figure1(
    stream: Stream | None = None, others: int = 12, gap: float = 0.5, spread: float = 1.5
) -> Samples:
    """Return the data of soudry2018, Figure 1: four support vectors with labels, and points off the margin.

    ±(.5, 1.5), ±(1.5, .5) have margin one at ŵ = (.5, .5), γ = √2, with multipliers 1/8 each (one choice of
    many: opposite points are the same row). The other points y(s(1, 1) + t(1, −1)) draw s uniformly in
    [1 + gap, 1 + gap + spread], t in [−spread, spread], the label y = ±1; hence x·ŵ = s.

    Parameters
    ----------
    stream
        Source of the other points; needed unless ``others = 0``.
    others
        Number of points off the margin, 12 in the figure.
    gap
        Least distance of their margin x·ŵ from 1, positive.
    spread
        Extent along and across ŵ, non-negative.

    Raises
    ------
    BadInput
        If ``others`` is negative or given without a stream, ``gap ≤ 0`` or ``spread < 0``.
    """
    if others < 0 or gap <= 0 or spread < 0:
        raise BadInput(
            f"others, gap, spread = {others}, {gap}, {spread}: need others ≥ 0, gap > 0, spread ≥ 0"
        )
    points, labels = _off_margin(stream, others, gap, spread)
    return Samples(
        np.vstack([SOUDRY_SUPPORT, points]),
        np.concatenate([SOUDRY_LABELS, labels]),
        "soudry-fig1" if others else "soudry-fig1-support",
        f"four support vectors, {others} points off the margin (soudry2018, Figure 1)",
    )


def _off_margin(
    stream: Stream | None, others: int, gap: float, spread: float
) -> tuple[Float[np.ndarray, "other 2"], Float[np.ndarray, " other"]]:
    if not others:
        return np.empty((0, 2)), np.empty(0)
    if stream is None:
        raise BadInput(
            f"stream = None with others = {others}: random points need a stream; give Stream(0) or others=0"
        )
    draw = stream.at("data/soudry-figure1").generator()
    along = 1 + gap + spread * draw.random(others)
    across = spread * draw.uniform(-1, 1, others)
    labels = draw.choice([-1.0, 1.0], others)
    return labels[:, None] * np.stack([along + across, along - across], axis=1), labels


def _absorbed(rows: object, name: str, description: str, workers: Sequence[int]) -> Samples:
    features: Float[np.ndarray, "sample dim"] = np.asarray(rows, dtype=np.float64)
    assignment: Int[np.ndarray, " sample"] = np.asarray(workers, dtype=np.int64)
    return Samples(features, np.ones(len(features)), name, description, assignment)
