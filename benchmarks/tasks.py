"""Overhead of a task on every executor, and memory of the client: 10³ against 10⁴ tasks that do nothing."""

import json
import subprocess
import sys


TASKS = (1_000, 10_000)
EXECUTORS = ("serial", "processes", "cluster", "cluster, kept")

# The cluster lives in another process, as a real one does: what grows here is the client alone. Client memory
# is that of the process after the tasks, above what it was when the first hundred had run.
PROGRAM = """
import json, sys, tempfile, time
import psutil

from implicitbias import Cluster, Processes, Serial
from implicitbias.tasks import finished, Store
from benchmarks.tasks import nothing

def resident():
    return psutil.Process().memory_info().rss

def main(executor, count, scheduler):
    on = {"serial": Serial, "processes": lambda: Processes(2)}.get(executor, lambda: Cluster(scheduler))()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder) if "kept" in executor else None
        asked = lambda number: (number,)
        for _ in finished(nothing, [(-k,) for k in range(1, 101)], on=on, store=store, question=asked):
            pass
        before, began, highest, done = resident(), time.perf_counter(), 0, 0
        for _ in finished(nothing, [(k,) for k in range(count)], on=on, store=store, question=asked):
            done += 1
            if done % 100 == 0:
                highest = max(highest, resident())
        assert done == count
        seconds = time.perf_counter() - began
    print(json.dumps({"seconds_per_task": seconds / count, "client_growth_bytes": max(0, highest - before)}))

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
"""

CLUSTER = """
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        print(cluster.scheduler_address, flush=True)
        input()
"""


def nothing(number: int) -> dict[str, object]:
    """Return a small array, as a block of runs does."""
    import numpy as np

    return {"number": np.full(16, float(number))}


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    del full
    rows = []
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as cluster:
        assert cluster.stdin is not None and cluster.stdout is not None
        scheduler = cluster.stdout.readline().strip()
        for executor in EXECUTORS:
            rows += [{"executor": executor, "tasks": n} | _measured(executor, n, scheduler) for n in TASKS]
        cluster.stdin.write("\n")
    return {"rows": rows}, _table(rows)


def _measured(executor: str, count: int, scheduler: str) -> dict[str, float]:
    command = [sys.executable, "-c", PROGRAM, executor, str(count), scheduler]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _table(rows: list[dict]) -> str:
    lines = [f"  {'executor':<16}{'tasks':>7}{'overhead per task':>20}{'growth of the client':>23}"]
    for row in rows:
        lines.append(
            f"  {row['executor']:<16}{row['tasks']:>7}{row['seconds_per_task'] * 1e3:>17.2f} ms"
            f"{row['client_growth_bytes'] / 2**20:>19.1f} MiB"
        )
    return "\n".join(lines)
