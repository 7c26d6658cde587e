"""Where the (H − 1) term of the bounds comes from: local steps see another mean gradient when curvature is not even.

On identical quadratics x̂ does not depend on H: averaging commutes with affine maps. Everything here is for one
coordinate, many workers (M → ∞), Gaussian noise of variance σ² per step and ηHL small; a frozen D̂ = d is η/d for η.
All derived.
"""

import math

import numpy as np

from implicitbias import checks


# Monotone and quadratic: about six steps from 0.
NEWTON_STEPS = 50
# Relative size of a step that is rounding.
RESOLVED = 1e-14


def smooth_shift(second: float, third: float, lr: float, local_steps: int, deviation: float) -> float:
    """−(f‴/(2f″)) η²σ²(H−1)/2, the shift of x̂ at a minimiser with third derivative f‴.

    After k steps a worker is spread by η²σ²k around x̂, which adds f‴η²σ²k/2 to its mean gradient; k averages to
    (H−1)/2. So E x̂² ~ η⁴(H−1)².

    Parameters
    ----------
    second, third : float
        f″ > 0 and f‴ at the minimiser.
    lr, local_steps, deviation : float, int, float
        η, H, σ.

    Raises
    ------
    BadInput
        If f″ or η is not positive, or H < 1.
    """
    variance = _step_variance(lr, local_steps, deviation)
    curvature = checks.number("second", second, "give f″ > 0 at the minimiser", above=0)
    return -third / (2.0 * curvature) * variance * (local_steps - 1) / 2.0


def jump_shift(below: float, above: float, lr: float, local_steps: int, deviation: float) -> float:
    """Shift ησz of x̂ where f″ jumps from a₋ to a₊ at the minimiser: āz + ((a₊ − a₋)/2)(1/H) Σ_{k<H} E|z + √k ξ| = 0.

    After k steps a worker is spread by ησ√k around x̂, ξ ~ N(0, 1), and its mean gradient is āx̂ + ((a₊ − a₋)/2) E|x|,
    ā = (a₋ + a₊)/2. The square of the shift is of order η²(H − 1): the powers of the bounds, so that their (H − 1)
    term is no artefact.

    Parameters
    ----------
    below, above : float
        a₋ and a₊, positive.
    lr, local_steps, deviation : float, int, float
        η, H, σ.

    Raises
    ------
    BadInput
        If a curvature or η is not positive, or H < 1.
    """
    size = math.sqrt(_step_variance(lr, local_steps, deviation))
    mean, half = _curvatures(below, above)
    spreads, z = np.sqrt(np.arange(1, local_steps)), 0.0
    # Convex or concave in z, with slope between a₋ and a₊: from its second step on Newton's method is monotone.
    for _ in range(NEWTON_STEPS):
        # The first step starts from x̂ itself, where E|z| = |z|.
        absolute, sign = _absolute(z, spreads).sum() + abs(z), _sign(z, spreads).sum() + np.sign(z)
        step = (mean * z + half * absolute / local_steps) / (mean + half * sign / local_steps)
        if abs(step) <= RESOLVED * abs(z):
            break
        z -= float(step)
    return size * z


def small_jump_shift(below: float, above: float, lr: float, local_steps: int, deviation: float) -> float:
    """((a₋ − a₊)/ā)(ησ/√(2π))(1/H) Σ_{k<H} √k: `jump_shift` to first order in (a₋ − a₊)/ā.

    The parameters are those of `jump_shift`.

    The arguments are those of `jump_shift`.
    """
    size = math.sqrt(_step_variance(lr, local_steps, deviation) / (2.0 * math.pi))
    mean, half = _curvatures(below, above)
    return -2.0 * half / mean * size * float(np.sqrt(np.arange(local_steps)).mean())


def _absolute(z: float, spread: np.ndarray) -> np.ndarray:
    """E|z + sξ|."""
    return spread * math.sqrt(2.0 / math.pi) * np.exp(-((z / spread) ** 2) / 2.0) + z * _sign(z, spread)


def _sign(z: float, spread: np.ndarray) -> np.ndarray:
    """E sign(z + sξ), the derivative of E|z + sξ|."""
    from scipy.special import erf

    return erf(z / (spread * math.sqrt(2.0)))


def _curvatures(below: float, above: float) -> tuple[float, float]:
    left = checks.number("below", below, "give the curvature left of the minimiser", above=0)
    right = checks.number("above", above, "give the curvature right of it", above=0)
    return (left + right) / 2.0, (right - left) / 2.0


def _step_variance(lr: float, local_steps: int, deviation: float) -> float:
    checks.integer("local_steps", local_steps, 1, "give H ≥ 1")
    return (
        checks.number("lr", lr, "give η", above=0) * checks.number("deviation", deviation, "give σ", least=0)
    ) ** 2
