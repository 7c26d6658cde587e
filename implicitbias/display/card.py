"""Cards for notebooks: title, formulas, rows and tables in HTML that needs no script, style sheet or network.

Colours are those of the page around it, light or dark; what is good or bad is told by a mark and a word, and only
then by a colour (blue and vermilion, which colour-blind readers tell apart).
"""

from collections.abc import Iterable, Sequence

from markupsafe import escape, Markup

from implicitbias.display.formulas import FormulaError, mathml


# A word, or HTML that is one already (``Markup``): words are escaped.
Cell = str | Markup
# A name and its value, one line of a card.
Row = tuple[str, Cell]

# Of Okabe and Ito's palette, each readable on white and on black.
GOOD, BAD, OPEN = "#2b8cc4", "#d55e00", "#8a8a8a"
_LINE = "rgba(128,128,128,.4)"
_MATHS = "STIX Two Math,Latin Modern Math,Cambria Math,TeX Gyre Termes Math,DejaVu Math TeX Gyre,math"
_CARD = (
    "display:inline-block;max-width:100%;overflow-x:auto;"
    f"border:1px solid {_LINE};border-radius:6px;padding:.5em .9em"
)
_CELL = "text-align:left;vertical-align:top;padding:.15em 1em .15em 0;background:none;border:0;max-width:60em"
_HEAD = f"{_CELL};font-weight:600;border-bottom:1px solid {_LINE}"
_TABLE = "border-collapse:collapse;border:0;margin:.3em 0;font-size:inherit;color:inherit"
_MARKS = {True: ("✓", GOOD), False: ("✗", BAD), None: ("○", OPEN)}


def card(
    title: Cell,
    rows: Iterable[Row] = (),
    formulas: Sequence[str] = (),
    *,
    body: Iterable[Cell] = (),
) -> str:
    """Return a card.

    Parameters
    ----------
    title
        What it is.
    rows
        Names and values, one under the other.
    formulas
        LaTeX, each on a line of its own above the rows.
    body
        Paragraphs and tables below them.
    """
    head = Markup('<div style="font-weight:600">{}</div>').format(title)
    around = Markup('<div style="margin:.4em 0;width:fit-content;font-family:{}">{}</div>')
    shown = [around.format(_MATHS, formula(f)) for f in formulas if f]
    parts = [head, *shown, _pairs(rows), *(Markup("<div>{}</div>").format(b) for b in body)]
    return str(Markup('<div style="{}">{}</div>').format(_CARD, Markup("").join(parts)))


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Markup:
    """Return a table with a line of names; nothing if it has no rows."""
    lines = [_line("td", _CELL, row) for row in rows]
    if not lines:
        return Markup("")
    return Markup('<table style="{}">{}{}</table>').format(
        _TABLE, _line("th", _HEAD, head), Markup("").join(lines)
    )


def badge(word: str, good: bool | None) -> Markup:
    """Return a word with its mark: ✓ as it should be, ✗ not so, ○ (``None``) undecided."""
    mark, colour = _MARKS[good]
    style = f"border-left:.35em solid {colour};padding-left:.4em;white-space:nowrap"
    return Markup('<span style="{}">{} {}</span>').format(style, mark, word)


def formula(latex: str) -> Markup:
    """Return LaTeX as MathML, which browsers draw by themselves; as code, where it has none."""
    try:
        return mathml(latex.replace("{aligned}", "{split}"), "block")
    except FormulaError:
        return Markup("<code>{}</code>").format(latex)


def gathered(formulas: Sequence[str]) -> str:
    """Return formulas one under the other, as one formula."""
    lines = r" \\ ".join(formulas)
    return rf"\begin{{gathered}} {lines} \end{{gathered}}" if len(formulas) > 1 else lines


def typeset(formulas: Sequence[str]) -> str | None:
    """Return LaTeX between dollars for ``_repr_latex_``; ``None``, which a notebook passes over, if there is none."""
    given = [f for f in formulas if f]
    return f"$${gathered(given)}$$" if given else None


def _pairs(rows: Iterable[Row]) -> Markup:
    quiet = f"{_CELL};opacity:.7;white-space:nowrap"
    lines = [
        Markup('<tr style="background:none"><td style="{}">{}</td><td style="{}">{}</td></tr>').format(
            quiet, name, _CELL, value
        )
        for name, value in rows
    ]
    return (
        Markup('<table style="{}">{}</table>').format(_TABLE, Markup("").join(lines)) if lines else Markup("")
    )


def _line(tag: str, style: str, cells: Sequence[Cell]) -> Markup:
    shown = (f'<{tag} style="{style}">{escape(cell)}</{tag}>' for cell in cells)
    return Markup(f'<tr style="background:none">{"".join(shown)}</tr>')
