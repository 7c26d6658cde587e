"""The documentation is complete: every public name, figure and page has its place, and links lead somewhere."""

import ast
import inspect
import pkgutil
import re
from collections import Counter
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from paper_repro.report.plates import gallery
from tests.documented import blocks, PAGES, ROOT


DOCS = ROOT / "docs"
ROOMS = (
    "implicitbias",
    "sde",
    "figures",
    "paper_repro.testing",
    "paper_repro.claims",
    "paper_repro.conformance",
)
# Modules beside the rooms that a user never calls: what is public about them is exported elsewhere.
MACHINERY = {
    *("implicitbias.archive", "implicitbias.checks", "implicitbias.stiff", "implicitbias.engine"),
    *("sde.compiled_stepping", "sde.kernels", "sde.path_records", "sde.soundness", "sde.stepping"),
}
NAMES = re.compile(r"^```\{names\} (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BOTH = re.MULTILINE | re.DOTALL
# Arguments that a summary can carry alone; with more, each is explained.
FEW = 3


def modules():
    """Return the modules whose names are public, packages first."""
    found = list(ROOMS)
    for root in ("implicitbias", "sde"):
        inside = list(pkgutil.iter_modules(import_module(root).__path__, f"{root}."))
        found += [m.name for m in sorted(inside, key=lambda m: not m.ispkg) if m.name not in MACHINERY]
    return found


def exported(module):
    """Return the public names of a module: what a package re-exports, or what a module defines."""
    source = ast.parse(Path(module.__file__).read_text())
    package = hasattr(module, "__path__")
    if hasattr(module, "__all__"):
        return [name for name in module.__all__]
    names = [
        a.asname for n in source.body if isinstance(n, ast.ImportFrom) for a in n.names if a.asname == a.name
    ]
    kinds = ast.FunctionDef | ast.ClassDef
    names += [n.name for n in source.body if isinstance(n, kinds) and not n.name.startswith("_")]
    given = [n for n in source.body if package and isinstance(n, ast.Assign | ast.AnnAssign)]
    targets = [t for n in given for t in (n.targets if isinstance(n, ast.Assign) else [n.target])]
    return names + [t.id for t in targets if isinstance(t, ast.Name) and t.id.isupper() and t.id[0] != "_"]


@cache
def public():
    """Return every public object, by identity, with its first name."""
    found = {}
    for name in modules():
        module = import_module(name)
        for own in exported(module):
            if not inspect.ismodule(what := getattr(module, own)):
                found.setdefault(id(what), (f"{name}.{own}", what))
    return found


def listed():
    """Return (page, package, name) of every name on a page of the reference."""
    pages = [page for page in PAGES if page.parent == DOCS / "reference"]
    rooms = [(page, package, body) for page in pages for package, body in NAMES.findall(page.read_text())]
    return [(page, package, name) for page, package, body in rooms for name in body.split()]


def test_every_public_name_is_on_one_page_of_the_reference_and_nothing_else_is():
    public_ids, entries = public(), Counter()
    for page, package, name in listed():
        what = id(getattr(import_module(package), name))
        assert what in public_ids, f"{page.name}: {package}.{name} is not public"
        entries[what] += 1
    assert not (lost := [name for what, (name, _) in public_ids.items() if not entries[what]]), lost
    assert not (twice := [public_ids[what][0] for what, count in entries.items() if count > 1]), twice


def explained(what):
    """Return the arguments that sections of a docstring explain."""
    doc = inspect.getdoc(what) or ""
    sections = re.findall(r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", doc, BOTH)
    heads = re.findall(r"^(\*{0,2}\w[^:\n]*)", "".join(sections), re.MULTILINE)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def refers(what):
    """Whether a docstring says that its arguments are those of something else."""
    said = r"(?:arguments|parameters|attributes|meaning)\b[^.]*\bare (?:those|the arguments) of (?:[`T])"
    return bool(re.search(said, inspect.getdoc(what) or "", re.IGNORECASE))


def arguments(what):
    """Return the arguments with which a public object is made or called."""
    if inspect.isclass(what) and (issubclass(what, BaseException | Enum) or what.__init__ is object.__init__):
        return set()
    if not inspect.isclass(what) and not inspect.isfunction(what):
        return set()
    return {p for p in inspect.signature(what).parameters if not p.startswith("_")}


def test_what_takes_many_arguments_explains_each():
    missing = {
        name: sorted(arguments(what) - explained(what))
        for name, what in public().values()
        if len(arguments(what)) > FEW and not refers(what) and arguments(what) - explained(what)
    }
    assert not missing


def test_every_public_name_says_what_it_is():
    bare = [name for name, what in public().values() if callable(what) and not inspect.getdoc(what)]
    assert not [name for name in bare if name != "paper_repro.conformance.Simulator"], bare


def test_every_figure_is_in_the_gallery_once():
    page = (DOCS / "gallery" / "index.md").read_text()
    shown = [n for b in blocks(page) if b.language == "{figures}" for n in b.code.split()]
    assert sorted(shown) == sorted(figure.name for figure in gallery())


def navigation(page):
    """Return the pages that the tables of contents of a page name."""
    found = []
    for block in blocks(page.read_text()):
        if block.language == "{toctree}":
            lines = [line for line in block.code.splitlines() if line and not line.startswith(":")]
            # A pattern takes in what stands before it no second time.
            named = {p.resolve(): None for line in lines for p in page.parent.glob(f"{line}.md") if p != page}
            found += list(named)
    return found


def test_every_page_is_in_the_navigation_once():
    reached, waiting = Counter(), [DOCS / "index.md"]
    while waiting:
        found = navigation(waiting.pop())
        waiting += [page for page in found if not reached[page]]
        reached.update(found)
    assert set(reached) | {DOCS / "index.md"} == set(PAGES)
    assert not (twice := [page.name for page, count in reached.items() if count > 1]), twice


def anchors(page):
    """Return the names of the headings of a page, as code browsers and Sphinx make them."""
    inside = [range(block.start, block.end + 1) for block in blocks(page.read_text())]
    lines = [line for i, line in enumerate(page.read_text().splitlines()) if not any(i in r for r in inside)]
    heads = [line.lstrip("#").strip().lower() for line in lines if re.match(r"#{1,3} ", line)]
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in heads}


def links(page):
    """Return the relative links of a page, outside of code."""
    text = page.read_text()
    for block in blocks(text):
        text = text.replace(block.code, "") if block.code.strip() else text
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text))
    return [link for link in found if not re.match(r"\w+:", link)]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for link in links(page):
        target, _, anchor = link.partition("#")
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_pages_ask_no_server_for_anything():
    outside = re.compile(r"(?:src|href)=[\"'](?:https?:)?//|@import|url\((?:https?:)?//|!\[[^\]]*\]\(https?:")
    sources = [*PAGES, *(DOCS / "_static").iterdir(), *(DOCS / "_ext").glob("*.py"), DOCS / "conf.py"]
    assert not [path.name for path in sources if outside.search(path.read_text())]
