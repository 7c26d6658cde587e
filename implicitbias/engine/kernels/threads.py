"""Blocks of work on threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np


T = TypeVar("T")

# Multiply–adds below which starting a thread costs more than it saves (about a millisecond of work).
THREAD_WORK = 4_000_000


def on_threads(move: Callable[[int, int], T], pieces: int, work: float) -> list[T]:
    """Return ``move(low, high)`` of blocks of pieces; a piece meets the same compiled code in any block.

    ``work`` is what one piece costs, in multiply–adds.
    """
    if pieces == 1 or pieces * work < THREAD_WORK:
        return [move(0, pieces)]
    from numba import get_num_threads

    threads = min(get_num_threads(), pieces)
    ends = np.linspace(0, pieces, threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(move, ends[:-1], ends[1:]))
