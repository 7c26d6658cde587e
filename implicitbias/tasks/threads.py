"""One BLAS thread per task: sums are added in one order, whatever runs beside them."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


class _Gate:
    """Counts the tasks inside this process; the limit is one of the process, not of a thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = 0
        self.limits: Any = None


_GATE = _Gate()


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold linear algebra to one thread; the old limits return when the last task of this process leaves."""
    with _GATE.lock:
        if _GATE.inside == 0:
            # SciPy brings a BLAS of its own, loaded at first use: a limit set before would miss it.
            import scipy.linalg  # noqa: F401

            _GATE.limits = _controller(len(sys.modules)).limit(limits=1)
        _GATE.inside += 1
    try:
        yield
    finally:
        with _GATE.lock:
            _GATE.inside -= 1
            if _GATE.inside == 0:
                _GATE.limits.restore_original_limits()


@lru_cache(maxsize=1)
def _controller(modules: int) -> Any:
    """Return the control of all libraries loaded by now: looked for again only after imports, since it takes long."""
    from threadpoolctl import ThreadpoolController

    del modules
    return ThreadpoolController()
