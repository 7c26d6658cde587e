"""Small pictures of drawn figures, with what their files say of themselves."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from implicitbias.display import in_brief


THUMBNAIL = 480  # pixels wide, sharp on a page and on a screen


@dataclass(frozen=True)
class Thumbnail:
    """A small picture with the name of its files and the title that it carries."""

    name: str
    title: str
    picture: bytes

    __repr__ = in_brief


def thumbnails(folder: Path, but: str) -> list[Thumbnail]:
    """Return the pictures of a folder that carry our title, by name; none whose name begins with ``but``."""
    from PIL import Image

    found = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as image:
            title = str(image.info.get("Title", ""))
            if not title or path.name.startswith(but):
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
