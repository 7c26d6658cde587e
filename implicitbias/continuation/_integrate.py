"""The flow integrated from hand-over to the end, in segments; what has come to rest is left out of the next one.

A sample pulls with e^{a_i}. Once a_i is far below 0 and falls for good, the sample is gone, and with it the
directions that only such samples use: from then on they rest.
"""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

from implicitbias.continuation._flow import LogTimeFlow, NEGLIGIBLE
from implicitbias.engine.advance import Progress
from implicitbias.stiff import stiff_path


# A pull below e^{−60} is below the rounding of all others, for as many samples as memory holds.
GONE = -60.0
# First segment in log-time, and the factor from one to the next: a handful of segments for any end.
FIRST_SEGMENT, GROWTH = 20.0, 6.0
# First step of a segment: short against 1/λ_max(A_S), which is at least … 1.
FIRST_STEP = 1e-3


def segments(first: float, last: float) -> Iterator[tuple[float, float]]:
    """Yield the ends of the segments from ``first`` to ``last``."""
    low, length = first, FIRST_SEGMENT
    while low < last:
        high = min(low + length, last)
        # No sliver at the end.
        high = last if last - high < 0.5 * length else high
        yield low, high
        low, length = high, length * GROWTH


def integrate(
    flow: LogTimeFlow,
    rank: int,
    start: Float[np.ndarray, " span"],
    first: float,
    times: Float[np.ndarray, " time"],
    rtol: float,
    bar: Progress,
) -> Float[np.ndarray, "reached span"]:
    """Return ρ at the times, from ρ = ``start`` at τ = ``first``; at fewer of them if the keyboard cuts it short.

    Parameters
    ----------
    flow
        All samples.
    rank
        Coordinates that support vectors use: the others rest once all other samples that use them are gone.
    times
        Increasing, beyond ``first``.
    rtol
        Error per step, relative to ρ, and absolute in units of margins.

    Raises
    ------
    NotCertified
        If the integrator gives up.
    """
    rho, reached, alive = start.copy(), [], np.ones(len(flow.rows), dtype=bool)
    for low, high in segments(first, float(times[-1])):
        alive = alive & ~gone(flow, alive, rho, low)
        coordinates = len(rho) if flow.rows[alive, rank:].any() else rank
        inside = times[(times > low) & (times <= high)]
        grid = np.unique(np.concatenate([[low], inside, [high]]))
        try:
            path = _segment(flow.only(alive, coordinates), rank, rho[:coordinates], grid, rtol)
            bar.update(1)
        except KeyboardInterrupt:
            break
        whole = np.tile(rho, (len(grid), 1))
        whole[:, :coordinates] = path
        rho = whole[-1]
        reached.append(whole[1 : 1 + len(inside)])
    return np.concatenate(reached) if reached else np.empty((0, len(rho)))


def gone(
    flow: LogTimeFlow, alive: Bool[np.ndarray, " sample"], rho: Float[np.ndarray, " span"], tau: float
) -> Bool[np.ndarray, " sample"]:
    """Return the samples whose a_i is below `GONE` and falls for good.

    da_i/dτ = g_i − x_i·ρ′. The flow contracts and its only drive, the samples off the support, fades, so that |ρ′|
    stays below v = |ρ′(τ)| + Σ_{g<0} p_i|x_i|e^{a_i}: where |x_i|v < |g_i|/2, a_i falls for good.
    """
    pull = flow.pulls(rho, tau)[0]
    sizes = np.linalg.norm(flow.rows, axis=1)
    drive = flow.weights * sizes * pull
    speed = np.linalg.norm(flow.velocity(rho, tau)) + drive[alive & (flow.gaps < 0.0)].sum()
    return (flow.exponents(rho, tau) < GONE) & (2.0 * sizes * speed < -flow.gaps)


def at_rest(flow: LogTimeFlow, rank: int, rho: Float[np.ndarray, " span"], tau: float, rtol: float) -> bool:
    """Return whether ρ has less than rtol|ρ| left to move, for good.

    On the coordinates of the support vectors it is a Newton step A⁻¹ρ′ away from where ρ′ vanishes, and that place
    moves by the fading drive d = Σ_{g<0} p_i|x_i|e^{a_i} over λ_min(A); elsewhere only the drive moves it. Each
    e^{a_i} falls at least like e^{g_iτ/2} where |x_i|(|ρ′| + d) < |g_i|/2, as in `gone`.
    """
    if tau - max(flow.log_step, 0.0) < -math.log(NEGLIGIBLE):
        return False
    velocity, sizes = flow.velocity(rho, tau), np.linalg.norm(flow.rows, axis=1)
    off = flow.gaps < 0.0
    drive = (flow.weights * sizes * flow.pulls(rho, tau)[0])[off]
    speed = float(np.linalg.norm(velocity)) + drive.sum()
    if not (2.0 * sizes[off] * speed < -flow.gaps[off]).all():
        return False
    values, vectors = np.linalg.eigh(-flow.jacobian(rho, tau)[:rank, :rank])
    if not values[0] > 0.0:
        return False
    step = float(np.linalg.norm((vectors.T @ velocity[:rank]) / values))
    left = 2.0 * step + drive.sum() / values[0] - 2.0 * (drive / flow.gaps[off]).sum()
    return bool(left <= rtol * (np.linalg.norm(rho) + 1.0 / sizes.max()))


def _segment(
    flow: LogTimeFlow,
    rank: int,
    rho: Float[np.ndarray, " span"],
    grid: Float[np.ndarray, " time"],
    rtol: float,
) -> Float[np.ndarray, "time span"]:
    # An integrator at rest sees rounding only, mistakes it for a smooth path, and crawls along at 1/λ_max(A).
    if at_rest(flow, rank, rho, float(grid[0]), rtol):
        return np.tile(rho, (len(grid), 1))
    return stiff_path(
        flow.velocity,
        flow.jacobian,
        rho,
        grid,
        rtol=rtol,
        atol=rtol / float(np.linalg.norm(flow.rows, axis=1).max()),
        first_step=FIRST_STEP,
        what=f"log-time flow: stopped between τ = {grid[0]:g} and {grid[-1]:g}",
        cure="Rescale the features, or loosen rtol",
    )
