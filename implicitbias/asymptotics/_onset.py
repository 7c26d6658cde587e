"""From which round on the asymptotics can be seen; rounds beyond 10³⁰⁸ are given by their logarithm."""

import math

import numpy as np
from jaxtyping import Float

from implicitbias.asymptotics._path import rate_constant, rate_correction
from implicitbias.bounds import crawshaw_threshold
from implicitbias.errors import BadInput


def predicted_onset(
    margin: float,
    workers: int,
    *,
    lr: float,
    local_steps: int,
    row_norm: float = 1.0,
    start_loss: float | None = None,
) -> float:
    """Round from which local GD is gradient descent with a harmless error (derived).

    The drift is at most a fifth of the gradient once f ≤ γ′/(70 η′HM) (crawshaw2025), with γ′ = γ/b_x and
    η′ = b_x²η. On the asymptote f ~ 1/(γ²ηHr) = 1/(γ′²η′Hr) this is reached at

        r = 70 M/γ′³ = 70 M b_x³/γ³,

    in which ηH has cancelled: it only decides whether the start is already below the threshold. For large
    ηH an unstable phase, not described by the asymptote, comes on top.

    Parameters
    ----------
    margin : float
        γ > 0.
    workers : int
        M.
    lr, local_steps : float, int
        η and H.
    row_norm : float
        b_x, the largest |x_i|.
    start_loss : float, optional
        f(w⁰); if it is below the threshold the onset is round 0.

    Returns
    -------
    float
        Predicted round.
    """
    threshold = crawshaw_threshold(
        margin, lr=lr, local_steps=local_steps, workers=workers, row_norm=row_norm
    ).value
    if start_loss is not None and start_loss <= threshold:
        return 0.0
    return 1.0 / (margin**2 * lr * local_steps * threshold)


def log10_accurate_round(exponent: float, error: float, at_round: float, target: float) -> float:
    """Return log₁₀ of the round at which an r^(−κ) envelope reaches a target.

    |ρ − w̃| = E₀ (r/r₀)^(−κ) ≤ target from log₁₀ r = log₁₀ r₀ + log₁₀(E₀/target)/κ on. For a relative
    accuracy ε of the chord use target = ε|Π⊥w̃|.

    Parameters
    ----------
    exponent : float
        κ > 0.
    error : float
        E₀ > 0, observed at `at_round`.
    at_round : float
        r₀ > 0.
    target : float
        Accuracy asked for, > 0, in the units of `error`.

    Returns
    -------
    float
        log₁₀ r, at least log₁₀ r₀.
    """
    given = {"exponent": exponent, "error": error, "at_round": at_round, "target": target}
    for name, value in given.items():
        if not value > 0.0:
            raise BadInput(
                f"{name} = {value}: the envelope E₀(r/r₀)^(−κ) has positive parameters; check its sign"
            )
    return math.log10(at_round) + max(0.0, math.log10(error) - math.log10(target)) / exponent


def log10_round_of_chord(
    weights: Float[np.ndarray, "dim"],
    residual_limit: Float[np.ndarray, "dim"],
    chord: float,
    *,
    lr: float,
    local_steps: int,
) -> float:
    """Return log₁₀ of the round at which the direction error falls to `chord`.

    chord = C/(τ + a) gives τ = C/chord − a and r = e^τ/(ηH): halving a small direction error squares the
    number of rounds.

    Parameters
    ----------
    weights, residual_limit : array (dim,)
        ŵ and w̃.
    chord : float
        Direction error asked for, in (0, 2].
    lr, local_steps : float, int
        η and H.
    """
    if not 0.0 < chord <= 2.0:
        raise BadInput(f"chord = {chord}: a chord of unit vectors lies in (0, 2]; ask for a value there")
    tau = rate_constant(weights, residual_limit) / chord - rate_correction(weights, residual_limit)
    return (tau - math.log(lr * local_steps)) / math.log(10.0)
