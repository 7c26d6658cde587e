"""Views drawn in a page, and what was drawn read back from the page."""

import json

import numpy as np

from figures import Panel, View
from figures.web import json_inside, payload, script


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
  return {value: Number(tick.dataset.value), at: axis === "x" ? x : y, text: text?.textContent ?? "", power,
          from: box && (axis === "x" ? box.x : box.y), to: box && (axis === "x" ? box.x + box.width : box.y + box.height)};
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


def count(page, selector):
    return page.locator(selector).count()


def as_script_data(view):
    return json_inside(payload(view))
