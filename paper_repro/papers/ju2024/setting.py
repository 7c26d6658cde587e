"""Rounds of federated linear regression on fresh Gaussian data, for many draws at once, straight from the definition.

Worker m holds targets X_m(w* + δ_m) + noise: its residual at w* + v is X_m(v − δ_m) less the noise. A round is linear
in (Δ, δ, noise), so that one draw of the data serves all three.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.recursions import FreshRegression
from implicitbias.recursions.fresh_regression import Coefficients
from paper_repro.claims import Curve, Measured, Observation, Predicted, Prediction, Traces
from paper_repro.claims.ensembles import mean_of


PARTS = ("|Δ|²", "ζ²", "s²")
COEFFICIENTS = tuple(f"coefficient of {part}" for part in PARTS)
TOGETHER = "E|Δ⁺|² with all three"
DECIDING = len(PARTS) + 1

# Draws of the data: a claim that asks for no runs knows no budget, and so many cost some tenths of a second.
DRAWS = 20_000

# Models less w*, which is linear in Δ, δ and noise: what each of them contributes.
Models = Float[np.ndarray, "part draw *worker dim"]


@dataclass(frozen=True, eq=False)
class FreshCase:
    """M workers with n samples of p features, H local steps or exact fits."""

    sizes: FreshRegression
    local_steps: float
    lr: float | None
    stream: Stream
    shared: bool = False
    reused: bool = False

    @cached_property
    def coefficients(self) -> Coefficients:
        """What multiplies |Δ|², ζ² and s²."""
        return self.sizes.coefficients(self.local_steps, self.lr)

    @cached_property
    def optima(self) -> Float[np.ndarray, "worker dim"]:
        """δ_m, with Σ δ_m = 0 and (1/M) Σ |δ_m|² = 1; 0 for one worker."""
        draw = self.stream.at("optima").generator().normal(size=(self.sizes.workers, self.sizes.dim))
        away = draw - draw.mean(axis=0)
        return away / max(np.sqrt((away**2).sum(axis=1).mean()), np.finfo(float).tiny)

    @cached_property
    def start(self) -> Float[np.ndarray, " dim"]:
        """Δ, of length 1."""
        draw = self.stream.at("start").generator().normal(size=self.sizes.dim)
        return draw / np.linalg.norm(draw)


def after_round(case: FreshCase, rng: np.random.Generator, start: Models) -> Models:
    """Return Δ⁺ of independent rounds: what Δ, δ and noise contribute, one part each."""
    draws, workers = start.shape[1], case.sizes.workers
    models = np.repeat(start[:, :, None], workers, axis=2)
    data = _data(case, rng, draws)
    for step in range(1 if case.local_steps == math.inf else int(case.local_steps)):
        if step and not case.reused:
            data = _data(case, rng, draws)
        models = models + _moves(case, models, *data)
    return models.mean(axis=2)


def next_distances(case: FreshCase, draws: int) -> Float[np.ndarray, "part draw"]:
    """Return |Δ⁺|² of independent rounds from Δ, from δ and from noise alone, and from all three together."""
    start = np.zeros((len(PARTS), draws, case.sizes.dim))
    start[0] = case.start
    after = after_round(case, case.stream.at("data").generator(), start)
    return (np.concatenate([after, after.sum(axis=0, keepdims=True)]) ** 2).sum(axis=2)


def _data(case: FreshCase, rng: np.random.Generator, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return X and noise of every draw and worker; the same X for all workers if they share it."""
    n, p, workers = case.sizes.samples, case.sizes.dim, case.sizes.workers
    features = rng.standard_normal((draws, 1 if case.shared else workers, n, p))
    return np.broadcast_to(features, (draws, workers, n, p)), rng.standard_normal((draws, workers, n))


def _moves(case: FreshCase, models: Models, features: np.ndarray, noise: np.ndarray) -> Models:
    """Return −ηXᵀ(residual)/n, or −X⁺(residual) for exact fits."""
    residuals = np.einsum("bmnp,sbmp->sbmn", features, models)
    residuals[1] -= np.einsum("bmnp,mp->bmn", features, case.optima)
    residuals[2] -= noise
    if case.local_steps == math.inf:
        gram = features @ features.swapaxes(2, 3)
        solved = np.linalg.solve(gram, np.moveaxis(residuals, 0, -1))
        return -np.einsum("bmnp,bmns->sbmp", features, solved)
    assert case.lr is not None
    return -case.lr / case.sizes.samples * np.einsum("bmnp,sbmn->sbmp", features, residuals)


def observe(case: FreshCase, traces: Traces) -> Observation:
    """Mean of |Δ⁺|² over draws, part by part and together, with their intervals."""
    del traces
    found = [mean_of(values, DECIDING) for values in next_distances(case, DRAWS)]
    value, error = (np.array([getattr(m, part) for m in found], dtype=float) for part in ("value", "error"))
    closed = np.array([*case.coefficients, sum(case.coefficients)])
    low, high = value - error, value + error
    points = Curve(closed, value, "|Δ|², ζ², s² and their sum", method="fedavg", low=low, high=high)
    names = (*COEFFICIENTS, TOGETHER)
    return Observation(
        {name: Measured(m.value, m.error) for name, m in zip(names, found, strict=True)}, (points,)
    )


def predicted(coefficients: Coefficients) -> Prediction:
    """Return the three coefficients, and their sum: cross terms vanish."""
    values = {**dict(zip(COEFFICIENTS, coefficients, strict=True)), TOGETHER: sum(coefficients)}
    ends = np.array([0.0, float(sum(coefficients))])
    line = Curve(ends, ends, "the same", "theory")
    return Prediction({name: Predicted(value) for name, value in values.items()}, (line,))
