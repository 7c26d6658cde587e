"""Peers in NumPy: what one would write, and the best that whole-array code can do."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from benchmarks.contestants import numpy_loop
from benchmarks.setting import Setting
from implicitbias import initial_state, local_gd, round_step


Models = Float[np.ndarray, "run dim"]


def contestants(setting: Setting) -> dict[str, Callable[[int], Models]]:
    """Return functions of the number of rounds that run the whole batch."""
    return {
        "Python loop": lambda rounds: _loop(setting, rounds),
        "round_step": lambda rounds: _by_definition(setting, rounds),
        "NumPy, Gram form": lambda rounds: _gram(setting, rounds),
    }


def _loop(setting: Setting, rounds: int) -> Models:
    """Run after run, worker after worker, step after step."""
    starts, problem = setting.starts, setting.problem
    return np.stack([numpy_loop(problem, setting.lr, setting.local_steps, rounds, w) for w in starts])


def _by_definition(setting: Setting, rounds: int) -> Models:
    """Call the public ``round_step``, with all runs as replicas."""
    method = local_gd(setting.lr, setting.local_steps)
    state = initial_state(setting.problem, method, setting.starts, np.arange(setting.runs))
    for _ in range(rounds):
        state = round_step(setting.problem, method, state)
    return state.w


def _gram(setting: Setting, rounds: int) -> Models:
    """Move the margins of all runs by blocks of the Gram matrix, one product for the batch."""
    rows, blocks, owners = setting.rows, setting.blocks, np.split(np.arange(setting.samples), setting.workers)
    first = rows @ setting.starts.T
    c = np.zeros_like(first)
    rate = setting.lr / blocks.shape[1]
    for _ in range(rounds):
        margins = first + setting.gram @ c
        for own, block in zip(owners, blocks, strict=True):
            z, sums = margins[own], np.zeros((len(own), setting.runs))
            for _ in range(setting.local_steps):
                step = rate * np.exp(-z)
                z += block @ step
                sums += step
            c[own] += sums / setting.workers
    return setting.starts + c.T @ rows
