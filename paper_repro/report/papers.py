"""What we know of a paper, from the package that holds its claims: its symbols, our notes, its figures and tables."""

import inspect
import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from paper_repro.claims.exhibit import Exhibit
from paper_repro.outside import module_of


PAPERS = "paper_repro.papers"
# Both an index and a power: in words one of them would stay as it is typed.
_TWICE = re.compile(r"(?<![\w$`])[^\W\d]_\w\^(?:\{[^{}]+\}|\w)")
# What the source says, read there or elsewhere; all other statements are ours.
OF_THE_PAPER = ("stated", "second-hand", "recalled")


@dataclass(frozen=True)
class Knowledge:
    """What we know of a paper.

    Attributes
    ----------
    symbols
        Rows of its table of symbols, the first of them the heads; empty if it has none.
    notes
        How we know what we know, in paragraphs.
    figures
        Its figures and tables; empty if no register is kept.
    """

    symbols: tuple[tuple[str, ...], ...] = ()
    notes: str = ""
    figures: tuple[Exhibit, ...] = ()


def knowledge(paper: str) -> Knowledge:
    """Return what the package of a paper says; a paper without one is not known any better."""
    module = _module(paper)
    if module is None:
        return Knowledge()
    text = inspect.getdoc(module) or ""
    return Knowledge(symbols(text), notes(text), _figures(module))


def symbols(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the cells of the table that begins with the symbols of the paper, heads first, without the rule."""
    lines = [row[1:-1] for row in _lines(text) if row.startswith("|")]
    # A bar without spaces is that of a norm.
    rows = [tuple(map(str.strip, row.split(" | "))) for row in lines if not set(row) <= set("|-: ")]
    return tuple(rows) if rows and rows[0][0] == "paper" else ()


def notes(text: str) -> str:
    """Return the paragraphs that are no table; the first line of a package names the paper, and is left out."""
    paragraphs = re.split(r"\n\s*\n", "\n".join(_lines(text)))[1:]
    return "\n\n".join(part for part in paragraphs if not part.startswith("|"))


def _module(paper: str) -> ModuleType | None:
    """Return the package of a paper among ours, or the module outside of that name."""
    if paper.isidentifier() and find_spec(f"{PAPERS}.{paper}") is not None:
        return import_module(f"{PAPERS}.{paper}")
    return module_of(paper)


def _figures(module: ModuleType) -> tuple[Exhibit, ...]:
    register = f"{module.__name__}.register"
    kept = hasattr(module, "__path__") and find_spec(register) is not None
    return import_module(register).FIGURES if kept else ()


def _lines(text: str) -> list[str]:
    return _TWICE.sub(r"$\g<0>$", text.replace("``", "`")).splitlines()
