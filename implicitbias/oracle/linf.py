"""Margin in the max norm, the limit of sign-like methods: a linear program, polished to a vertex."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified
from implicitbias.oracle.certificate import Certificate
from implicitbias.oracle.extended import combination, EXTENDED, margins
from implicitbias.oracle.linear_program import largest_least_margin, Vertex
from implicitbias.oracle.separability import require_separable
from implicitbias.oracle.separator import MaxMargin, split_by_slack


# Distance from a bound, or share of the multipliers, below which the simplex vertex is taken to sit on it.
AT_BOUND = 1e-9

# Newton corrections of a linear system with extended residuals: each gains 16 − log10(cond) digits.
REFINEMENTS = 6

# HiGHS is right to 1e-10: magnified by this, the difference to its answer shows which basis is the right one.
MAGNIFICATION = 1e8

# Looks at 1, 1e-8 and 1e-16; a fourth is beyond extended precision.
ZOOMS = 3


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
    vertex, answer = largest_least_margin(signed / scale), None
    for _ in range(ZOOMS):
        if vertex is None or not (vertex.margin > 0 and vertex.multipliers.any()):
            break
        answer = _polished(signed, vertex, scale) or answer
        if answer is not None and answer.certificate.failure is None:
            return answer
        vertex = _magnified(signed / scale, vertex)
    if answer is not None:
        answer.certificate.require()
    require_separable(signed)
    raise NotCertified("max_margin(norm='linf'): the simplex method found no vertex; rescale the features")


def _magnified(rows: np.ndarray, vertex: Vertex) -> Vertex | None:
    """Solve the program again for the difference to its answer, magnified (iterative refinement, gleixner2016)."""
    weights = np.clip(vertex.weights, -1.0, 1.0)
    products = margins(rows, weights)
    offsets = (MAGNIFICATION * (products - products.min())).astype(float)
    bounds = (MAGNIFICATION * (-1.0 - weights), MAGNIFICATION * (1.0 - weights))
    difference = largest_least_margin(rows, offsets, bounds)
    if difference is None:
        return None
    weights = weights + difference.weights / MAGNIFICATION
    return Vertex(weights, float(margins(rows, weights).min()), difference.multipliers)


def _polished(signed: np.ndarray, vertex: Vertex, scale: float) -> MaxMargin | None:
    inside = np.abs(vertex.weights) < 1.0 - AT_BOUND
    shares = _polish_dual(signed, vertex.multipliers, inside)
    w = _polish_primal(signed, vertex, inside, shares, scale)
    least = margins(signed, w).min()
    return _answer(signed, w / least, shares) if least > 0 else None


def _polish_primal(
    rows: np.ndarray, vertex: Vertex, inside: np.ndarray, shares: np.ndarray, scale: float
) -> np.ndarray:
    """Solve x_i·w = t on the rows with λ_i > 0 for t and the coordinates strictly inside their bounds."""
    active = np.flatnonzero(shares > 0)
    w = np.where(inside, vertex.weights, np.sign(vertex.weights)).astype(EXTENDED)
    t = EXTENDED(vertex.margin * scale)
    system = np.hstack([rows[np.ix_(active, np.flatnonzero(inside))], -np.ones((len(active), 1))])
    for _ in range(REFINEMENTS):
        residual = (t - margins(rows[active], w)).astype(float)
        move = np.linalg.lstsq(system, residual, rcond=None)[0]
        w[inside] += move[:-1]
        t += move[-1]
    return np.clip(w, EXTENDED(-1), EXTENDED(1))


def _polish_dual(rows: np.ndarray, shares: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Solve Σ λ_i x_ij = 0 on the coordinates strictly inside their bounds, with Σ λ_i = 1."""
    free, active = np.flatnonzero(inside), np.flatnonzero(shares > AT_BOUND * shares.max())
    scale = np.abs(rows).max()
    system = np.vstack([rows[np.ix_(active, free)].T / scale, np.ones(len(active))])
    polished = np.zeros(len(rows), EXTENDED)
    polished[active] = shares[active] / shares[active].sum()
    for _ in range(REFINEMENTS):
        balance = combination(rows, polished)[free] / scale
        residual = np.append(-balance, 1 - polished.sum()).astype(float)
        polished[active] += np.linalg.lstsq(system, residual, rcond=None)[0]
    polished = np.maximum(polished, EXTENDED(0))
    return polished / polished.sum()


def _answer(signed: np.ndarray, weights: np.ndarray, shares: np.ndarray) -> MaxMargin:
    slack = margins(signed, weights) - 1
    combined = combination(signed, shares)
    lower, upper = (1 + slack.min()) / np.abs(weights).max(), np.abs(combined).sum()
    certificate = Certificate(
        primal_violation=float(max(EXTENDED(0), -slack.min())),
        stationarity=float((upper - combined @ weights / np.abs(weights).max()) / upper),
        dual_violation=float(max(EXTENDED(0), -shares.min())),
        complementarity=float(np.abs(shares) @ np.abs(slack)),
        relative_gap=float((upper - lower) / upper),
        method="HiGHS dual simplex",
    )
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
