"""Where a figure came from, kept inside the file itself: one JSON text in what each format has for remarks."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from implicitbias.errors import BadInput


_DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"
_PDF_KEYWORDS = re.compile(rb"/Keywords \(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_PDF_ESCAPE = re.compile(rb"\\(n|r|t|b|f|[0-7]{3}|.)", re.DOTALL)
_PGF_REMARK = "%% provenance: "
_HTML_SCRIPT = ('<script type="application/json" id="provenance">', "</script>")
_MP4_COMMENT = b"\xa9cmt"  # followed by the size of an atom (4 bytes), "data", 8 bytes of kind, and the words
_PDF_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def sidecar_text(sidecar: Mapping[str, Any]) -> str:
    """Return the sidecar as JSON in ASCII, keys sorted: the same facts give the same bytes.

    Raises
    ------
    BadInput
        If a value is not plain data (numbers, words, lists, dictionaries) or not finite.
    """
    try:
        return json.dumps(dict(sidecar), sort_keys=True, indent=1, allow_nan=False)
    except (TypeError, ValueError) as trouble:
        raise BadInput(
            f"sidecar: {trouble}: only finite numbers, words, lists and dictionaries; convert it"
        ) from None


def metadata(form: str, title: str, text: str) -> dict[str, Any]:
    """Return Matplotlib's ``metadata`` for one format: title and sidecar, and no date."""
    if form == "png":
        return {"Title": title, "Description": text}
    if form == "pdf":
        return {"Title": title, "Keywords": text, "CreationDate": None, "ModDate": None}
    return {"Title": title, "Description": text, "Date": None}


def read_sidecar(path: str | Path) -> dict[str, Any]:
    """Return the sidecar embedded in a saved figure (or the sidecar file itself).

    Raises
    ------
    BadInput
        If the file is of another format or carries none.
    """
    path = Path(path)
    readers = {
        ".png": _from_png,
        ".pdf": _from_pdf,
        ".svg": _from_svg,
        ".pgf": _from_pgf,
        ".gif": _from_gif,
        ".html": _from_html,
        ".mp4": _from_mp4,
        ".json": Path.read_text,
    }
    if path.suffix not in readers:
        raise BadInput(f"path = {path.name}: no figure format; use one of {', '.join(readers)}")
    text = readers[path.suffix](path)
    if not text:
        raise BadInput(f"path = {path.name}: carries no sidecar; save it with figures.save")
    return json.loads(text)


def _from_png(path: Path) -> str:
    from PIL import Image

    with Image.open(path) as image:
        return str(image.info.get("Description", ""))


def _from_svg(path: Path) -> str:
    found = ElementTree.parse(path).find(f".//{_DESCRIPTION}")
    return (found.text or "") if found is not None else ""


def _from_pdf(path: Path) -> str:
    found = _PDF_KEYWORDS.search(path.read_bytes())
    return _PDF_ESCAPE.sub(_unescaped, found[1]).decode("latin-1") if found else ""


def with_remark(form: str, content: bytes, text: str) -> bytes:
    """Return a PGF or HTML file with the sidecar in it."""
    if form == "pgf":
        return (_PGF_REMARK + text.replace("\n", " ") + "\n").encode() + content
    start, end = _HTML_SCRIPT
    inside = text.replace("&", "\\u0026").replace("<", "\\u003c")
    return content.replace(b"</html>", f"{start}{inside}{end}\n</html>".encode())


def _from_gif(path: Path) -> str:
    from PIL import Image

    with Image.open(path) as image:
        return bytes(image.info.get("comment", b"")).decode()


def _from_pgf(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix(_PGF_REMARK) if first.startswith(_PGF_REMARK) else ""


def _from_html(path: Path) -> str:
    start, end = _HTML_SCRIPT
    _, found, rest = path.read_text(encoding="utf-8").rpartition(start)
    return rest.partition(end)[0].strip() if found else ""


def _from_mp4(path: Path) -> str:
    atom = path.read_bytes().rpartition(_MP4_COMMENT)[2]
    size = int.from_bytes(atom[:4], "big")
    return atom[16:size].decode() if atom[4:8] == b"data" else ""


def _unescaped(match: re.Match[bytes]) -> bytes:
    """Return what a PDF escape stands for: a named control, an octal code or the character itself."""
    code = match[1]
    return bytes([int(code, 8)]) if code.isdigit() and len(code) == 3 else _PDF_NAMED.get(code, code)
