"""Statements and proofs as HTML: paragraphs of escaped text, formulas as MathML that no script has to draw."""

import re
from html import escape

from markupsafe import Markup

from implicitbias.display.formulas import FormulaError, mathml


_PIECES = re.compile(
    r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$]+)\$|`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*", re.DOTALL
)
_CLOSING = re.compile(r"[,.;:!?)\]]+")
_ITEM = re.compile(r"\s*(?:[-•*]|\(?\d+[.)])\s+")

# Indices in plain words: of a letter with its accents, a number, a bracket or an operator, so that names of code with
# underscores stay as they are. A raised digit after an index, as in b_x², is a power of the whole.
_BASE = r"(?:(?<![A-Za-z_])(?<![A-Za-z_]\d)(?:[A-Za-z]|\d+|max|min|sup|inf)|[^\W\d_A-Za-z])[\u0300-\u036f]*|[)|’}⌋]"
_SCRIPT = r"[_^](?:\{[^{}]+\}|\((?:[^()]|\([^()]*\))+\)|[−-]?[^\W_²³¹⁰⁴-⁹]+(?![^\W²³¹⁰⁴-⁹])|[∞∥⊥◇])"
_INDEX = re.compile(f"({_BASE})((?:{_SCRIPT}){{1,2}})")

# A browser breaks a line after a bar, also after the first one of |w|².
_BARRED = re.compile(r"[^\s|]*\|\S*")


def paragraphs(text: str, *, strict: bool = False) -> Markup:
    r"""Return text with blank lines between paragraphs as ``<p>`` elements.

    Parameters
    ----------
    text
        Words with formulas between ``$`` (in the line) or ``$$`` (on a line of their own), code between
        backticks, stress between double asterisks. A paragraph whose lines all start with a dash, a bullet or a
        number is a list.
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
        closing = _CLOSING.match(text, piece.end())
        parts += [words(text[end : piece.start()]), _piece(piece, closing[0] if closing else "", strict)]
        end = closing.end() if closing else piece.end()
    return Markup("").join([*parts, words(text[end:])])


def words(text: str) -> Markup:
    """Return plain words: indices and powers such as w^r are set, norms are not broken, dollars are dollars."""
    barred = _BARRED.sub(r'<span class="unbroken">\g<0></span>', escape(text, quote=False))
    return Markup(_INDEX.sub(_indexed, barred))


def _block(block: str, strict: bool) -> Markup:
    rows = [row for row in block.splitlines() if row.strip()]
    if len(rows) > 1 and all(_ITEM.match(row) for row in rows):
        items = Markup("").join(
            Markup("<li>{}</li>").format(line(_ITEM.sub("", r, 1), strict=strict)) for r in rows
        )
        return Markup("<ol>{}</ol>" if rows[0].lstrip(" (")[0].isdigit() else "<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(line(block, strict=strict))


def _indexed(found: re.Match[str]) -> str:
    if "_(" in found[2]:
        return found[0]  # a bracket after an index is no index
    return found[1] + re.sub(_SCRIPT, _set, found[2])


def _set(script: re.Match[str]) -> str:
    tag, inner = "sub" if script[0][0] == "_" else "sup", script[0][1:]
    if inner[0] in "{(":
        inner = _INDEX.sub(_indexed, inner[1:-1])
    return f"<{tag}>{inner}</{tag}>"


def _piece(piece: re.Match[str], closing: str, strict: bool) -> Markup:
    """Return a formula or code, with the punctuation after it: none begins a line."""
    if piece["display"] is not None:
        return _formula(piece["display"].strip() + closing, "block", strict)
    if piece["strong"] is not None:
        shown = Markup("<strong>{}</strong>").format(line(piece["strong"], strict=strict))
    elif piece["code"] is not None:
        shown = Markup("<code>{}</code>").format(piece["code"])
    else:
        shown = _formula(piece["inline"].strip(), "inline", strict)
    return Markup('<span class="unbroken">{}{}</span>').format(shown, closing) if closing else shown


def _formula(latex: str, display: str, strict: bool) -> Markup:
    try:
        return mathml(latex, display)
    except FormulaError:
        if strict:
            raise
        return Markup('<code class="latex">{}</code>').format(latex)
