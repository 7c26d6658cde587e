"""The case of the order of limits: where sweeping, projections and ŵ lead, and how far w^r/Λ may be from its limit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import MaxMargin
from implicitbias.local_solvers import (
    growing_sweep,
    layer_bound,
    local_layer_bound,
    margin_set,
    sweeping_distance_bound,
    sweeping_process,
)
from implicitbias.problems import LinearClassification
from paper_repro.claims import knob


SWEPT, PROJECTED, SEPARATOR = "chord to the sweeping point", "chord to the PPM point", "chord to ŵ"

# w⁰/Λ, from which a constraint of the first worker is released on the way.
START = np.array([-2.0, -3.0])

# Exact rounds before the flow takes over. Averaging halves the distance from C every round: after half of them, the
# earliest hand-over, Λ·2^(−24) is below 10⁻³.
HANDOVER = 48

# Rounds after which both averaged iterations rest to the last bit.
AT_REST = 60

# Steps of c = log r/Λ in the picture, and which of them are judged, with the c of the hand-over.
DRAWN = 50
JUDGED = (1, 5, 10, 20, 35, 50)


@dataclass(frozen=True)
class OrderKnobs:
    """How much local work, where from, and how many rounds."""

    log_scale: float = knob(1e3, "Λ", "log(ηH)", low=300.0, high=3e3, log=True)
    stretch: float = knob(1.0, "a", "start w⁰ = −aΛ(2, 3)", low=0.8, high=1.25)
    reach: float = knob(5.0, "c", "largest log r/Λ", low=3.0, high=8.0)


@dataclass(frozen=True, eq=False)
class OrderCase:
    """The problem, its start u⁰ = w⁰/Λ, and the scales."""

    problem: LinearClassification
    svm: MaxMargin
    start: Float[np.ndarray, " dim"]
    log_scale: float
    reach: float

    @cached_property
    def rounds(self) -> list[Float[np.ndarray, " dim"]]:
        """u⁰, u¹, … of averaged sweeping, until it rests."""
        return self._averaged(lambda m, u: sweeping_process(self.problem, m).run(u).end)

    @cached_property
    def projected(self) -> Float[np.ndarray, " dim"]:
        """The limit of averaged projections."""
        return self._averaged(lambda m, u: margin_set(self.problem, m).project(u).point)[-1]

    @property
    def targets(self) -> dict[str, Float[np.ndarray, " dim"]]:
        """Where it might go."""
        return {SWEPT: self.rounds[-1], PROJECTED: self.projected, SEPARATOR: self.svm.weights}

    def _averaged(self, local: Callable[[int, np.ndarray], np.ndarray]) -> list[Float[np.ndarray, " dim"]]:
        points = [self.start]
        for _ in range(AT_REST):
            points.append(np.mean([local(m, points[-1]) for m in range(self.problem.workers)], axis=0))
        return points

    @property
    def drawn(self) -> Float[np.ndarray, " c"]:
        """The c of the picture."""
        return np.linspace(0.0, self.reach, DRAWN + 1)

    @cached_property
    def judged(self) -> Float[np.ndarray, " c"]:
        """The c of the verdict."""
        return np.append(np.log(HANDOVER) / self.log_scale, self.drawn[list(JUDGED)])

    @cached_property
    def distances(self) -> Float[np.ndarray, " c"]:
        """The bound on |w^r/Λ − Φ(1 + c)|: until the hand-over, and along the path from there on."""
        signed, shares = self.problem.signed, self.problem.sample_weights
        paths = [growing_sweep(signed, self.rounds[-1], 1.0 + c) for c in self.judged]
        handed = float(np.linalg.norm(paths[0].end - self.rounds[HANDOVER])) + self._until_hand_over()
        return handed + np.array([layer_bound(signed, shares, path, self.log_scale) for path in paths])

    def path(
        self, start: Float[np.ndarray, " dim"], c: Float[np.ndarray, " c"]
    ) -> Float[np.ndarray, "c dim"]:
        """Return Φ(1 + c), Φ the global sweeping process from ``start``: straight between its events."""
        swept = growing_sweep(self.problem.signed, start, 1.0 + self.reach)
        return np.stack([np.interp(1.0 + c, swept.times, x) for x in swept.points.T], axis=1)

    def _until_hand_over(self) -> float:
        """Sum over rounds of the mean over workers of the smaller of two local bounds: all maps are nonexpansive."""
        local = [
            min(
                sweeping_distance_bound(self.problem, m, u, self.log_scale),
                local_layer_bound(self.problem, m, u, self.log_scale),
            )
            for u in self.rounds[:HANDOVER]
            for m in range(self.problem.workers)
        ]
        return sum(local) / self.problem.workers
