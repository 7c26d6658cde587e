"""``python -m benchmarks [--full] [--only NAME …] [--out FOLDER]``: run, print tables, write JSON."""

import os


# Before NumPy and JAX: every contestant gets one thread, and all of them the same core.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import time  # noqa: E402
from importlib import import_module  # noqa: E402
from importlib.metadata import version  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402


BENCHMARKS = (
    "batch",
    "curves",
    "drift_ratio",
    "fast_forward",
    "local_gd",
    "local_sgd",
    "imports",
    "landscapes",
    "memory",
    "oracle",
    "scaled",
    "sde_paths",
    "tasks",
)

# Module ↦ distribution.
PACKAGES = {
    name: name
    for name in (
        *("numpy", "scipy", "numba", "cvxpy", "clarabel", "jax", "jaxlib", "torch"),
        *("diffrax", "torchsde", "sdeint"),
    )
} | {"sklearn": "scikit-learn"}


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
        "model": _model(),
        "load": os.getloadavg()[0],
        "versions": {name: version(PACKAGES[name]) for name in PACKAGES if find_spec(name)},
    }


def _model() -> str:
    """Return the processor's name and its widest vectors, where the system tells."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    names = {key.strip(): value for key, value in fields.items()}
    flags = names.get("flags", "").split()
    widest = next((f for f in ("avx512f", "avx2") if f in flags), "")
    return f"{names.get('model name', '').strip()} {widest}".strip()


if __name__ == "__main__":
    main()
