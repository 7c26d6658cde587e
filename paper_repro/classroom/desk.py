"""The parts of a lesson's notebook that all lessons share: controls, words, snapshot, notes."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import marimo as mo

from paper_repro.classroom.lessons import lesson_named
from paper_repro.classroom.screen import heading, numbers, reason
from paper_repro.classroom.shown import Refused, Shown
from paper_repro.classroom.snapshot import snapshot_name, snapshot_page


def slider(stops: Sequence[Any], value: Any, label: str) -> Any:
    """Return a slider over a few values; the lesson runs when it is let go."""
    return mo.ui.slider(
        steps=stops, value=value, label=label, show_value=True, debounce=True, full_width=True
    )


def choice(options: Sequence[str] | dict[str, Any], value: str, label: str) -> Any:
    """Return a choice of one."""
    return mo.ui.dropdown(options, value=value, label=label, full_width=True)


def row(*parts: Any) -> mo.Html:
    """Return controls side by side, as wide as each other."""
    return mo.hstack(parts, widths="equal", gap=2, align="end")


def finding(scene: Shown | Refused) -> mo.Html:
    """Return the sentence above the picture, or why there is none."""
    return mo.Html(heading(scene))


def words(scene: Shown | Refused) -> mo.Html:
    """Return what stands beside the picture: numbers, the reason, the code."""
    if isinstance(scene, Refused):
        return mo.Html("")
    folded = {"Why": mo.Html(reason(scene))} if scene.why else {}
    if scene.code:
        folded["The same in Python"] = mo.md(f"```python\n{scene.code}\n```")
    return mo.vstack([mo.Html(numbers(scene.facts)), mo.accordion(folded, multiple=True)], gap=1)


def snapshot(lesson: str, controls: Callable[[], Any], scene: Shown | Refused) -> mo.Html:
    """Return the button that saves what is on screen as one page.

    Parameters
    ----------
    lesson
        Name of the lesson.
    controls
        Returns the dataclass of its controls; not asked for a refusal, of which there is no snapshot.
    scene
        What is on screen.
    """
    if isinstance(scene, Refused):
        return mo.download(b"", filename="snapshot.html", label="Save a snapshot", disabled=True)
    chosen, values = lesson_named(lesson), dataclasses.asdict(controls())
    return mo.download(
        # The pictures are drawn for print: a second or two, when the button is pressed.
        lambda: snapshot_page(chosen, values, scene).encode(),
        filename=snapshot_name(chosen, values),
        mimetype="text/html",
        label="Save a snapshot",
    )


def below(lesson: str, controls: Callable[[], Any], scene: Shown | Refused) -> list[mo.Html]:
    """Return what stands below the picture: words, snapshot, notes."""
    return [
        words(scene),
        mo.hstack([snapshot(lesson, controls, scene)], justify="start"),
        notes(lesson),
    ]


def notes(lesson: str) -> mo.Html:
    """Return the lecture notes, folded."""
    text = lesson_named(lesson).notes.read_text(encoding="utf-8")
    return mo.accordion({"Lecture notes": mo.md(text)})
