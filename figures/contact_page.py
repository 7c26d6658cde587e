"""The contact sheet to click: one HTML file, whose pictures lead to the files beside it."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from figures.thumbnails import THUMBNAIL, Thumbnail
from implicitbias.display.prose import line


SUFFIXES = ("png", "pdf", "svg", "pgf", "gif", "html", "mp4", "json")


def contact_page(found: Sequence[Thumbnail], folder: Path) -> bytes:
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
