// Names: legends in corners free of data, else below; names at the ends of series, moved apart.

import { arrow } from "./plane_marks.js";
import { dashes, paint, tag } from "./svg.js";
import { symbol } from "./symbols.js";
import { textWidth, write } from "./words.js";

const TYPE = 0.9; // of the type size
const SAMPLE = 1.9; // type sizes: the length of the line beside a name
const GAP = 0.55; // type sizes, between sample and name
const BETWEEN = 1.4; // type sizes, between columns
const STEP = 1.5; // type sizes, from row to row
const EDGE = 0.5; // type sizes, around a legend
const SPOTS = [
  [1, 0],
  [0, 0],
  [1, 1],
  [0, 1],
  [1, 0.5],
  [0, 0.5],
  [0.5, 0],
  [0.5, 1],
];
const PADDING = 4; // pixels kept free around a legend
const COVERED = 0.7; // of the axes, which a legend inside them must not exceed

// A legend in columns: {width, height, at(x, y) → SVG} with its upper left corner at (x, y).
export function legendOf(entries, columns, size, place) {
  const type = TYPE * size;
  const rows = Math.ceil(entries.length / columns);
  const groups = Array.from({ length: columns }, (_, c) => entries.slice(c * rows, (c + 1) * rows)).filter(
    (g) => g.length,
  );
  const lead = (SAMPLE + GAP) * type;
  const widths = groups.map((group) => lead + Math.max(...group.map((entry) => textWidth(entry.label, type))));
  const starts = widths.map((_, c) =>
    widths.slice(0, c).reduce((sum, width) => sum + width + BETWEEN * type, EDGE * type),
  );
  const width = starts.at(-1) + widths.at(-1) + EDGE * type;
  const height = (rows - 1) * STEP * type + (1 + 2 * EDGE) * type;
  const at = (x, y) =>
    tag(
      "g",
      { class: "ib-legend" },
      tag("rect", { x, y, width, height, rx: 0.3 * type, fill: paint("paper"), "fill-opacity": 0.9 }),
      groups.map((group, c) =>
        group.map((entry, r) => {
          const middle = y + (EDGE + 0.5 + r * STEP) * type;
          return tag(
            "g",
            { class: "ib-entry" },
            sample(entry, x + starts[c], middle, type, place),
            write(entry.label, { x: x + starts[c] + lead, y: middle + 0.35 * type, size: type }),
          );
        }),
      ),
    );
  return { width, height, at };
}

// The legend with as many columns as fit into `room` pixels.
export function fittingLegend(entries, size, room, place, most = entries.length) {
  for (let columns = Math.min(most, entries.length); columns > 1; columns -= 1) {
    const legend = legendOf(entries, columns, size, place);
    if (legend.width <= room) return legend;
  }
  return legendOf(entries, 1, size, place);
}

// What stands beside a name: the looks of all marks with that name, over one another.
function sample(entry, x, y, type, place) {
  const right = x + SAMPLE * type;
  const middle = (x + right) / 2;
  return entry.looks.map((look) => {
    const colour = paint(look.colour);
    const width = look.width * place.line;
    if (entry.shape === "patch") {
      const opacity = Math.max(look.alpha, 0.15);
      return tag("rect", {
        x,
        y: y - 0.35 * type,
        width: SAMPLE * type,
        height: 0.7 * type,
        fill: colour,
        "fill-opacity": opacity,
        stroke: colour,
        "stroke-opacity": opacity,
      });
    }
    if (entry.shape === "arrow")
      return tag("path", {
        d: arrow(
          [
            [x, y],
            [right, y],
          ],
          1.1 * place.line,
        ),
        fill: colour,
      });
    if (entry.shape === "ring") {
      return tag("path", {
        d: symbol("o", middle, y, 0.95 * type),
        fill: "none",
        stroke: colour,
        "stroke-width": 0.6 * place.line,
      });
    }
    const line =
      look.line === null
        ? ""
        : tag("path", {
            d: `M${x} ${y}H${right}`,
            stroke: colour,
            "stroke-width": width,
            "stroke-dasharray": dashes(look.line, width),
            fill: "none",
          });
    const marker =
      look.marker === null
        ? ""
        : tag("path", {
            d: symbol(look.marker, middle, y, 0.6 * type),
            fill: look.hollow ? paint("paper") : colour,
            stroke: look.hollow ? colour : paint("paper"),
            "stroke-width": (look.hollow ? 0.6 : 0.3) * place.line,
          });
    return [line, marker];
  });
}

// The upper left corner of the first spot in the box at which the legend covers no ink; null if there is none.
// `first` is the name of the spot to try before the others.
export function freeSpot(legend, box, ink, size, first = null) {
  const inset = 0.4 * size;
  const [width, height] = [box.width - 2 * inset, box.height - 2 * inset];
  if (legend.width > COVERED * width || legend.height > COVERED * height) return null;
  const order = first ? [first, ...SPOTS] : SPOTS;
  for (const [across, down] of order) {
    const x = box.left + inset + across * (width - legend.width);
    const y = box.top + inset + down * (height - legend.height);
    const covers = ink.some(
      ([a, b]) =>
        a > x - PADDING && a < x + legend.width + PADDING && b > y - PADDING && b < y + legend.height + PADDING,
    );
    if (!covers) return { x, y, name: [across, down] };
  }
  return null;
}

// Room to the right of the axes that names at the ends of series take.
export function endsWidth(ends, size) {
  return ends.length ? 0.6 * size + Math.max(...ends.map((end) => textWidth(end.label, 0.95 * size))) : 0;
}

export function drawEnds(ends, place) {
  if (!ends.length) return "";
  const heights = spreadApart(
    ends.map((end) => place.y.at(end.y)),
    1.25 * place.size,
  );
  const x = place.box.right + 0.5 * place.size;
  return tag(
    "g",
    { class: "ib-ends" },
    ends.map((end, k) =>
      write(end.label, {
        x,
        y: heights[k] + 0.33 * place.size,
        size: 0.95 * place.size,
        fill: `text${end.ink}`,
      }),
    ),
  );
}

// Heights nearest to those wanted, in the same order and at least `gap` apart: isotonic regression, by pooling.
export function spreadApart(wanted, gap) {
  const order = wanted.map((_, k) => k).sort((a, b) => wanted[a] - wanted[b]);
  const pools = [];
  order.forEach((index, rank) => {
    let [mean, count] = [wanted[index] - rank * gap, 1];
    while (pools.length && pools.at(-1)[0] >= mean) {
      const [last, members] = pools.pop();
      [mean, count] = [(last * members + mean * count) / (members + count), members + count];
    }
    pools.push([mean, count]);
  });
  const levels = pools.flatMap(([mean, count]) => Array(count).fill(mean));
  const placed = [];
  order.forEach((index, rank) => {
    placed[index] = levels[rank] + rank * gap;
  });
  return placed;
}
