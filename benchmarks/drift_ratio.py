"""Samples and time to a 1 % interval on the drift ratio in a valley: this engine against batched NumPy."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import local_sgd, Stream
from implicitbias import run as simulate
from implicitbias.problems import AbstractLaw, Gaussian, TwoPoint
from implicitbias.statistics import student_quantile
from sde.zoo import exponential_valley


# Local SGD on ½eˣy²: ratio about 5 (α = 1); every contestant simulates the same method.
START, LR, STEPS, WORKERS, BATCH, ROUNDS = 0.3, 0.02, 50, 8, 1.0, 20
WIDTH, LEVEL = 0.01, 0.05
# Replicas that the spread of one is estimated from, and those of a turn.
PILOT, REPLICAS = 4_000, 1_000
TURNS = 5

Sampler = Callable[[int, int], Float[np.ndarray, " replica"]]


@dataclass(frozen=True)
class Need:
    """What a 1 % interval takes: mean ratio, replicas, and seconds of one core."""

    ratio: float
    replicas: int
    seconds: float


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    del full
    contestants = samplers()
    seconds = in_turns(
        {name: _work(sample) for name, sample in contestants.items()}, TURNS, time.process_time
    )
    rows = []
    for name, sample in contestants.items():
        each = quartiles(seconds[name] / REPLICAS)
        need = needed(sample, each.median)
        rows.append({"contestant": name, "seconds_per_replica": each.as_dict()} | vars(need))
    lines = [
        f"drift ratio to {WIDTH:.0%}, level {LEVEL}: M={WORKERS} H={STEPS} η={LR}, {ROUNDS} rounds on ½eˣy²"
    ]
    lines.append(f"  {'':<28}{'ratio':>8}{'replicas':>10}{'µs each':>10}{'seconds':>10}{'× engine':>10}")
    for row in rows:
        lines.append(
            f"  {row['contestant']:<28}{row['ratio']:>8.3f}{row['replicas']:>10}"
            f"{1e6 * row['seconds'] / row['replicas']:>10.1f}{row['seconds']:>10.4f}"
            f"{row['seconds'] / rows[0]['seconds']:>10.1f}"
        )
    return {"rows": rows}, "\n".join(lines)


def samplers() -> Mapping[str, Sampler]:
    """Return what draws displacements of Φ_x over that of SGD, replica by replica."""
    return {
        "this engine, two-point": engine(TwoPoint()),
        "this engine, Gaussian": engine(Gaussian()),
        "NumPy, two-point": batched(two_point=True),
        "NumPy, Gaussian": batched(two_point=False),
    }


def engine(law: AbstractLaw) -> Sampler:
    """Return the compiled method under a law of noise."""
    valley = exponential_valley(1.0, law=law)
    method = local_sgd(LR, STEPS, batch=BATCH / WORKERS, workers=WORKERS)

    def sample(replicas: int, seed: int) -> Float[np.ndarray, " replica"]:
        start = np.array([START, 0.0])
        trace = simulate(
            valley.landscape,
            method,
            ROUNDS,
            start=start,
            replicas=replicas,
            stream=Stream(seed),
            progress=False,
        )
        return _over_sgd(valley.project(trace.w[:, -1])[:, 0])

    return sample


def batched(two_point: bool) -> Sampler:
    """Return the plain way: arrays over replicas and workers, a loop over steps."""

    def sample(replicas: int, seed: int) -> Float[np.ndarray, " replica"]:
        rng = np.random.Generator(np.random.SFC64(seed))
        scale = np.sqrt(WORKERS / BATCH)
        x, y = np.full((replicas, 1), START), np.zeros((replicas, 1))
        for _ in range(ROUNDS):
            own_x, own_y = np.repeat(x, WORKERS, axis=1), np.repeat(y, WORKERS, axis=1)
            for _ in range(STEPS):
                noise = _signs(rng, own_x.shape) if two_point else rng.standard_normal(own_x.shape)
                force = np.exp(own_x) * own_y
                own_x -= LR * 0.5 * force * own_y
                own_y -= LR * (force + scale * noise)
            x, y = own_x.mean(axis=1, keepdims=True), own_y.mean(axis=1, keepdims=True)
        return _over_sgd((x - 0.25 * y**2)[:, 0])

    return sample


def needed(sample: Sampler, seconds_per_replica: float) -> Need:
    """Return what an interval of half-width 1 % of the ratio takes, from the spread of a pilot."""
    values = sample(PILOT, 1)
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    replicas = int(np.ceil((student_quantile(LEVEL, PILOT - 1) * spread / (WIDTH * mean)) ** 2))
    return Need(mean, replicas, replicas * seconds_per_replica)


def _work(sample: Sampler) -> Callable[[int], object]:
    def work(amount: int) -> None:
        for seed in range(amount):
            sample(REPLICAS, seed)

    return work


def _over_sgd(x: Float[np.ndarray, " replica"]) -> Float[np.ndarray, " replica"]:
    slow_time = LR**2 * STEPS * ROUNDS
    return (START - x) / (slow_time / (4.0 * BATCH))


def _signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Float[np.ndarray, "replica worker"]:
    return 1.0 - 2.0 * rng.integers(0, 2, shape, dtype=np.int8)
