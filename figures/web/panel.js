// One panel: its axes, its marks in their order, its names.

import { drawAxes, drawFrame, drawHeading, find, placed } from "./axes.js";
import { drawBar } from "./colour_bar.js";
import { drawEnds, fittingLegend, freeSpot } from "./legend.js";
import { DRAWERS } from "./marks.js";
import { tag } from "./svg.js";
import { drawTable } from "./table.js";

// The panel in the box {left, top, width, height} of its axes: {body, points, below}, where `below` is a legend that
// found no room inside. `spot` is where the legend was in the picture before.
export function drawPanel(panel, box, context) {
  const { size } = context;
  const table = find(panel, "Table");
  if (table)
    return {
      body: [drawHeading(panel, box, size), drawTable(table, box, context)],
      points: [],
      below: null,
      box,
      x: null,
      y: null,
    };
  const place = placed(panel, box, context);
  const drawn = panel.marks.map((mark) => ({ mark, ...DRAWERS[mark.type](mark, place) }));
  const order = [...drawn].sort((a, b) => a.mark.look.zorder - b.mark.look.zorder);
  const isWords = ({ mark }) => mark.type === "Note";
  const clipped = tag(
    "g",
    { "clip-path": `url(#${context.id}-clip-${context.index})` },
    order.filter((d) => !isWords(d)).map((d) => group(d, context)),
  );
  const ink = drawn.filter(({ mark }) => mark.look.zorder > context.sizes.background).flatMap((d) => d.ink);
  const names = placeLegend(panel, place, ink, context);
  const body = [
    clip(place.box, context),
    drawHeading(panel, place.box, size),
    drawAxes(panel, place, context),
    clipped,
    drawFrame(place),
    drawBar(panel, place),
    order.filter(isWords).map((d) => group(d, context)),
    drawEnds(panel.ends, place),
    names.body,
  ];
  return {
    body,
    points: readings(drawn, panel, place),
    below: names.below,
    spot: names.spot,
    box: place.box,
    x: place.x,
    y: place.y,
  };
}

function group({ mark, body }, context) {
  return tag(
    "g",
    { "data-mark": mark.type, "data-panel": String(context.index), "data-label": mark.label ?? null },
    body,
  );
}

function clip(box, context) {
  return tag(
    "clipPath",
    { id: `${context.id}-clip-${context.index}` },
    tag("rect", { x: box.left, y: box.top, width: box.width, height: box.height }),
  );
}

// What the pointer can read, named by the axes.
function readings(drawn, panel, place) {
  const inside = ([x, y]) =>
    x >= place.box.left - 1 && x <= place.box.right + 1 && y >= place.box.top - 1 && y <= place.box.bottom + 1;
  return drawn
    .flatMap(({ points }) => points)
    .filter((point) => point.box || inside(point.at))
    .map((point) => ({ ...point, names: [panel.xlabel || "x", panel.ylabel || "y"], frame: place.box }));
}

function placeLegend(panel, place, ink, context) {
  if (!panel.legend.length) return { body: "", below: null, spot: null };
  const inside =
    panel.legend.length <= context.sizes.mostInside ? fittingLegend(panel.legend, place.size, 0, place) : null;
  const spot = inside && freeSpot(inside, place.box, ink, place.size, context.spot);
  if (spot) return { body: inside.at(spot.x, spot.y), below: null, spot: spot.name };
  return { body: "", below: fittingLegend(panel.legend, place.size, context.room, place, 4), spot: null };
}
