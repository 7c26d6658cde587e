// Each kind of mark as SVG: geometry only, for how it looks was decided before. A drawer takes the mark and its
// place {x, y, box, size, line, sizes} and returns {body, ink, points}: SVG, pixels that names must not cover, and what
// the pointer can read.

import { drawField, drawHeatmap } from "./field_marks.js";
import { drawBands, drawHistogram, drawSeries, drawSpan } from "./graph_marks.js";
import { drawArrows, drawCloud, drawSeparator, drawTrajectory } from "./plane_marks.js";
import { densified, nothing } from "./shapes.js";
import { textWidth, write } from "./words.js";

export const DRAWERS = {
  Series: drawSeries,
  Bands: drawBands,
  Cloud: drawCloud,
  Field: drawField,
  Heatmap: drawHeatmap,
  Arrows: drawArrows,
  Trajectory: drawTrajectory,
  Separator: drawSeparator,
  Span: drawSpan,
  Histogram: drawHistogram,
  Table: () => nothing(),
  Note: drawNote,
};

function drawNote(mark, place) {
  const { box } = place;
  const size = 0.9 * place.size;
  const lines = mark.text.split("\n");
  const step = place.sizes.lineHeight * size;
  const width = Math.max(...lines.map((line) => textWidth(line, size)));
  const [vertical, horizontal] = mark.corner.split(" ");
  const free = mark.x !== null;
  const right = !free && horizontal === "right";
  const x = free
    ? place.x.at(mark.x) + 0.4 * size
    : right
      ? box.right - 0.02 * box.width
      : box.left + 0.02 * box.width;
  const bottom = free ? place.y.at(mark.y) - 0.4 * size : box.bottom - 0.03 * box.height;
  const first =
    !free && vertical === "upper"
      ? box.top + 0.03 * box.height + 0.8 * size
      : bottom - (lines.length - 1) * step;
  const body = lines.map((line, k) =>
    write(line, { x, y: first + k * step, size, anchor: right ? "end" : "start", halo: true }),
  );
  const left = right ? x - width : x;
  const [top, end] = [first - 0.8 * size, first + (lines.length - 1) * step + 0.3 * size];
  return {
    body,
    ink: densified([
      [left, top],
      [left + width, top],
      [left + width, end],
      [left, end],
      [left, top],
    ]),
    points: [],
  };
}
