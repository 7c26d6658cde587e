"""All drawn figures at a glance: small pictures with names and titles, on pages to print and on a page to click."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from figures.contact_page import contact_page
from figures.layout import wrapped
from figures.provenance import metadata, sidecar_text
from figures.render import styled
from figures.save import write_all
from figures.style import INK, REFERENCE, venue_named
from figures.thumbnails import Thumbnail, thumbnails
from implicitbias.errors import BadInput


NAME = "contact-sheet"
PAGE = (8.27, 11.69)  # A4, inches
COLUMNS, ROWS = 3, 5
EDGE, GUTTER = 0.45, 0.16  # inches around the page, and between pictures
WORDS = 0.52  # inches under a picture: its name, and its title in two lines at most
SMALL, SMALLER = 7.0, 6.0  # points
DPI = 150


def contact_sheet(folder: str | Path) -> list[Path]:
    """Write ``contact-sheet.pdf``, ``-1.png``, ``-2.png`` … and ``.html`` of the figures in a folder.

    The HTML is one file, whose pictures lead to the files beside it. Same figures, same bytes.

    Raises
    ------
    BadInput
        If the folder holds no PNG that :func:`figures.save` wrote.
    """
    folder = Path(folder)
    found = thumbnails(folder, but=f"{NAME}-")
    if not found:
        raise BadInput(
            f"folder = {str(folder)!r}: holds no drawn PNG to show; draw some first, with png among the formats"
        )
    size = COLUMNS * ROWS
    parts = [found[start : start + size] for start in range(0, len(found), size)]
    drawn = [_page(part, k, len(parts)) for k, part in enumerate(parts, start=1)]
    pages = {f"{NAME}-{k}.png": _png_page(page) for k, page in enumerate(drawn, start=1)}
    sheet = {f"{NAME}.pdf": _pdf(drawn), **pages, f"{NAME}.html": contact_page(found, folder)}
    for old in folder.glob(f"{NAME}-*.png"):
        if old.name not in sheet:
            old.unlink()  # of a longer sheet
    return [path for name, content in sheet.items() for path in write_all(folder, *_split(name, content))]


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
    first, *more = wrapped(figure, one.title, SMALLER, cell[0])
    words = "\n".join([first, *more[:1]]) + (" …" if more[1:] else "")
    common: dict[str, Any] = {"va": "top", "color": INK}
    figure.text(left / width, (top - high - 0.05) / height, one.name, size=SMALL, weight="bold", **common)
    figure.text(left / width, (top - high - 0.18) / height, words, size=SMALLER, **common)
