"""``python -m benchmarks [--full] [--only NAME …] [--out FOLDER]``: run, print tables, write JSON."""

import os


# Before NumPy: every contestant gets one core.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import time  # noqa: E402
from importlib import import_module  # noqa: E402
from importlib.metadata import version  # noqa: E402
from pathlib import Path  # noqa: E402


BENCHMARKS = ("local_gd", "local_sgd", "fast_forward", "imports", "memory", "oracle", "tasks")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed as ratios.")
    parser.add_argument("--full", action="store_true", help="also what takes minutes: the 5000 × 5000 oracle")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder of the JSON files")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        start = time.perf_counter()
        record, text = import_module(f"benchmarks.{name}").run(options.full)
        seconds = time.perf_counter() - start
        content = {"benchmark": name, "seconds": seconds, "setting": setting()} | record
        (options.out / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
        print(f"{name} ({seconds:.0f} s)\n{text}\n", flush=True)


def setting() -> dict[str, object]:
    """Return what the numbers depend on besides the code."""
    return {
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "versions": {name: version(name) for name in ("numpy", "scipy", "numba", "cvxpy", "clarabel")},
    }


if __name__ == "__main__":
    main()
