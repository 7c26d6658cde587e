"""The potential Λ = ∫ 2b/s² dq and the weights exp(Λ)/s² on quadrature nodes, panel by panel.

A line is the image of u ∈ R under q = centre + scale·sinh u, a half-line of e^u, a segment of the logistic function:
power-law tails, and integrable singularities at the ends, then decay exponentially in u.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from sde.references.coefficients import Coefficients
from sde.references.domain import Ring, Segment
from sde.references.panels import gauss_legendre


# Nats below the peak where a tail ends: enough for test functions that grow like 10^100.
DROP = 300.0
# … and what a tail must have lost at the last u to count as one; what is left beyond enters the error.
LEAST_DROP = 10.0
# The last |u|: e^700 is near the end of the floating-point range, and an end other than 0 is reached up to e^−36.
FARTHEST, FARTHEST_INSIDE = 700.0, 36.0
# Net potential around a ring that counts as rounding.
NO_CIRCULATION = 1e-10


@dataclass(frozen=True)
class LogWeights:
    """Nodes q, increasing, with the logarithms of p and of the masses p dq, all up to one constant.

    ``cut`` is the share of the mass beyond the outermost panels, continued geometrically.
    """

    q: Float[np.ndarray, " node"]
    log_mass: Float[np.ndarray, " node"]
    log_density: Float[np.ndarray, " node"]
    cut: float = 0.0

    @property
    def log_total(self) -> float:
        """Log Z, the constant."""
        peak = self.log_mass.max()
        return float(peak + math.log(np.exp(self.log_mass - peak).sum()))

    @property
    def mean_log_density(self) -> float:
        """E log p of the normalised law."""
        masses = np.exp(self.log_mass - self.log_total)
        return float(masses[masses > 0.0] @ self.log_density[masses > 0.0]) - self.log_total


@dataclass(frozen=True)
class Chart:
    """u ↦ (q, log dq/du), and the last −u and u that can be told apart."""

    place: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    below: float = FARTHEST
    above: float = FARTHEST


def chart(domain: Segment, centre: float, scale: float) -> Chart:
    """Return the chart of a line, half-line or segment."""
    low, high, log_scale = domain.low, domain.high, math.log(scale)
    if domain.finite:
        return _logistic(low, high)
    if math.isfinite(low):
        return Chart(lambda u: (low + scale * np.exp(u), log_scale + u))
    if math.isfinite(high):
        return Chart(lambda u: (high - scale * np.exp(-u), log_scale - u))
    return Chart(lambda u: (centre + scale * np.sinh(u), log_scale + np.logaddexp(u, -u) - math.log(2.0)))


def _logistic(low: float, high: float) -> Chart:
    length = high - low

    def place(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # From the nearer end, so that distances to it keep all their digits.
        small = np.exp(-np.abs(u))
        part = length * small / (1.0 + small)
        return np.where(u < 0.0, low + part, high - part), math.log(length) - np.abs(u) - 2.0 * np.log1p(
            small
        )

    reach = (FARTHEST if end == 0.0 else FARTHEST_INSIDE for end in (low, high))
    return Chart(place, *reach)


def along(found: Coefficients, line: Chart, width: float) -> LogWeights:
    """Return the weights on panels from u = 0 outwards until both tails are negligible.

    Raises
    ------
    BadInput
        If a tail does not decay, or the coefficients are not finite where there is mass.
    """
    below, above = ([*_tail(found, line, width, side)] for side in (-1.0, 1.0))
    turned = [LogWeights(p.q[::-1], p.log_mass[::-1], p.log_density[::-1]) for p in reversed(below)]
    joined = _joined(turned + above)
    return replace(joined, cut=sum(_beyond(tail, joined.log_total) for tail in (below, above)))


def _beyond(tail: list[LogWeights], log_total: float) -> float:
    """Return the share of the mass beyond the last panel, as a geometric series goes on."""
    shares = [math.exp(part.log_total - log_total) for part in tail[-2:]]
    before, last = shares[0], shares[-1]
    return last * last / (before - last) if last < before else last


def _tail(found: Coefficients, line: Chart, width: float, side: float) -> Iterator[LogWeights]:
    farthest = line.below if side < 0.0 else line.above
    x, weights, upto = gauss_legendre()
    potential, peak, last = 0.0, -math.inf, -math.inf
    for k in range(int(farthest / width)):
        u = side * width * (k + 0.5 * (1.0 + x))
        q, log_slope = line.place(u)
        with np.errstate(all="ignore"):
            square = found.square(q)
            rate = side * 2.0 * found.drift(q) / square * np.exp(log_slope)
            own = potential + 0.5 * width * (upto @ rate)
            log_density = own - np.log(square)
        mass = log_density + log_slope + np.log(0.5 * width * weights)
        if not np.isfinite(mass).all():
            _check_ended(last, peak, q)
            return
        yield LogWeights(q, mass, log_density)
        potential += 0.5 * width * float(weights @ rate)
        peak, last = max(peak, float(mass.max())), float(mass.max())
        if last < peak - DROP:
            return
    _check_ended(last, peak, line.place(np.array([side * farthest]))[0])


def _check_ended(last: float, peak: float, q: np.ndarray) -> None:
    if not last < peak - LEAST_DROP:
        raise BadInput(
            f"no stationary law: near q = {q[-1]:.3g} the weight exp(∫2b/s²)/s² is not finite or does not decay, so "
            "that it has no finite mass; narrow the domain (its ends then reflect), or make sure that s² > 0 inside"
        )


def around(found: Coefficients, ring: Ring, width: float) -> LogWeights:
    """Return the weights around a ring, on panels of about the width (in radians).

    Raises
    ------
    BadInput
        If the coefficients are not finite, or s² vanishes.
    """
    x, weights, upto = gauss_legendre()
    count = math.ceil(2.0 * math.pi / width)
    half = 0.5 * ring.period / count
    q = ring.low + half * (2.0 * np.arange(count)[:, None] + 1.0 + x)
    with np.errstate(all="ignore"):
        square = found.square(q.ravel()).reshape(q.shape)
        rate = 2.0 * found.drift(q.ravel()).reshape(q.shape) / square
    if not np.isfinite(rate).all():
        raise BadInput("no stationary density: 2b/s² is not finite on the ring; it needs noise everywhere")
    sums = half * rate @ weights
    potential, net = half * rate @ upto.T + (np.cumsum(sums) - sums)[:, None], float(sums.sum())
    turned = potential if abs(net) <= NO_CIRCULATION else potential + _log_turn(-potential, half, net)
    log_density = (turned - np.log(square)).ravel()
    return LogWeights(q.ravel(), log_density + np.tile(np.log(half * weights), count), log_density)


def _log_turn(
    exponent: Float[np.ndarray, "panel node"], half: float, net: float
) -> Float[np.ndarray, "panel node"]:
    """Return log ∫_q^{q+P} exp(−Λ): from q to the cut, and from there to q one turn later, where −Λ is less by net.

    In logarithms, and both parts as sums of positive terms: −Λ may fall by hundreds around the ring.
    """
    _, weights, upto = gauss_legendre()
    peak = exponent.max(axis=1, keepdims=True)
    scaled = np.exp(exponent - peak)
    with np.errstate(divide="ignore"):
        whole = (peak[:, 0] + np.log(half * scaled @ weights))[:, None]
        before = peak + np.log(np.maximum(half * scaled @ upto.T, 0.0))
        after = peak + np.log(np.maximum(half * scaled @ (weights - upto).T, 0.0))
    nothing = np.full((1, 1), -np.inf)
    earlier = np.concatenate([nothing, np.logaddexp.accumulate(whole, axis=0)[:-1]])
    later = np.concatenate([np.logaddexp.accumulate(whole[::-1], axis=0)[:-1][::-1], nothing])
    return np.logaddexp(np.logaddexp(after, later), np.logaddexp(before, earlier) - net)


def _joined(parts: list[LogWeights]) -> LogWeights:
    """Return all nodes in the order of the parts."""
    q, log_mass, log_density = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("q", "log_mass", "log_density")
    )
    return LogWeights(q, log_mass, log_density)
