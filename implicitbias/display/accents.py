r"""Letters as BibTeX writes them, ``Tak{\'a}{\v c}``, and as people read them, Takáč."""

import re
from unicodedata import normalize


# The combining character that Unicode puts after a letter where TeX puts a command before it.
MARKS = {
    "'": "\u0301",
    "`": "\u0300",
    '"': "\u0308",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "k": "\u0328",
    "r": "\u030a",
    "d": "\u0323",
    "b": "\u0331",
}
LETTERS = {
    "aa": "å",
    "AA": "Å",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ss": "ß",
    "i": "ı",
    "j": "ȷ",
    "&": "&",
}

# A command that is a letter ends before a space or a brace; one that is a sign needs neither.
_ACCENT = re.compile(
    r"\\(?:([\"'`^~=.])\s*|([uvHckrdb])(?:\s+|(?=\{|\\)))(?:\{\s*(\\?[^\W\d_])\s*\}|(\\?[^\W\d_]))"
)
_LETTER = re.compile(r"\\(aa|AA|ae|AE|oe|OE|ss|[oOlLij])(?![^\W\d_])(?:\{\}|\s+)?|\\(&)")


def accented(text: str) -> str:
    r"""Return the text with the accents and letters of TeX as Unicode; braces around them stay.

    Parameters
    ----------
    text
        Words of a bibliography, such as ``Bj{\"o}rck, {\AA}ke``; commands of any other kind stay as they are.
    """
    return _LETTER.sub(lambda found: LETTERS[found[1] or found[2]], _ACCENT.sub(_composed, text))


def _composed(found: re.Match[str]) -> str:
    letter = (found[3] or found[4]).removeprefix("\\")  # Unicode takes the dot of an i away by itself
    return normalize("NFC", letter + MARKS[found[1] or found[2]])
