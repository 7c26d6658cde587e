"""Pairs of runs that should be one, up to a motion of space: what claims without a reference value compare."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec
from paper_repro.claims import Budget, Curve, Measured, Observation, Predicted, Prediction, Traces


# Rounding of a few hundred contracting steps, relative to the path.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Pair:
    """Two runs with as many records; the second should be Q·first + s."""

    first: RunSpec
    second: RunSpec
    labels: tuple[str, str]
    method: str = "fedavg"
    turn: Float[np.ndarray, "dim dim"] | None = None
    shift: Float[np.ndarray, " dim"] | float = 0.0

    def moved(self, path: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record dim"]:
        """Return Qx + s along a path."""
        turned = path if self.turn is None else path @ self.turn.T
        return turned + self.shift


Pairs = Mapping[str, Pair]


def needs(case: Pairs, budget: Budget) -> tuple[RunSpec, ...]:
    """All runs."""
    del budget
    return tuple(spec for pair in case.values() for spec in (pair.first, pair.second))


def observe(case: Pairs, traces: Traces) -> Observation:
    """The largest distance of the two, relative to the path; and a coordinate of both."""
    quantities, curves = {}, []
    for k, (name, pair) in enumerate(case.items()):
        first, second = pair.moved(traces[2 * k].w[0]), traces[2 * k + 1].w[0]
        quantities[name] = Measured(float(np.abs(first - second).max() / (1.0 + np.abs(first).max())))
        rounds = traces[2 * k].rounds
        curves += [
            Curve(rounds, first[:, 0], pair.labels[0], method=pair.method),
            Curve(rounds, second[:, 0], pair.labels[1], "reference"),
        ]
    return Observation(quantities, tuple(curves))


def predict(case: Pairs) -> Prediction:
    """0."""
    return Prediction({name: Predicted(0.0, ROUNDING, reason="rounding") for name in case})
