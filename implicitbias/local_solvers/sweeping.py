"""Moreau's sweeping process: what many local gradient steps do to u = w/log(ηH), event by event.

The constraints of C(s) = {u : x·u ≥ s} move with speed 1 and push the point:  −du/ds ∈ N_{C(s)}(u). Between
two events the point moves straight, with the smallest velocity that stays inside,

    u̇ = argmin |v|²  subject to  x_i·v ≥ 1 on the active rows (x_i·u = s),

so u̇ = Σ β_i x_i with β ≥ 0, and a row with x_i·u̇ > 1 is released. An event is an inactive row that is caught
up. Release is what makes the process differ from the projection: the displacement keeps the push of rows that
no longer touch. The limit of the local flow du/ds = (1/n) Σ x exp(Λ(s − x·u)) as Λ → ∞ [moreau1977].
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput, NotCertified
from implicitbias.local_solvers.margin_sets import margin_set
from implicitbias.local_solvers.per_worker import per_worker
from implicitbias.oracle import MarginSet
from implicitbias.oracle.separability import require_separable
from implicitbias.problems import LinearClassification


# A row within this share of |x_i||u| + |s| of the moving face touches it: rounding of an inner product, times
# 1e2. The sizes are the largest since the start: a path through u = 0, s = 0 keeps the rounding it came with.
TOUCHING = 1e-13

# Shortfall of the final margins, in units of 1 + |x_i||u|: the rounding of all events together.
ARRIVED = 1e-10

# Random data meet at most about 3 n events; a path thirty times longer is cycling.
EVENTS_PER_ROW = 100

# Velocities kept for reuse; a converging average meets a handful of active sets.
REMEMBERED_VELOCITIES = 4096


@dataclass(frozen=True, eq=False)
class SweepPath:
    """The piecewise straight path of a sweeping process.

    Attributes
    ----------
    times : array, shape (event,)
        s at the start, at every event, and at the end, s = 1; a single entry if the start lies in C(1).
    points : array, shape (event, d)
        u(s) at those times.
    active : tuple of tuples
        Rows touched on each straight piece; one entry fewer than ``times``.
    """

    times: Float[np.ndarray, " event"]
    points: Float[np.ndarray, "event dim"]
    active: tuple[tuple[int, ...], ...]

    __repr__ = in_brief

    @property
    def end(self) -> Float[np.ndarray, " dim"]:
        """Φ(u) = u(1)."""
        return self.points[-1]


class SweepingProcess:
    """The sweeping process of C(s) = {u : x_i·u ≥ s}, prepared once and run from many points.

    Parameters
    ----------
    margins
        C(1), of separable rows.
    """

    def __init__(self, margins: MarginSet):
        self.rows = margins.signed
        self._sizes = np.linalg.norm(self.rows, axis=1)
        self._velocities: dict[tuple[int, ...], np.ndarray] = {}

    def run(self, start: Float[np.ndarray, " dim"]) -> SweepPath:
        """Return the path from ``start``, at s = min x·u, to s = 1.

        Raises
        ------
        NotCertified
            If the path does not end in C(1).
        """
        u = np.array(start, dtype=float)
        s = min(1.0, float((self.rows @ u).min()))
        times, points, active = [s], [u], []
        rounding = np.zeros(len(self.rows))
        while s < 1.0:
            if len(active) > EVENTS_PER_ROW * len(self.rows):
                raise NotCertified(
                    f"sweeping: {len(active)} events before s = {s:.6g} with n_m = {len(self.rows)}: rounding "
                    "makes the path cycle; rescale the features or drop near-duplicate rows"
                )
            rounding = np.maximum(rounding, TOUCHING * (self._sizes * np.linalg.norm(u) + abs(s)))
            touching, velocity, stay = self._next_event(u, s, rounding)
            u, s = u + stay * velocity, min(1.0, s + stay)
            times.append(s)
            points.append(u)
            active.append(touching)
        self._require_arrival(u)
        return SweepPath(np.array(times), np.stack(points), tuple(active))

    def _next_event(
        self, u: np.ndarray, s: float, rounding: np.ndarray
    ) -> tuple[tuple[int, ...], np.ndarray, float]:
        """Active rows at (u, s), the velocity they give, and how long it lasts."""
        room = self.rows @ u - s
        touching = room <= rounding
        rows = tuple(np.flatnonzero(touching).tolist())
        velocity = self._velocity(rows)
        closing = 1.0 - self.rows @ velocity
        caught = ~touching & (closing > 0.0)
        return rows, velocity, float((room[caught] / closing[caught]).min(initial=1.0 - s))

    def _velocity(self, active: tuple[int, ...]) -> np.ndarray:
        """Return argmin |v|² subject to x_i·v ≥ 1 on the active rows; 0 if there are none."""
        if not active:
            return np.zeros(self.rows.shape[1])
        known = self._velocities.get(active)
        if known is None:
            if len(self._velocities) >= REMEMBERED_VELOCITIES:
                self._velocities.clear()
            known = MarginSet(self.rows[list(active)]).project(np.zeros(self.rows.shape[1])).point
            self._velocities[active] = known
        return known

    def _require_arrival(self, u: np.ndarray) -> None:
        shortfall = float(((1.0 - self.rows @ u) / (1.0 + self._sizes * np.linalg.norm(u))).max())
        if not shortfall <= ARRIVED:
            raise NotCertified(
                f"sweeping: relative shortfall {shortfall:.3g} of the final margins exceeds {ARRIVED:g}; "
                "the rows are nearly dependent: rescale the features"
            )


def sweep(signed: Float[np.ndarray, "sample dim"], start: Float[np.ndarray, " dim"]) -> SweepPath:
    """Return the sweeping process of C(s) = {u : x_i·u ≥ s} from ``start`` to s = 1.

    Parameters
    ----------
    signed : array, shape (n, d)
        Rows x_i = label_i · feature_i of one worker.
    start : array, shape (d,)
        u; left where it is while s < min x·u.

    Returns
    -------
    SweepPath
        Its ``end`` is Φ(u); Φ(0) is the hard-margin separator of the rows.

    Raises
    ------
    BadInput
        Wrong shapes, non-finite entries, or a zero row.
    NotSeparable
        If no C(s) with s > 0 has a point.
    NotCertified
        If the path does not end in C(1).
    """
    margins = MarginSet(signed)
    start = np.asarray(start, dtype=float)
    if start.shape != margins.signed.shape[1:] or not np.isfinite(start).all():
        raise BadInput(f"start = {start}: needs {margins.signed.shape[1]} finite entries, one per feature")
    require_separable(margins.signed)
    return SweepingProcess(margins).run(start)


@per_worker
def sweeping_process(problem: LinearClassification, worker: int) -> SweepingProcess:
    """Return the sweeping process of one worker's rows, checked as in ``margin_set``."""
    return SweepingProcess(margin_set(problem, worker))
