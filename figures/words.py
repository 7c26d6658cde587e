"""Words on paper: indices and powers written plainly (w_1, 10^100) are set, and lines do not break inside them."""

import re


# Indices in plain words: of one letter, a number or a bracket, so that names with underscores stay as they are.
_INDEX = re.compile(
    r"((?<![A-Za-z_\d])(?:[^\W\d_]|\d+)|[)|’*\u0300-\u036f])"
    r"(?:(?P<sign>[_^])(?:\{(?P<braces>(?:[^{}]|\{[^{}]*\})+)\}|(?P<one>[−-]?[^\W_²³¹⁰⁴-⁹]+|[∞∥⊥+*])(?![^\W²³¹⁰⁴-⁹]))"
    r"|\^\((?P<brackets>(?:[^()]|\([^()]*\))+)\))"
)
_FORMULA = re.compile(r"(\$[^$]*\$)")
_MINUS = re.compile(r"(?<![\w.)\]])-(?=[\d.])")
_TOKEN = re.compile(r"(?:\$[^$]*\$|[^\s$])+|\$")
FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}  # too small to read when raised
BINDING = frozenset("= − + < > ≤ ≥ ≪ ≫ ≈ ± × · → ∝ ∼ ∈ ≠ ≡".split())
LONGEST_BOUND = 30  # characters that stay on one line; longer formulas may break


def typeset(text: str, *, bold: bool = False) -> str:
    r"""Return the text with its indices and powers as mathematics, and a true minus before numbers.

    ``"d_min"`` becomes ``"d$_{\mathrm{min}}$"`` and ``"10^100"`` becomes ``"10$^{\mathrm{100}}$"``; names such as
    ``local_steps``, and what already lies between dollars, stay. A raised or lowered part is upright, as the letters
    around it are, and bold among bold ones.
    """
    if text.count("$") % 2:
        return text
    parts = _FORMULA.split(text)
    return "".join(part if k % 2 else _set(part, bold) for k, part in enumerate(parts))


def _set(text: str, bold: bool) -> str:
    return _INDEX.sub(lambda found: _indexed(found, bold), _MINUS.sub("−", text))


def _indexed(found: re.Match[str], bold: bool) -> str:
    sign = found["sign"] or "^"
    inner = found["braces"] or found["one"] or found["brackets"]
    for fraction, written in FRACTIONS.items():
        inner = inner.replace(fraction, written)
    inner = inner.replace("-", "−").replace(" ", r"\ ")
    return f"{found[1]}${sign}{{\\math{'bf' if bold else 'rm'}{{{inner}}}}}$"


def unbroken(text: str) -> list[list[str]]:
    """Return the words of a paragraph in groups that stay on one line: a formula around its signs, a short bracket."""
    groups: list[list[str]] = []
    for word in _TOKEN.findall(text):
        if groups and _belongs(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _belongs(group: list[str], word: str) -> bool:
    """Whether a word must not begin a line after this group: a sign stands between, or a bracket is still open."""
    line = " ".join(group)
    short = len(line) + len(word) < LONGEST_BOUND
    bracket = line[max(line.rfind(c) for c in "([") :]
    opened = bracket[0] in "([" and not re.search(r"[)\]]|[a-z]{3}", bracket)
    return short and (word in BINDING or group[-1] in BINDING or opened)
