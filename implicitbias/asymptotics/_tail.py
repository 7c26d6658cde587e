r"""Where polynomial tails are at any round: the flow of (1 + z)^{−p} in logarithmic time.

With a = 1/(p + 2) and w = s^a v the flow dw/ds = −∇f(w) is, in τ = log s and where all margins are positive,

    dv/dτ = −a v + p Σ p_i x_i (e^{−aτ} + x_i·v)^{−p−1},

for −ℓ′(z) = p (1 + z)^{−p−1} and 1 − a(p + 1) = a: it rests where the Ψ of ``tail_direction`` is least (derived).
"""

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.losses import PolynomialTail
from implicitbias.problems import LinearClassification
from implicitbias.stiff import stiff_path


# Error per step of the integrator: relative to every |v_k|, and absolute.
RELATIVE, ABSOLUTE = 1e-9, 1e-12


def tail_path(
    problem: LinearClassification,
    start: Float[np.ndarray, " dim"],
    log_times: Float[np.ndarray, " record"],
    *,
    anchored: bool = False,
) -> Float[np.ndarray, "record dim"]:
    """Return w of dw/ds = −∇f(w), with w = ``start`` at the first of the times τ = log s.

    Local GD follows it with s = ηHr, up to an error that falls with the round at the start.

    Parameters
    ----------
    problem
        Linear classification with a polynomial tail and no ridge.
    start : array (dim,)
        w at the first time, with all margins positive.
    log_times
        τ, increasing; s = e^τ may be beyond the floating-point range, w = O(s^{1/(p+2)}) may not.
    anchored
        Whether averages are anchored at 0: then d(sw)/ds = −s∇f(w), and s = ηH(r + 1).

    Raises
    ------
    BadInput
        For another problem or loss, times that do not increase, or a start with a margin ≤ 0.
    NotCertified
        If the integrator gives up.
    """
    times = np.asarray(log_times, dtype=float)
    power = _checked_power(problem, start, times)
    rows, a = problem.signed, 1.0 / (power + 2.0)
    shares, pull = power * problem.sample_weights, a + float(anchored)

    def velocity(v: np.ndarray, tau: float) -> np.ndarray:
        return shares * _tail(rows @ v + np.exp(-a * tau), power + 1.0) @ rows - pull * v

    def jacobian(v: np.ndarray, tau: float) -> np.ndarray:
        bend = (power + 1.0) * shares * _tail(rows @ v + np.exp(-a * tau), power + 2.0)
        return -(rows.T * bend) @ rows - pull * np.eye(len(v))

    first = np.exp(-a * times[0]) * np.asarray(start, dtype=float)
    v = stiff_path(
        velocity,
        jacobian,
        first,
        times,
        rtol=RELATIVE,
        atol=ABSOLUTE,
        what="polynomial tail",
        cure="Start later, or choose a smaller p",
    )
    return np.exp(a * times)[:, None] * v


def _tail(margins: np.ndarray, power: float) -> np.ndarray:
    # A trial step of the integrator may overshoot to margins ≤ 0, and is rejected there.
    return np.maximum(margins, np.finfo(float).eps) ** -power


def _checked_power(problem: object, start: np.ndarray, times: np.ndarray) -> float:
    """Return p, of a problem and a start that have such a flow."""
    if not isinstance(problem, LinearClassification) or problem.l2 > 0:
        raise checks.refuse(
            "problem", problem, "must be a LinearClassification without ridge", "use l2=0, or run(…)"
        )
    if not isinstance(problem.loss_function, PolynomialTail):
        cure = "use PolynomialTail(p), or fast_forward for an exponential tail"
        raise checks.refuse("loss", problem.loss_function, "has no polynomial tail", cure)
    if times.ndim != 1 or not np.isfinite(times).all() or not (np.diff(times) > 0).all():
        raise checks.refuse("log_times", times, "must be finite and increase", "give τ = log(ηHr)")
    if not (problem.margins(start) > 0).all():
        raise BadInput(
            f"start = {start}: needs x_i·w > 0 for all i, where the tail begins; run more rounds before"
        )
    return problem.loss_function.p
