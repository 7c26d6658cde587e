"""Templates and what they may call."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from implicitbias.display.digits import known_digits, number
from implicitbias.display.prose import line, paragraphs, words
from paper_repro.claims.failure import first_line
from paper_repro.claims.verdict import Status
from paper_repro.report import filters, outcome, rerun
from paper_repro.report.citation import citation, heading
from paper_repro.report.interval_strip import interval_strip


def render(template: str, **values: Any) -> str:
    """Return a page."""
    return _templates().get_template(template).render(**values)


def stylesheet() -> str:
    """Return the one style sheet of all pages."""
    return _beside("report.css")


def filter_script() -> str:
    """Return the one script, which narrows the index; every page says all it has to say without it."""
    return _beside("filter.js")


def _beside(name: str) -> str:
    return files("paper_repro.report").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("paper_repro.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"paragraphs": paragraphs, "prose": line, "words": words, "number": number}
    templates.globals |= {
        "anchor_of": rerun.anchor_of,
        "citation": citation,
        "command": rerun.command,
        "counted": outcome.counted,
        "decisive": outcome.decisive,
        "evidence_meaning": outcome.evidence_meaning,
        "facets": filters.facets,
        "filters": filters.filters,
        "figure_command": rerun.figure_command,
        "first_line": first_line,
        "heading": heading,
        "json_place": rerun.place,
        "keeping": rerun.keeping,
        "known_digits": known_digits,
        "origins": rerun.origins,
        "outcome": outcome.outcome,
        "python": rerun.python,
        "source_meaning": outcome.SOURCES.__getitem__,
        "status_meaning": outcome.status_meaning,
        "status_symbol": outcome.STATUS_SYMBOL.__getitem__,
        "Status": Status,
        "strip": interval_strip,
        "teeth": outcome.teeth,
    }
    return templates
