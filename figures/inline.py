"""Figures inside a page: SVG without header, whose names and style rules cannot meet those of another figure."""

import re
from hashlib import sha256
from html import escape

from figures.save import figure_bytes
from figures.views import View, view_to_json


PREFIX_DIGITS = 10  # of a SHA-256: two figures of a report collide with odds below 1e-9


def svg_inline(view: View, *, venue: str = "page", prefix: str | None = None) -> str:
    """Return one ``<svg>`` element for embedding in HTML.

    Letters are shapes, so that the page needs no typeface; the title and caption are kept as words for readers of
    the accessible tree. Every id starts with ``prefix`` (default: a digest of the view; give your own if one view
    appears twice on a page), and style rules hold inside this element only. The width follows the page.
    """
    return inlined(
        figure_bytes(view, "", ["svg"], venue=venue)["svg"].decode(), view, venue=venue, prefix=prefix
    )


def inlined(svg: str, view: View, *, venue: str = "page", prefix: str | None = None) -> str:
    """Return the element of :func:`svg_inline` from the text of the file in which the view was saved."""
    digest = sha256((view_to_json(view) + venue).encode()).hexdigest()
    prefix = prefix or f"figure-{digest[:PREFIX_DIGITS]}"
    body = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    body = body.replace('<style type="text/css">*{', f'<style type="text/css">#{prefix} *{{')
    return re.sub(r"<svg ([^>]*)>", lambda found: _opening(found[1], view, prefix), body, count=1).strip()


def _opening(attributes: str, view: View, prefix: str) -> str:
    """Return the opening tag: named, described, and as wide as its place allows."""
    width = re.search(r'width="([^"]+)"', attributes)
    kept = re.sub(r'\b(width|height)="[^"]*" ?', "", attributes).strip()
    size = f'style="width:100%;max-width:{width[1]};height:auto"' if width else ""
    names = f'id="{prefix}" role="img" aria-labelledby="{prefix}-title {prefix}-desc"'
    title = f'<title id="{prefix}-title">{escape(view.title)}</title>'
    return f'<svg {names} {size} {kept}>{title}<desc id="{prefix}-desc">{escape(view.caption)}</desc>'
