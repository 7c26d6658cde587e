"""Coordinates in which nothing moves that does not have to: the span of the support vectors, then the rest.

With a fixed scaling D, Local GD on x_i in w is plain Local GD on D^{−1/2}x_i in D^{1/2}w; D is taken away first.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.methods import Fixed, LocalMethod
from implicitbias.oracle import max_margin, MaxMargin
from implicitbias.oracle.multipliers import span_basis
from implicitbias.oracle.separator import IN_SPAN
from implicitbias.oracle.signed_rows import row_norms
from implicitbias.problems import LinearClassification


@dataclass(frozen=True)
class Span:
    """Orthonormal coordinates of span{x_i}, those of span{x_i : i ∈ S} first.

    Attributes
    ----------
    svm
        Certified separator of the scaled rows D^{−1/2}x_i.
    basis
        Q, shape (dim, span).
    support_rank
        Number of coordinates that the support vectors use.
    rows
        Coordinates of the scaled rows; those of support vectors are exactly 0 beyond ``support_rank``.
    root
        √D.
    """

    svm: MaxMargin
    basis: Float[np.ndarray, "dim span"]
    support_rank: int
    rows: Float[np.ndarray, "sample span"]
    root: Float[np.ndarray, " dim"]

    @property
    def weights(self) -> Float[np.ndarray, " dim"]:
        """ŵ in the coordinates of the problem: argmin wᵀDw subject to x_i·w ≥ 1."""
        return self.svm.weights / self.root

    @property
    def separator(self) -> Float[np.ndarray, " span"]:
        """ŵ in these coordinates."""
        inside = self.svm.weights @ self.basis
        inside[self.support_rank :] = 0.0
        return inside

    def down(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch span"]:
        """Return the coordinates of w."""
        return (w * self.root) @ self.basis

    def up(self, coordinates: Float[np.ndarray, "*batch span"]) -> Float[np.ndarray, "*batch dim"]:
        """Return the vector of the span with these coordinates."""
        return (coordinates @ self.basis.T) / self.root

    def outside(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return the part of w that no gradient moves."""
        return w - self.up(self.down(w))


def span_of(problem: LinearClassification, method: LocalMethod) -> Span:
    """Return the coordinates, with the certified separator.

    Raises
    ------
    NotSeparable, NotCertified
        From the oracle.
    """
    root = np.sqrt(method.scaling.diagonal) if isinstance(method.scaling, Fixed) else np.ones(problem.dim)
    scaled = problem.signed / root
    svm = max_margin(scaled)
    support = svm.support_basis
    rest = scaled - (scaled @ support) @ support.T
    outside = row_norms(rest) > IN_SPAN * row_norms(scaled)
    outside[svm.support] = False
    basis = np.hstack([support, _orthogonal(rest[outside], support)])
    rows, rank = scaled @ basis, support.shape[1]
    rows[np.ix_(~outside, np.arange(rank, basis.shape[1]))] = 0.0
    return Span(svm, basis, rank, rows, root)


def _orthogonal(
    rows: Float[np.ndarray, "sample dim"], to: Float[np.ndarray, "dim rank"]
) -> Float[np.ndarray, "dim rest"]:
    """Return an orthonormal basis of the rows' span, orthogonal to ``to``, to which they are up to rounding."""
    if not len(rows):
        return np.empty((to.shape[0], 0))
    found = span_basis(rows)
    return np.linalg.qr(found - to @ (to.T @ found))[0]
