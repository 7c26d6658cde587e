// Reading values with the pointer: the nearest point within reach, or the cell under it.

import { readable } from "./scales.js";
import { paint, tag } from "./svg.js";
import { textWidth, write } from "./words.js";

const REACH = 24; // pixels

// What lies at pixel (x, y): a point in reach before a cell; null for nothing.
export function found(points, x, y) {
  let [best, nearest] = [null, REACH];
  let cell = null;
  for (const point of points) {
    if (point.box) {
      const [x0, y0, x1, y1] = point.box;
      if ((x - x0) * (x - x1) <= 0 && (y - y0) * (y - y1) <= 0) cell = point;
      continue;
    }
    const distance = Math.hypot(point.at[0] - x, point.at[1] - y);
    if (distance < nearest) [best, nearest] = [point, distance];
  }
  return best ?? cell;
}

// A card with the reading beside its point, inside the picture.
export function card(point, width, height, size) {
  const lines = reading(point);
  const type = 0.9 * size;
  const [room, tall] = [
    Math.max(...lines.map((line) => textWidth(line, type))) + 1.2 * type,
    lines.length * 1.35 * type + 0.7 * type,
  ];
  const [x, y] = point.at ?? [(point.box[0] + point.box[2]) / 2, (point.box[1] + point.box[3]) / 2];
  const left = x + size + room < width ? x + size : Math.max(2, x - size - room);
  const top = Math.min(Math.max(2, y - tall - 0.4 * size), height - tall - 2);
  const ring = point.at
    ? tag("circle", { cx: x, cy: y, r: 0.55 * size, fill: "none", stroke: paint("ink"), "stroke-width": 1.5 })
    : "";
  return tag(
    "g",
    { class: "ib-card" },
    ring,
    tag("rect", {
      x: left,
      y: top,
      width: room,
      height: tall,
      rx: 0.3 * size,
      fill: paint("paper"),
      stroke: paint("axis"),
    }),
    lines.map((line, k) => write(line, { x: left + 0.6 * type, y: top + (1.1 + 1.35 * k) * type, size: type })),
  );
}

// Show cards over `frame` while the pointer is on it; `drawn()` gives the picture now in it.
export function hover(frame, drawn) {
  const clear = () => frame.querySelector(".ib-card")?.remove();
  frame.addEventListener("pointerleave", clear);
  frame.addEventListener("pointermove", (event) => {
    const { points, width, height, size } = drawn();
    const svg = frame.querySelector("svg");
    const bounds = svg.getBoundingClientRect();
    const scale = width / bounds.width;
    const point = found(points, (event.clientX - bounds.left) * scale, (event.clientY - bounds.top) * scale);
    clear();
    if (point) svg.insertAdjacentHTML("beforeend", card(point, width, height, size));
  });
}

// The lines of a reading: what it is, and its numbers by the names of the axes.
function reading(point) {
  const [xname, yname] = point.names;
  const lines = point.label ? [point.label] : [];
  if (point.row !== undefined) lines.push(point.row);
  lines.push(`${xname}: ${readable(point.x)}`);
  if (point.y !== undefined) {
    const interval =
      point.more?.length === 2 && point.more[0] !== null ? ` [${point.more.map(readable).join(", ")}]` : "";
    lines.push(`${yname}: ${readable(point.y)}${interval}`);
  }
  if (point.value !== undefined) lines.push(`value: ${readable(point.value)}`);
  return lines;
}
