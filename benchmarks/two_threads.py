"""The same rounds on one thread and on two, in a process of their own: threads are counted when numba starts."""

import json
import os
import subprocess
import sys
import time

import numpy as np

from benchmarks.landscape_setting import ValleySetting
from benchmarks.stopwatch import quartiles


TURNS, ROUNDS = 9, 100
LAWS = ("Gaussian", "TwoPoint")


def compare() -> list[dict[str, object]]:
    """Return, for each valley and law, the seconds on one thread over those on two."""
    if (os.cpu_count() or 1) < 2:
        return []
    environment = os.environ | {"NUMBA_NUM_THREADS": "2"}
    printed = subprocess.run(
        [sys.executable, "-m", "benchmarks.two_threads"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return json.loads(printed.stdout)


def table(rows: list[dict]) -> str:
    """Return the ratios as text."""
    if not rows:
        return "two threads: this machine has one core"
    lines = ["two threads, through run(): × one thread"]
    for row in rows:
        lines.append(
            f"  {row['setting']}, {row['law']}: {row['gain']['median']:.2f} ({row['gain']['noise']:.0%})"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the comparison as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    rows = [_compare(ValleySetting(exponential), law) for exponential in (False, True) for law in LAWS]
    print(json.dumps(rows))


def _compare(setting: ValleySetting, law: str) -> dict[str, object]:
    from numba import set_num_threads

    from benchmarks.landscapes import through_run
    from implicitbias import problems

    work, seconds = through_run(setting, getattr(problems, law)()), np.empty((2, TURNS))
    for turn in range(-1, TURNS):
        for threads in (1, 2):
            set_num_threads(threads)
            start = time.perf_counter()
            work(ROUNDS)
            seconds[threads - 1, turn] = time.perf_counter() - start
    return {"setting": setting.name, "law": law, "gain": quartiles(seconds[0] / seconds[1]).as_dict()}


if __name__ == "__main__":
    main()
