"""Views as pages that open anywhere: one file with data, script and style, no network, no server."""

import json
from html import escape
from typing import Any

from figures.animation import Animation
from figures.limits import on_common_limits
from figures.views import View
from figures.web.bundle import script
from figures.web.payload import payload
from figures.web.theme import SURFACES


TYPE_SIZE = 15.0  # pixels; 22 and more for a projector
CONTROLS = 5.5  # type sizes that the controls of an animation take, with what is around them
WIDEST = 72.0  # type sizes: wider pictures are hard to read at once


def film(animation: Animation) -> dict[str, Any]:
    """Return an animation as plain data for ``playViews``: frames on common axes, what changes, seconds a frame."""
    frames = [payload(frame) for frame in on_common_limits(animation.frames)]
    return {"frames": frames, "labels": list(animation.labels), "seconds": animation.seconds}


def animate_html(animation: Animation, *, type_size: float = TYPE_SIZE) -> bytes:
    """Return a page that plays the animation: play and pause, a slider, arrow keys; it opens offline.

    Readers who asked their system for less motion see the first frame and move on by themselves.

    Parameters
    ----------
    animation : Animation
        What moves.
    type_size : float
        Pixels; 15 on a desk, 22 or more on a projector.
    """
    call = f"playViews(host, data, {{fontSize, maxHeight: innerHeight - {CONTROLS:g} * fontSize}})"
    return _page(animation.frames[0].title, film(animation), call, type_size)


def view_html(view: View, *, type_size: float = TYPE_SIZE) -> bytes:
    """Return a page with one view, whose values the pointer reads; it opens offline. See :func:`animate_html`."""
    return _page(view.title, payload(view), "drawView(host, data, {fontSize})", type_size)


def json_inside(data: Any) -> str:
    """Return JSON that may stand in a script element: nothing in it ends the element or starts another."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _page(title: str, data: dict[str, Any], call: str, type_size: float) -> bytes:
    """Return the whole file."""
    rules = [";".join(f"--ib-{name}:{pair[k]}" for name, pair in SURFACES.items()) for k in (0, 1)]
    page = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title.replace("$", ""))}</title>
<link rel="icon" href="data:,">
<style>
:root{{{rules[0]};color-scheme:light dark}}
@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{rules[1]}}}}}
@media screen{{:root[data-theme="dark"]{{{rules[1]}}}}}
body{{margin:0;background:var(--ib-paper);color:var(--ib-ink);font:{type_size:g}px system-ui,"DejaVu Sans",sans-serif}}
main{{max-width:{WIDEST:g}em;margin:1em auto;padding:0 1em}}
</style>
<main id="picture"></main>
<noscript>This page draws its picture with JavaScript, all of it in this file; allow it to see the picture.</noscript>
<script type="application/json" id="data">{json_inside(data)}</script>
<script type="module">
{script()}
const host = document.getElementById("picture");
const data = JSON.parse(document.getElementById("data").textContent);
const fontSize = {type_size:g};
{call};
</script>
</html>
"""
    return page.encode()
