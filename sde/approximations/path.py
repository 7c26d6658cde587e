r"""The slow SDE where it has no noise, an ordinary differential equation along Γ, solved to eleven digits."""

from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput, NotCertified
from implicitbias.methods import LocalMethod
from sde.approximations.frame import Frame, frame_of
from sde.approximations.setting import setting_of
from sde.approximations.slow import has_noise_along, look_at, LOOKS, POINTS, SlowDrift
from sde.landscapes import Landscape


# Error per step: far below what any simulation resolves.
RTOL, ATOL = 1e-11, 1e-12
# |∇L| relative to |∇²L|(1 + |ζ|) above which a point is not on Γ: what `Landscape` asks of its own.
ON_MINIMA = 1e-8
TIMES_CURE = "give slow times, the first one that of start, e.g. [0.0, 0.4]"


def slow_path(
    landscape: Landscape,
    method: LocalMethod,
    start: Float[np.ndarray, " dim"],
    times: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "time dim"]:
    """Return ζ at slow times, where the slow SDE has no diffusion: an ODE, to eleven digits.

    Parameters
    ----------
    landscape, method
        As for `slow_sde`.
    start
        A point of Γ.
    times
        Increasing, the first one that of ``start``.

    Raises
    ------
    BadInput
        If the start is not on Γ, or the noise has a tangential part somewhere on the path; and as ``slow_sde``.
    NotCertified
        If the path cannot be followed to the last time.

    Warns
    -----
    ApproximationWarning
        As ``slow_sde``.
    """
    checks.instance("landscape", landscape, Landscape, "give Landscape(loss, variables, noise, manifold)")
    setting = setting_of(method, landscape.workers)
    times, zeta = _checked_times(times), _checked_start(landscape, start)
    frame = frame_of(landscape, setting)
    plain = frame.landscape
    look_at(plain, setting, plain.points(POINTS, LOOKS))
    first = frame.inward(zeta)
    _refuse_noise_along(frame, first[None], times[:1])
    found = _solved(SlowDrift(plain, setting), frame, first, times)
    _refuse_noise_along(frame, plain.retract(found.y.T), found.t)
    path = plain.retract(found.sol(times).T)
    _refuse_noise_along(frame, path, times)
    return frame.outward(path)


def _checked_times(times: object) -> Float[np.ndarray, " time"]:
    array = checks.real_array("times", times, TIMES_CURE)
    if array.ndim != 1 or len(array) < 2 or not np.isfinite(array).all() or (np.diff(array) <= 0.0).any():
        raise checks.refuse("times", times, "must be at least two finite numbers that increase", TIMES_CURE)
    return array


def _checked_start(landscape: Landscape, start: object) -> Float[np.ndarray, " dim"]:
    from sde.landscapes.projection import relative_slope

    zeta = checks.real_array("start", start)
    if zeta.shape != (landscape.dim,) or not np.isfinite(zeta).all():
        raise checks.refuse(
            "start", start, f"must be one point, d = {landscape.dim} finite numbers", "give a point of Γ"
        )
    with np.errstate(all="ignore"):
        slope = float(relative_slope(landscape, zeta))
    # Not `slope > …`, which an undefined slope would pass.
    if not slope <= ON_MINIMA:
        raise BadInput(
            f"start = {zeta}: is not on Γ, as |∇L|/(|∇²L|(1 + |θ|)) = {slope:.2g} there; use landscape.project(start)"
        )
    return zeta


def _refuse_noise_along(
    frame: Frame, path: Float[np.ndarray, "time dim"], times: Float[np.ndarray, " time"]
) -> None:
    noisy = has_noise_along(frame.landscape.curvature(path))
    if noisy.any():
        first = int(np.argmax(noisy))
        point = frame.outward(path[first])
        raise BadInput(
            f"noise: has a part along Γ at the point {point}, which the path from the start reaches at slow time "
            f"{times[first]:.3g}; integrate slow_sde(…) instead"
        )


def _solved(
    drift: SlowDrift, frame: Frame, first: Float[np.ndarray, " dim"], times: Float[np.ndarray, " time"]
) -> Any:
    """Return SciPy's solution with its steps."""
    from scipy.integrate import solve_ivp

    found = solve_ivp(
        lambda t, z: drift(drift.landscape.retract(z)),
        (float(times[0]), float(times[-1])),
        first,
        method="DOP853",
        dense_output=True,
        rtol=RTOL,
        atol=ATOL,
    )
    if not found.success:
        raise NotCertified(
            f"times: the path is followed to slow time {found.t[-1]:.6g}, at {frame.outward(found.y[:, -1])}, and no "
            "further, where it ends or becomes singular; give times below"
        )
    return found
