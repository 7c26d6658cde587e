"""Every system in a process of its own: one that crashes or hangs leaves the others alone."""

import json
import os
import subprocess
import sys

from paper_repro.conformance.systems.table import Row


# Seconds for all oracles on one system; on a quiet core the slowest takes two minutes.
PATIENCE = 1800.0
# One thread per process, and no accelerator: the arithmetic is the same everywhere.
ENVIRONMENT = {"FLWR_TELEMETRY_ENABLED": "0", "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}


def rows_apart(name: str, seed: int = 0) -> list[Row]:
    """Return the rows of a system, run in another process; a crash is a failure with its last words."""
    command = [sys.executable, "-m", "paper_repro.conformance.systems", "--here", name, "--seed", str(seed)]
    environment = os.environ | ENVIRONMENT
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return [Row(name, "", "all", "failed", f"no answer within {PATIENCE:g} s")]
    try:
        return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]
    except (IndexError, ValueError, TypeError):
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        return [Row(name, "", "all", "failed", f"the process ended with code {done.returncode}: {last}")]
