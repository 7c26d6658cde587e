// Each kind of mark as SVG: geometry only, for how it looks was decided before. A drawer takes the mark and its
// place {x, y, box, size, line, sizes} and returns {body, ink, points}: SVG, pixels that names must not cover, and what
// the pointer can read.

import { readable } from "./scales.js";
import { dashes, digits, paint, polygon, polyline, tag } from "./svg.js";
import { markers, symbol } from "./symbols.js";
import { textWidth, write } from "./words.js";

const DENSITY = 6; // pixels between the points that stand for a line when overlaps are sought
const CLOUD_SIZE = 0.62; // of the type size
const RINGED = 1.8; // widths of a marker
const PLATE = "#ffffff"; // behind cells at night, too: blanks stay white, and the darkest cell is seen
const BAND = 0.18; // opacity of an interval drawn as a region

export const DRAWERS = {
  Series: drawSeries, Bands: drawBands, Cloud: drawCloud, Field: drawField, Heatmap: drawHeatmap, Arrows: drawArrows,
  Trajectory: drawTrajectory, Separator: drawSeparator, Span: drawSpan, Histogram: drawHistogram, Table: () => nothing(),
  Note: drawNote,
};

function nothing() {
  return { body: "", ink: [], points: [] };
}

function pixels(place, xs, ys) {
  return xs.map((x, k) => [place.x.at(x), place.y.at(ys[k])]);
}

function shown([x, y]) {
  return Number.isFinite(x) && Number.isFinite(y);
}

function stroke(look, width, more = {}) {
  return {
    fill: "none", stroke: paint(look.colour), "stroke-width": width, "stroke-dasharray": dashes(look.line, width),
    "stroke-linejoin": "round", "stroke-linecap": look.line?.length ? null : "round", ...more,
  };
}

// Points along a line of pixels, close enough that a box over the line holds one of them.
export function densified(points) {
  const dense = [];
  points.forEach((point, k) => {
    if (!shown(point)) return;
    dense.push(point);
    const next = points[k + 1];
    if (!next || !shown(next)) return;
    const steps = Math.min(Math.floor(Math.hypot(next[0] - point[0], next[1] - point[1]) / DENSITY), 400);
    for (let j = 1; j < steps; j += 1) {
      dense.push([point[0] + ((next[0] - point[0]) * j) / steps, point[1] + ((next[1] - point[1]) * j) / steps]);
    }
  });
  return dense;
}

function readings(mark, at, more = () => []) {
  return at.map((point, k) => ({ at: point, colour: mark.look.colour, label: mark.label, x: mark.x[k], y: mark.y[k], more: more(k) }))
    .filter((reading) => shown(reading.at));
}

function drawSeries(mark, place) {
  const { look } = mark;
  const at = pixels(place, mark.x, mark.y);
  const width = look.width * place.line;
  const line = look.line === null ? "" : tag("path", { class: "ib-line", d: polyline(at), ...stroke(look, width) });
  const size = place.size * (look.dense ? place.sizes.denseMarker : place.sizes.marker);
  const marked = look.marker === null ? [] : look.dense ? spaced(at, place) : at.filter(shown);
  const dots = markers(look.marker, marked, size, look.colour, 0.25 * place.line);
  const [intervals, ends] = mark.error ? drawIntervals(mark, place) : ["", []];
  return {
    body: [intervals, line, dots],
    ink: [...(look.line === null ? at.filter(shown) : densified(at)), ...ends],
    points: readings(mark, at, (k) => (mark.error ? [mark.error[0][k], mark.error[1][k]] : [])),
  };
}

function drawIntervals(mark, place) {
  const [low, high] = mark.error;
  if (mark.look.band) {
    return [regions(place, mark.x, low, high).map((d) => tag("path", { d, fill: paint(mark.look.colour), "fill-opacity": BAND })), []];
  }
  const ends = mark.x.map((x, k) => [[place.x.at(x), place.y.at(low[k])], [place.x.at(x), place.y.at(high[k])]])
    .filter((pair) => pair.every(shown));
  const bars = ends.map((pair) => tag("path", {
    class: "ib-interval", d: polyline(pair), stroke: paint(mark.look.colour), "stroke-width": 0.8 * place.line,
  }));
  return [bars, ends.flatMap(densified)];
}

// Points a fixed share of the diagonal apart along the line: markers that tell crowded series apart.
function spaced(at, place) {
  const apart = place.sizes.spacing * Math.hypot(place.box.width, place.box.height);
  let gone = apart;
  let last = null;
  return at.filter((point) => {
    if (!shown(point)) return false;
    gone += last ? Math.hypot(point[0] - last[0], point[1] - last[1]) : 0;
    last = point;
    if (gone < apart) return false;
    gone = 0;
    return true;
  });
}

// Outlines of the region between two curves, one for each stretch without a gap.
function regions(place, xs, low, high) {
  const found = [];
  let stretch = [];
  const close = () => {
    if (stretch.length > 1) {
      found.push(polygon([...stretch.map(([x, bottom]) => [x, bottom]), ...stretch.reverse().map(([x, , top]) => [x, top])]));
    }
    stretch = [];
  };
  xs.forEach((x, k) => {
    const column = [place.x.at(x), place.y.at(low[k]), place.y.at(high[k])];
    if (column.every(Number.isFinite)) stretch.push(column);
    else close();
  });
  close();
  return found;
}

function drawBands(mark, place) {
  const { colour, alpha } = mark.look;
  const body = regions(place, mark.x, mark.low, mark.high).map((d) => tag("path", { class: "ib-region", d, fill: paint(colour), "fill-opacity": alpha }));
  const edges = [mark.low, mark.high].flatMap((edge) => densified(pixels(place, mark.x, edge)));
  return { body, ink: edges, points: [] };
}

function drawCloud(mark, place) {
  const at = pixels(place, mark.x, mark.y);
  const size = CLOUD_SIZE * place.size;
  const colour = (k) => mark.look.workers[mark.workers ? mark.workers[k] : 0];
  const marker = (k) => mark.look.classes[mark.classes ? mark.classes[k] : 1];
  const alike = new Map();
  at.forEach((point, k) => {
    const key = `${marker(k)} ${colour(k)}`;
    if (!alike.has(key)) alike.set(key, { marker: marker(k), colour: colour(k), points: [] });
    if (shown(point)) alike.get(key).points.push(point);
  });
  const dots = [...alike.values()].map((kind) => markers(kind.marker, kind.points, size, kind.colour, 0.4 * place.line));
  const rings = mark.ringed.filter((k) => shown(at[k])).map((k) => tag("path", {
    class: "ib-ring", d: symbol("o", ...at[k], RINGED * size), fill: "none", stroke: paint("ink"), "stroke-width": 0.6 * place.line,
  }));
  const said = (k) => [mark.workers ? `worker ${mark.workers[k] + 1}` : "", mark.classes ? `y = ${mark.classes[k] > 0 ? "+" : "−"}1` : ""];
  const points = at.map((point, k) => ({
    at: point, colour: colour(k), label: said(k).filter(Boolean).join(", ") || mark.label, x: mark.x[k], y: mark.y[k], more: [],
  }));
  return { body: [dots, rings], ink: at.filter(shown), points: points.filter((point) => shown(point.at)) };
}

function drawArrows(mark, place) {
  const width = 1.1 * place.line;
  const ends = mark.x.map((x, k) => [
    [place.x.at(x), place.y.at(mark.y[k])],
    [place.x.at(x + mark.dx[k]), place.y.at(mark.y[k] + mark.dy[k])],
  ]).filter((pair) => pair.every(shown));
  const body = ends.map((pair) => tag("path", { class: "ib-arrow", d: arrow(pair, width), fill: paint(mark.look.colour) }));
  const points = mark.x.map((x, k) => ({
    at: [place.x.at(x + mark.dx[k]), place.y.at(mark.y[k] + mark.dy[k])], colour: mark.look.colour, label: mark.label,
    x: x + mark.dx[k], y: mark.y[k] + mark.dy[k], more: [],
  }));
  return { body, ink: ends.flatMap(densified), points: points.filter((point) => shown(point.at)) };
}

// The outline of an arrow between two pixels; a short one is all head.
export function arrow([tail, tip], width) {
  const length = Math.hypot(tip[0] - tail[0], tip[1] - tail[1]) || 1e-9;
  const [c, s] = [(tip[0] - tail[0]) / length, (tip[1] - tail[1]) / length];
  const head = Math.min(5 * width, length);
  const wide = 2.1 * width * (head / (5 * width));
  const profile = [[0, -width / 2], [length - head, -width / 2], [length - head, -wide], [length, 0], [length - head, wide], [length - head, width / 2], [0, width / 2]];
  return polygon(profile.map(([along, across]) => [tail[0] + c * along - s * across, tail[1] + s * along + c * across]));
}

function drawTrajectory(mark, place) {
  const { look } = mark;
  const at = pixels(place, mark.x, mark.y);
  const line = tag("path", { class: "ib-line", d: polyline(at), ...stroke(look, look.width * place.line) });
  const seen = at.filter(shown);
  const size = place.sizes.marker * place.size;
  const hollow = { fill: paint("paper"), stroke: paint(look.colour) };
  const ends = [
    markers(look.marker, seen.slice(0, 1), size, look.colour, 0.6 * place.line, hollow),
    markers(look.marker, seen.slice(-1), size, look.colour, 0.6 * place.line),
  ];
  return { body: [line, ends], ink: densified(at), points: readings(mark, at) };
}

// The line {v : w·v = b}, cut off at the edges of the axes.
function drawSeparator(mark, place) {
  const width = mark.look.width * place.line;
  const shifts = mark.margins ? [0, 1, -1] : [0];
  const lines = shifts.map((shift) => ({ shift, ends: cut(mark.normal, mark.offset + shift, place) })).filter(({ ends }) => ends);
  const body = lines.map(({ shift, ends }) => tag("path", {
    class: "ib-line", d: polyline(ends),
    ...stroke(shift ? { ...mark.look, line: [2, 2] } : mark.look, width * (shift ? 0.6 : 1)),
  }));
  return { body, ink: lines.flatMap(({ ends }) => densified(ends)), points: [] };
}

function cut([a, b], offset, place) {
  const [[x0, x1], [y0, y1]] = [place.x.limits, place.y.limits];
  const crossings = Math.abs(b) * Math.abs(x1 - x0) >= Math.abs(a) * Math.abs(y1 - y0)
    ? [x0, x1].map((x) => [x, (offset - a * x) / b])
    : [y0, y1].map((y) => [(offset - b * y) / a, y]);
  const ends = crossings.map(([x, y]) => [place.x.at(x), place.y.at(y)]);
  return ends.every(shown) ? ends : null;
}

function drawSpan(mark, place) {
  const { box } = place;
  const axis = place[mark.axis];
  const [low, high] = [axis.at(mark.low), axis.at(mark.high)];
  if (mark.low < mark.high) {
    const ends = [low, high].map((end) => Math.min(Math.max(end, Math.min(axis.from, axis.to)), Math.max(axis.from, axis.to)));
    const [from, size] = [Math.min(...ends), Math.abs(ends[1] - ends[0])];
    const shape = mark.axis === "x"
      ? { x: from, y: box.top, width: size, height: box.height }
      : { x: box.left, y: from, width: box.width, height: size };
    return { body: tag("rect", { class: "ib-region", ...shape, fill: paint(mark.look.colour), "fill-opacity": mark.look.alpha }), ink: [], points: [] };
  }
  const ends = mark.axis === "x" ? [[low, box.top], [low, box.bottom]] : [[box.left, low], [box.right, low]];
  return { body: tag("path", { class: "ib-line", d: polyline(ends), ...stroke(mark.look, mark.look.width * place.line) }), ink: [], points: [] };
}

function drawHistogram(mark, place) {
  const { look } = mark;
  const foot = Math.min(Math.max(place.y.at(place.y.scale === "log" ? place.y.limits[0] : 0), place.box.top), place.box.bottom);
  const tops = mark.heights.map((height) => place.y.at(height));
  const corners = tops.flatMap((top, k) => (Number.isFinite(top) ? [[place.x.at(mark.edges[k]), top], [place.x.at(mark.edges[k + 1]), top]] : [[NaN, NaN]]));
  const bars = tops.map((top, k) => (Number.isFinite(top) ? tag("rect", {
    class: "ib-bar", x: place.x.at(mark.edges[k]), y: Math.min(top, foot), height: Math.abs(foot - top),
    width: place.x.at(mark.edges[k + 1]) - place.x.at(mark.edges[k]), fill: paint(look.colour), "fill-opacity": look.alpha,
  }) : ""));
  const [first, last] = [place.x.at(mark.edges[0]), place.x.at(mark.edges.at(-1))];
  const outline = tag("path", { class: "ib-line", d: polyline([[first, foot], ...corners, [last, foot]]), ...stroke(look, look.width * place.line) });
  const points = tops.map((top, k) => ({
    at: [(place.x.at(mark.edges[k]) + place.x.at(mark.edges[k + 1])) / 2, top], colour: look.colour, label: mark.label,
    x: (mark.edges[k] + mark.edges[k + 1]) / 2, y: mark.heights[k], more: [],
  }));
  return { body: [bars, outline], ink: densified([[first, foot], ...corners, [last, foot]]), points: points.filter((point) => shown(point.at)) };
}

function drawField(mark, place) {
  if (mark.kind === "image") return drawImage(mark, place);
  const across = ([x, y]) => [place.x.at(x), place.y.at(y)];
  if (mark.kind === "filled") {
    const body = mark.areas.map((area) => tag("path", {
      class: "ib-area", d: area.rings.map((ring) => polygon(ring.map(across))).join(""), "fill-rule": "evenodd",
      fill: paint(area.shade[0]),
    }));
    return { body, ink: [], points: [] };
  }
  const width = mark.look.width * place.line;
  const body = mark.lines.map(({ level, paths }) => [
    tag("path", { class: "ib-line", d: paths.map((path) => polyline(path.map(across))).join(""), ...stroke(mark.look, width) }),
    heightLabel(level, paths.map((path) => path.map(across)), place),
  ]);
  return { body, ink: [], points: [] };
}

// The height of a contour on the middle of its longest piece inside the axes, where there is room for it.
function heightLabel(level, paths, place) {
  const { box } = place;
  const size = 0.75 * place.size;
  const words = readable(level);
  const inside = ([x, y]) => x > box.left + 2 * size && x < box.right - 2 * size && y > box.top + size && y < box.bottom - size;
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
export function shadeOf(value, { ramp, limits }, scale = "linear") {
  if (value === null) return null;
  const [low, high, at] = scale === "log" ? [...limits, value].map(Math.log) : [...limits, value];
  const share = high > low ? (at - low) / (high - low) : 0.5;
  return Math.round(Math.min(Math.max(share, 0), 1) * (ramp.length - 1));
}

function cells(mark, place, rows, scale) {
  const xs = cellEdges(mark.x.map((x) => place.x.at(x)));
  const ys = cellEdges(rows);
  const found = [];
  mark.values.forEach((row, j) => row.forEach((value, i) => {
    const shade = shadeOf(value, mark.look, scale);
    if (shade !== null) found.push({ shade, value, i, j, box: [xs[i], ys[j], xs[i + 1], ys[j + 1]] });
  }));
  return found;
}

function outline([x0, y0, x1, y1]) {
  return `M${digits(x0)} ${digits(y0)}H${digits(x1)}V${digits(y1)}H${digits(x0)}Z`;
}

// One path for each colour: cells of a fine grid are too many for an element each.
function drawImage(mark, place) {
  const found = cells(mark, place, mark.y.map((y) => place.y.at(y)), "linear");
  const paths = new Map();
  for (const { shade, box } of found) paths.set(shade, (paths.get(shade) ?? "") + outline(box));
  const body = [...paths].map(([shade, d]) => tag("path", { class: "ib-cells", d, fill: mark.look.ramp[shade], "shape-rendering": "crispEdges" }));
  const points = found.map(({ value, i, j, box }) => ({ box, label: mark.label, x: mark.x[i], y: mark.y[j], value }));
  return { body, ink: [], points };
}

function drawHeatmap(mark, place) {
  const found = cells(mark, place, mark.rows.map((_, j) => place.y.at(j)), mark.scale);
  const { left, top, width, height } = place.box;
  const plate = tag("rect", { x: left, y: top, width, height, fill: PLATE });
  const edge = { stroke: PLATE, "stroke-width": 0.4 * place.line };
  const body = found.map(({ shade, box }) => tag("path", { class: "ib-cell", d: outline(box), fill: mark.look.ramp[shade], ...edge }));
  const points = found.map(({ value, i, j, box }) => ({ box, label: mark.label, x: mark.x[i], row: mark.rows[j], value }));
  return { body: [plate, body], ink: found.map(({ box }) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]), points };
}

function drawNote(mark, place) {
  const { box } = place;
  const size = 0.9 * place.size;
  const lines = mark.text.split("\n");
  const step = place.sizes.lineHeight * size;
  const width = Math.max(...lines.map((line) => textWidth(line, size)));
  const [vertical, horizontal] = mark.corner.split(" ");
  const free = mark.x !== null;
  const right = !free && horizontal === "right";
  const x = free ? place.x.at(mark.x) + 0.4 * size : right ? box.right - 0.02 * box.width : box.left + 0.02 * box.width;
  const bottom = free ? place.y.at(mark.y) - 0.4 * size : box.bottom - 0.03 * box.height;
  const first = !free && vertical === "upper" ? box.top + 0.03 * box.height + 0.8 * size : bottom - (lines.length - 1) * step;
  const body = lines.map((line, k) => write(line, { x, y: first + k * step, size, anchor: right ? "end" : "start", halo: true }));
  const left = right ? x - width : x;
  const [top, end] = [first - 0.8 * size, first + (lines.length - 1) * step + 0.3 * size];
  return { body, ink: densified([[left, top], [left + width, top], [left + width, end], [left, end], [left, top]]), points: [] };
}
