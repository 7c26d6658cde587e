"""Peers in PyTorch on the processor, in doubles: eager, and compiled where that works."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.setting import Setting


def contestants(setting: Setting) -> tuple[dict[str, Callable[[int], np.ndarray]], dict[str, str]]:
    """Return functions of the number of rounds that run the whole batch, and why others are not run."""
    try:
        import torch
    except ImportError:
        return {}, {"PyTorch": "not installed; pip install a CPU build of torch to see it"}
    torch.set_num_threads(1)
    eager = {
        "PyTorch weights, eager": _runner(torch, setting, _weights(torch, setting)),
        "PyTorch Gram, eager": _runner(torch, setting, _gram(torch, setting)),
    }
    try:
        compiled = _runner(torch, setting, torch.compile(_gram(torch, setting), dynamic=False))
        compiled(1)
    except Exception as error:  # whatever a compiler that is missing or broken may raise
        return eager, {
            "PyTorch Gram, compiled": f"not run; {type(error).__name__}: {str(error).splitlines()[0]}"
        }
    return eager | {"PyTorch Gram, compiled": compiled}, {}


def _runner(torch: Any, setting: Setting, round_of: Callable) -> Callable[[int], np.ndarray]:
    """Return the function that repeats a round on (models, coefficients) and reads off the models."""
    rows = torch.from_numpy(np.array(setting.rows))
    starts = torch.from_numpy(np.array(setting.starts))

    def work(rounds: int) -> np.ndarray:
        w, c = starts, torch.zeros((setting.runs, setting.samples), dtype=torch.float64)
        with torch.no_grad():
            for _ in range(rounds):
                w, c = round_of(w, c)
            return (w + c @ rows).numpy()

    return work


def _weights(torch: Any, setting: Setting) -> Callable:
    """Return one round on weights, workers and runs as axes of a batched product."""
    rows = torch.from_numpy(setting.rows.reshape(setting.workers, -1, setting.dim).copy())
    columns, rate = rows.transpose(1, 2).contiguous(), setting.lr / rows.shape[1]

    def round_of(w: Any, c: Any) -> Any:
        v = w.expand(setting.workers, *w.shape)
        for _ in range(setting.local_steps):
            v = torch.baddbmm(v, torch.exp(-torch.bmm(v, columns)), rows, alpha=rate)
        return v.mean(0), c

    return round_of


def _gram(torch: Any, setting: Setting) -> Callable:
    """Return one round on coefficients: (worker, run, sample) times the blocks of the Gram matrix."""
    gram, blocks = torch.from_numpy(setting.gram), torch.from_numpy(setting.blocks)
    rows = torch.from_numpy(np.array(setting.rows))
    first = torch.from_numpy(setting.starts) @ rows.T
    shape, rate = (setting.runs, setting.workers, -1), setting.lr / blocks.shape[1]

    def round_of(w: Any, c: Any) -> Any:
        z = (first + c @ gram).reshape(shape).transpose(0, 1)
        sums = torch.zeros_like(z)
        for _ in range(setting.local_steps):
            g = torch.exp(-z)
            z = torch.baddbmm(z, g, blocks, alpha=rate)
            sums = sums + g
        return w, c + sums.transpose(0, 1).reshape(c.shape) * (rate / setting.workers)

    return round_of
