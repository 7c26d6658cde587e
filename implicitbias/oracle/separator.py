"""The answer of the max-margin oracle."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from implicitbias.display import brief, card, in_brief, typeset
from implicitbias.display.digits import MOST_DIGITS, number
from implicitbias.oracle.certificate import Certificate
from implicitbias.oracle.multipliers import all_positive, span_basis
from implicitbias.oracle.signed_rows import row_norms


# Certified slack x_i·ŵ − 1 of a support vector: two decades above its rounding, see `undecided` for the rest.
SUPPORT_SLACK = 1e-12

# Slack up to which a row can be neither called a support vector nor be told from one by a perturbation of the data.
UNDECIDED_SLACK = 1e-9

# |x_i − Q Qᵀ x_i|/|x_i| of a row inside the span (eps times a growth of 1e4).
IN_SPAN = 1e-12

LATEX = (
    r"\hat w = \operatorname{argmin}\, |w| \text{ subject to } x_i \cdot w \ge 1, \quad \gamma = 1/|\hat w|"
)


@dataclass(frozen=True, eq=False)
class MaxMargin:
    """Certified solution of  γ = max_{|u| = 1} min_i x_i·u,  as  ŵ = argmin |w| subject to x_i·w ≥ 1.

    Attributes
    ----------
    weights : array, shape (d,)
        ŵ, with min_i x_i·ŵ = 1 and |ŵ| = 1/γ in the norm asked for.
    margin : float
        γ > 0, in the units of the features.
    duals : array, shape (n,)
        Multipliers a_i ≥ 0. Euclidean: ŵ = Σ a_i x_i and Σ a_i = |ŵ|² = 1/γ². Metric D: D ŵ = Σ a_i x_i and
        Σ a_i = ŵᵀDŵ = 1/γ². Max norm: Σ a_i = 1 and |Σ a_i x_i|_1 = γ.
    support : integer array
        Rows with certified slack x_i·ŵ − 1 ≤ 1e-12, those with a_i = 0 included.
    undecided : integer array
        Rows with slack between 1e-12 and 1e-9.
    certificate : Certificate
        Residuals of the optimality conditions, evaluated in extended precision at the pair of which ``weights`` and
        ``duals`` are the roundings.
    slack : array, shape (n,)
        x_i·ŵ − 1, evaluated in extended precision.
    signed : array, shape (n, d)
        The rows x_i that were separated.
    norm : "l2", "linf" or array, shape (d,)
        The norm of the margin; an array is the diagonal D of |w|² = wᵀDw.
    """

    weights: Float[np.ndarray, " dim"]
    margin: float
    duals: Float[np.ndarray, " sample"]
    support: Int[np.ndarray, " support"]
    undecided: Int[np.ndarray, " undecided"]
    certificate: Certificate
    slack: Float[np.ndarray, " sample"] = field(repr=False)
    signed: Float[np.ndarray, "sample dim"] = field(repr=False)
    norm: str | Float[np.ndarray, " dim"] = field(default="l2", repr=False)

    __repr__ = in_brief

    def _repr_latex_(self) -> str | None:
        return typeset([LATEX])

    def _repr_html_(self) -> str:
        rows = [
            ("margin γ", number(self.margin, MOST_DIGITS)),
            ("separator ŵ", brief(self.weights)),
            ("support", f"{brief(self.support)} of {len(self.duals)} rows"),
            ("certified by", repr(self.certificate)),
        ]
        return card("MaxMargin", rows, [LATEX])

    @cached_property
    def direction(self) -> Float[np.ndarray, " dim"]:
        """ŵ/|ŵ|, of Euclidean length 1 whatever the norm of the margin."""
        return self.weights / np.linalg.norm(self.weights)

    @cached_property
    def next_margin(self) -> float:
        """θ = min_{i not in S} x_i·ŵ > 1; infinite when every row is a support vector."""
        others = np.delete(self.slack, self.support)
        return float(1.0 + others.min()) if others.size else np.inf

    @cached_property
    def nondegenerate(self) -> bool:
        """Whether some multipliers of ŵ are positive on every support vector.

        With independent support vectors the multipliers are unique and this reads a_i > 1e-9 Σ a_j on S; with
        dependent ones (duplicates) a linear program looks for positive multipliers.
        """
        return all_positive(self.signed[self.support], self.duals[self.support])

    @cached_property
    def support_basis(self) -> Float[np.ndarray, "dim rank"]:
        """Orthonormal basis of span{x_i : i in S}."""
        return span_basis(self.signed[self.support])

    @cached_property
    def spans(self) -> bool:
        """Whether the support vectors span all data, rank(X_S) = rank(X)."""
        others = np.delete(self.signed, self.support, axis=0)
        outside = others - (others @ self.support_basis) @ self.support_basis.T
        return bool((row_norms(outside) <= IN_SPAN * row_norms(others)).all()) if others.size else True


def split_by_slack(slack: np.ndarray) -> tuple[Int[np.ndarray, " support"], Int[np.ndarray, " undecided"]]:
    """Return the support vectors, and the rows too close to call."""
    undecided = (slack > SUPPORT_SLACK) & (slack <= UNDECIDED_SLACK)
    return np.flatnonzero(slack <= SUPPORT_SLACK), np.flatnonzero(undecided)
