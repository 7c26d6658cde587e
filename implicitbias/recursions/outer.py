"""Servers that optimise: what momentum, rate and delay make of rounds on a common Hessian, mode by mode.

A round multiplies the error along an eigenvector of curvature λ by 1 − c, c = 1 − (1 − ηλ)^H, before the server acts.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias import checks


# Server rates that are tried before the best of them is refined, over the range that can be stable.
RATES_TRIED = 400
# To this relative accuracy, beyond which the radius no longer tells rates apart.
RATE_TOLERANCE = 1e-8

Curvatures = Float[np.ndarray, " mode"]


class BestRate(NamedTuple):
    """The server rate l of least spectral radius, and that radius."""

    rate: float
    radius: float


def delay_limit(delay: int) -> float:
    """Return 2 sin(π/(2(2τ + 1))): x_{t+1} = x_t − ηλ x_{t−τ} is stable iff 0 < ηλ is below (classical).

    2, 1, 0.618, … → π/(2τ); for a server it bounds l·c rather than ηλ.
    """
    return 2.0 * math.sin(math.pi / (2.0 * (2 * checks.integer("delay", delay, 0, "give τ ≥ 0") + 1)))


def contraction(curvatures: Curvatures, lr: float, local_steps: int) -> Curvatures:
    """Return c = 1 − (1 − ηλ)^H for every λ."""
    checks.number("lr", lr, "give η, e.g. 0.1", above=0)
    checks.integer("local_steps", local_steps, 1, "give H ≥ 1")
    values = checks.real_array("curvatures", curvatures, "give the eigenvalues λ")
    if values.ndim != 1 or not values.size or not (values > 0.0).all():
        raise checks.refuse(
            "curvatures", values.tolist(), "must be a vector of positive λ", "leave out λ = 0"
        )
    return 1.0 - (1.0 - lr * values) ** local_steps


def outer_radius(
    curvatures: Curvatures,
    lr: float,
    local_steps: int,
    rate: float,
    momentum: float,
    *,
    nesterov: bool = True,
) -> float:
    """Return the spectral radius of rounds under a server of rate l and momentum b (derived).

    Nesterov: the roots of z² − (1 + b)(1 − lc)z + b(1 − lc); heavy ball: of z² − (1 + b − lc)z + b. Largest over the
    modes; below 1 iff rounds converge.

    Parameters
    ----------
    curvatures : array (mode,)
        λ > 0.
    lr, local_steps
        η and H.
    rate, momentum, nesterov
        As for ``Server``.
    """
    checks.number("rate", rate, "1 is plain averaging", above=0)
    checks.number("momentum", momentum, "0 is a server without momentum", least=0, below=1)
    return _radius(contraction(curvatures, lr, local_steps), rate, momentum, nesterov)


def best_server_rate(
    curvatures: Curvatures, lr: float, local_steps: int, momentum: float, *, nesterov: bool = True
) -> BestRate:
    """Return the server rate l of least `outer_radius`; without momentum 2/(min c + max c).

    The arguments are those of `outer_radius`.

    Raises
    ------
    BadInput
        If local steps themselves overshoot, some 1 − ηλ ≤ −1, so that no positive rate helps.
    """
    from scipy.optimize import minimize_scalar

    moved = contraction(curvatures, lr, local_steps)
    if moved.min() <= 0.0:
        raise checks.refuse(
            "lr", lr, f"local steps overshoot: ηλ reaches {lr * max(curvatures):.3g}", "take η < 2/λ"
        )
    checks.number("momentum", momentum, "0 is a server without momentum", least=0, below=1)
    if momentum == 0.0:
        rate = 2.0 / float(moved.min() + moved.max())
        return BestRate(rate, _radius(moved, rate, 0.0, nesterov))
    # The stiffest mode is unstable beyond 2(1 + b)/max c, with either momentum.
    tried = np.linspace(0.0, 2.0 * (1.0 + momentum) / moved.max(), RATES_TRIED + 1)[1:]
    best = int(np.argmin([_radius(moved, rate, momentum, nesterov) for rate in tried]))
    bounds = (tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)])
    found = minimize_scalar(
        lambda rate: _radius(moved, rate, momentum, nesterov),
        bounds=bounds,
        method="bounded",
        options={"xatol": RATE_TOLERANCE},
    )
    return BestRate(float(found.x), float(found.fun))


def _radius(moved: Curvatures, rate: float, momentum: float, nesterov: bool) -> float:
    kept = 1.0 - rate * moved
    trace = (1.0 + momentum) * kept if nesterov else momentum + kept
    determinant = momentum * kept if nesterov else np.full_like(kept, momentum)
    root = np.sqrt((trace / 2.0) ** 2 - determinant + 0j)
    return float(np.maximum(np.abs(trace / 2.0 + root), np.abs(trace / 2.0 - root)).max())
