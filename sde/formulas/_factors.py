r"""By what factor M workers with H local steps move faster along Γ than SGD does.

α = ηH is the conventional time of a round. A pair of modes (i, j) of the Hessian gains 1 + (M − 1)ψ(α(λ_i + λ_j)):
with i = j normal that is A, with j tangent (λ_j = 0) it is A_m.
"""

import numpy as np

from implicitbias import checks
from implicitbias.formulas import Formula, Variable
from sde.formulas._special import (
    psi,
    psi_discrete,
    psi_discrete_expression,
    psi_expression,
    STABLE_CURE,
    Symbolic,
    Values,
)


def pair_factor(workers: Values, round_time: Values, first: Values, second: Values) -> Values:
    """1 + (M − 1)ψ(α(λ_i + λ_j)), the gain of a pair of modes (gu2023).

    Parameters
    ----------
    workers, round_time : float or array (...)
        M ≥ 1, and α = ηH ≥ 0 (infinity: the M-fold limit).
    first, second : float or array (...)
        λ_i and λ_j ≥ 0.
    """
    return _gain(workers, psi(_saturation(round_time, np.asarray(first) + second)))


def drift_factor(workers: Values, round_time: Values, curvature: Values) -> Values:
    """A = 1 + (M − 1)ψ(2αh), the gain of the drift that normal noise causes (gu2023)."""
    return pair_factor(workers, round_time, curvature, curvature)


def mixed_factor(workers: Values, round_time: Values, curvature: Values) -> Values:
    """A_m = 1 + (M − 1)ψ(αh), the gain of the drift that mixed noise (normal with tangent) causes (derived)."""
    return pair_factor(workers, round_time, curvature, 0.0)


def finite_drift_factor(workers: Values, lr: Values, local_steps: Values, curvature: Values) -> Values:
    """[1 + (M − 1)ψ_d((1 − ηh)², H)]/(1 − ηh/2), the drift at frozen h relative to SGD's slow drift (derived).

    Exact at a finite learning rate. H = 1 leaves 1/(1 − ηh/2), the factor of parallel SGD.

    Parameters
    ----------
    workers, lr, local_steps
        M, η and H.
    curvature
        h, of the mode across Γ.

    Raises
    ------
    BadInput
        If ηh ≥ 2, where local steps are unstable.
    """
    stretched = stable("lr", lr, curvature)
    return _gain(workers, psi_discrete((1.0 - stretched) ** 2, local_steps)) / (1.0 - stretched / 2.0)


def finite_mixed_factor(workers: Values, lr: Values, local_steps: Values, curvature: Values) -> Values:
    """1 + (M − 1)ψ_d(1 − ηh, H), the gain of mixed noise at a finite learning rate (derived).

    The arguments are those of `finite_drift_factor`.

    Raises
    ------
    BadInput
        If ηh ≥ 2, where local steps are unstable.
    """
    return _gain(workers, psi_discrete(1.0 - stable("lr", lr, curvature), local_steps))


def stable(name: str, lr: Values, curvature: Values) -> np.ndarray:
    """Return ηλ, or refuse a step at which gradient descent is unstable.

    Raises
    ------
    BadInput
        If ηλ ≥ 2.
    """
    stretched = checks.real_array(name, lr) * np.asarray(curvature, dtype=np.float64)
    if not (stretched < 2.0).all():
        rule = f"ηλ = {float(np.max(stretched)):.6g} must be below 2, or gradient steps blow up"
        raise checks.refuse(name, lr, rule, STABLE_CURE)
    return stretched


def _gain(workers: Values, share: Values) -> Values:
    return 1.0 + (np.asarray(workers, dtype=np.float64) - 1.0) * share


def _saturation(round_time: Values, rate: Values) -> np.ndarray:
    """α(λ_i + λ_j); a flat pair does not saturate, however long the round is."""
    time, rate = np.broadcast_arrays(np.asarray(round_time, dtype=np.float64), rate)
    return np.multiply(time, rate, where=rate != 0.0, out=np.zeros(rate.shape))


def pair_expression(workers: Symbolic, round_time: Symbolic, first: Symbolic, second: Symbolic) -> Symbolic:
    """Return 1 + (M − 1)ψ(α(λ_i + λ_j))."""
    return 1 + (workers - 1) * psi_expression(round_time * (first + second))


def drift_expression(workers: Symbolic, round_time: Symbolic, curvature: Symbolic) -> Symbolic:
    """Return 1 + (M − 1)ψ(2αh)."""
    return pair_expression(workers, round_time, curvature, curvature)


def mixed_expression(workers: Symbolic, round_time: Symbolic, curvature: Symbolic) -> Symbolic:
    """Return 1 + (M − 1)ψ(αh)."""
    return pair_expression(workers, round_time, curvature, 0)


def finite_drift_expression(
    workers: Symbolic, lr: Symbolic, local_steps: Symbolic, curvature: Symbolic
) -> Symbolic:
    """Return [1 + (M − 1)ψ_d]/(1 − ηh/2)."""
    share = psi_discrete_expression((1 - lr * curvature) ** 2, local_steps)
    return (1 + (workers - 1) * share) / (1 - lr * curvature / 2)


def _finite_mixed(workers: Symbolic, lr: Symbolic, local_steps: Symbolic, curvature: Symbolic) -> Symbolic:
    return 1 + (workers - 1) * psi_discrete_expression(1 - lr * curvature, local_steps)


WORKERS, ROUND_TIME = Variable("M", 1.0, 64.0), Variable("alpha", 0.01, 10.0)
CURVATURE = Variable("h", 0.1, 5.0)
LR, STEPS = Variable("eta", 0.001, 0.15), Variable("H", 1.0, 200.0)
FIRST, SECOND = Variable("lambda_i", 0.1, 5.0), Variable("lambda_j", 0.1, 5.0)

CONTINUOUS = {"workers": WORKERS, "round_time": ROUND_TIME, "curvature": CURVATURE}
FINITE = {"workers": WORKERS, "lr": LR, "local_steps": STEPS, "curvature": CURVATURE}

FORMULAS = (
    Formula(
        "pair-factor",
        "gain of the drift of a pair of modes over SGD",
        "gu2023",
        "A_{ij}",
        {"workers": WORKERS, "round_time": ROUND_TIME, "first": FIRST, "second": SECOND},
        pair_expression,
        pair_factor,
    ),
    Formula(
        "drift-factor",
        "gain of the drift that normal noise causes",
        "gu2023",
        "A",
        CONTINUOUS,
        drift_expression,
        drift_factor,
    ),
    Formula(
        "mixed-factor",
        "gain of the drift that noise with a normal and a tangent part causes",
        "derived",
        "A_m",
        CONTINUOUS,
        mixed_expression,
        mixed_factor,
    ),
    Formula(
        "finite-drift-factor",
        "drift at a finite learning rate, relative to SGD's slow drift",
        "derived",
        r"A_\eta",
        FINITE,
        finite_drift_expression,
        finite_drift_factor,
    ),
    Formula(
        "finite-mixed-factor",
        "gain of mixed noise at a finite learning rate",
        "derived",
        r"A_{m,\eta}",
        FINITE,
        _finite_mixed,
        finite_mixed_factor,
    ),
)
