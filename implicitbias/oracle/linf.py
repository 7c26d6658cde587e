"""Margin in the max norm, the limit of sign-like methods: a linear program, polished to a vertex."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified
from implicitbias.oracle.certificate import Certificate
from implicitbias.oracle.extended import combination, EXTENDED, margins
from implicitbias.oracle.linear_program import largest_least_margin
from implicitbias.oracle.separability import require_separable
from implicitbias.oracle.separator import MaxMargin, split_by_slack


# Distance from a bound, or share of the multipliers, below which the simplex vertex is taken to sit on it.
AT_BOUND = 1e-9

# Newton corrections of a linear system with extended residuals: each gains 16 − log10(cond) digits.
REFINEMENTS = 6


def max_margin_linf(signed: Float[np.ndarray, "sample dim"]) -> MaxMargin:
    """γ_∞ = max_{|w|_∞ ≤ 1} min_i x_i·w = min_{λ ≥ 0, Σ λ_i = 1} |Σ λ_i x_i|_1, proved by equality of the two.

    The margin is unique, the separator need not be: a vertex is returned.

    Parameters
    ----------
    signed : array, shape (n, d)
        Checked rows x_i.

    Returns
    -------
    MaxMargin
        ``weights`` ŵ with min_i x_i·ŵ = 1 and |ŵ|_∞ = 1/γ_∞; ``duals`` λ with Σ λ_i = 1, |Σ λ_i x_i|_1 = γ_∞.

    Raises
    ------
    NotSeparable, NotCertified
    """
    scale = np.abs(signed).max()
    vertex = largest_least_margin(signed / scale)
    if vertex is None or not vertex[1] > 0:
        require_separable(signed)
        raise NotCertified(
            "max_margin(norm='linf'): the simplex method found no vertex; rescale the features"
        )
    weights, margin, shares = vertex
    shares = _polish_dual(signed, weights, shares)
    weights = _polish_primal(signed, weights, margin * scale, shares)
    return _answer(signed, weights, shares)


def _polish_primal(rows: np.ndarray, weights: np.ndarray, margin: float, shares: np.ndarray) -> np.ndarray:
    """Solve x_i·w = t on the rows with λ_i > 0 for t and the coordinates strictly inside their bounds."""
    inside = np.abs(weights) < 1.0 - AT_BOUND
    active = np.flatnonzero(shares > 0)
    w, t = np.where(inside, weights, np.sign(weights)).astype(EXTENDED), EXTENDED(margin)
    system = np.hstack([rows[np.ix_(active, np.flatnonzero(inside))], -np.ones((len(active), 1))])
    for _ in range(REFINEMENTS):
        residual = (t - margins(rows[active], w)).astype(float)
        move = np.linalg.lstsq(system, residual, rcond=None)[0]
        w[inside] += move[:-1]
        t += move[-1]
    return np.clip(w, EXTENDED(-1), EXTENDED(1))


def _polish_dual(rows: np.ndarray, weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Solve Σ λ_i x_ij = 0 on the coordinates strictly inside their bounds, with Σ λ_i = 1."""
    inside = np.flatnonzero(np.abs(weights) < 1.0 - AT_BOUND)
    active = np.flatnonzero(shares > AT_BOUND * shares.max())
    scale = np.abs(rows).max()
    system = np.vstack([rows[np.ix_(active, inside)].T / scale, np.ones(len(active))])
    polished = np.zeros(len(rows), EXTENDED)
    polished[active] = shares[active] / shares[active].sum()
    for _ in range(REFINEMENTS):
        balance = combination(rows, polished)[inside] / scale
        residual = np.append(-balance, 1 - polished.sum()).astype(float)
        polished[active] += np.linalg.lstsq(system, residual, rcond=None)[0]
    polished = np.maximum(polished, EXTENDED(0))
    return polished / polished.sum()


def _answer(signed: np.ndarray, w: np.ndarray, shares: np.ndarray) -> MaxMargin:
    lower = margins(signed, w).min() / np.abs(w).max()
    weights = w / margins(signed, w).min()
    slack = margins(signed, weights) - 1
    combined = combination(signed, shares)
    upper = np.abs(combined).sum()
    certificate = Certificate(
        primal_violation=float(max(EXTENDED(0), -slack.min())),
        stationarity=float((upper - combined @ w / np.abs(w).max()) / upper),
        dual_violation=float(max(EXTENDED(0), -shares.min())),
        complementarity=float(np.abs(shares) @ np.abs(slack)),
        relative_gap=float((upper - lower) / upper),
        method="HiGHS dual simplex",
    )
    certificate.require()
    support, undecided = split_by_slack(slack)
    return MaxMargin(
        weights=weights.astype(float),
        margin=float(lower),
        duals=shares.astype(float),
        support=support,
        undecided=undecided,
        certificate=certificate,
        slack=slack.astype(float),
        signed=signed,
        norm="linf",
    )
