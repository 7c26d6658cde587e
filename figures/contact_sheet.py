"""All drawn figures at a glance: small pictures with names and titles, on pages to print and on a page to click."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from figures.layout import wrapped
from figures.provenance import metadata, sidecar_text
from figures.render import styled
from figures.save import write_all
from figures.style import INK, REFERENCE, venue_named
from implicitbias.display import in_brief
from implicitbias.display.prose import line
from implicitbias.errors import BadInput


NAME = "contact-sheet"
PAGE = (8.27, 11.69)  # A4, inches
COLUMNS, ROWS = 3, 5
EDGE, GUTTER = 0.45, 0.16  # inches around the page, and between pictures
WORDS = 0.52  # inches under a picture: its name, and its title in two lines at most
SMALL, SMALLER = 7.0, 6.0  # points
THUMBNAIL = 480  # pixels wide, sharp on a page and on a screen
DPI = 150
SUFFIXES = ("png", "pdf", "svg", "pgf", "gif", "html", "mp4", "json")


@dataclass(frozen=True)
class Thumbnail:
    """A small picture with the name of its files and the title that it carries."""

    name: str
    title: str
    picture: bytes

    __repr__ = in_brief


def contact_sheet(folder: str | Path) -> list[Path]:
    """Write ``contact-sheet.pdf``, ``-1.png``, ``-2.png`` … and ``.html`` of the figures in a folder.

    The HTML is one file, whose pictures lead to the files beside it. Same figures, same bytes.

    Raises
    ------
    BadInput
        If the folder holds no PNG that :func:`figures.save` wrote.
    """
    folder = Path(folder)
    found = thumbnails(folder)
    if not found:
        raise BadInput(
            f"folder = {str(folder)!r}: holds no drawn PNG to show; draw some first, with png among the formats"
        )
    size = COLUMNS * ROWS
    parts = [found[start : start + size] for start in range(0, len(found), size)]
    drawn = [_page(part, k, len(parts)) for k, part in enumerate(parts, start=1)]
    pages = {f"{NAME}-{k}.png": _png_page(page) for k, page in enumerate(drawn, start=1)}
    sheet = {f"{NAME}.pdf": _pdf(drawn), **pages, f"{NAME}.html": _html(found, folder)}
    for old in folder.glob(f"{NAME}-*.png"):
        if old.name not in sheet:
            old.unlink()  # of a longer sheet
    return [path for name, content in sheet.items() for path in write_all(folder, *_split(name, content))]


def thumbnails(folder: Path) -> list[Thumbnail]:
    """Return the pictures of a folder that carry our title, by name."""
    from PIL import Image

    found = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as image:
            title = str(image.info.get("Title", ""))
            if not title or path.name.startswith(f"{NAME}-"):
                continue
            height = round(THUMBNAIL * image.height / image.width)
            small = image.convert("RGB").resize((THUMBNAIL, height), Image.Resampling.LANCZOS)
        found.append(Thumbnail(path.stem, title, _png(small)))
    return found


def _png(image: Any) -> bytes:
    """Return the picture as a small PNG: figures have few colours."""
    from PIL import Image

    stream = BytesIO()
    image.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        stream, "PNG", optimize=True
    )
    return stream.getvalue()


def _split(name: str, content: bytes) -> tuple[str, dict[str, bytes]]:
    stem, _, suffix = name.rpartition(".")
    return stem, {suffix: content}


def _pdf(drawn: Sequence[Any]) -> bytes:
    """Return all pages in one PDF."""
    from matplotlib.backends.backend_pdf import PdfPages

    stream = BytesIO()
    with styled(venue_named("page")), PdfPages(stream, metadata=_remarks("pdf")) as pages:
        for page in drawn:
            pages.savefig(page)
    return stream.getvalue()


def _png_page(page: Any) -> bytes:
    stream = BytesIO()
    with styled(venue_named("page")):
        page.savefig(stream, format="png", dpi=DPI, metadata=_remarks("png"))
    return stream.getvalue()


def _remarks(form: str) -> dict[str, Any]:
    return metadata(form, "Contact sheet", sidecar_text({"figure": NAME}))


def _page(part: Sequence[Thumbnail], number: int, count: int) -> Any:
    """Draw one page."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = PAGE
    with styled(venue_named("page")):
        figure = Figure(figsize=PAGE)
        FigureCanvasAgg(figure)
        figure.text(EDGE / width, EDGE / 2 / height, f"{number} of {count}", size=SMALL, color=REFERENCE)
        cell = (width - 2 * EDGE + GUTTER) / COLUMNS, (height - 2 * EDGE) / ROWS
        for k, one in enumerate(part):
            row, column = divmod(k, COLUMNS)
            _put(
                figure,
                one,
                EDGE + column * cell[0],
                height - EDGE - row * cell[1],
                (cell[0] - GUTTER, cell[1]),
            )
    return figure


def _put(figure: Any, one: Thumbnail, left: float, top: float, cell: tuple[float, float]) -> None:
    """Put one picture with its words at (left, top), in inches."""
    from PIL import Image

    width, height = PAGE
    with Image.open(BytesIO(one.picture)) as image:
        pixels = image.convert("RGB")
    room = cell[1] - WORDS
    share = min(cell[0] / pixels.width, room / pixels.height)
    wide, high = share * pixels.width, share * pixels.height
    axes = figure.add_axes((left / width, (top - high) / height, wide / width, high / height))
    axes.imshow(pixels, interpolation="antialiased", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=True, color=REFERENCE, linewidth=0.4)
    lines = wrapped(figure, one.title, SMALLER, cell[0])
    words = "\n".join([*lines[:1], lines[1] + (" …" if len(lines) > 2 else "")] if len(lines) > 1 else lines)
    common: dict[str, Any] = {"va": "top", "color": INK}
    figure.text(left / width, (top - high - 0.05) / height, one.name, size=SMALL, weight="bold", **common)
    figure.text(left / width, (top - high - 0.18) / height, words, size=SMALLER, **common)


def _html(found: Sequence[Thumbnail], folder: Path) -> bytes:
    """Return a page of one file; a picture leads to the PNG, and words to the other formats."""
    items = "\n".join(_item(one, folder) for one in found)
    page = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Contact sheet: {len(found)} figures</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 15px system-ui, "DejaVu Sans", sans-serif; margin: 1.5em; max-width: 100em }}
ul {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(19em, 1fr)); gap: 1.6em; padding: 0 }}
li {{ list-style: none }}
img {{ width: 100%; height: auto; background: white; border: 1px solid #8884 }}
h2 {{ font-size: 1em; margin: 0.4em 0 0.1em }}
p {{ margin: 0; font-size: 0.9em }}
</style>
<h1>{len(found)} figures</h1>
<ul>
{items}
</ul>
</html>
"""
    return page.encode()


def _item(one: Thumbnail, folder: Path) -> str:
    shown = base64.b64encode(one.picture).decode()
    kinds = [kind for kind in SUFFIXES if (folder / f"{one.name}.{kind}").exists()]
    links = " ".join(f'<a href="{escape(one.name)}.{kind}">{kind}</a>' for kind in kinds)
    words = escape(one.title.replace("$", ""))
    picture = f'<img src="data:image/png;base64,{shown}" alt="{words}" width="{THUMBNAIL}">'
    name, said = escape(one.name), line(one.title)
    return f'<li><a href="{name}.png">{picture}</a><h2>{name}</h2><p>{said}</p><p>{links}</p>'
