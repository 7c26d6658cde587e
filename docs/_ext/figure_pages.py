"""The gallery: thumbnails where ``{figures}`` lists names, and a page for every figure of the gallery.

Figures are drawn beforehand; one that is not has a page, too, which says how to draw it.
"""

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from pictures import Picture, picture
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from paper_repro.report.plates import gallery


# Pixels: cards are 300 wide at most, and screens show two pixels for one.
THUMBNAIL = 600
# Pages, thumbnails and pictures are made anew by every build; nothing else lives here.
MADE = Path("gallery") / "figures"

UNDRAWN = "Not drawn when these pages were built; the command below draws it, or says what it needs."


class Figures(SphinxDirective):
    """Show thumbnails of figures, and take their pages into the navigation."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the cards."""
        titles = {figure.name: figure.title for figure in gallery()}
        names = " ".join(self.content).split()
        cards = [_card(name, titles[name], bool(picture(name))) for name in names]
        pages = [f"figures/{name}" for name in names]
        text = [":::{container} gallery", *cards, ":::", "```{toctree}", ":hidden:", "", *pages, "```"]
        return self.parse_text_to_nodes("\n".join(text))


def _card(name: str, title: str, drawn: bool) -> str:
    shown = f"![](figures/{name}-small.png) " if drawn else ""
    return f"[{shown}{title}](figures/{name}.md)\n"


def write_pages(app: Sphinx) -> None:
    """Write the page, thumbnail and files of every figure."""
    folder = Path(app.srcdir) / MADE
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for figure in gallery():
        drawn = picture(figure.name)
        if drawn:
            _copy(drawn, folder / figure.name)
        (folder / f"{figure.name}.md").write_text(page(figure, drawn), encoding="utf-8")


def page(figure: Any, drawn: Picture | None) -> str:
    """Return the page of a figure: finding, picture, setting, command, and the script that makes it."""
    return f"""# {figure.title}

{_shown(figure.name, drawn) if drawn else UNDRAWN}

## Draw it

```sh
paper-repro figures {figure.name} --out out
```

writes PNG, PDF and SVG into `out/figures`, with a JSON file that says where they come from. `--venue` sets it for a
paper, `--seed` draws other randomness, `--budget paper` runs longer.

## The script

`paper_repro/gallery/{figure.build.module}.py`

```{{literalinclude}} /../paper_repro/gallery/{figure.build.module}.py
:language: python
```
"""


def _shown(name: str, drawn: Picture) -> str:
    said = drawn.sidecar
    files = ", ".join(f"{{download}}`{form.upper()} <{name}.{form}>`" for form in ("png", "pdf", "svg"))
    made = f"Seed {said['seed']}, budget {said['budget']}, commit {said['environment']['commit']}. {files}"
    words = f":::{{container}} in-words\n**{drawn.finding}** {drawn.setting}\n:::"
    return f"![{drawn.finding}]({name}.svg)\n\n{words}\n\n{made}"


def _copy(drawn: Picture, target: Path) -> None:
    from PIL import Image

    for form in ("png", "pdf", "svg"):
        shutil.copyfile(drawn.stem.with_suffix(f".{form}"), target.with_suffix(f".{form}"))
    with Image.open(drawn.stem.with_suffix(".png")) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        small.save(target.with_name(f"{target.name}-small.png"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive, and write the pages before Sphinx looks for them."""
    app.add_directive("figures", Figures)
    app.connect("builder-inited", write_pages, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
