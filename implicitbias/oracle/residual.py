"""Where the iterates settle next to ŵ log(ηHr): the residual limit w̃, and how fast they get there.

On separable data w^r = ŵ log(ηHr) + w̃ + O(r^{-κ}) for every fixed η and H (soudry2018 for one worker; derived for
several), for losses with an exponential tail and no ridge. Everything here depends on the support vectors S, their
multipliers and their weights p_i alone.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias.data.samples import Samples
from implicitbias.errors import BadInput, NotCertified
from implicitbias.losses import Exponential, Logistic
from implicitbias.oracle.max_margin import max_margin
from implicitbias.oracle.multipliers import centred_multipliers, ZERO_MULTIPLIER
from implicitbias.oracle.separator import MaxMargin
from implicitbias.oracle.signed_rows import HasSignedRows, signed_rows
from implicitbias.problems import LinearClassification


# |∇J| relative to Σ α_i |x_i|, the size of the terms that cancel in it.
STATIONARY = 1e-13

# Newton on a self-concordant-like sum of exponentials: a handful of damped steps, then quadratic.
NEWTON_STEPS = 200

# Armijo's share of the predicted decrease.
SUFFICIENT_DECREASE = 1e-4

# Below this step the decrease is rounding noise.
SMALLEST_STEP = 1e-12


def residual_limit(
    problem_or_signed: ArrayLike | HasSignedRows | Samples, svm: MaxMargin | None = None
) -> Float[np.ndarray, " dim"]:
    """w̃ = argmin over span(X_S) of J(w) = Σ_S p_i exp(−x_i·w) + ŵ·w, the limit of w^r − ŵ log(ηHr).

    Its stationarity reads Σ_S α_i x_i = ŵ with α_i = p_i exp(−x_i·w̃) > 0: the minimiser exists if and only if ŵ has
    multipliers that are positive on every support vector. It depends neither on η nor on H, and on the workers only
    through p_i = 1/(M n_m).

    Parameters
    ----------
    problem_or_signed : problem, samples, or array of shape (n, d) with p_i = 1/n
        What has the rows x_i and their weights p_i, or the rows.
    svm : MaxMargin, optional
        Its Euclidean max-margin separator, if already known.

    Returns
    -------
    array, shape (d,)
        The part of the limit in span(X_S); outside it the limit keeps the start.

    Raises
    ------
    BadInput
        The problem has a ridge, or a loss without an exponential tail: its iterates tend elsewhere. Or ``svm`` is
        not Euclidean or not of these rows; or some support vector has a zero multiplier, so that the
        residual is unbounded (it grows like log log r).
    NotSeparable, NotCertified
    """
    _require_exponential_tail(problem_or_signed)
    data = signed_rows(problem_or_signed)
    svm = _euclidean(data.signed, svm)
    rows, shares = svm.signed[svm.support], data.sample_weights[svm.support]
    multipliers = centred_multipliers(rows, svm.duals[svm.support])
    weakest = int(multipliers.argmin())
    if multipliers[weakest] <= ZERO_MULTIPLIER * multipliers.sum():
        raise BadInput(
            f"support vector {svm.support[weakest]} has multiplier {multipliers[weakest]:.3g} in "
            "ŵ = Σ a_i x_i whichever multipliers are chosen: the data are degenerate and the residual "
            "w − ŵ log(ηHr) is unbounded; perturb the data, or study log log r"
        )
    coordinates = rows @ svm.support_basis
    start = np.linalg.lstsq(coordinates, -np.log(multipliers / shares), rcond=None)[0]
    return svm.support_basis @ _newton(coordinates, shares, svm.support_basis.T @ svm.weights, start)


def support_hessian(
    problem_or_signed: ArrayLike | HasSignedRows | Samples, svm: MaxMargin | None = None
) -> Float[np.ndarray, "dim dim"]:
    """A_S = Σ_S α_i x_i x_iᵀ with α_i = p_i exp(−x_i·w̃), the Hessian of J at w̃; A_S ŵ = ŵ.

    Parameters, errors: as for `residual_limit`.
    """
    rows, alpha, _ = _limit(problem_or_signed, svm)
    return (rows.T * alpha) @ rows


def convergence_exponent(
    problem_or_signed: ArrayLike | HasSignedRows | Samples, svm: MaxMargin | None = None
) -> float:
    """κ = min(λ_min⁺(A_S), θ − 1) ≤ 1, with |w^r − ŵ log(ηHr) − w̃| = O(r^{-κ}) (log r/r along ŵ).

    λ_min⁺ is the smallest positive eigenvalue of A_S and θ = min_{i not in S} x_i·ŵ. Derived.

    Parameters, errors: as for `residual_limit`.
    """
    rows, alpha, svm = _limit(problem_or_signed, svm)
    coordinates = rows @ svm.support_basis
    slowest = np.linalg.eigvalsh((coordinates.T * alpha) @ coordinates)[0]
    return float(min(slowest, svm.next_margin - 1.0, 1.0))


def _limit(problem_or_signed, svm: MaxMargin | None) -> tuple[np.ndarray, np.ndarray, MaxMargin]:
    data = signed_rows(problem_or_signed)
    svm = _euclidean(data.signed, svm)
    rows = svm.signed[svm.support]
    alpha = data.sample_weights[svm.support] * np.exp(-rows @ residual_limit(problem_or_signed, svm))
    return rows, alpha, svm


def _require_exponential_tail(problem: object) -> None:
    if not isinstance(problem, LinearClassification):
        return
    if problem.l2 > 0:
        raise BadInput(
            f"l2 = {problem.l2:g}: a ridge stops the iterates at one minimiser, so that w − ŵ log(ηHr) has no limit; "
            "use l2=0"
        )
    if not isinstance(problem.loss_function, Exponential | Logistic):
        raise BadInput(
            f"loss = {problem.loss_function!r}: without an exponential tail, w does not follow ŵ log(ηHr); "
            "use loss=Exponential() or Logistic()"
        )


def _euclidean(signed: np.ndarray, svm: MaxMargin | None) -> MaxMargin:
    if svm is None:
        return max_margin(signed)
    if not isinstance(svm.norm, str) or svm.norm != "l2":
        raise BadInput(
            f"svm.norm = {svm.norm}: the residual limit is that of the Euclidean norm; use norm='l2'"
        )
    if not np.array_equal(svm.signed, signed):
        raise BadInput(
            f"svm = separator of {svm.signed.shape} rows: must be that of these {signed.shape} rows; "
            "call max_margin on the same problem"
        )
    return svm


def _newton(rows: np.ndarray, shares: np.ndarray, target: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Minimise Σ p_i exp(−y_i·c) + t·c by damped Newton; the rows y_i span the space, so the Hessian is positive."""
    sizes = np.linalg.norm(rows, axis=1)
    alpha = shares * np.exp(-rows @ point)
    gradient = target - alpha @ rows
    for _ in range(NEWTON_STEPS):
        if np.linalg.norm(gradient) <= STATIONARY * (alpha @ sizes):
            return point
        step = -np.linalg.solve((rows.T * alpha) @ rows, gradient)
        length = _armijo(rows, alpha, target, step, float(gradient @ step))
        point = point + length * step
        alpha = shares * np.exp(-rows @ point)
        gradient = target - alpha @ rows
    raise NotCertified(
        f"residual_limit: |∇J| = {np.linalg.norm(gradient):.3g} exceeds its bound "
        f"{STATIONARY * (alpha @ sizes):.3g} after {NEWTON_STEPS} Newton steps; some multiplier is nearly zero"
    )


def _armijo(rows, alpha, target, step, slope: float) -> float:
    """Largest 2^{-k} with J(c + 2^{-k} step) − J(c) ≤ 1e-4·2^{-k}·slope, from differences free of cancellation."""
    products, length, noise = rows @ step, 1.0, np.finfo(float).eps * alpha.sum()
    while length > SMALLEST_STEP:
        with np.errstate(over="ignore"):
            change = alpha @ np.expm1(-length * products) + length * (target @ step)
        if change <= SUFFICIENT_DECREASE * length * slope or abs(slope) <= noise:
            return length
        length /= 2.0
    return length
