"""Time to import the package, in fresh processes, above that of NumPy alone."""

import subprocess
import sys
import time

import numpy as np

from benchmarks.stopwatch import quartiles


TURNS = 7
STATEMENTS = {"nothing": "pass", "numpy": "import numpy", "implicitbias": "import implicitbias"}


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    del full
    seconds = {name: np.empty(TURNS) for name in STATEMENTS}
    for turn in range(-1, TURNS):
        for name, statement in STATEMENTS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            # The first turn only fills the file cache.
            if turn >= 0:
                seconds[name][turn] = time.perf_counter() - start
    timings = {name: quartiles(s) for name, s in seconds.items()}
    lines = [
        f"  python -c '{STATEMENTS[n]}'".ljust(36) + f"{t.median * 1e3:8.0f} ms" for n, t in timings.items()
    ]
    return {name: t.as_dict() for name, t in timings.items()}, "\n".join(lines)
