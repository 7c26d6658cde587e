"""How many local steps keep the order 1/√(MT): exponents of T and M, read off the bounds."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.scaled import Constants, HORIZONS, largest_local_steps
from implicitbias.scaled.horizon import Data
from paper_repro.claims import (
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)


DATA: tuple[Data, ...] = ("identical", "heterogeneous")
IN_STEPS = {data: f"exponent of T, {data} data" for data in DATA}
IN_WORKERS = {data: f"exponent of M, {data} data" for data in DATA}
SIZE = {data: f"largest H − 1 over the corollary, {data} data" for data in DATA}

# Logarithms of quotients of bounds, each a few products.
ROUNDING = 1e-10


@dataclass(frozen=True)
class HorizonKnobs:
    """Constants of the problem, and where T and M begin."""

    smoothness: float = knob(2.0, "L", "smoothness", low=0.1, high=10.0, log=True)
    noise: float = knob(1.0, "σ²", "noise", low=0.01, high=100.0, log=True)
    floor: float = knob(0.1, "d_min", "floor", low=0.01, high=1.0, log=True)
    steps: int = knob(100_000, "T", "local steps in all, least", low=10_000, high=1_000_000, log=True)
    workers: int = knob(4, "M", "workers, least", low=2, high=16)


@dataclass(frozen=True)
class HorizonCase:
    """Grids of T at the least M, and of M at the least T."""

    knobs: HorizonKnobs
    steps: Float[np.ndarray, " step"]
    workers: Float[np.ndarray, " worker"]

    def largest(self, data: Data, steps: float, workers: float) -> float:
        """Return the largest H − 1 by the bounds; T2 in the form without 1 − 1/M, which is no power of M."""
        knobs = self.knobs
        given = Constants(
            smoothness=knobs.smoothness,
            strong_convexity=0.0,
            noise=knobs.noise,
            floor=knobs.floor,
            ceiling=2.0 * knobs.floor,
            workers=int(workers),
            local_steps=2,
            lr=1.0,
        )
        form = "khaled_form" if data == "identical" else "derived"
        return largest_local_steps(given, int(steps), data=data, constants=form)

    def over_steps(self, data: Data) -> np.ndarray:
        """Return the largest H − 1 over the grid of T."""
        return np.array([self.largest(data, t, self.workers[0]) for t in self.steps])

    def over_workers(self, data: Data) -> np.ndarray:
        """Return the largest H − 1 over the grid of M."""
        return np.array([self.largest(data, self.steps[0], m) for m in self.workers])


def setup(knobs: HorizonKnobs, stream: Stream) -> HorizonCase:
    """Return the case of the knobs; nothing is random."""
    del stream
    return HorizonCase(knobs, knobs.steps * 4.0 ** np.arange(5), knobs.workers * 2.0 ** np.arange(5))


def observe(case: HorizonCase, traces: Traces) -> Observation:
    """Fit the slopes, and compare with the corollary."""
    del traces
    quantities, curves = {}, []
    for data in DATA:
        steps, workers = case.over_steps(data), case.over_workers(data)
        quantities[IN_STEPS[data]] = Measured(_slope(case.steps, steps))
        quantities[IN_WORKERS[data]] = Measured(_slope(case.workers, workers))
        corollary = np.array([HORIZONS[data](t, case.workers[0]) for t in case.steps])
        quantities[SIZE[data]] = Measured(steps / corollary)
        curves.append(Curve(case.steps, steps, f"{data} data: where the terms of the bound meet"))
    return Observation(quantities, tuple(curves))


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def predict(case: HorizonCase) -> Prediction:
    """½ and −3/2 for identical data, ¼ and −3/4 for heterogeneous."""
    quantities, lines = {}, []
    for data, label in zip(DATA, ("2√(T/M³)", "√8·(T/M³)^¼"), strict=True):
        horizon = HORIZONS[data]
        quantities |= _exponents(data, horizon.steps, horizon.workers)
        quantities[SIZE[data]] = Predicted(1.0, ROUNDING, reason="rounding of logarithms")
        line = np.array([horizon(t, case.workers[0]) for t in case.steps])
        lines.append(Curve(case.steps, line, label, "theory"))
    return Prediction(quantities, tuple(lines))


def exchanged(case: HorizonCase) -> Prediction:
    """The exponents of heterogeneous data for identical ones, and the other way round."""
    del case
    other = dict(zip(DATA, reversed(DATA), strict=True))
    pairs = (_exponents(d, HORIZONS[other[d]].steps, HORIZONS[other[d]].workers) for d in DATA)
    return Prediction({name: value for pair in pairs for name, value in pair.items()})


def free_of_workers(case: HorizonCase) -> Prediction:
    """No dependence on M."""
    return Prediction({IN_WORKERS[data]: Predicted(0.0, ROUNDING) for data in DATA})


def _exponents(data: Data, steps: float, workers: float) -> dict[str, Predicted]:
    reason = "rounding of logarithms"
    return {
        IN_STEPS[data]: Predicted(steps, ROUNDING, reason=reason),
        IN_WORKERS[data]: Predicted(workers, ROUNDING, reason=reason),
    }


PROOF = r"""T2 with $\eta=\frac{d_{\min}\sqrt M}{4L\sqrt T}$: the noise term is $\frac{2\eta\sigma^2}{d_{\min}M}$ and
the $(H-1)$ term at most $\frac{4\eta^2L(H-1)\sigma^2}{d_{\min}^2}$; they are equal at $H-1=\frac{d_{\min}}{2\eta LM}=
2T^{1/2}M^{-3/2}$. T3 with $\eta=\frac{d_{\min}\sqrt M}{8L\sqrt T}$: $\frac{5\eta\sigma_{dif}^2}{d_{\min}M}$ against
$\frac{5\eta^2L(H-1)^2\sigma_{dif}^2}{d_{\min}^2}$ are equal at $(H-1)^2=\frac{d_{\min}}{\eta LM}=8T^{1/2}M^{-3/2}$. Up
to there the bound is at most twice its leading terms, of order $\frac1{\sqrt{MT}}$. With $1-\frac1M$ kept, T2 admits
more by $\frac M{M-1}$. Without heterogeneity ($\zeta_*=0$) the two noises of T3 are one."""

CLAIM = Claim(
    key="derived/scaling-horizon",
    title="The order 1/√(MT) survives H − 1 ≤ 2√(T/M³) local steps, and √8·(T/M³)^¼ on heterogeneous data",
    statement=(
        r"With $\eta=\frac{d_{\min}\sqrt M}{4L\sqrt T}$ the $(H-1)$ term of T2 stays below its noise term as long as "
        r"$H-1\le2T^{1/2}M^{-3/2}$; with $\eta=\frac{d_{\min}\sqrt M}{8L\sqrt T}$ that of T3 as long as "
        r"$H-1\le\sqrt8\, T^{1/4}M^{-3/4}$, if also $H-1\le\sqrt{T/M}$."
    ),
    hypotheses=("T ≥ M", "T2 with 1 in place of 1 − 1/M", "T3 with σ_dif² = σ*², no heterogeneity"),
    reference=Reference("derived", "corollary of T2 and T3"),
    source="derived",
    proof=PROOF,
    knobs=HorizonKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("exponents exchanged", "both are corollaries of one scheme", predict=exchanged),
        Falsifier("it does not depend on M", "H is chosen per worker", predict=free_of_workers),
    ),
    see=("derived/scaling-theorem-2", "derived/scaling-theorem-3"),
    axes=("local steps in all T", "largest H − 1", "log", "log"),
)
