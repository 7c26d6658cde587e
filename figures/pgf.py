"""Figures as PGF: LaTeX sets their words, in the typeface of the venue, when the paper is typeset."""

import re
from io import BytesIO
from typing import Any, TYPE_CHECKING

from figures.style import Venue


if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIF, SANS = "STIXGeneral", "DejaVu Sans"  # come with Matplotlib, which tells TeX where their files are
_FORMULA = re.compile(r"(\$[^$]*\$)")
_SPECIAL = re.compile(r"[&#~]")  # what TeX would obey, and Matplotlib does not escape


def pgf_bytes(figure: "Figure", venue: Venue) -> bytes:
    r"""Return the figure as PGF for ``\input`` in a document; ``xelatex`` measures its words.

    The figure is used up: its words are escaped for TeX, and its images become shapes, since one file has no room
    for pictures.
    """
    import matplotlib
    from matplotlib.collections import Collection
    from matplotlib.text import Text

    for words in figure.findobj(Text):
        words.set_text(escaped(words.get_text()))
        words.set_fontfamily("serif" if venue.serif else "sans-serif")
    for shapes in figure.findobj(Collection):
        shapes.set_rasterized(False)
    fonts: dict[Any, Any] = {"pgf.texsystem": "xelatex", "font.serif": [SERIF], "font.sans-serif": [SANS]}
    stream = BytesIO()
    with matplotlib.rc_context({**fonts, "pgf.rcfonts": True}):
        figure.savefig(stream, format="pgf")
    return stream.getvalue()


def escaped(text: str) -> str:
    """Return words in which TeX finds nothing to obey but formulas."""
    parts = _FORMULA.split(text)
    return "".join(part if k % 2 else _SPECIAL.sub(r"\\\g<0>{}", part) for k, part in enumerate(parts))
