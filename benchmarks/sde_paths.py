"""Euler–Maruyama on 10⁴ paths × 500 steps × 2 dimensions: this engine against drawing the normals, and peers."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks import sde_peers
from benchmarks.goals import Goal, judged, table
from benchmarks.sde_setting import PathSetting
from benchmarks.stopwatch import in_turns, quartiles
from implicitbias import Stream
from sde.kernels.euler import EulerSteps


SETTING = PathSetting(paths=10_000, steps=500, dt=0.01)
ENGINE, DRAW = "this engine", "NumPy, drawing only"
GOALS = (
    Goal(DRAW, 1 / 1.5),
    Goal("diffrax UnsafeBrownianPath", 2.0),
    Goal("diffrax VirtualBrownianTree", 40.0),
    Goal("torchsde", 10.0),
    Goal("sdeint", 200.0),
)
TURNS = 5


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    del full
    peers, absent = sde_peers.contestants(SETTING)
    contestants = engine(SETTING) | {DRAW: drawing(SETTING)} | peers
    seconds = in_turns({name: c.work for name, c in contestants.items()}, TURNS, time.process_time)
    # Slow peers run fewer paths; everything is said per path and step.
    each = {name: seconds[name] / (c.paths * SETTING.steps) for name, c in contestants.items()}
    rows = [
        {
            "contestant": name,
            "seconds_per_step": quartiles(each[name]).as_dict(),
            "ratio_to_engine": quartiles(each[name] / each[ENGINE]).as_dict(),
        }
        for name in contestants
    ]
    record = {"setting": SETTING.name, "rows": rows, "absent": absent, "goals": judged(GOALS, rows)}
    return record, table(record)


def engine(setting: PathSetting) -> dict[str, sde_peers.Contestant]:
    """Return this engine, with normals and with two points."""
    return {
        ENGINE: sde_peers.Contestant(setting.paths, _engine(setting, two_point=False)),
        f"{ENGINE}, two-point": sde_peers.Contestant(setting.paths, _engine(setting, two_point=True)),
    }


def drawing(setting: PathSetting) -> sde_peers.Contestant:
    """Return the time NumPy needs for the normals alone."""
    rng = np.random.Generator(np.random.SFC64(0))
    room = np.empty((setting.paths, 2))

    def work(amount: int) -> None:
        for _ in range(amount * setting.steps):
            rng.standard_normal(out=room)

    return sde_peers.Contestant(setting.paths, work)


def _engine(setting: PathSetting, two_point: bool) -> Callable[[int], np.ndarray]:
    kernel = EulerSteps(*setting.equation, two_point=two_point)
    replicas = np.arange(setting.paths)

    def work(amount: int) -> np.ndarray:
        for k in range(amount):
            stream = Stream(k)
            ends = kernel.paths(setting.start, replicas, setting.steps, setting.dt, stream, setting.steps)
        return ends[:, -1]

    return work
