"""Formulas of the pages as MathML, converted while building: no script, no network, the same as in the report."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from implicitbias.display.formulas import FormulaError, mathml


logger = logging.getLogger(__name__)


def visit_inline(writer: Any, node: nodes.Node) -> None:
    """Write a formula in the line."""
    writer.body.append(converted(node, "inline"))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.Element) -> None:
    """Write a formula on a line of its own."""
    label = f' id="equation-{node["label"]}"' if node.get("label") else ""
    writer.body.append(f'<div class="formula"{label}>{converted(node, "block")}</div>\n')
    raise nodes.SkipNode


def converted(node: nodes.Node, display: str) -> str:
    """Return a formula as MathML; one that has none is a warning, which fails the build."""
    try:
        return str(mathml(node.astext().strip(), display))
    except FormulaError as trouble:
        logger.warning("%s", trouble, location=node)
        return ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer to Sphinx under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
