"""Values as digests of what they are: equal digests, equal results, in every process.

Numbers, texts, arrays, containers, frozen dataclasses, problems (by their fingerprint), classes and functions
can be described; what cannot is refused, since a result kept under half a description would answer another question.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Set
from enum import Enum
from functools import partial
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from implicitbias import checks
from implicitbias.tasks.code import module_version, named_elsewhere, parts_of_class, parts_of_function


# Hexadecimal digits of an address: 128 bits, no two questions meet.
ADDRESS = 32

# A token of the description, and the parts that are described after it.
Described = tuple[str | bytes, list[Any]]


def digest_of(*question: Any) -> str:
    """Return the digest of a question's description.

    Raises
    ------
    BadInput
        If a part of it cannot be described.
    """
    digest = hashlib.sha256()
    for token in _tokens(question, ()):
        # With their lengths, so that no two sequences of tokens run into the same bytes.
        digest.update(len(token).to_bytes(8, "little") + token)
    return digest.hexdigest()[:ADDRESS]


def _tokens(value: Any, inside: tuple[Any, ...]) -> Iterator[bytes]:
    """Yield the description of a value; ``inside`` are the functions and classes whose description is underway."""
    token, parts = _plain(value) or _container(value) or _code(value, inside) or _object(value)
    yield token if isinstance(token, bytes) else token.encode()
    if isinstance(value, FunctionType | type):
        inside = (*inside, value)
    for part in parts:
        yield from _tokens(part, inside)


def _plain(value: Any) -> Described | None:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is ... or isinstance(value, bool | int | float | complex | str | bytes):
        return f"{type(value).__name__} {value!r}", []
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcSU":
        return f"array {value.dtype.str} {value.shape} ".encode() + np.ascontiguousarray(value).tobytes(), []
    if isinstance(value, PurePath):
        return f"path {value}", []
    if isinstance(value, ModuleType):
        return f"module {value.__name__} {module_version(value.__name__)}", []
    return None


def _container(value: Any) -> Described | None:
    if isinstance(value, tuple | list):
        return f"sequence {len(value)}", list(value)
    if isinstance(value, Set):
        return f"set {len(value)}", sorted(digest_of(v) for v in value)
    if isinstance(value, Mapping):
        return f"mapping {len(value)}", [part for item in value.items() for part in item]
    return None


def _code(value: Any, inside: tuple[Any, ...]) -> Described | None:
    """Describe classes and functions: by name where a version vouches for them, else by what they do."""
    if isinstance(value, MethodType):
        return "method", [value.__func__, value.__self__]
    if isinstance(value, partial):
        return "partial", [value.func, value.args, value.keywords]
    if named_elsewhere(value):
        return f"{value.__module__}.{value.__qualname__} {module_version(value.__module__)}", []
    if isinstance(value, FunctionType | type):
        parts = parts_of_class(value) if isinstance(value, type) else parts_of_function(value)
        return f"{value.__module__}.{value.__qualname__}", [] if value in inside else list(parts)
    # What numba compiles and lru_cache remembers is the function inside.
    inner = getattr(value, "py_func", None) or (
        getattr(value, "__wrapped__", None) if callable(value) else None
    )
    return ("compiled or cached", [inner]) if inner is not None else None


def _object(value: Any) -> Described:
    if isinstance(value, Enum):
        return f"member {value.name}", [type(value)]
    if isinstance(getattr(value, "fingerprint", None), str):
        return f"fingerprint {value.fingerprint}", [type(value)]
    if dataclasses.is_dataclass(value):
        return "dataclass", [type(value), *(getattr(value, f.name) for f in dataclasses.fields(value))]
    rule = f"{type(value).__name__} has no description that another process could compare"
    cure = "use numbers, arrays, frozen dataclasses, and functions of them"
    raise checks.refuse("question", value, rule, cure)
