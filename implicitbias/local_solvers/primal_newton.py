"""Newton's method for the model itself, where the loss alone decides: local data that are not separable.

Everything is divided by the largest of e^{…} in sight, so that nothing overflows:  F/s, ∇F/s, ∇²F/s with
F(w) = Σ e^a ℓ(x_i·w) + |w − centre|²/2.  Where the samples do not determine w and λ is below rounding of
their curvature, the condition number says so.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.local_solvers.tail_graph import AbstractTailGraph
from implicitbias.losses import AbstractLoss


# Promised decrease of log F that its rounding hides; Newton's method is then in its quadratic phase.
UNRESOLVED = 1e-10

# An exponential tail is climbed by about one unit of margin a step: margins of a thousand at most.
NEWTON_STEPS = 1000

# Decrease of log F asked of a step, as a share of what the slope promises.
SUFFICIENT = 1e-4

# 2⁻³⁰: below it a step that fails to decrease is rounding noise.
SHORTEST_STEP = 1e-9


@dataclass(frozen=True, eq=False)
class LocalObjective:
    """F(w) = Σ e^a ℓ(x_i·w) + |w − centre|²/2, in logarithms."""

    rows: Float[np.ndarray, "local dim"]
    loss: AbstractLoss
    graph: AbstractTailGraph
    centre: Float[np.ndarray, " dim"]

    def log_value(self, w: Float[np.ndarray, " dim"]) -> float:
        """Return log F(w)."""
        terms = self.graph.log_height + self.loss.log_value(self.rows @ w)
        with np.errstate(divide="ignore"):
            ridge = np.log(0.5 * ((w - self.centre) ** 2).sum())
        return float(np.logaddexp.reduce(np.append(terms, ridge)))

    def newton_step(self, w: Float[np.ndarray, " dim"]) -> tuple[Float[np.ndarray, " dim"], float, float]:
        """Return −(∇²F)⁻¹∇F, its promise −∇log F·step, and the condition number of ∇²F."""
        margins = self.rows @ w
        logs = self.graph.log_coefficient(margins)
        shift = max(0.0, float(logs.max()))
        coefficients, unit = np.exp(logs - shift), np.exp(-shift)
        pull = coefficients @ self.rows + unit * (self.centre - w)
        curvature = (self.rows.T * (self.graph.decay(margins) * coefficients)) @ self.rows
        curvature.flat[:: len(w) + 1] += unit
        values, axes = np.linalg.eigh(curvature)
        smallest = max(float(values[0]), float(np.finfo(float).tiny))
        step = axes @ ((pull @ axes) / np.maximum(values, np.finfo(float).eps * values[-1]))
        promise = float(np.exp(np.log(max(pull @ step, np.finfo(float).tiny)) + shift - self.log_value(w)))
        return step, promise, float(values[-1]) / smallest


def descend(objective: LocalObjective) -> Float[np.ndarray, " dim"]:
    """Return the minimiser of F by damped Newton steps, from the better of 0 and the centre."""
    w = min(np.zeros_like(objective.centre), objective.centre, key=objective.log_value)
    last = np.inf
    for _ in range(NEWTON_STEPS):
        step, promise, _ = objective.newton_step(w)
        size = float(np.linalg.norm(step))
        if promise > UNRESOLVED:
            length = _step_length(objective, w, step, promise)
            if length == 0.0:
                return w
            w = w + length * step
        elif size < last:
            w, last = w + step, size
        else:
            return w
    return w


def _step_length(objective: LocalObjective, w: np.ndarray, step: np.ndarray, promise: float) -> float:
    """First of 1, 1/2, … at which log F falls by its share of the promise; 0 if none does."""
    value, length = objective.log_value(w), 1.0
    while objective.log_value(w + length * step) > value - SUFFICIENT * length * promise:
        length /= 2.0
        if length < SHORTEST_STEP:
            return 0.0
    return length
