"""Exact Local GD with the exponential loss, four times: what one would write, and what this project runs."""

import numpy as np
from jaxtyping import Float

from implicitbias import initial_state, LinearClassification, LocalMethod, round_step, Stream
from implicitbias.engine.kernels import find_kernel


def numpy_loop(
    problem: LinearClassification, lr: float, local_steps: int, rounds: int, start: np.ndarray | None = None
) -> Float[np.ndarray, " dim"]:
    """Return w after Python loops over workers and local steps, each step two matrix–vector products."""
    blocks = problem.local_signed
    w = np.zeros(problem.dim) if start is None else start
    for _ in range(rounds):
        total = np.zeros(problem.dim)
        for rows in blocks:
            local = w.copy()
            rate = lr / len(rows)
            for _ in range(local_steps):
                local += rate * (np.exp(-(rows @ local)) @ rows)
            total += local
        w = total / len(blocks)
    return w


def numpy_gram(
    problem: LinearClassification, lr: float, local_steps: int, rounds: int
) -> Float[np.ndarray, " dim"]:
    """Return w after the same loops on margins: a local step multiplies by a block of the Gram matrix."""
    rows = problem.signed
    gram = rows @ rows.T
    members = problem.members
    blocks = [np.ascontiguousarray(gram[np.ix_(m, m)]) * (lr / len(m)) for m in members]
    margins, coefficients = np.zeros(len(rows)), np.zeros(len(rows))
    for _ in range(rounds):
        for own, block in zip(members, blocks, strict=True):
            local, slopes = margins[own], np.zeros(len(own))
            for _ in range(local_steps):
                step = np.exp(-local)
                local += block @ step
                slopes += step
            coefficients[own] += slopes * (lr / (len(own) * len(members)))
        margins = gram @ coefficients
    return coefficients @ rows


def by_definition(
    problem: LinearClassification, method: LocalMethod, rounds: int, stream: Stream | None = None
) -> np.ndarray:
    """Return w after ``rounds`` calls of the public ``round_step``."""
    state = initial_state(problem, method)
    for _ in range(rounds):
        state = round_step(problem, method, state, stream)
    return state.w[0]


def by_kernel(
    problem: LinearClassification, method: LocalMethod, rounds: int, stream: Stream | None = None
) -> np.ndarray:
    """Return w after one call of the compiled kernel."""
    kernel = find_kernel(problem, method)
    assert kernel is not None
    return kernel.advance(problem, method, initial_state(problem, method), stream, rounds)[0].w[0]
