"""One BLAS thread per task: sums are added in one order, whatever runs beside them."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold linear algebra to one thread; on the main thread, the old limit returns afterwards.

    Other threads are those of a worker. They share one pool of BLAS threads, so that giving it back after one
    task would set another one free that is still under way: there the limit stays.
    """
    # SciPy brings a BLAS of its own, loaded at first use: a limit set before would miss it.
    import scipy.linalg  # noqa: F401

    limits = _controller(len(sys.modules)).limit(limits=1)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with limits:
        yield


@lru_cache(maxsize=1)
def _controller(modules: int) -> Any:
    """Return the control of all libraries loaded by now: looked for again only after imports, since it takes long."""
    from threadpoolctl import ThreadpoolController

    del modules
    return ThreadpoolController()
