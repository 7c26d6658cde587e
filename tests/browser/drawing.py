"""Views drawn in a page, and what was drawn read back from the page."""

import json

import numpy as np

from figures import Panel, View
from figures.web import payload, script


BLANK = f"""<!doctype html><meta charset="utf-8"><body style="margin:0"><div id="host"></div>
<script type="module">{script()}
window.drawView = drawView; window.playViews = playViews;
window.draw = (view, options) => drawView(document.getElementById("host"), view, options);
</script>"""
TICKS = """axis => [...document.querySelectorAll(`.ib-tick[data-axis=${axis}]`)].map(tick => {
  const [x, y] = tick.querySelector(".ib-tick-mark").getAttribute("d").match(/[-\\d.]+/g).map(Number);
  const text = tick.querySelector("text");
  const power = [...(text?.querySelectorAll("tspan") ?? [])].map(span => span.textContent).join("");
  const box = text?.getBBox();
  const ends = box && {x: [box.x, box.x + box.width], y: [box.y, box.y + box.height]}[axis];
  return {value: Number(tick.dataset.value), at: {x, y}[axis], text: text?.textContent ?? "", power,
          from: ends?.[0], to: ends?.[1]};
})"""


def view_of(*marks, **axes):
    return View("A finding", "A setting.", (Panel(marks, "rounds R", "chord", **axes),))


def blank(page):
    page.set_content(BLANK)
    page.wait_for_function("Boolean(window.draw)")
    return page


def draw(page, view, **options):
    page.evaluate(f"view => draw(view, {json.dumps(options)})", payload(view))


def ticks(page, axis):
    """Return {value, at, text, power, from, to} of each tick of the first panel, in the order of values."""
    return sorted(page.evaluate(TICKS, axis), key=lambda tick: tick["value"])


def pixels(page, axis, scale, values):
    """Return where values should lie, by the least-squares line through the ticks that stands for the axis."""
    where = {"linear": np.asarray, "log": np.log10}[scale]
    found = ticks(page, axis)
    line = np.polyfit(where([t["value"] for t in found]), [t["at"] for t in found], 1)
    return np.polyval(line, where(np.asarray(values, dtype=float)))


def circles(page, mark="Series"):
    """Return the centres of round markers of one kind of mark, shape (point, 2)."""
    read = "all => all.map(c => [c.cx.baseVal.value, c.cy.baseVal.value])"
    return np.array(page.eval_on_selector_all(f"[data-mark={mark}] .ib-dots > circle", read)).reshape(-1, 2)


def box_of(page, selector):
    """Return left, top, right, bottom of the first element found, in pixels of the picture."""
    read = "one => (b => [b.x, b.y, b.x + b.width, b.y + b.height])(one.getBBox())"
    return page.eval_on_selector(selector, read)


def count(page, selector):
    return page.locator(selector).count()
