"""What a function computes, taken apart: its code, its defaults, what it closes over, and the globals it reads."""

import dis
import hashlib
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np


# What a class may hold besides functions, and what Python writes into every class.
Data = bool | int | float | complex | str | bytes | tuple | list | dict | frozenset | set | np.ndarray | None
UNREAD = (
    "__module__",
    "__qualname__",
    "__doc__",
    "__annotations__",
    "__firstlineno__",
    "__static_attributes__",
)
# Packages that are delivered together, and vouched for like installed ones.
OWN = ("implicitbias", "sde")


def parts_of_function(function: FunctionType) -> Iterator[Any]:
    """Yield everything the result of a function depends on, besides its arguments."""
    yield function.__defaults__
    yield function.__kwdefaults__
    yield [cell.cell_contents for cell in function.__closure__ or ()]
    for code in _codes(function.__code__):
        yield code.co_code
        yield code.co_names
        yield [c for c in code.co_consts if not isinstance(c, CodeType)]
        for name in _globals_read(code):
            # A name that is no global is a builtin: its name, among the above, says all.
            yield function.__globals__.get(name)


def parts_of_class(kind: type) -> Iterator[Any]:
    """Yield the bases, the methods and the data of a class."""
    yield kind.__bases__
    for name, member in sorted(vars(kind).items()):
        part = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if isinstance(part, FunctionType | Data) and name not in UNREAD:
            yield name
            yield part


def named_elsewhere(value: Any) -> bool:
    """Whether this is a function or class of a package whose version, or source digest, vouches for it."""
    name = getattr(value, "__qualname__", None)
    # A function made inside another one may close over anything: its name does not say what it does.
    if not callable(value) or name is None or "<" in name:
        return False
    package = (getattr(value, "__module__", None) or "builtins").partition(".")[0]
    return package in OWN or _installed(package)


@lru_cache
def module_version(module: str) -> str:
    """Return the version of a module's distribution, that of Python for its own; the digest of a file of the user's."""
    package = module.partition(".")[0]
    distributions = packages_distributions().get(package)
    if distributions:
        return version(distributions[0])
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or package in sys.stdlib_module_names:
        return sys.version
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@lru_cache
def _installed(package: str) -> bool:
    """Whether a package is Python's own, or lies among the installed ones."""
    if package in sys.stdlib_module_names:
        return package != "__main__"
    origin = getattr(getattr(sys.modules.get(package), "__spec__", None), "origin", None) or ""
    return any(origin.startswith(sysconfig.get_path(kind)) for kind in ("purelib", "platlib"))


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those of the functions defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _globals_read(code: CodeType) -> list[str]:
    return sorted({i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"})
