"""One page that needs no file beside it: the report's base template with the style sheet inside."""

from collections.abc import Mapping

from markupsafe import Markup

from paper_repro.report.rendering import render, stylesheet


def standalone(title: str, body_html: str, *, environment: Mapping[str, str]) -> str:
    """Return a page of the report that can be sent to somebody as one file.

    Parameters
    ----------
    title
        Text of the window's title, escaped here. A heading, if any, is the body's.
    body_html
        What stands in ``<main>``, as it is: escape what is not yours.
    environment
        Versions for the foot; see :func:`paper_repro.report.environment.environment`.
    """
    return render(
        "standalone.html.jinja",
        title=title,
        body=Markup(body_html),
        style=Markup(stylesheet()),
        environment=environment,
    )
