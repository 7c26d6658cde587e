"""How kernels are compiled, and where the machine code is kept between runs.

numba looks only at the file of a function to decide whether its stored code is stale, not at the files of
what it calls. The folder is therefore named by a digest of all kernel sources: no old callee survives in it.
Only entries are kept: they contain what they call.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config

from implicitbias import stream


_HERE = Path(__file__).resolve().parent
_SOURCES = (*sorted(_HERE.glob("*.py")), Path(stream.__file__))
_DIGEST = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:16]

# numba makes its options from a table at import, so that checkers of types do not see them.
_FOLDER_OPTION = "CACHE_DIR"
# Sums may be split over the lanes of an instruction; ∞ and nan keep their meaning.
_FAST = {"contract", "reassoc"}


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that Python calls, once for all runs; it lets other threads run."""
    kept = os.access(_HERE, os.W_OK)
    return entry_in(_HERE / "__pycache__" / f"numba-{_DIGEST}" if kept else None, function)


def entry_in(folder: Path | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile such a function and keep its machine code in a folder, or where numba would."""
    before = getattr(config, _FOLDER_OPTION)
    if folder is not None:
        setattr(config, _FOLDER_OPTION, str(folder))
    try:
        return _compile(function, nogil=True, cache=True)
    finally:
        setattr(config, _FOLDER_OPTION, before)


def exact(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile without rearranging sums, inlined: for integer work, and where (x + s) − s must not become x."""
    return _compile(function, fastmath={"contract"}, forceinline=True)


def strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile so that every operation rounds by itself, inlined: the same bits wherever it is written."""
    return _compile(function, forceinline=True)


def fast(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with sums in any order."""
    return _compile(function, fastmath=_FAST)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with sums in any order, as if written in the caller.

    A call costs more than a short loop. numba inlines before it counts references to arrays; LLVM, as in
    ``exact``, after it, which leaves atomic counters behind wherever the function branches.
    """
    return _compile(function, fastmath=_FAST, inline="always")


def _compile(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    # Divisions as in NumPy: a test for 0 in front of each would keep loops from being vectorised.
    return numba.njit(function, error_model="numpy", **options)
