"""Where anchored averaging goes: local GD with w^{r+1} = (1 − a_r)·average, a_r = 1/(r + 2), from w⁰ = 0.

With (r + 2) w^{r+1} = (r + 1)·average and t = r + 1 the rounds are those of  d(tw)/dt = −t·step·∇f(w), in τ = log t

    dW/dτ = −W + e^τ·step·Σ p_i x_i e^{−x_i·W} q_i,      q_i = 1 (exponential), 1/(1 + e^{−x_i·W}) (logistic):

the pull to the anchor is a ridge of strength 1/(step·t), and W follows the regularisation path (derived).
"""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.losses import Exponential, Logistic
from implicitbias.problems import LinearClassification
from implicitbias.stiff import stiff_path


# log(step·t) at which the path is still 0 to rounding: e^{−40} < eps.
BEFORE = -40.0

# Error per step of the integrator: relative to |W|, and absolute.
RELATIVE, ABSOLUTE = 1e-11, 1e-10

# An implicit trial step may overshoot; it is rejected there, but must stay finite.
LARGEST_EXPONENT = 80.0


def anchored_path(
    problem: LinearClassification, log_step: float, log_times: Float[np.ndarray, " record"]
) -> Float[np.ndarray, "record dim"]:
    """Return W(τ) of dW/dτ = −W − e^τ·step·∇f(W), W(−∞) = 0, at τ = log(r + 1).

    W ≈ argmin step·e^τ·f(w) + |w + ŵ|²/2, so W = ŵL + w̃ + O(1/L) with L + log(L + 1) = τ + log step.

    Parameters
    ----------
    problem
        Linear classification with exponential or logistic loss and no ridge.
    log_step
        log(ηH); log(1/λ) for proximal local solves.
    log_times
        τ, increasing, above −40 − ``log_step``.

    Raises
    ------
    BadInput
        For another problem or loss, or times that do not increase from there.
    NotCertified
        If the integrator gives up.
    """
    _check(problem)
    times = np.concatenate([[BEFORE - log_step], np.asarray(log_times, dtype=float)])
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise BadInput(f"log_times = {log_times}: must be finite and increase from {times[0]:g} on")
    rows, shares = problem.signed, problem.sample_weights
    logistic = isinstance(problem.loss_function, Logistic)

    def pulls(w: np.ndarray, tau: float) -> tuple[np.ndarray, np.ndarray]:
        margins = rows @ w
        damping = np.logaddexp(0.0, -margins) if logistic else np.zeros(len(rows))
        pull = shares * np.exp(np.minimum(tau + log_step - margins - damping, LARGEST_EXPONENT))
        return pull, pull * np.exp(-damping)

    def velocity(w: np.ndarray, tau: float) -> np.ndarray:
        return pulls(w, tau)[0] @ rows - w

    def jacobian(w: np.ndarray, tau: float) -> np.ndarray:
        return -(rows.T * pulls(w, tau)[1]) @ rows - np.eye(len(w))

    path = stiff_path(
        velocity,
        jacobian,
        np.zeros(problem.dim),
        times,
        rtol=RELATIVE,
        atol=ABSOLUTE,
        what="anchored path",
        cure="Rescale the features, or ask for earlier times",
    )
    return path[1:]


def _check(problem: object) -> None:
    if not isinstance(problem, LinearClassification) or problem.l2 > 0:
        raise BadInput(f"problem = {problem!r}: needs a LinearClassification without ridge (l2=0)")
    if not isinstance(problem.loss_function, Exponential | Logistic):
        raise BadInput(f"loss = {problem.loss_function!r}: needs Exponential() or Logistic()")
