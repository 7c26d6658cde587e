// Marks in the plane of weights or data: clouds, arrows, paths and separators.

import { densified, pixels, readings, shown, stroke } from "./shapes.js";
import { paint, polygon, polyline, tag } from "./svg.js";
import { markers, symbol } from "./symbols.js";

const CLOUD_SIZE = 0.62; // of the type size
const RINGED = 1.8; // widths of a marker

export function drawCloud(mark, place) {
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
  const dots = [...alike.values()].map((kind) =>
    markers(kind.marker, kind.points, size, kind.colour, 0.4 * place.line),
  );
  const rings = mark.ringed
    .filter((k) => shown(at[k]))
    .map((k) =>
      tag("path", {
        class: "ib-ring",
        d: symbol("o", ...at[k], RINGED * size),
        fill: "none",
        stroke: paint("ink"),
        "stroke-width": 0.6 * place.line,
      }),
    );
  const said = (k) => [
    mark.workers ? `worker ${mark.workers[k] + 1}` : "",
    mark.classes ? `y = ${mark.classes[k] > 0 ? "+" : "−"}1` : "",
  ];
  const points = at.map((point, k) => ({
    at: point,
    colour: colour(k),
    label: said(k).filter(Boolean).join(", ") || mark.label,
    x: mark.x[k],
    y: mark.y[k],
    more: [],
  }));
  return { body: [dots, rings], ink: at.filter(shown), points: points.filter((point) => shown(point.at)) };
}

export function drawArrows(mark, place) {
  const width = 1.1 * place.line;
  const ends = mark.x
    .map((x, k) => [
      [place.x.at(x), place.y.at(mark.y[k])],
      [place.x.at(x + mark.dx[k]), place.y.at(mark.y[k] + mark.dy[k])],
    ])
    .filter((pair) => pair.every(shown));
  const body = ends.map((pair) =>
    tag("path", { class: "ib-arrow", d: arrow(pair, width), fill: paint(mark.look.colour) }),
  );
  const points = mark.x.map((x, k) => ({
    at: [place.x.at(x + mark.dx[k]), place.y.at(mark.y[k] + mark.dy[k])],
    colour: mark.look.colour,
    label: mark.label,
    x: x + mark.dx[k],
    y: mark.y[k] + mark.dy[k],
    more: [],
  }));
  return { body, ink: ends.flatMap(densified), points: points.filter((point) => shown(point.at)) };
}

// The outline of an arrow between two pixels; a short one is all head.
export function arrow([tail, tip], width) {
  const length = Math.hypot(tip[0] - tail[0], tip[1] - tail[1]) || 1e-9;
  const [c, s] = [(tip[0] - tail[0]) / length, (tip[1] - tail[1]) / length];
  const head = Math.min(5 * width, length);
  const wide = 2.1 * width * (head / (5 * width));
  const profile = [
    [0, -width / 2],
    [length - head, -width / 2],
    [length - head, -wide],
    [length, 0],
    [length - head, wide],
    [length - head, width / 2],
    [0, width / 2],
  ];
  return polygon(
    profile.map(([along, across]) => [tail[0] + c * along - s * across, tail[1] + s * along + c * across]),
  );
}

export function drawTrajectory(mark, place) {
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
export function drawSeparator(mark, place) {
  const width = mark.look.width * place.line;
  const shifts = mark.margins ? [0, 1, -1] : [0];
  const lines = shifts
    .map((shift) => ({ shift, ends: cut(mark.normal, mark.offset + shift, place) }))
    .filter(({ ends }) => ends);
  const body = lines.map(({ shift, ends }) =>
    tag("path", {
      class: "ib-line",
      d: polyline(ends),
      ...stroke(shift ? { ...mark.look, line: [2, 2] } : mark.look, width * (shift ? 0.6 : 1)),
    }),
  );
  return { body, ink: lines.flatMap(({ ends }) => densified(ends)), points: [] };
}

function cut([a, b], offset, place) {
  const [[x0, x1], [y0, y1]] = [place.x.limits, place.y.limits];
  const crossings =
    Math.abs(b) * Math.abs(x1 - x0) >= Math.abs(a) * Math.abs(y1 - y0)
      ? [x0, x1].map((x) => [x, (offset - a * x) / b])
      : [y0, y1].map((y) => [(offset - b * y) / a, y]);
  const ends = crossings.map(([x, y]) => [place.x.at(x), place.y.at(y)]);
  return ends.every(shown) ? ends : null;
}
