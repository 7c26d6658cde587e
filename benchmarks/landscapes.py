"""Local SGD on valleys, 4096 replicas: generated kernels against NumPy and JAX, and what replicas and steps cost."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks import landscape_peers, two_threads
from benchmarks.goals import Goal, judged, table
from benchmarks.landscape_setting import ValleySetting
from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import RecordAt, Stream
from implicitbias import run as run_method
from implicitbias.problems import AbstractLaw, Gaussian, TwoPoint


SETTINGS = (ValleySetting(exponential=False), ValleySetting(exponential=True))
ENGINE, BITS = "this engine", "this engine, two-point"
GOALS = (
    Goal("NumPy, Gaussian", 1.8),
    Goal("JAX scan", 1.5),
    Goal("NumPy, two-point", 8.0, BITS),
    Goal("NumPy, Gaussian", 25.0, BITS),
)
TURNS = 7
# Rounds of one unit of work: what a run needs before its first and after its last round is small beside them.
UNIT = landscape_peers.JAX_ROUNDS


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record of both valleys, on one core and on two threads, and its table."""
    del full
    comparisons = [compare(setting) for setting in SETTINGS]
    threads = two_threads.compare()
    text = "\n\n".join([*(table(c) for c in comparisons), two_threads.table(threads)])
    return {"comparisons": comparisons, "two_threads": threads}, text


def compare(setting: ValleySetting) -> dict[str, object]:
    """Return seconds per local step of one worker of one replica, ratios, and which goals are met."""
    jax = landscape_peers.jax_contestants(setting)
    contestants = engine(setting) | landscape_peers.numpy_contestants(setting) | jax
    work = {name: _in_units(c) for name, c in contestants.items()}
    seconds = in_turns(work, TURNS, time.process_time)
    rows = [
        {
            "contestant": name,
            "seconds_per_step": quartiles(seconds[name] / (UNIT * setting.steps)).as_dict(),
            "ratio_to_engine": quartiles(seconds[name] / seconds[ENGINE]).as_dict(),
        }
        for name in contestants
    ]
    absent = {} if jax else {"JAX": "not installed; make bench installs it"}
    return {"setting": setting.name, "rows": rows, "absent": absent, "goals": judged(GOALS, rows)}


def engine(setting: ValleySetting) -> dict[str, Callable[[int], np.ndarray]]:
    """Return this engine through its public door, with normals and with bits."""
    return {ENGINE: through_run(setting, Gaussian()), BITS: through_run(setting, TwoPoint())}


def through_run(setting: ValleySetting, law: AbstractLaw) -> Callable[[int], np.ndarray]:
    """Return a function of the number of rounds."""
    landscape, last = setting.landscape(law), RecordAt.last()

    def work(rounds: int) -> np.ndarray:
        options = {"start": setting.start, "replicas": setting.replicas, "stream": Stream(1), "record": last}
        return run_method(landscape, setting.method, rounds, progress=False, engine="kernel", **options).w[
            :, -1
        ]

    return work


def _in_units(work: Callable[[int], np.ndarray]) -> Callable[[int], np.ndarray]:
    return lambda amount: work(UNIT * amount)
