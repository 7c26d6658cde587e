"""Formulas as MathML that no script has to draw: LaTeX converted, then set as TeX would set it."""

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest
from xml.etree import ElementTree

from markupsafe import Markup

from implicitbias.errors import BadInput


# Operators that TeX sets apart from their argument by a thin space and MathML does not.
_FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot coth deg det dim exp gcd hom inf ker lg lim ln log max min Pr sec sin sinh"
    " sup tan tanh".split()
)
_THIN = "0.167em"

# MathML in browsers knows no typeface but the normal one: these letters are characters of their own.
_ALPHABETS = {
    "script": ("MATHEMATICAL SCRIPT", "SCRIPT"),
    "bold": ("MATHEMATICAL BOLD", ""),
    "bold-italic": ("MATHEMATICAL BOLD ITALIC", ""),
    "fraktur": ("MATHEMATICAL FRAKTUR", "BLACK-LETTER"),
    "double-struck": ("MATHEMATICAL DOUBLE-STRUCK", "DOUBLE-STRUCK"),
}

# What TeX sets without space around it, and what makes a following sign a prefix.
_TIGHT = frozenset("/|‖")
_SIGNS, _CLOSING = frozenset("−+±∓-"), frozenset(")]}⟩!")

# The converter takes some relations for letters, and these letters for operators: spaces would be wrong around both.
_LETTERS = frozenset("∞∂∇∅∀∃⊤")
_BETTER = {"~": "∼", "⟂": "⊥"}


class FormulaError(BadInput):
    """A formula is no LaTeX that MathML can show."""


@lru_cache(maxsize=4096)
def mathml(latex: str, display: str = "inline") -> Markup:
    """Return a formula as a ``<math>`` element.

    Raises
    ------
    FormulaError
        If the formula is not complete, or has a command that MathML knows nothing of.
    """
    from latex2mathml.converter import convert

    # The converter closes by itself what was left open, and so shows another formula than was meant.
    if not _paired(latex):
        raise FormulaError(f"formula ${latex}$: braces, or \\left and \\right, do not pair; close them")
    try:
        tree = ElementTree.fromstring(convert(latex, xmlns="", display=display).replace(' xmlns=""', ""))
    except Exception as trouble:  # the converter raises what it likes: IndexError, KeyError and its own
        kind = type(trouble).__name__
        raise FormulaError(
            f"formula ${latex}$: not LaTeX ({kind}); complete its braces and arguments"
        ) from trouble
    unknown = [node.text for node in tree.iter() if node.text and "\\" in node.text]
    if unknown:
        raise FormulaError(
            f"formula ${latex}$: {', '.join(unknown)} has no MathML; write it with standard commands"
        )
    _set_alphabets(tree)
    _name_relations(tree)
    _space_functions(tree)
    _space_operators(tree)
    _align_columns(tree)
    return Markup(ElementTree.tostring(tree, encoding="unicode"))


def _paired(latex: str) -> bool:
    """Whether braces pair (but for those that are printed), and every left delimiter has its right one."""
    bare = re.sub(r"\\[{}]", "", latex)
    sides = [len(re.findall(rf"\\{side}(?![A-Za-z])", latex)) for side in ("left", "right")]
    return bare.count("{") == bare.count("}") and sides[0] == sides[1]


def _set_alphabets(tree: ElementTree.Element) -> None:
    for node in tree.iter():
        names = _ALPHABETS.get(node.get("mathvariant", ""))
        if names and node.text:
            node.text = "".join(_letter(c, names) for c in node.text)
            # A single letter in <mi> would be slanted again; several are upright already.
            node.set("mathvariant", "normal")


def _letter(character: str, alphabets: tuple[str, str]) -> str:
    size = "CAPITAL" if character.isupper() else "SMALL"
    for alphabet in filter(None, alphabets):
        try:
            return unicodedata.lookup(f"{alphabet} {size} {character.upper()}")
        except KeyError:
            continue
    return character


def _name_relations(tree: ElementTree.Element) -> None:
    for node in tree.iter():
        if node.tag in ("mi", "mo") and node.text in _LETTERS:
            node.tag = "mi"
            node.set("mathvariant", "normal")
        elif (
            node.tag == "mi"
            and node.text
            and all(unicodedata.category(c) == "Sm" or c == "~" for c in node.text)
        ):
            node.tag, node.text = "mo", _BETTER.get(node.text, node.text)


def _space_functions(tree: ElementTree.Element) -> None:
    for parent in tree.iter():
        for node, after in zip_longest(list(parent), list(parent)[1:]):
            if node.tag == "mi" and node.text in _FUNCTIONS:
                opens = after is not None and after.tag == "mo" and after.text in ("(", "[")
                node.tag = "mo"
                node.attrib.update(
                    {"lspace": _THIN, "rspace": "0" if opens else _THIN, "movablelimits": "true"}
                )


def _space_operators(tree: ElementTree.Element) -> None:
    for parent in tree.iter():
        for before, node in zip([None, *parent], list(parent), strict=False):
            if node.tag != "mo":
                continue
            if node.text in _TIGHT:
                node.attrib.update({"lspace": "0", "rspace": "0"})
            first = before is None or (before.tag == "mo" and before.text not in _CLOSING | _FUNCTIONS)
            if node.text in _SIGNS and first:
                node.attrib.update({"form": "prefix", "lspace": "0", "rspace": "0"})


def _align_columns(tree: ElementTree.Element) -> None:
    """Browsers align cells by their style; the attribute that the converter writes is no longer read."""
    for cell in tree.iter("mtd"):
        if side := cell.get("columnalign"):
            cell.set("style", f"text-align:{side};padding-left:0;padding-right:0")
