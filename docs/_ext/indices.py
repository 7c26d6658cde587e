"""Indices and powers in plain words, such as f_m(w^r), are set as the report sets them."""

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from implicitbias.display.prose import words


# Where text is code, or is made into something else by its own rules.
CODE = (
    *(nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw),
    *(nodes.comment, nodes.title, addnodes.desc_signature),
)


class Indices(SphinxPostTransform):
    """Replace words that hold indices or powers by their HTML."""

    formats = ("html",)
    default_priority = 900

    def run(self, **options: Any) -> None:
        """Go through the paragraphs of a page."""
        for text in list(self.document.findall(nodes.Text)):
            html = str(words(text.astext())) if "_" in text or "^" in text else ""
            if ("<sub>" in html or "<sup>" in html) and not _inside(text, CODE):
                text.parent.replace(text, nodes.raw("", html, format="html"))


def _inside(node: nodes.Node | None, kinds: tuple[type, ...]) -> bool:
    """Whether a node lies in one of these kinds."""
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node is not None


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the transform."""
    app.add_post_transform(Indices)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
