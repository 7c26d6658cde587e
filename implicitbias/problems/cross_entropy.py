"""Softmax cross-entropy of scores s ∈ R^K and a class y: ℓ = −log(e^{s_y}/Σ_k e^{s_k}), with its derivatives.

It is the logistic loss log(1 + e^{−z}) of the log-odds z = s_y − log Σ_{k≠y} e^{s_k}. Where 1 − p_y is asked for it
is summed from the other classes, so that relative accuracy survives as p_y → 1, where losses and gradients go to 0.
All are unchanged by a constant added to all scores.
"""

import numpy as np
from jaxtyping import Bool, Float


Scores = Float[np.ndarray, "*#batch sample class"]
# Whether a class is the sample's own, one in each row; shared by all models that see the same samples.
Own = Bool[np.ndarray, "*#batch sample class"]


def log_odds(scores: Scores, own: Own) -> Float[np.ndarray, "*#batch sample"]:
    """Return z = s_y − log Σ_{k≠y} e^{s_k}."""
    others = np.where(own, -np.inf, scores)
    top = others.max(axis=-1)
    spread = np.exp(others - top[..., None]).sum(axis=-1)
    return _of_own(scores, own) - top - np.log(spread)


def probabilities(scores: Scores) -> Scores:
    """Return p_k = e^{s_k}/Σ_j e^{s_j}."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def slopes(shares: Scores, own: Own) -> Scores:
    """Return ∂ℓ/∂s = p − e_y from the probabilities, its own entry as −Σ_{k≠y} p_k."""
    others = np.where(own, 0.0, shares)
    return np.where(own, -others.sum(axis=-1, keepdims=True), others)


def bend(shares: Scores, own: Own, moves: Scores) -> Scores:
    """Return (∂²ℓ/∂s²)·ṡ, p_k(ṡ_k − Σ_j p_j ṡ_j), from the probabilities; the moves are taken relative to ṡ_y."""
    relative = moves - _of_own(moves, own)[..., None]
    return shares * (relative - (shares * relative).sum(axis=-1, keepdims=True))


def _of_own(values: Scores, own: Own) -> Float[np.ndarray, "*#batch sample"]:
    return np.where(own, values, 0.0).sum(axis=-1)
