"""Data that no w separates, built with the split of ji2019 known in advance.

The split is unique: the trapped rows are those that take part in some vanishing positive combination
Σ b_i x_i = 0; they span U. The other rows are separable after projection on U^⊥, with margin γ_⊥ in the
direction ū. Gradient descent converges on U and grows like log t along ū.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.data.margin_geometry import MarginGeometry
from implicitbias.data.planted_margin import balanced_rows, orthonormal_rows, planted_rows, random_signs
from implicitbias.data.samples import Samples
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


@dataclass(frozen=True, eq=False)
class PlantedSplit:
    """Samples and their split, each half with its certificate.

    Parameters
    ----------
    samples
        The samples; x_i = y_i·feature_i.
    subspace
        Orthonormal rows spanning U, shape (dim U, d).
    trapped
        Indices of the rows that span U, ascending.
    balance
        b_i > 0 on the trapped rows, zero elsewhere, Σ b_i = 1: Σ b_i x_i = 0, so no w separates them.
    direction
        ū ∈ U^⊥, the unit max-margin direction of the projected other rows; None if there are none.
    margin
        γ_⊥ = min over the other rows of x_i·ū; infinite if there are none.
    duals
        a_i ≥ 0 on the other rows, zero elsewhere: the part of Σ a_i x_i across U is ū/γ_⊥, Σ a_i = 1/γ_⊥².
    """

    samples: Samples
    subspace: Float[np.ndarray, "trapped_dim dim"]
    trapped: Int[np.ndarray, " trapped"]
    balance: Float[np.ndarray, " sample"]
    direction: Float[np.ndarray, " dim"] | None
    margin: float
    duals: Float[np.ndarray, " sample"]

    __repr__ = in_brief


def mixed(
    stream: Stream,
    trapped: int = 12,
    separable: int = 20,
    dim: int = 5,
    trapped_dim: int = 2,
    margin: float = 0.2,
    *,
    support: int | None = None,
    gap: float = 1.0,
    scale: float = 1.0,
    conditioning: float = 0.5,
) -> PlantedSplit:
    """Return mixed data: ``trapped`` rows spanning U, and rows separable across U.

    Parameters
    ----------
    stream
        Source of all draws.
    trapped, separable
        Number of rows in and off the non-separable part; the former exceeds ``trapped_dim``.
    dim, trapped_dim
        d and dim U < d.
    margin
        γ_⊥; rows off U keep half of their squared norm for their part in U, so (1 + gap)γ_⊥ ≤ scale/√2.
    support
        Number of support vectors across U, default min(separable, d − dim U).
    gap
        θ − 1 across U.
    scale
        Bound on every row norm.
    conditioning
        λ_min/λ_max of Σ b_i x_i x_iᵀ on U, and of A_S across U and ū.

    Returns
    -------
    PlantedSplit

    Raises
    ------
    BadInput
        If the numbers cannot be met together.
    """
    across_dim, half = dim - trapped_dim, scale / np.sqrt(2)
    if not 0 < trapped_dim < dim:
        raise BadInput(
            f"trapped_dim = {trapped_dim}: must lie in 1 … dim − 1 = {dim - 1}; for dim use non_separable"
        )
    active = min(separable, across_dim) if support is None else support
    geometry = MarginGeometry(separable, across_dim, margin, active, 0, gap, half, conditioning)
    shares, inside = _trapped_rows(stream, trapped, trapped_dim, scale, conditioning)
    across, duals = planted_rows(stream, geometry)
    lean = _in_ball(stream.at("data/mixed/lean").generator(), separable, trapped_dim, half)
    rows = np.zeros((trapped + separable, dim))
    rows[:trapped, :trapped_dim] = inside
    rows[trapped:, :trapped_dim] = lean
    rows[trapped:, trapped_dim : trapped_dim + across.shape[1]] = across
    basis = orthonormal_rows(stream, dim, dim)
    description = f"{trapped} rows trapped in {trapped_dim} dimensions, margin γ_⊥ = {margin:g} across them"
    return _shuffled(
        stream, Samples(rows @ basis, np.ones(len(rows)), "mixed", description),
        basis[:trapped_dim], shares, basis[trapped_dim], margin, duals,
    )  # fmt: skip


def non_separable(
    stream: Stream, samples: int = 20, dim: int = 3, *, scale: float = 1.0, conditioning: float = 0.5
) -> PlantedSplit:
    """Return data trapped in all of R^d: a vanishing positive combination of rows that span, U = R^d.

    Every strictly convex decreasing loss then has exactly one, finite, minimiser.

    Parameters
    ----------
    stream
        Source of all draws.
    samples, dim
        n > d, and d.
    scale
        The largest row norm.
    conditioning
        λ_min/λ_max of Σ b_i x_i x_iᵀ, in (0, 1].

    Returns
    -------
    PlantedSplit

    Raises
    ------
    BadInput
        If n ≤ d, or a number is out of range.
    """
    shares, inside = _trapped_rows(stream, samples, dim, scale, conditioning)
    basis = orthonormal_rows(stream, dim, dim)
    description = "rows with a vanishing positive combination that span the space"
    drawn = Samples(inside @ basis, np.ones(samples), "non-separable", description)
    return _shuffled(stream, drawn, basis, shares, None, float("inf"), np.empty(0))


def _trapped_rows(
    stream: Stream, rows: int, dim: int, scale: float, conditioning: float
) -> tuple[Float[np.ndarray, " row"], Float[np.ndarray, "row dim"]]:
    if not 1 <= dim < rows:
        raise BadInput(
            f"{rows} trapped rows in {dim} dimensions: to span with Σ b_i x_i = 0 needs rows > dim ≥ 1"
        )
    if not (0 < conditioning <= 1 and 0 < scale < np.inf):
        raise BadInput(
            f"conditioning, scale = {conditioning}, {scale}: need 0 < conditioning ≤ 1 and scale > 0"
        )
    draw = stream.at("data/mixed/trapped").generator()
    shares = draw.uniform(1, 3, rows)
    shares /= shares.sum()
    balanced = balanced_rows(draw, shares, np.geomspace(conditioning, 1, dim))
    return shares, balanced * (scale / np.linalg.norm(balanced, axis=1).max())


def _in_ball(draw: np.random.Generator, rows: int, dim: int, radius: float) -> Float[np.ndarray, "row dim"]:
    directions = draw.standard_normal((rows, dim))
    lengths = radius * draw.random(rows) / np.linalg.norm(directions, axis=1)
    return directions * lengths[:, None]


def _shuffled(
    stream: Stream,
    drawn: Samples,
    subspace: Float[np.ndarray, "trapped_dim dim"],
    shares: Float[np.ndarray, " trapped"],
    direction: Float[np.ndarray, " dim"] | None,
    margin: float,
    duals: Float[np.ndarray, " other"],
) -> PlantedSplit:
    """Mix the two parts up and sign the rows, so that neither order nor label gives the split away."""
    count = len(drawn.features)
    order = stream.at("data/mixed/order").permutation(count)
    labels = random_signs(stream, count)
    samples = Samples(labels[:, None] * drawn.features[order], labels, drawn.name, drawn.description)
    balance = np.concatenate([shares, np.zeros(count - shares.size)])[order]
    multipliers = np.concatenate([np.zeros(shares.size), duals])[order]
    return PlantedSplit(samples, subspace, np.flatnonzero(balance), balance, direction, margin, multipliers)
