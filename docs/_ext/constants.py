"""What the source says about a constant: the comment above its assignment, or beside it."""

import ast
import sys
from pathlib import Path
from types import ModuleType


def comment_on(package: str, name: str) -> str:
    """Return the comment on a constant that a package exports, from wherever it is assigned.

    Raises
    ------
    LookupError
        If nothing is said: a public constant explains itself.
    """
    value = getattr(sys.modules[package], name)
    root = package.partition(".")[0]
    owners = [m for key, m in sys.modules.items() if key.startswith(root) and getattr(m, name, None) is value]
    for module in owners:
        if comment := _comment(module, name):
            return comment
    raise LookupError(f"{package}.{name}: write a comment above its assignment, or beside it")


def _comment(module: ModuleType, name: str) -> str:
    source = Path(str(module.__file__)).read_text()
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return _around(source.splitlines(), node.lineno - 1)
    return ""


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
