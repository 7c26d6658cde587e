"""Gradient flow of one worker's loss in logarithmic time: local work with η → 0, as long as one likes.

With σ = log t the flow dv/dt = −∇f_m(v) reads

    dv/dσ = −e^σ ∇f_m(v) = (1/n_m) Σ x_i exp(σ − x_i·v) q_i,      q_i = 1 (exponential), 1/(1 + e^{−x_i·v}) (logistic),

whose solution moves at most at unit speed in margins once it moves at all: time e^{10000} costs milliseconds.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.losses import Exponential, Logistic
from implicitbias.problems import LinearClassification
from implicitbias.stiff import stiff_path


# Before σ = min x·v − 40 the flow has moved by less than e^{−40}: below rounding.
AT_REST = 40.0

# An implicit trial step may overshoot into exp(large); any value is rejected there, but it must be finite.
LARGEST_EXPONENT = 80.0

# Error per step relative to the distance moved, and absolute where that is long: seven digits of the distance to the
# limit at σ = 10⁴, and more of short moves, of which a run makes thousands.
RELATIVE, ABSOLUTE = 1e-10, 1e-8

# Longest step in σ: a constraint that comes within reach grows by e^{20} at most before it is seen.
LONGEST_STEP = 20.0


def local_flow(
    problem: LinearClassification, worker: int, w: Float[np.ndarray, " dim"], log_time: float
) -> Float[np.ndarray, " dim"]:
    """Return v(T) of dv/dt = −∇f_m(v), v(0) = w, at log T = ``log_time``.

    Parameters
    ----------
    problem
        Linear classification with exponential or logistic loss and no ridge.
    worker
        m.
    w
        Start, shape (d,).
    log_time
        log T; for many small local steps T = ηH.

    Raises
    ------
    BadInput
        For another loss, a ridge, a worker that does not exist, or numbers that are not finite.
    NotCertified
        If the integrator gives up before T.
    """
    rows, w = _checked(problem, worker, w, log_time), np.asarray(w, dtype=float)
    before = rows @ w
    first = float(before.min()) - AT_REST
    if first >= log_time:
        return w
    share, logistic = 1.0 / len(rows), isinstance(problem.loss_function, Logistic)

    def pulls(moved: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
        margins = before + rows @ moved
        damping = np.logaddexp(0.0, -margins) if logistic else np.zeros(len(rows))
        pull = share * np.exp(np.minimum(sigma - margins - damping, LARGEST_EXPONENT))
        return pull, pull * np.exp(-damping)

    def velocity(moved: np.ndarray, sigma: float) -> np.ndarray:
        return pulls(moved, sigma)[0] @ rows

    def jacobian(moved: np.ndarray, sigma: float) -> np.ndarray:
        return -(rows.T * pulls(moved, sigma)[1]) @ rows

    # The flow slows down: it moves by T|∇f_m(w)| at most.
    longest = float(np.linalg.norm(velocity(np.zeros_like(w), log_time)))
    path = stiff_path(
        velocity,
        jacobian,
        np.zeros_like(w),
        np.array([first, log_time]),
        rtol=RELATIVE,
        atol=min(ABSOLUTE, RELATIVE * longest),
        longest_step=LONGEST_STEP,
        what=f"local flow: stopped before log T = {log_time:g}",
        cure="Rescale the features, or take a shorter time",
    )
    return w + path[-1]


def _checked(problem: object, worker: int, w: np.ndarray, log_time: float) -> np.ndarray:
    if not isinstance(problem, LinearClassification) or problem.l2 > 0:
        raise BadInput(f"problem = {problem!r}: needs a LinearClassification without ridge (l2=0)")
    if not isinstance(problem.loss_function, Exponential | Logistic):
        raise BadInput(f"loss = {problem.loss_function!r}: needs Exponential() or Logistic()")
    if not 0 <= worker < problem.workers:
        raise BadInput(f"worker = {worker}: {problem!r} has workers 0 … {problem.workers - 1}")
    if np.shape(w) != (problem.dim,) or not np.isfinite(w).all() or not np.isfinite(log_time):
        raise BadInput(
            f"w = {w}, log_time = {log_time}: needs {problem.dim} finite entries and a finite time"
        )
    return problem.local_signed[worker]
