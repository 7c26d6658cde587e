"""Where the (H − 1) term of the bounds comes from: local steps see another mean gradient when curvature is not even.

On identical quadratics x̂ does not depend on H: averaging commutes with affine maps. Everything here is for one
coordinate, many workers (M → ∞), Gaussian noise of variance σ² per step and ηHL small; a frozen D̂ = d is η/d for η.
All derived.
"""

import numpy as np

from implicitbias import checks


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
    """((a₋ − a₊)/ā)(ησ/√(2π))(1/H) Σ_{k<H} √k, the shift of x̂ where f″ jumps from a₋ to a₊ at the minimiser.

    A worker spread by ησ√k around 0 has mean gradient (a₊ − a₋)ησ√k/√(2π); ā = (a₋ + a₊)/2 pulls back. Its square is
    of order η²(H − 1): the powers of the bounds, so that their (H − 1) term is no artefact.

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
    size = np.sqrt(_step_variance(lr, local_steps, deviation) / (2.0 * np.pi))
    left = checks.number("below", below, "give the curvature left of the minimiser", above=0)
    right = checks.number("above", above, "give the curvature right of it", above=0)
    return float(2.0 * (left - right) / (left + right) * size * np.sqrt(np.arange(local_steps)).mean())


def _step_variance(lr: float, local_steps: int, deviation: float) -> float:
    checks.integer("local_steps", local_steps, 1, "give H ≥ 1")
    return (
        checks.number("lr", lr, "give η", above=0) * checks.number("deviation", deviation, "give σ", least=0)
    ) ** 2
