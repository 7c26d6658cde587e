r"""The gap between Local SGD and SGD on the conventional horizon t_c = η·steps, of first order in η.

Along the gradient flow θ′ = −∇L, with τ the time since the last averaging and C = 0 there,

    C′ = −(∇²L C + C ∇²L) + η((M − 1)/B)Σ,   δ′ = −∇²L δ − ½∇³L[C],   E θ̄_Local − E θ̄_SGD = δ + o(η).

The first-order SDE is the same for both methods and puts δ at 0: on this horizon it is blind.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias import checks


# Of the integrator; the answer is wanted to five digits and the system is not stiff.
TOLERANCE = 1e-10

Derivative = Callable[[Float[np.ndarray, " dim"]], np.ndarray]


def conventional_gap(
    start: Float[np.ndarray, " dim"],
    time: float,
    *,
    gradient: Derivative,
    hessian: Derivative,
    third: Derivative,
    covariance: Derivative,
    workers: int,
    total_batch: float,
    round_time: float,
) -> Float[np.ndarray, " dim"]:
    """δ/η at conventional time t_c, for Local SGD with rounds of α = ηH from one point (derived).

    Parameters
    ----------
    start : array (dim,)
        θ(0).
    time : float
        t_c ≥ 0; δ is continuous, so it need not be a whole number of rounds.
    gradient, hessian, third, covariance : callable
        θ ↦ ∇L (dim,), ∇²L (dim, dim), ∇³L (dim, dim, dim) and Σ (dim, dim) of one sample.
    workers, total_batch, round_time : int, float, float
        M, B and α > 0.

    Returns
    -------
    array (dim,)
        δ/η, in the units of θ per learning rate.

    Raises
    ------
    BadInput
        For a round without length, or a time before the start.
    """
    from scipy.integrate import solve_ivp

    length = checks.number("round_time", round_time, "α = ηH is the length of a round", above=0)
    end = checks.number("time", time, "0 is the start", least=0)
    theta = checks.real_array("start", start)
    size = theta.size
    gain = (checks.integer("workers", workers, 1, "1 is SGD") - 1) / total_batch

    def velocity(t: float, state: np.ndarray) -> np.ndarray:
        at, spread, gap = _parts(state, size)
        bend = hessian(at)
        widening = gain * covariance(at) - bend @ spread - spread @ bend
        pull = -bend @ gap - 0.5 * np.einsum("ijk,ij->k", third(at), spread)
        return np.concatenate([-gradient(at), widening.ravel(), pull])

    state, clock = np.concatenate([theta, np.zeros(size * size + size)]), 0.0
    while clock < end:
        state[size : size + size * size] = 0.0
        until = min(clock + length, end)
        state = solve_ivp(velocity, (clock, until), state, "DOP853", rtol=TOLERANCE, atol=TOLERANCE).y[:, -1]
        clock = until
    return _parts(state, size)[2]


def _parts(state: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split (θ, C, δ)."""
    theta, spread, gap = np.split(state, [size, size + size * size])
    return theta, spread.reshape(size, size), gap
