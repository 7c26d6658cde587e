"""What is on screen as HTML, set as the pages of the report are: one convention for words and formulas."""

from html import escape

from implicitbias.display.prose import line, paragraphs
from paper_repro.classroom.shown import Fact, Refused, Shown


def heading(scene: Shown | Refused) -> str:
    """Return the sentence above the picture, or why there is no picture."""
    if isinstance(scene, Refused):
        return f'<p class="refused" role="alert"><strong>This cannot be shown.</strong> {escape(scene.message)}</p>'
    capped = f'<p class="capped">{line(scene.capped)}</p>' if scene.capped else ""
    return f'<h2 class="finding">{line(scene.finding)}</h2>{capped}'


def numbers(facts: tuple[Fact, ...]) -> str:
    """Return the table of the numbers."""
    rows = (
        f'<tr><th scope="row">{line(f.name)}</th><td class="value">{line(f.value)}</td><td>{line(f.means)}</td></tr>'
        for f in facts
    )
    return f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>'


def reason(scene: Shown) -> str:
    """Return the reason, in paragraphs."""
    return f'<div class="why">{paragraphs(scene.why)}</div>'
