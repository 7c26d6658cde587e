r"""Second moments inside a round near a minimum, exact at a finite learning rate, and their slow limits.

k local steps after an averaging, with q = (1 − ηλ_i)(1 − ηλ_j), total batch B = M·B_loc and Σ_ij the covariance of
one sample's gradient: the mean of the workers keeps V = ηΣ_ij/(B(λ_i + λ_j − ηλ_iλ_j)), the workers disagree by
(M − 1)V(1 − q^k), and one worker has the sum of both. Mixed and tangent pairs (λ_j = 0, or both) are limits.
"""

import numpy as np

from implicitbias.formulas import Formula, Variable
from sde.formulas._factors import (
    drift_expression,
    drift_factor,
    FIRST,
    LR,
    ROUND_TIME,
    SECOND,
    stable,
    STEPS,
    WORKERS,
)
from sde.formulas._special import psi, psi_discrete, psi_discrete_expression, psi_expression, Values


def mean_covariance(noise: Values, lr: Values, total_batch: Values, first: Values, second: Values) -> Values:
    """V_ij = ηΣ_ij/(B(λ_i + λ_j − ηλ_iλ_j)), the stationary covariance of the mean, for every H (derived).

    Parameters
    ----------
    noise : float or array (...)
        Σ_ij of one sample.
    lr, total_batch : float or array (...)
        η and B.
    first, second : float or array (...)
        λ_i and λ_j, not both 0.

    Raises
    ------
    BadInput
        If ηλ ≥ 2.
    """
    return np.asarray(noise) * np.asarray(lr) ** 2 / (total_batch * _lost(lr, first, second))


def disagreement(
    noise: Values,
    lr: Values,
    total_batch: Values,
    workers: Values,
    first: Values,
    second: Values,
    steps: Values,
) -> Values:
    """(M − 1)V_ij(1 − q^k) = (M − 1)(η²Σ_ij/B) Σ_{s<k} q^s, k steps after an averaging (derived).

    The covariance (1/M) Σ_m (θ_m − θ̄)(θ_m − θ̄)ᵀ of the workers around their mean. For a mixed pair it is
    (M − 1)(ηΣ_it/(Bλ_i))(1 − (1 − ηλ_i)^k), for a tangent pair (M − 1)η²kΣ_tt/B.

    Parameters
    ----------
    noise, lr, total_batch, first, second
        As for `mean_covariance`; both λ may be 0.
    workers, steps : float or array (...)
        M and k ≥ 1.

    Raises
    ------
    BadInput
        If ηλ ≥ 2.
    """
    q = 1.0 - _lost(lr, first, second)
    terms = np.asarray(steps) * (1.0 - np.asarray(psi_discrete(q, steps)))
    return (np.asarray(workers) - 1.0) * _kick(noise, lr, total_batch) * terms


def worker_covariance(
    noise: Values,
    lr: Values,
    total_batch: Values,
    workers: Values,
    first: Values,
    second: Values,
    steps: Values,
) -> Values:
    """V_ij[1 + (M − 1)(1 − q^k)], the covariance of one worker: up to M-fold that of the mean (derived).

    The arguments are those of `disagreement`.
    """
    own = disagreement(noise, lr, total_batch, workers, first, second, steps)
    return mean_covariance(noise, lr, total_batch, first, second) + own


def round_disagreement(
    noise: Values,
    lr: Values,
    total_batch: Values,
    workers: Values,
    first: Values,
    second: Values,
    local_steps: Values,
) -> Values:
    """(M − 1)V_ij ψ_d(q, H), the disagreement averaged over k = 0 … H − 1, which makes drift-II (derived).

    The arguments are those of `disagreement`, with H = ``local_steps`` in place of k.

    Raises
    ------
    BadInput
        If ηλ ≥ 2.
    """
    lost = _lost(lr, first, second)
    flat = lost == 0.0
    share = np.asarray(psi_discrete(1.0 - lost, local_steps)) / np.where(flat, 1.0, lost)
    # A flat pair disagrees by k kicks after k steps.
    kicks = np.where(flat, (np.asarray(local_steps) - 1.0) / 2.0, share)
    return (np.asarray(workers) - 1.0) * _kick(noise, lr, total_batch) * kicks


def slow_round_disagreement(
    noise: Values,
    lr: Values,
    total_batch: Values,
    workers: Values,
    first: Values,
    second: Values,
    round_time: Values,
) -> Values:
    """η((M − 1)/B) ψ(α(λ_i + λ_j))Σ_ij/(λ_i + λ_j), its leading term: η((M − 1)/B) times Ψ̂_ij (derived).

    The arguments are those of `disagreement`, with α = ``round_time`` in place of k.
    """
    rate = np.asarray(first) + second
    share = np.asarray(psi(round_time * rate)) / rate
    return (np.asarray(workers) - 1.0) * np.asarray(lr) * noise / total_batch * share


def round_excess_loss(
    noise: Values, lr: Values, total_batch: Values, workers: Values, curvature: Values, round_time: Values
) -> Values:
    """(ηΣ_ii/(4B))[1 + (M − 1)ψ(2αλ_i)], a mode's share of a worker's excess loss, averaged over a round (derived).

    Parameters
    ----------
    noise
        Σ_ii of one sample.
    lr, total_batch, workers
        η, B and M.
    curvature, round_time
        λ_i > 0 and α.
    """
    return (
        np.asarray(lr)
        * noise
        / (4.0 * np.asarray(total_batch))
        * drift_factor(workers, round_time, curvature)
    )


def _lost(lr: Values, first: Values, second: Values) -> np.ndarray:
    """1 − q = η(λ_i + λ_j − ηλ_iλ_j), without cancellation."""
    one, two = stable("lr", lr, first), stable("lr", lr, second)
    return one + two - one * two


def _kick(noise: Values, lr: Values, total_batch: Values) -> np.ndarray:
    return np.asarray(noise) * np.asarray(lr) ** 2 / np.asarray(total_batch)


def _mean_covariance(noise, lr, total_batch, first, second):
    return lr * noise / (total_batch * (first + second - lr * first * second))


def _disagreement(noise, lr, total_batch, workers, first, second, steps):
    share = 1 - ((1 - lr * first) * (1 - lr * second)) ** steps
    return (workers - 1) * _mean_covariance(noise, lr, total_batch, first, second) * share


def _worker_covariance(noise, lr, total_batch, workers, first, second, steps):
    share = 1 - ((1 - lr * first) * (1 - lr * second)) ** steps
    return _mean_covariance(noise, lr, total_batch, first, second) * (1 + (workers - 1) * share)


def _round_disagreement(noise, lr, total_batch, workers, first, second, local_steps):
    share = psi_discrete_expression((1 - lr * first) * (1 - lr * second), local_steps)
    return (workers - 1) * _mean_covariance(noise, lr, total_batch, first, second) * share


def _slow_round_disagreement(noise, lr, total_batch, workers, first, second, round_time):
    share = psi_expression(round_time * (first + second)) / (first + second)
    return lr * (workers - 1) / total_batch * noise * share


def _round_excess_loss(noise, lr, total_batch, workers, curvature, round_time):
    return lr * noise / (4 * total_batch) * drift_expression(workers, round_time, curvature)


NOISE, BATCH = Variable(r"{\Sigma_{ij}}", -2.0, 2.0), Variable("B", 1.0, 64.0)
MEAN = {"noise": NOISE, "lr": LR, "total_batch": BATCH, "first": FIRST, "second": SECOND}
WITHIN = {
    "noise": NOISE,
    "lr": LR,
    "total_batch": BATCH,
    "workers": WORKERS,
    "first": FIRST,
    "second": SECOND,
}

FORMULAS = (
    Formula(
        "mean-covariance",
        "stationary covariance of the mean of the workers",
        "derived",
        "V_{ij}",
        MEAN,
        _mean_covariance,
        mean_covariance,
    ),
    Formula(
        "disagreement",
        "covariance of the workers around their mean, k steps after an averaging",
        "derived",
        "C_{ij}(k)",
        WITHIN | {"steps": Variable("k", 1.0, 200.0)},
        _disagreement,
        disagreement,
    ),
    Formula(
        "worker-covariance",
        "covariance of one worker, k steps after an averaging",
        "derived",
        r"\mathrm{Cov}_{ij}(k)",
        WITHIN | {"steps": Variable("k", 1.0, 200.0)},
        _worker_covariance,
        worker_covariance,
    ),
    Formula(
        "round-disagreement",
        "that disagreement, averaged over a round",
        "derived",
        r"\bar C_{ij}",
        WITHIN | {"local_steps": STEPS},
        _round_disagreement,
        round_disagreement,
    ),
    Formula(
        "slow-round-disagreement",
        "its leading term at a small learning rate",
        "derived",
        r"\bar C_{ij}",
        WITHIN | {"round_time": ROUND_TIME},
        _slow_round_disagreement,
        slow_round_disagreement,
    ),
    Formula(
        "round-excess-loss",
        "share of one mode in the excess loss of a worker, averaged over a round",
        "derived",
        r"\bar L_i",
        {
            "noise": Variable(r"{\Sigma_{ii}}", 0.1, 4.0),
            "lr": LR,
            "total_batch": BATCH,
            "workers": WORKERS,
            "curvature": Variable("lambda_i", 0.1, 5.0),
            "round_time": ROUND_TIME,
        },
        _round_excess_loss,
        round_excess_loss,
    ),
)
