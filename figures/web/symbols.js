// Markers by Matplotlib's names: outlines about the origin, for a marker one unit wide.

import { digits, paint, tag } from "./svg.js";

const CORNERS = {
  s: [
    [-0.44, -0.44],
    [0.44, -0.44],
    [0.44, 0.44],
    [-0.44, 0.44],
  ],
  D: [
    [0, -0.6],
    [0.6, 0],
    [0, 0.6],
    [-0.6, 0],
  ],
  d: [
    [0, -0.62],
    [0.38, 0],
    [0, 0.62],
    [-0.38, 0],
  ],
  "^": [
    [0, -0.58],
    [0.54, 0.44],
    [-0.54, 0.44],
  ],
  v: [
    [0, 0.58],
    [0.54, -0.44],
    [-0.54, -0.44],
  ],
  "<": [
    [-0.58, 0],
    [0.44, -0.54],
    [0.44, 0.54],
  ],
  ">": [
    [0.58, 0],
    [-0.44, -0.54],
    [-0.44, 0.54],
  ],
  P: plus(0.55, 0.19),
  X: turned(plus(0.6, 0.2), 45),
  p: star(5, 0.56, null),
  h: star(6, 0.56, null),
  "*": star(5, 0.68, 0.3),
};

// The outline of a marker as a path at pixel (x, y), `size` pixels wide.
export function symbol(name, x, y, size) {
  if (!(name in CORNERS)) {
    const r = digits(size / 2);
    return `M${digits(x - size / 2)} ${digits(y)}a${r} ${r} 0 1 0 ${digits(size)} 0a${r} ${r} 0 1 0 ${digits(-size)} 0Z`;
  }
  return `M${CORNERS[name].map(([a, b]) => `${digits(x + a * size)} ${digits(y + b * size)}`).join("L")}Z`;
}

// Markers of one kind and colour, outlined in the colour of the paper so that neighbours stay apart: what they share is
// said once, since thousands of elements must be drawn within a frame of the screen.
export function markers(name, points, size, colour, edge, more = {}) {
  const shape =
    name in CORNERS
      ? ([x, y]) => `<path d="${symbol(name, x, y, size)}"/>`
      : ([x, y]) => `<circle cx="${digits(x)}" cy="${digits(y)}" r="${digits(size / 2)}"/>`;
  const look = { fill: paint(colour), stroke: paint("paper"), "stroke-width": edge, ...more };
  return points.length ? tag("g", { class: "ib-dots", ...look }, points.map(shape)) : "";
}

function plus(arm, half) {
  const quarter = [
    [half, -arm],
    [half, -half],
    [arm, -half],
  ];
  return [0, 90, 180, 270].flatMap((angle) => turned(quarter, angle));
}

function turned(points, degrees) {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return points.map(([x, y]) => [c * x - s * y, s * x + c * y]);
}

// A polygon with its first corner up; with `inner`, a star.
function star(corners, outer, inner) {
  const count = inner === null ? corners : 2 * corners;
  return Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / count;
    const radius = inner !== null && k % 2 ? inner : outer;
    return [radius * Math.sin(angle), -radius * Math.cos(angle)];
  });
}
