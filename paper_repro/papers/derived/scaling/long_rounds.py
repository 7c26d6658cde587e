"""With long rounds and different workers the noise floor has a part that no number of workers removes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Quadratics, Stream
from implicitbias.scaled.moments import exact_path
from implicitbias.scaled.noise import Additive
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


ONE, MANY = "exponent of the floor in M, H = 1", "exponent of the floor in M, H local steps"
WORKERS = (2, 4, 8, 16)
# Curvatures and minimisers of the two kinds of workers, half of them each.
CURVATURES, CENTRES = (1.0, 0.4), (1.0, -1.0)
# e^{−30} of the start is left of its square; and rounding of a fit to such numbers.
DECADES, ROUNDING = 15.0, 1e-9


@dataclass(frozen=True)
class RoundKnobs:
    """Steps of constant size in rounds of H."""

    lr: float = knob(0.1, "η", "learning rate", low=0.05, high=0.2)
    local_steps: int = knob(8, "H", "local steps", low=4, high=16)
    deviation: float = knob(1.0, "σ", "standard deviation of the noise", low=0.5, high=2.0)


def setup(knobs: RoundKnobs, stream: Stream) -> RoundKnobs:
    """Return the knobs: nothing is drawn."""
    del stream
    return knobs


def observe(case: RoundKnobs, traces: Traces) -> Observation:
    """Iterate mean and covariance of all workers to rest, for every M, and fit."""
    del traces
    one, many = (np.array([iterated(case, m, h) for m in WORKERS]) for h in (1, case.local_steps))
    counts = np.array(WORKERS, dtype=float)
    curves = (
        Curve(counts, one, "H = 1", method="sgd"),
        Curve(counts, many, f"H = {case.local_steps}", method=f"local_sgd:H={case.local_steps}"),
    )
    return Observation({ONE: Measured(exponent(one)), MANY: Measured(exponent(many))}, curves)


def iterated(case: RoundKnobs, workers: int, local_steps: int) -> float:
    """E|x̂ − x*|² after many rounds of M workers, half of either kind."""
    kinds = workers // 2
    hessians = np.repeat(CURVATURES, kinds)[:, None, None]
    problem = Quadratics(hessians, np.repeat(CENTRES, kinds)[:, None])
    rounds = int(np.ceil(DECADES / (case.lr * local_steps * np.mean(CURVATURES)))) + 1
    diagonals, noise = np.ones((2 * rounds, 1)), Additive(np.array([[case.deviation**2]]))
    start = problem.minimiser
    return float(exact_path(problem, diagonals, case.lr, local_steps, start, noise).squared_distance[-1])


def exponent(floors: Float[np.ndarray, " count"]) -> float:
    """Return the least-squares slope of log floor in log M."""
    return float(np.polyfit(np.log(WORKERS), np.log(floors), 1)[0])


def at_rest(
    case: RoundKnobs, local_steps: int, workers: Float[np.ndarray, " count"]
) -> Float[np.ndarray, " count"]:
    """(x_fix − x*)² + variance, from q_m = (1 − ηa_m)^H of the two kinds, half of the workers each."""
    a, c = np.array(CURVATURES), np.array(CENTRES)
    q = (1.0 - case.lr * a) ** local_steps
    fixed, best = ((1.0 - q) @ c) / (1.0 - q).sum(), (a @ c) / a.sum()
    kick = (case.lr * case.deviation) ** 2 * np.mean((1.0 - q**2) / (1.0 - (1.0 - case.lr * a) ** 2))
    return (fixed - best) ** 2 + kick / workers / (1.0 - np.mean(q) ** 2)


def predict(case: RoundKnobs) -> Prediction:
    """−1 for H = 1; for H > 1 the exponent of bias² + variance/M."""
    counts = np.array(WORKERS, dtype=float)
    single, floors = (at_rest(case, h, counts) for h in (1, case.local_steps))
    lines = (
        Curve(counts, single, "variance/M", "theory", "sgd"),
        Curve(counts, floors, "bias² + variance/M", "theory", f"local_sgd:H={case.local_steps}"),
        Curve(counts, floors[0] * counts[0] / counts, "1/M", "falsifier"),
    )
    return Prediction(_exponents(exponent(floors)), lines)


def linear(case: RoundKnobs) -> Prediction:
    """−1 for every H."""
    del case
    return Prediction(_exponents(-1.0))


def _exponents(many: float) -> dict[str, Predicted]:
    reason = "what is left of the start, and rounding"
    return {ONE: Predicted(-1.0, ROUNDING, reason=reason), MANY: Predicted(many, ROUNDING, reason=reason)}


CLAIM = Claim(
    key="derived/noise-floor-local-steps",
    title="For H = 1 the noise floor falls like 1/M; for H > 1 the bias of long rounds stays, and the fit is flatter",
    statement=(
        r"Different quadratics on the workers, additive noise, frozen $\hat D$: $E|\hat x-x^*|^2\to b^2+\frac vM$ with "
        r"$b=0$ for $H=1$ and $b\approx\eta\frac{H-1}2A^{-1}\frac1M\sum A_m\nabla f_m(x^*)$ for $H>1$: no linear "
        r"speed-up wherever $b$ is visible."
    ),
    hypotheses=("one coordinate, two kinds of workers, half of them each", "ηa < 1"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"With $q_m=(1-\eta a_m)^H$ a round is $\hat x\mapsto\frac1M\sum(q_m\hat x+(1-q_m)c_m)+$ noise of variance "
        r"$\frac1{M^2}\sum\eta^2\sigma^2\frac{1-q_m^2}{1-(1-\eta a_m)^2}$. Its mean rests at $\frac{\sum(1-q_m)c_m}"
        r"{\sum(1-q_m)}$, which is $x^*=\frac{\sum a_mc_m}{\sum a_m}$ for $H=1$; its variance at that of the "
        r"noise over "
        r"$1-\bar q^2$."
    ),
    knobs=RoundKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(Falsifier("linear speed-up for every H", "the noise of M workers averages", linear),),
    see=("derived/noise-floor-workers", "derived/scaled-bias"),
    axes=("workers M", "E|x̂ − x*|²", "log", "log"),
)
