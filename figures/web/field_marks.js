// Functions of the plane: curves of equal height, areas between them, and cells whose colour is a quantity.

import { readable } from "./scales.js";
import { stroke } from "./shapes.js";
import { digits, paint, polygon, polyline, tag } from "./svg.js";
import { textWidth, write } from "./words.js";

const PLATE = "#ffffff"; // behind cells at night, too: blanks stay white, and the darkest cell is seen

export function drawField(mark, place) {
  if (mark.kind === "image") return drawImage(mark, place);
  const across = ([x, y]) => [place.x.at(x), place.y.at(y)];
  if (mark.kind === "filled") {
    const body = mark.areas.map((area) =>
      tag("path", {
        class: "ib-area",
        d: area.rings.map((ring) => polygon(ring.map(across))).join(""),
        "fill-rule": "evenodd",
        fill: paint(area.shade[0]),
      }),
    );
    return { body, ink: [], points: [] };
  }
  const width = mark.look.width * place.line;
  const body = mark.lines.map(({ level, paths }) => [
    tag("path", {
      class: "ib-line",
      d: paths.map((path) => polyline(path.map(across))).join(""),
      ...stroke(mark.look, width),
    }),
    heightLabel(
      level,
      paths.map((path) => path.map(across)),
      place,
    ),
  ]);
  return { body, ink: [], points: [] };
}

// The height of a contour on the middle of its longest piece inside the axes, where there is room for it.
function heightLabel(level, paths, place) {
  const { box } = place;
  const size = 0.75 * place.size;
  const words = readable(level);
  const inside = ([x, y]) =>
    x > box.left + 2 * size && x < box.right - 2 * size && y > box.top + size && y < box.bottom - size;
  const longest = paths.reduce((best, path) => (path.length > best.length ? path : best), []);
  const middle = longest.filter(inside);
  if (middle.length < 3 || extent(longest) < 1.6 * textWidth(words, size)) return "";
  const [x, y] = middle[Math.floor(middle.length / 2)];
  return write(words, { x, y: y + 0.35 * size, size, anchor: "middle", fill: "quiet", halo: true });
}

function extent(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
}

// Edges of cells in pixels: half-way between their middles, as far again at the ends.
function cellEdges(middles) {
  const inner = middles.slice(1).map((middle, k) => (middle + middles[k]) / 2);
  return [2 * middles[0] - inner[0], ...inner, 2 * middles.at(-1) - inner.at(-1)];
}

// Where a value lies between the limits of the colours, as an index into the ramp; null for a blank.
function shadeOf(value, { ramp, limits }, scale = "linear") {
  if (value === null) return null;
  const [low, high, at] = scale === "log" ? [...limits, value].map(Math.log) : [...limits, value];
  const share = high > low ? (at - low) / (high - low) : 0.5;
  return Math.round(Math.min(Math.max(share, 0), 1) * (ramp.length - 1));
}

function cells(mark, place, rows, scale) {
  const xs = cellEdges(mark.x.map((x) => place.x.at(x)));
  const ys = cellEdges(rows);
  const found = [];
  mark.values.forEach((row, j) =>
    row.forEach((value, i) => {
      const shade = shadeOf(value, mark.look, scale);
      if (shade !== null) found.push({ shade, value, i, j, box: [xs[i], ys[j], xs[i + 1], ys[j + 1]] });
    }),
  );
  return found;
}

function outline([x0, y0, x1, y1]) {
  return `M${digits(x0)} ${digits(y0)}H${digits(x1)}V${digits(y1)}H${digits(x0)}Z`;
}

// One path for each colour: cells of a fine grid are too many for an element each.
function drawImage(mark, place) {
  const found = cells(
    mark,
    place,
    mark.y.map((y) => place.y.at(y)),
    "linear",
  );
  const paths = new Map();
  for (const { shade, box } of found) paths.set(shade, (paths.get(shade) ?? "") + outline(box));
  const body = [...paths].map(([shade, d]) =>
    tag("path", { class: "ib-cells", d, fill: mark.look.ramp[shade], "shape-rendering": "crispEdges" }),
  );
  const points = found.map(({ value, i, j, box }) => ({
    box,
    label: mark.label,
    x: mark.x[i],
    y: mark.y[j],
    value,
  }));
  return { body, ink: [], points };
}

export function drawHeatmap(mark, place) {
  const found = cells(
    mark,
    place,
    mark.rows.map((_, j) => place.y.at(j)),
    mark.scale,
  );
  const { left, top, width, height } = place.box;
  const plate = tag("rect", { x: left, y: top, width, height, fill: PLATE });
  const edge = { stroke: PLATE, "stroke-width": 0.4 * place.line };
  const body = found.map(({ shade, box }) =>
    tag("path", { class: "ib-cell", d: outline(box), fill: mark.look.ramp[shade], ...edge }),
  );
  const points = found.map(({ value, i, j, box }) => ({
    box,
    label: mark.label,
    x: mark.x[i],
    row: mark.rows[j],
    value,
  }));
  return {
    body: [plate, body],
    ink: found.map(({ box }) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]),
    points,
  };
}
