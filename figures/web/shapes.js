// What drawers of marks share: pixels of data, strokes, points that stand for lines, outlines of regions.

import { dashes, paint, polygon } from "./svg.js";

const DENSITY = 6; // pixels between the points that stand for a line when overlaps are sought

export function nothing() {
  return { body: "", ink: [], points: [] };
}

export function pixels(place, xs, ys) {
  return xs.map((x, k) => [place.x.at(x), place.y.at(ys[k])]);
}

export function shown([x, y]) {
  return Number.isFinite(x) && Number.isFinite(y);
}

export function stroke(look, width, more = {}) {
  return {
    fill: "none",
    stroke: paint(look.colour),
    "stroke-width": width,
    "stroke-dasharray": dashes(look.line, width),
    "stroke-linejoin": "round",
    "stroke-linecap": look.line?.length ? null : "round",
    ...more,
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
      dense.push([
        point[0] + ((next[0] - point[0]) * j) / steps,
        point[1] + ((next[1] - point[1]) * j) / steps,
      ]);
    }
  });
  return dense;
}

// What the pointer can read of a mark's points.
export function readings(mark, at, more = () => []) {
  return at
    .map((point, k) => ({
      at: point,
      colour: mark.look.colour,
      label: mark.label,
      x: mark.x[k],
      y: mark.y[k],
      more: more(k),
    }))
    .filter((reading) => shown(reading.at));
}

// Outlines of the region between two curves, one for each stretch without a gap.
export function regions(place, xs, low, high) {
  const found = [];
  let stretch = [];
  const close = () => {
    if (stretch.length > 1) {
      found.push(
        polygon([
          ...stretch.map(([x, bottom]) => [x, bottom]),
          ...stretch.reverse().map(([x, , top]) => [x, top]),
        ]),
      );
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
