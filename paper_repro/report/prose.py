"""Statements and proofs as HTML: paragraphs of escaped text, formulas as MathML that no script has to draw."""

import re
import unicodedata
from functools import lru_cache
from html import escape
from itertools import zip_longest
from xml.etree import ElementTree

from markupsafe import Markup

from implicitbias.errors import BadInput


_PIECES = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$]+)\$|`(?P<code>[^`]+)`", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-•*]|\(?\d+[.)])\s+")

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

# Indices in plain words: of a letter, a number or a bracket, so that names of code with underscores stay as they are.
_INDEX = re.compile(
    r"((?<![A-Za-z_\d])(?:[^\W\d_]|\d+)|[)|’])([_^])(?:\{([^{}]+)\}|\(([^()]+)\)|([−-]?[^\W_]+)(?!\w))"
)

# A browser breaks a line after a bar, also after the first one of |w|².
_BARRED = re.compile(r"[^\s|]*\|\S*")


class FormulaError(BadInput):
    """A formula is no LaTeX that MathML can show."""


def paragraphs(text: str, *, strict: bool = False) -> Markup:
    r"""Return text with blank lines between paragraphs as ``<p>`` elements.

    Parameters
    ----------
    text
        Words with formulas between ``$`` (in the line) or ``$$`` (on a line of their own), code between
        backticks. A paragraph whose lines all start with a dash, a bullet or a number is a list.
    strict
        Whether a formula that cannot be converted is an error; if not, it is shown as LaTeX.

    Raises
    ------
    FormulaError
        If ``strict``, naming the formula.
    """
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return Markup("\n").join(_block(block, strict) for block in blocks)


def line(text: str, *, strict: bool = False) -> Markup:
    """Return text as one run of words and formulas, without paragraphs; see :func:`paragraphs`."""
    parts, end = [], 0
    for piece in _PIECES.finditer(text):
        parts += [words(text[end : piece.start()]), _piece(piece, strict)]
        end = piece.end()
    return Markup("").join([*parts, words(text[end:])])


def words(text: str) -> Markup:
    """Return plain words: indices and powers such as w^r are set, norms are not broken, dollars are dollars."""
    barred = _BARRED.sub(r'<span class="unbroken">\g<0></span>', escape(text, quote=False))
    return Markup(_INDEX.sub(_indexed, barred))


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
        raise FormulaError(f"formula ${latex}$: not LaTeX ({kind}); complete its braces and arguments") from trouble
    unknown = [node.text for node in tree.iter() if node.text and "\\" in node.text]
    if unknown:
        raise FormulaError(f"formula ${latex}$: {', '.join(unknown)} has no MathML; write it with standard commands")
    _set_alphabets(tree)
    _space_functions(tree)
    _space_operators(tree)
    return Markup(ElementTree.tostring(tree, encoding="unicode"))


def _paired(latex: str) -> bool:
    """Whether braces pair (but for those that are printed), and every left delimiter has its right one."""
    bare = re.sub(r"\\[{}]", "", latex)
    sides = [len(re.findall(rf"\\{side}(?![A-Za-z])", latex)) for side in ("left", "right")]
    return bare.count("{") == bare.count("}") and sides[0] == sides[1]


def _block(block: str, strict: bool) -> Markup:
    rows = [row for row in block.splitlines() if row.strip()]
    if len(rows) > 1 and all(_ITEM.match(row) for row in rows):
        items = Markup("").join(Markup("<li>{}</li>").format(line(_ITEM.sub("", r, 1), strict=strict)) for r in rows)
        return Markup("<ol>{}</ol>" if rows[0].lstrip(" (")[0].isdigit() else "<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(line(block, strict=strict))


def _indexed(found: re.Match[str]) -> str:
    tag = "sub" if found[2] == "_" else "sup"
    if found[4] and tag == "sub":
        return found[0]  # a bracket after an index is no index
    return f"{found[1]}<{tag}>{found[3] or found[4] or found[5]}</{tag}>"


def _piece(piece: re.Match[str], strict: bool) -> Markup:
    if piece["code"] is not None:
        return Markup("<code>{}</code>").format(piece["code"])
    display = "block" if piece["display"] is not None else "inline"
    latex = (piece["display"] or piece["inline"]).strip()
    try:
        return mathml(latex, display)
    except FormulaError:
        if strict:
            raise
        return Markup('<code class="latex">{}</code>').format(latex)


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


def _space_functions(tree: ElementTree.Element) -> None:
    for parent in tree.iter():
        for node, after in zip_longest(list(parent), list(parent)[1:]):
            if node.tag == "mi" and node.text in _FUNCTIONS:
                opens = after is not None and after.tag == "mo" and after.text in ("(", "[")
                node.tag = "mo"
                node.attrib.update({"lspace": _THIN, "rspace": "0" if opens else _THIN, "movablelimits": "true"})


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
