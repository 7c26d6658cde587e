"""The noise floor against the number of workers: 1/M if D̂ does not know M, 1/√M if it does."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import RecordAt, RMSProp, RunSpec, savic, Stream
from implicitbias.problems import Gaussian
from implicitbias.statistics import Moments, student_quantile
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    sampled_limit,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.claims.level import share_of_level
from sde.landscapes import Landscape
from sde.zoo import Quadratic


EXPONENT = "exponent of the noise floor in M"
WORKERS = (1, 2, 4)
DIM, BETA, WARMUP, REFRESH = 8, 0.98, 50, 3
# Conventional time of a run, and what is left out of it, in units of the slowest relaxation 2D̂/(ηa) ≤ 2/η.
FORGET, KEEP = 1.5, 1.0
# D̂² fluctuates by √(1 − β), which moves E D̂^{−1} by less than 1 − β, and the exponent by no more than twice that.
FLUCTUATION = 2.0 * (1.0 - BETA)


@dataclass(frozen=True)
class FloorKnobs:
    """The learning rate; curvature and noise are units."""

    lr: float = knob(0.03, "η", "learning rate", low=0.02, high=0.04)


@dataclass(frozen=True)
class FloorCase:
    """½|x|² with noise of variance 1 per coordinate, RMSProp with a pooling, H = 1."""

    lr: float
    pooling: str
    stream: Stream

    @property
    def landscape(self) -> Landscape:
        """½|x|² with Gaussian noise."""
        rows = tuple(map(tuple, np.eye(DIM).tolist()))
        return Quadratic((1.0,) * DIM, rows, Gaussian(), False).landscape

    def run(self, workers: int, replicas: int) -> RunSpec:
        """Return the run of M workers from x*."""
        scaling = RMSProp(beta=BETA, warmup=WARMUP, refresh=REFRESH, pooling=self.pooling)  # pyright: ignore[reportArgumentType]
        method = savic(self.lr, 1, scaling, 1.0, workers=workers)
        rounds, first = (int(t / (self.step(workers))) for t in (FORGET + KEEP, FORGET))
        record = RecordAt.these(list(range(first, rounds + 1, 5)))
        stream = self.stream.child(f"floor-{workers}")
        return RunSpec(self.landscape, method, rounds, record, replicas=replicas, stream=stream)

    def step(self, workers: int) -> float:
        """η/D̂ with D̂ = σ, or σ/√M."""
        return self.lr * (np.sqrt(workers) if self.pooling == "square_of_mean" else 1.0)

    def floor(self, workers: int) -> float:
        """E x² of a frozen D̂² = a²E x² + σ²/(1 or M): the root of v = (η/D̂)(σ²/M)/(2 − η/D̂)."""
        noise = 1.0 / workers if self.pooling == "square_of_mean" else 1.0
        v = 0.0
        # v is at most a few per cent of D̂²: the map contracts by that each time.
        for _ in range(20):
            step = self.lr / np.sqrt(v + noise)
            v = step / workers / (2.0 - step)
        return float(v)


def mean_of_squares(knobs: FloorKnobs, stream: Stream) -> FloorCase:
    """Return the case with D̂² ~ (1/M) Σ g_m²."""
    return FloorCase(knobs.lr, "mean_of_squares", stream)


def square_of_mean(knobs: FloorKnobs, stream: Stream) -> FloorCase:
    """Return the case with D̂² ~ ((1/M) Σ g_m)²."""
    return FloorCase(knobs.lr, "square_of_mean", stream)


def needs(case: FloorCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return the runs of every M."""
    replicas = budget.pick(smoke=64, quick=256, paper=4_000)
    return tuple(case.run(workers, replicas) for workers in WORKERS)


def observe(case: FloorCase, traces: Traces) -> Observation:
    """Fit the exponent to the mean square over time and coordinates, with the error of the replicas."""
    floors = [np.square(trace.w[:, 1:]).mean(axis=(1, 2)) for trace in traces]
    return Observation(
        {EXPONENT: slope(WORKERS, floors)},
        (floor_curve(WORKERS, floors, case.pooling.replace("_", " "), "rmsprop"),),
    )


def slope(workers: tuple[int, ...], floors: list[Float[np.ndarray, " replica"]]) -> Measured:
    """Return the least-squares slope of log mean floor in log M; runs at different M are independent."""
    logs = np.log(workers) - np.mean(np.log(workers))
    weights = logs / (logs @ logs)
    moments = [Moments.of(own) for own in floors]
    means = np.array([float(m.mean) for m in moments])
    errors = np.array([float(m.standard_error) for m in moments]) / means
    quantile = student_quantile(share_of_level(), min(m.count for m in moments) - 1)
    return Measured(float(weights @ np.log(means)), float(quantile * np.sqrt((weights**2) @ errors**2)))


def floor_curve(
    workers: tuple[int, ...], floors: list[Float[np.ndarray, " replica"]], label: str, method: str
) -> Curve:
    """Return the floors with their intervals."""
    found = [mean_of(own) for own in floors]
    value, error = (np.array([getattr(m, part) for m in found], dtype=float) for part in ("value", "error"))
    # Intervals of the logarithm, which stay positive.
    low, high = (value * np.exp(sign * error / value) for sign in (-1.0, 1.0))
    return Curve(np.array(workers, dtype=float), value, label, method=method, low=low, high=high)


def predict(case: FloorCase) -> Prediction:
    """−1, or −½ for the square of the mean, up to terms of order η and 1 − β."""
    return power(case, -0.5 if case.pooling == "square_of_mean" else -1.0)


def power(case: FloorCase, exponent: float) -> Prediction:
    """Return the prediction of an exponent; the frozen D̂ of this η says how far finite steps may be off."""
    floors = np.array([case.floor(m) for m in WORKERS])
    finite = float(np.polyfit(np.log(WORKERS), np.log(floors), 1)[0])
    own = -0.5 if case.pooling == "square_of_mean" else -1.0
    allowance = 2.0 * abs(finite - own) + FLUCTUATION
    counts = np.array(WORKERS, dtype=float)
    other = -1.5 - exponent
    lines = (
        Curve(counts, floors, "frozen D̂", "theory"),
        Curve(counts, floors[0] * counts**other, f"exponent −{abs(other):g}", "falsifier"),
    )
    return Prediction({EXPONENT: Predicted(exponent, allowance, reason="finite η, and 1 − β")}, lines)


MEAN_OF_SQUARES = Claim(
    key="derived/noise-floor-workers",
    title="With H = 1 and a D̂ that does not know M the noise floor falls like 1/M",
    statement=(
        r"Identical data, $H=1$, $\eta$ fixed. With $\hat D$ independent of $M$, as $D^2$ from $\frac1M\sum_mg_m^2$ is "
        r"near $x^*$, $E|\hat x-x^*|^2\propto M^{-1}$."
    ),
    hypotheses=("identical data, H = 1", "near x*, where |g| ≈ σ; floor inactive", "η and 1 − β small"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"With $H=1$ the average steps by $\hat D^{-1}$ times a mean of $M$ independent gradients: $v=\frac{\eta}{\hat "
        r"D}\frac{\sigma^2}M\frac1{a(2-\eta a/\hat D)}$ per coordinate, and $E\frac1M\sum "
        r"g_m^2=\sigma^2+a^2v$ does not "
        r"depend on $M$ up to $O(\eta)$."
    ),
    knobs=FloorKnobs(),
    setup=mean_of_squares,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier("the exponent −1/2", "that is the RMSProp trap", lambda case: power(case, -0.5)),
        Falsifier(
            "the square of the mean",
            "D is communicated as one mean",
            setup=square_of_mean,
            predict=lambda case: power(case, -1.0),
        ),
    ),
    see=("derived/square-of-mean-floor", "derived/noise-floor-local-steps"),
    axes=("workers M", "E x² per coordinate", "log", "log"),
)

SQUARE_OF_MEAN = Claim(
    key="derived/square-of-mean-floor",
    title="Squaring the mean of the workers' gradients halves the exponent: the noise floor falls like 1/√M",
    statement=(
        r"Identical data, $H=1$, $D^2$ from $(\frac1M\sum_mg_m)^2$: near $x^*$ its size is $\sigma^2/M$, so that $\hat "
        r"D\propto M^{-1/2}$, steps grow like $\sqrt M$, and $E|\hat x-x^*|^2\propto M^{-1/2}$ while $d_{\min}$ is not "
        r"reached."
    ),
    hypotheses=("identical data, H = 1", "near x*, where |g| ≈ σ; floor inactive", "η and 1 − β small"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"$E\bar g^2=\sigma^2/M+a^2v$, hence $\hat D\approx\sigma/\sqrt M$; in $v\approx\frac\eta{2a\hat "
        r"D}\frac{\sigma^2}M$ this leaves $\frac{\eta\sigma}{2a}M^{-1/2}$."
    ),
    knobs=FloorKnobs(),
    setup=square_of_mean,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "linear speed-up", "the variance of the mean falls like 1/M", lambda case: power(case, -1.0)
        ),
    ),
    see=("derived/noise-floor-workers",),
    axes=("workers M", "E x² per coordinate", "log", "log"),
)
