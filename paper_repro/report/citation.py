"""References as a reader sees them, from their one BibTeX entry."""

import re
from dataclasses import dataclass

from implicitbias.display.accents import accented
from paper_repro.bibliography import entry


@dataclass(frozen=True)
class Citation:
    """A reference in words, and its BibTeX."""

    key: str
    authors: str = ""
    title: str = ""
    venue: str = ""
    year: str = ""
    note: str = ""
    bibtex: str = ""

    @property
    def short(self) -> str:
        """Return family names and year, or the key."""
        return f"{_families(self.authors)} {self.year}".strip() or self.key


def citation(key: str) -> Citation:
    """Return the citation of a bib key; a key without entry keeps its name and nothing else."""
    bibtex = entry(key)
    if not bibtex:
        return Citation(key)
    fields = bib_fields(bibtex)
    venue = fields.get("journal") or fields.get("booktitle", "")
    volume = " ".join(fields[name] for name in ("series", "volume") if name in fields)
    return Citation(
        key,
        "; ".join(re.split(r"\s+and\s+", fields.get("author", ""))),
        fields.get("title", ""),
        ", ".join(filter(None, (venue, volume, fields.get("pages", "").replace("--", "–")))),
        fields.get("year", ""),
        fields.get("note", ""),
        bibtex,
    )


def heading(cited: Citation) -> str:
    """Return what the statements of a reference are headed with."""
    return "Derived in this project" if cited.key == "derived" else cited.short


def bib_fields(bibtex: str) -> dict[str, str]:
    """Return the fields of a BibTeX entry as people read them: letters with their accents, no braces, one line."""
    fields = {}
    for found in re.finditer(r"(\w+)\s*=\s*\{", bibtex):
        value = accented(_braced(bibtex, found.end()))
        fields[found[1].lower()] = re.sub(r"\s+", " ", value.replace("{", "").replace("}", "")).strip()
    return fields


def _braced(text: str, start: int) -> str:
    """Return what stands between a brace opened just before ``start`` and its partner."""
    depth = 1
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    return text[start:]


def _families(authors: str) -> str:
    names = [name.split(",")[0].strip() for name in authors.split(";") if name.strip()]
    if len(names) > 3:
        return f"{names[0]} et al."
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
