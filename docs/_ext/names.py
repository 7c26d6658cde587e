"""``{names} package``: the public names of a package, one a line, each with its signature and docstring.

Docstrings are text with Unicode mathematics. Bars and stars are mathematics there, so they are escaped before numpydoc
reads them as markup.
"""

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from constants import constant
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from implicitbias.display import cut


# Code is left alone: ``x``, `x`, :func:`x`.
_CODE = re.compile(r"(``.+?``|`[^`]+`)")
_MARKUP = re.compile(r"(?<!\\)[|*]")
# Characters of a constant's value: more is for the source.
LONGEST = 300


class Names(SphinxDirective):
    """Document names of a package, in the order given; nothing else of the package."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the entries."""
        package = self.arguments[0]
        entries = [entry(package, name) for name in " ".join(self.content).split()]
        return self.parse_text_to_nodes("\n".join(["```{eval-rst}", *entries, "```"]))


def entry(package: str, name: str) -> str:
    """Return the directive for a name: a class with its methods, a function, or a constant."""
    what = getattr(import_module(package), name)
    if inspect.isclass(what):
        kind = "exception" if issubclass(what, BaseException) else "class"
        return f".. auto{kind}:: {package}.{name}\n   :members:\n"
    if inspect.isroutine(what):
        return f".. autofunction:: {package}.{name}\n"
    found = constant(package, name)
    value = ", ".join(f"``{key}``" for key in what) if isinstance(what, Mapping) else _code(found.expression)
    return f".. py:data:: {package}.{name}\n\n   {_escaped(found.comment)}\n\n   {value}\n"


def _code(expression: str) -> str:
    return f"``{cut(expression, LONGEST)}``"


def escape_mathematics(app: Sphinx, kind: str, name: str, what: Any, options: Any, lines: list[str]) -> None:
    """Escape |x| and w* in the lines of a docstring, outside code."""
    lines[:] = [_escaped(line) for line in lines]


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    return "".join(part if i % 2 else _MARKUP.sub(r"\\\g<0>", part) for i, part in enumerate(parts))


def is_field(app: Sphinx, kind: str, name: str, what: Any, skip: bool, options: Any) -> bool | None:
    """Leave out the fields of named tuples, which say nothing but their number."""
    return True if (inspect.getdoc(what) or "").startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive, and read docstrings before numpydoc does."""
    app.add_directive("names", Names)
    app.connect("autodoc-skip-member", is_field)
    app.connect("autodoc-process-docstring", escape_mathematics, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
