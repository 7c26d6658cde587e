"""What a run costs as its sizes grow: fitted exponents, with intervals, next to those that theory predicts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from benchmarks.landscape_setting import ValleySetting
from benchmarks.setting import Setting
from benchmarks.stopwatch import quartiles
from implicitbias import initial_state, local_gd, Stream
from implicitbias.engine.kernels import LaneBatch, Run
from implicitbias.engine.state import State
from implicitbias.problems import TwoPoint
from implicitbias.statistics import fit_rate_noisy


TURNS = 9
ROUNDS = (4_000, 8_000, 16_000, 32_000)
DIMENSIONS = (100, 1_000, 10_000, 100_000)
# Where start and record cost more than what surrounds them.
WIDE = (3_000, 10_000, 30_000, 100_000)
BATCHES = (16, 32, 64, 128, 256)
REPLICAS = (1_024, 2_048, 4_096, 8_192)
LOCAL_STEPS = (32, 64, 128, 256)
# Probability that an interval misses the exponent.
LEVEL = 0.01
# Rounds of a run whose rounds alone are timed, from one look at the keyboard to the last.
COUNTED = 12_000
# Of one whose start and record are.
ONE = 1
# Rounds of Local SGD in a valley: some tens of milliseconds for the least number of replicas.
VALLEY_ROUNDS = 200


@dataclass(frozen=True)
class Curve:
    """Seconds over one size: the exponent that theory predicts, and what is timed at each value of the size."""

    name: str
    size: str
    predicted: float
    values: tuple[int, ...]
    seconds: Callable[[Sequence[int]], Float[np.ndarray, "value turn"]]


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    del full
    rows = [_fitted(curve) for curve in CURVES]
    lines = [f"  {'':<44}{'exponent':>10}{'interval (99 %)':>20}{'predicted':>11}"]
    for row in rows:
        interval = f"[{row['low']:.3f}, {row['high']:.3f}]"
        lines.append(f"  {row['curve']:<44}{row['exponent']:>10.3f}{interval:>20}{row['predicted']:>11g}")
    return {"curves": rows}, "\n".join(lines)


def _fitted(curve: Curve) -> dict[str, object]:
    seconds = curve.seconds(curve.values)
    timings = [quartiles(turns) for turns in seconds]
    medians = np.array([t.median for t in timings])
    # The quartiles of a normal law lie 1.35 standard deviations apart, and a median strays by 1.25/√turns of one.
    errors = np.array([(t.upper - t.lower) / 1.35 * 1.25 / np.sqrt(TURNS) for t in timings])
    fit = fit_rate_noisy(np.array(curve.values), medians, errors, LEVEL)
    return {
        "curve": f"{curve.name} over {curve.size}",
        "size": curve.size,
        "values": list(curve.values),
        "seconds": medians.tolist(),
        "lower": [t.lower for t in timings],
        "upper": [t.upper for t in timings],
        "exponent": fit.slope,
        "low": fit.interval.low,
        "high": fit.interval.high,
        "predicted": curve.predicted,
    }


def _prepared(setting: Setting) -> tuple[LaneBatch, State]:
    method = local_gd(setting.lr, setting.local_steps)
    state = initial_state(setting.problem, method, setting.starts, np.arange(setting.runs))
    return LaneBatch([Run(setting.problem, method, None, setting.runs)]), state


def _over_rounds(values: Sequence[int]) -> Float[np.ndarray, "value turn"]:
    batch, state = _prepared(Setting(10, 2, 2, 10))
    return _in_turns([lambda r=r: _seconds(batch, state, r) for r in values])


def _over_dimensions(values: Sequence[int]) -> Float[np.ndarray, "value turn"]:
    prepared = [_prepared(Setting(50, dim, 5, 10, runs=16)) for dim in values]
    return _in_turns([lambda p=p: _seconds_of_a_round(*p) for p in prepared])


def _ends_over_dimensions(values: Sequence[int]) -> Float[np.ndarray, "value turn"]:
    prepared = [_prepared(Setting(50, dim, 5, 10, runs=16)) for dim in values]
    return _in_turns([lambda p=p: _seconds(*p, ONE) for p in prepared])


def _over_batches(values: Sequence[int]) -> Float[np.ndarray, "value turn"]:
    prepared = [_prepared(Setting(10, 2, 2, 10, runs=count)) for count in values]
    return _in_turns([lambda p=p: _seconds(*p, ROUNDS[0]) for p in prepared])


def _over_replicas(values: Sequence[int]) -> Float[np.ndarray, "value turn"]:
    return _in_turns([_of_valley(ValleySetting(False, replicas=n), VALLEY_ROUNDS) for n in values])


def _over_local_steps(values: Sequence[int]) -> Float[np.ndarray, "value turn"]:
    return _in_turns(
        [_of_valley(ValleySetting(False, replicas=512, local_steps=h), VALLEY_ROUNDS) for h in values]
    )


def _of_valley(setting: ValleySetting, rounds: int) -> Callable[[], float]:
    """Return what times the rounds of Local SGD in a valley, on ±1 noise."""
    landscape = setting.landscape(TwoPoint()).for_workers(setting.workers)
    state = initial_state(landscape, setting.method, setting.start, np.arange(setting.replicas))
    advance = landscape.compiled(setting.method)
    assert advance is not None

    def measure() -> float:
        start = time.process_time()
        advance(landscape, setting.method, state, Stream(1), rounds, NoBar())
        return time.process_time() - start

    return measure


class NoBar:
    """A progress bar that shows nothing."""

    def update(self, n: float, /) -> None:
        """Ignore the progress."""


def _in_turns(measures: Sequence[Callable[[], float]]) -> Float[np.ndarray, "value turn"]:
    for measure in measures:
        measure()
    return np.array([[measure() for measure in measures] for _ in range(TURNS)]).T


def _seconds(batch: LaneBatch, state: State, rounds: int) -> float:
    start = time.process_time()
    batch.advance([state], rounds, lambda done: None)
    return time.process_time() - start


def _seconds_of_a_round(batch: LaneBatch, state: State) -> float:
    """Return seconds per round between the first and the last tick: neither start nor record is in them."""
    ticks = []
    batch.advance([state], COUNTED, lambda done: ticks.append((time.process_time(), done)))
    rounds = sum(done for _, done in ticks[1:])
    return (ticks[-1][0] - ticks[0][0]) / rounds


CURVES = (
    Curve("64 runs, n=10 d=2 M=2 H=10", "rounds R", 1.0, ROUNDS, _over_rounds),
    Curve("a round of 16 runs, n=50 M=5 H=10", "dimension d", 0.0, DIMENSIONS, _over_dimensions),
    Curve("start and record of the same", "dimension d", 1.0, WIDE, _ends_over_dimensions),
    Curve("4000 rounds, n=10 d=2 M=2 H=10", "runs", 1.0, BATCHES, _over_batches),
    Curve("a valley, M=8 H=10", "replicas", 1.0, REPLICAS, _over_replicas),
    Curve("512 replicas in a valley, M=8", "local steps H", 1.0, LOCAL_STEPS, _over_local_steps),
)
