"""The slow SDE of the position along Γ, for several courses at once, phase by phase.

The drift is integrated by Runge–Kutta's fourth-order step, the noise added after every step. Paths come in mirrored
pairs, +W and −W, so that their mean has none of the noise that enters linearly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.classroom.valley.grounds import diffuses, position_diffusion, position_drift
from sde.zoo import AbstractClosedForms


# Steps of all phases together: divisible by one, two and three phases.
STEPS = 24
BAND = (0.05, 0.95)


@dataclass(frozen=True, eq=False)
class SlowPaths:
    """Mean position, and the middle 90 % of paths, of every column at every time."""

    times: Float[np.ndarray, " time"]
    mean: Float[np.ndarray, "time column"]
    low: Float[np.ndarray, "time column"]
    high: Float[np.ndarray, "time column"]

    @property
    def moved(self) -> Float[np.ndarray, " column"]:
        """Mean displacement at the end."""
        return self.mean[-1] - self.mean[0]


def slow_paths(
    closed: AbstractClosedForms,
    start: tuple[float, ...],
    phases: Sequence[tuple[float, Float[np.ndarray, " column"]]],
    workers: Float[np.ndarray, " column"],
    total_batch: float,
    pairs: int,
    stream: Stream,
) -> SlowPaths:
    """Return the slow motion of the position q, dq = b(q; M, α) dt + s(q) dW.

    Parameters
    ----------
    closed, start
        The landscape, noise of size 1, and q_0.
    phases
        Slow time and α of every column, phase by phase.
    workers, total_batch
        M of every column, and B.
    pairs
        Mirrored pairs of paths; a single path where nothing diffuses.
    stream
        Source of W, which all columns share.
    """
    noisy = diffuses(closed, start)
    rows = 2 * pairs if noisy else 1
    q = np.full((rows, len(workers)), start[0])
    drawn = _mirrored(pairs, stream) if noisy else np.zeros((1, STEPS))
    found, times = [q], [0.0]
    each = STEPS // len(phases)
    for k, (duration, alpha) in enumerate(phases):
        dt = duration / each
        for step in range(k * each, (k + 1) * each):
            q = _drifted(closed, q, workers, total_batch, alpha, dt)
            if noisy:
                q = q + position_diffusion(closed, q, total_batch) * np.sqrt(dt) * drawn[:, step, None]
            found.append(q)
            times.append(times[-1] + dt)
    return _summed_up(np.array(times), np.array(found))


def _drifted(
    closed: AbstractClosedForms,
    q: Float[np.ndarray, "path column"],
    workers: Float[np.ndarray, " column"],
    total_batch: float,
    alpha: Float[np.ndarray, " column"],
    dt: float,
) -> Float[np.ndarray, "path column"]:
    """Return q after the drift of a time dt."""

    def velocity(at: np.ndarray) -> np.ndarray:
        return position_drift(closed, at, workers, total_batch, alpha)

    first = velocity(q)
    second = velocity(q + 0.5 * dt * first)
    third = velocity(q + 0.5 * dt * second)
    last = velocity(q + dt * third)
    return q + dt / 6.0 * (first + 2.0 * second + 2.0 * third + last)


def _mirrored(pairs: int, stream: Stream) -> Float[np.ndarray, "path step"]:
    half = stream.child("slow").at("increments", np.arange(pairs)).normal(STEPS)
    return np.concatenate([half, -half])


def _summed_up(times: np.ndarray, q: Float[np.ndarray, "time path column"]) -> SlowPaths:
    if q.shape[1] == 1:
        return SlowPaths(times, q[:, 0], q[:, 0], q[:, 0])
    low, high = np.quantile(q, BAND, axis=1)
    return SlowPaths(times, q.mean(axis=1), low, high)
