"""What the source says about a constant: the comment above its assignment, or beside it, and what it is given."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Constant:
    """A comment, and the expression that is assigned."""

    comment: str
    expression: str


def constant(package: str, name: str) -> Constant:
    """Return a constant that a package exports, as it is written where it is assigned.

    Raises
    ------
    LookupError
        If no comment says what it is.
    """
    value = getattr(sys.modules[package], name)
    root = package.partition(".")[0]
    for key, module in sys.modules.items():
        if key.partition(".")[0] == root and getattr(module, name, None) is value:
            for found in _assigned(Path(str(module.__file__)).read_text(), name):
                return found
    raise LookupError(f"{package}.{name}: write a comment above its assignment, or beside it")


def _assigned(source: str, name: str) -> Iterator[Constant]:
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            comment = _around(source.splitlines(), node.lineno - 1)
            if comment and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                yield Constant(comment, ast.unparse(node.value))


def _around(lines: list[str], at: int) -> str:
    """Return the comment at the end of a line; else the comment lines right above it."""
    if "  # " in lines[at]:
        return _sentence(lines[at].partition("  # ")[2])
    first = at
    while first and lines[first - 1].startswith("# "):
        first -= 1
    return _sentence(" ".join(line[2:] for line in lines[first:at]))


def _sentence(text: str) -> str:
    return text and text[0].upper() + text[1:].rstrip(".") + "."
