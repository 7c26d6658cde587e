"""The picture of a lesson: views drawn in the browser, which takes milliseconds where Matplotlib takes a second."""

import json
from collections.abc import Sequence

import anywidget
import traitlets

from figures import View
from figures.web import payload, script


# The bundle defines drawView(host, payload, options).
_RENDER = """
function render({ model, el }) {
  const draw = () => {
    const views = JSON.parse(model.get("views"));
    while (el.children.length > views.length) el.lastChild.remove();
    views.forEach((view, index) => {
      if (!el.children[index]) el.appendChild(document.createElement("div")).className = "view";
      drawView(el.children[index], view, {});
    });
  };
  model.on("change:views", draw);
  draw();
}
export default { render };
"""


class Canvas(anywidget.AnyWidget):
    """Draw views, and draw them again in place when others are shown."""

    _esm = script() + _RENDER
    views = traitlets.Unicode("[]").tag(sync=True)

    def show(self, views: Sequence[View]) -> None:
        """Draw these views."""
        self.views = json.dumps([payload(view) for view in views])
