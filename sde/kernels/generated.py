"""Modules of generated source: written once, named by a digest of what they hold, compiled once for all runs.

They lie beside this package, or where that cannot be written in the user's cache, or else in the folder for temporary
files. numba keeps its machine code next to them, and a second process compiles nothing.
"""

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

from implicitbias import stream
from implicitbias.engine import kernels


_HERE = Path(__file__).resolve().parent
_CALLED = (_HERE, Path(kernels.__file__).resolve().parent)
_SOURCES = (*(path for folder in _CALLED for path in sorted(folder.glob("*.py"))), Path(stream.__file__))


@cache
def load_source(text: str, stem: str) -> ModuleType:
    """Return the module whose source is ``text``, imported from the cache folder under a name of its digest.

    Raises
    ------
    OSError
        Where no folder can be written, not even for temporary files.
    """
    name = f"{stem}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        _write_at_once(path, text)
    spec = importlib.util.spec_from_file_location(f"sde_generated_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


@cache
def cache_folder() -> Path:
    """Return the folder of generated modules: numba looks at no file but theirs, so its name is a digest of all."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:16]
    for parent in _parents():
        folder = parent / f"generated-{digest}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="implicitbias-"))


def _parents() -> tuple[Path, ...]:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    return _HERE / "__pycache__", home / "implicitbias"


def _write_at_once(path: Path, text: str) -> None:
    """Write a file that other processes see whole or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8"
    ) as part:
        part.write(text)
    os.replace(part.name, path)
