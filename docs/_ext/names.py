"""``{names} package``: the public names of a package, one a line, each with its signature and docstring.

Docstrings are text with Unicode mathematics. Bars and stars are mathematics there, so they are escaped before numpydoc
reads them as markup.
"""

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from constants import comment_on
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from implicitbias.display import brief


# Code is left alone: ``x``, `x`, :func:`x`.
_CODE = re.compile(r"(``.+?``|`[^`]+`)")
_MARKUP = re.compile(r"(?<!\\)[|*]")


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
    return f".. py:data:: {package}.{name}\n\n   {_escaped(comment_on(package, name))}\n\n   {_value(what)}\n"


def _value(what: Any) -> str:
    """Return what a constant holds: the names in a mapping, or the value itself."""
    if isinstance(what, Mapping):
        return "Names: " + ", ".join(f"``{key}``" for key in what)
    if isinstance(what, tuple) and not isinstance(what[0], float):
        return "Holds " + ", ".join(f"``{part!r}``" for part in what)
    return f"Value: ``{brief(what)}``" if isinstance(what, int | float | tuple) else f"``{_plain(what)}``"


def _plain(what: Any) -> str:
    """Return a type alias or an object as text, without the modules it comes from."""
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", repr(what))


def escape_mathematics(
    app: Sphinx, kind: str, name: str, what: Any, options: Any, lines: list[str]
) -> None:
    """Escape |x| and w* in the lines of a docstring, outside code."""
    lines[:] = [_escaped(line) for line in lines]


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    return "".join(part if i % 2 else _MARKUP.sub(r"\\\g<0>", part) for i, part in enumerate(parts))


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive, and read docstrings before numpydoc does."""
    app.add_directive("names", Names)
    app.connect("autodoc-process-docstring", escape_mathematics, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
