"""A snapshot: what is on screen, as a page of the report in one file, for those who were not there."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from figures import view_to_json
from figures.inline import svg_inline
from paper_repro.classroom.lessons import Lesson
from paper_repro.classroom.shown import Shown
from paper_repro.report.environment import environment
from paper_repro.report.rendering import render, stylesheet


DIGEST = 8  # digits of the file's name: two snapshots of one hour collide with odds below 1e-6


def snapshot_name(lesson: Lesson, controls: Mapping[str, Any]) -> str:
    """Return the name of the file: the same setting, the same name."""
    digest = sha256(json.dumps(controls, sort_keys=True).encode()).hexdigest()
    return f"{lesson.name}-{digest[:DIGEST]}.html"


def snapshot_page(lesson: Lesson, controls: Mapping[str, Any], shown: Shown) -> str:
    """Return a page that opens offline: pictures as SVG, numbers, the reason, the code, and all data as JSON.

    Parameters
    ----------
    lesson
        Which lesson was shown.
    controls
        Names and values of its controls, as plain data.
    shown
        What was on screen.
    """
    views = [json.loads(view_to_json(view)) for view in shown.views]
    data = {"lesson": lesson.name, "controls": dict(controls), "views": views, "environment": environment()}
    return render(
        "snapshot.html.jinja",
        lesson=lesson,
        controls=controls,
        shown=shown,
        # Two like views on one page must not share the names of their parts.
        pictures=[Markup(svg_inline(view, prefix=f"view-{k}")) for k, view in enumerate(shown.views)],
        data=Markup(_for_script(data)),
        style=Markup(stylesheet()),
        environment=environment(),
    )


def _for_script(data: Any) -> str:
    """Return JSON in which no text can end the script that holds it."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
