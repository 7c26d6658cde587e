"""Our JavaScript as one text: every module in a function of its own, after those that it needs."""

import re
from functools import cache
from pathlib import Path


# Each uses only those before it.
MODULES = (
    "svg", "formulas", "words", "scales", "symbols", "shapes", "graph_marks", "plane_marks", "field_marks", "marks",
    "legend", "colour_bar", "table", "axes", "panel", "theme", "hover", "view", "player",
)  # fmt: skip
OFFERED = {"view": ("drawView", "lineCounts"), "player": ("playViews",)}
_IMPORT = re.compile(r"^import (\{[^}]*\}) from \"\./(\w+)\.js\";$", re.MULTILINE)
_EXPORT = re.compile(r"^export (function|const) (\w+)", re.MULTILINE)


@cache
def script() -> str:
    """Return one ES module that needs nothing else: ``drawView``, ``playViews`` and ``lineCounts``.

    ``drawView(element, payload, options)`` draws what :func:`figures.web.payload` gives; ``playViews(element, film,
    options)`` what :func:`figures.web.film` gives. Text appended to it sees them by these names.
    """
    lines = [f"const {{ {', '.join(names)} }} = in_{module};" for module, names in OFFERED.items()]
    offered = [name for names in OFFERED.values() for name in names]
    return "\n".join([*map(enclosed, MODULES), *lines, f"export {{ {', '.join(offered)} }};", ""])


def enclosed(name: str) -> str:
    """Return one module as a function that gives what the module exports; its other names stay inside."""
    text = source(name)
    inside = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const \1 = in_\2;", text)).strip()
    given = ", ".join(found for _, found in _EXPORT.findall(text))
    return f"const in_{name} = (() => {{\n{inside}\nreturn {{ {given} }};\n}})();"


def needed(name: str) -> tuple[str, ...]:
    """Return the modules that one of them imports."""
    return tuple(module for _, module in _IMPORT.findall(source(name)))


def source(name: str) -> str:
    """Return a module as written."""
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")
