r"""Separable data whose max-margin separator is known before any solver runs.

Choose a unit vector u, a margin γ and multipliers a_i > 0 on k rows with Σ a_i = 1/γ². Rows x_i = γ u + v_i
with v_i ⊥ u and Σ a_i v_i = 0 satisfy Σ a_i x_i = u/γ and x_i·(u/γ) = 1: the KKT conditions of ŵ = u/γ. Hence
ŵ is the max-margin separator of these rows and of any further rows with x·ŵ ≥ 1 (derived).

The transverse parts are V = diag(a)^{-1/2} W Λ^{1/2} with W an orthonormal basis of √a^⊥, so that
A_S = Σ a_i x_i x_iᵀ has the eigenvalues 1 and Λ: its conditioning is planted too (derived).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.data.margin_geometry import MarginGeometry
from implicitbias.data.samples import Samples
from implicitbias.display import in_brief
from implicitbias.stream import Stream


@dataclass(frozen=True, eq=False)
class PlantedMargin:
    """Separable samples and the truth about them.

    Parameters
    ----------
    samples
        The samples; x_i = y_i·feature_i.
    weights
        ŵ, the hard-margin separator, shape (d,); |ŵ| = 1/γ.
    margin
        γ = max over unit u of min_i x_i·u.
    support
        Indices of all rows with x_i·ŵ = 1, ascending; some may carry the multiplier zero.
    duals
        Multipliers a_i ≥ 0, shape (n,), zero off the support: ŵ = Σ a_i x_i, Σ a_i = 1/γ². They are unique.
    """

    samples: Samples
    weights: Float[np.ndarray, " dim"]
    margin: float
    support: Int[np.ndarray, " support"]
    duals: Float[np.ndarray, " sample"]

    __repr__ = in_brief

    @property
    def next_margin(self) -> float:
        """θ = min over i ∉ S of x_i·ŵ, the next margin; infinite if every row is a support vector."""
        others = np.delete(self.samples.signed @ self.weights, self.support)
        return float(others.min()) if others.size else float("inf")

    @property
    def kappa(self) -> float:
        """κ = min(λ_min⁺(A_S), θ − 1), the exponent of |ρ − w̃| = O(r^{−κ}) when no multiplier on S is zero."""
        positive = self.duals > 0
        rows = np.sqrt(self.duals[positive])[:, None] * self.samples.signed[positive]
        # The k active rows are independent, so their Gram matrix carries exactly the positive spectrum of A_S.
        return min(float(np.linalg.eigvalsh(rows @ rows.T)[0]), self.next_margin - 1)


def separable(
    stream: Stream,
    samples: int = 40,
    dim: int = 5,
    margin: float = 0.2,
    *,
    support: int | None = None,
    zero_multiplier: int = 0,
    gap: float = 1.0,
    scale: float = 1.0,
    conditioning: float = 0.5,
    dual_ratio: float = 3.0,
    spanning: bool = True,
) -> PlantedMargin:
    """Return separable samples with planted ŵ, γ, support and multipliers, labels ±1 at random.

    |x_i·ŵ − 1| on the support and |Σ a_i x_i − ŵ|/|ŵ| are of the order of rounding times scale/γ.

    Parameters
    ----------
    stream
        Source of all draws.
    samples, dim
        n and d.
    margin
        γ, in the units of the features; needs γ < scale (γ ≤ scale for a single support vector).
    support
        k, the number of support vectors with a_i > 0 (linearly independent, k ≤ d); default min(n − z, d), less
        one dimension if ``zero_multiplier`` is positive.
    zero_multiplier
        z, the number of further rows with x_i·ŵ = 1 and a_i = 0; needs k < d.
    gap
        θ − 1 > 0: the smallest margin off the support is exactly (1 + gap)γ; needs (1 + gap)γ ≤ scale.
    scale
        Bound on every row norm. For k ≥ 2 the longest active support vector attains it, so b_x = scale.
    conditioning
        λ_min/λ_max in (0, 1] of A_S across ŵ. The size of the spectrum follows from ``scale``; about
        λ ≈ (scale²/γ² − 1)/(k − 1), so that many support vectors at a large margin force a small κ.
    dual_ratio
        The multipliers are drawn uniformly within this ratio ≥ 1, before normalisation.
    spanning
        Keep all rows in span(X_S), i.e. rank(X_S) = rank(X). If False, and k < d, rows off the support leave it.

    Returns
    -------
    PlantedMargin

    Raises
    ------
    BadInput
        If the numbers cannot be met together; the message names the inequality.
    """
    active = min(samples - zero_multiplier, dim - (zero_multiplier > 0)) if support is None else support
    geometry = MarginGeometry(
        samples, dim, margin, active, zero_multiplier, gap, scale, conditioning, dual_ratio, spanning
    )
    rows, duals = planted_rows(stream, geometry)
    basis = orthonormal_rows(stream, rows.shape[1], dim)
    rows, weights = rows @ basis, basis[0] / margin
    order = stream.at("data/separable/order").permutation(samples)
    labels = random_signs(stream, samples)
    features = labels[:, None] * rows[order]
    name, description = "random", f"planted margin γ = {margin:g}, {active} active support vectors"
    on_margin = np.flatnonzero(order < active + zero_multiplier)
    return PlantedMargin(
        Samples(features, labels, name, description), weights, margin, on_margin, duals[order]
    )


def planted_rows(
    stream: Stream, geometry: MarginGeometry
) -> tuple[Float[np.ndarray, "sample used_dim"], Float[np.ndarray, " sample"]]:
    """Return rows in coordinates whose first axis is ŵ/|ŵ| (active, zero-multiplier, others) and their a_i."""
    g = geometry
    draw = stream.at("data/separable/active").generator()
    shares = draw.uniform(1, g.dual_ratio, g.support)
    shares /= shares.sum()
    across = balanced_rows(draw, shares, g.transverse_spectrum())
    across *= _stretch(across, g.support_reach)
    zero_draw = stream.at("data/separable/zero-multiplier").generator()
    other_draw = stream.at("data/separable/others").generator()
    along, lateral = _others(other_draw, g)
    transverse = np.vstack([_pad(across, g), _zero_multiplier(zero_draw, g), lateral])
    first = np.concatenate([np.full(g.on_margin, g.margin), along])
    duals = np.concatenate([shares / g.margin**2, np.zeros(g.samples - g.support)])
    return np.column_stack([first, transverse]), duals


def balanced_rows(
    draw: np.random.Generator, shares: Float[np.ndarray, " row"], spectrum: Float[np.ndarray, " axis"]
) -> Float[np.ndarray, "row axis"]:
    """Return rows v_i with Σ s_i v_i = 0 and Σ s_i v_i v_iᵀ = diag(spectrum), spanning all axes."""
    root = np.sqrt(shares)
    frame = np.column_stack([root, draw.standard_normal((shares.size, spectrum.size))])
    orthonormal = np.linalg.qr(frame).Q[:, 1:]
    return orthonormal / root[:, None] * np.sqrt(spectrum)


def orthonormal_rows(stream: Stream, count: int, dim: int) -> Float[np.ndarray, "count dim"]:
    """Return the first ``count`` vectors of a random orthonormal basis of R^d."""
    normals = stream.at("data/separable/basis").generator().standard_normal((count, dim))
    return np.ascontiguousarray(np.linalg.qr(normals.T).Q.T)


def random_signs(stream: Stream, samples: int) -> Float[np.ndarray, " sample"]:
    """Return labels −1 or +1 with equal probability."""
    return 2.0 * stream.at("data/labels").integers(2, samples) - 1


def _zero_multiplier(draw: np.random.Generator, g: MarginGeometry) -> Float[np.ndarray, "row transverse"]:
    """Return transverse parts that no non-negative combination can balance, hence a_i = 0 is forced.

    Across the span of the active rows all entries are ≥ 0 and one is > 0; row j leads on axis j, so that the
    first rows are linearly independent.
    """
    rows = np.zeros((g.zero_multiplier, g.transverse))
    if not g.zero_multiplier:
        return rows
    inside = g.support - 1
    rows[:, :inside] = draw.uniform(-1, 1, (g.zero_multiplier, inside))
    extra = g.new_axes
    rows[:, inside : inside + extra] = draw.uniform(0, 1 / extra, (g.zero_multiplier, extra))
    leading = np.arange(g.zero_multiplier)
    rows[leading, inside + leading % extra] += 1
    length = g.support_reach * draw.uniform(0.5, 1, g.zero_multiplier)
    return rows * (length / np.linalg.norm(rows, axis=1))[:, None]


def _others(
    draw: np.random.Generator, g: MarginGeometry
) -> tuple[Float[np.ndarray, " other"], Float[np.ndarray, "other transverse"]]:
    """Return x·u ≥ (1 + gap)γ, attained by the first row, and transverse parts within the row-norm bound."""
    count = g.samples - g.on_margin
    nearest = (1 + g.gap) * g.margin
    along = draw.uniform(nearest, max(nearest, min(2 * nearest, g.scale)), count)
    along[:1] = nearest
    directions = draw.standard_normal((count, g.transverse))
    lengths = np.linalg.norm(directions, axis=1)
    radius = g.reach(along) * draw.random(count)
    return along, directions * (radius / np.where(lengths > 0, lengths, 1))[:, None]


def _stretch(rows: Float[np.ndarray, "row axis"], length: float) -> float:
    longest = np.linalg.norm(rows, axis=1).max()
    return length / longest if longest > 0 else 1.0


def _pad(rows: Float[np.ndarray, "row axis"], g: MarginGeometry) -> Float[np.ndarray, "row transverse"]:
    return np.pad(rows, ((0, 0), (0, g.transverse - rows.shape[1])))
