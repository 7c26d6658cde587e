// A pair of axes: the room their words need, their ticks, their grid, their names.

import { barWidth, shaded } from "./colour_bar.js";
import { endsWidth } from "./legend.js";
import { axisBetween, roomAcross, roomBeside, stretched, ticks } from "./scales.js";
import { paint, tag } from "./svg.js";
import { tableHeight } from "./table.js";
import { textWidth, wrapped, write } from "./words.js";

const LABEL = 0.88; // of the type size: numbers on the axes
const TICK = 0.35; // type sizes
const HEATMAP_ROW = 1.25; // of the type size, as in figures/layout.py
const FEWEST_ROWS = 10;
const UNIT = { linear: [0, 1], log: [1, 10], symlog: [-1, 1] }; // of axes that no mark has a place on
export const find = (panel, kind) => panel.marks.find((mark) => mark.type === kind);

// The height in pixels that the axes themselves want in a cell `width` wide, on a page `page` wide.
export function wantedHeight(panel, columns, width, page, size, sizes) {
  const table = find(panel, "Table");
  if (table) return tableHeight(table, size);
  const heat = find(panel, "Heatmap");
  if (heat) return Math.max(heat.rows.length, FEWEST_ROWS) * HEATMAP_ROW * size;
  if (panel.aspect === "equal") return Math.min(0.82 * width, sizes.tallest * page);
  return Math.max((sizes.heights[Math.min(columns, 4)] - 0.1) * width, 9 * size);
}

// Height over width of a panel with equal aspect and limits of its own.
export function shapeOf({ xlim, ylim }) {
  return Math.abs((ylim[1] - ylim[0]) / (xlim[1] - xlim[0]));
}

// Room in pixels around the axes for words, given their height.
export function margins(panel, width, height, size) {
  const top = panel.title
    ? 1.5 * size * wrapped(panel.title, size, 0.85 * width, 600).length + 0.3 * size
    : 0.6 * size;
  if (find(panel, "Table")) return { top, bottom: 0, left: 0, right: 0 };
  const names = yNames(panel, height, size);
  const widest = Math.max(0, ...names.map((label) => textWidth(label, LABEL * size)));
  const ylines = panel.ylabel ? wrapped(panel.ylabel, size, height).length : 0;
  const left = widest + (TICK + 0.4) * size + ylines * 1.35 * size;
  const xlines = panel.xlabel ? wrapped(panel.xlabel, size, 0.9 * (width - left)).length : 0;
  const right = Math.max(0.9 * size, endsWidth(panel.ends, size), barWidth(panel, height, size));
  return { top, bottom: (TICK + 1.35 + xlines * 1.3) * size, left, right };
}

function yNames(panel, height, size) {
  const heat = find(panel, "Heatmap");
  if (heat) return heat.rows;
  return panel.ylim
    ? ticks(panel.yscale, panel.ylim, height, roomBeside(LABEL * size)).map((tick) => tick.label)
    : [];
}

// The axes of a panel in their box; with equal aspect, limits or box give way so that a circle is one.
export function placed(panel, box, { size, line, sizes }) {
  let [xlim, ylim] = [panel.xlim ?? UNIT[panel.xscale], panel.ylim ?? UNIT[panel.yscale]];
  let own = { ...box };
  if (panel.aspect === "equal") {
    const [across, down] = [box.width / Math.abs(xlim[1] - xlim[0]), box.height / Math.abs(ylim[1] - ylim[0])];
    if (panel.fixed) {
      const unit = Math.min(across, down);
      const [width, height] = [unit * Math.abs(xlim[1] - xlim[0]), unit * Math.abs(ylim[1] - ylim[0])];
      own = { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height), width, height };
    } else if (across > down) xlim = stretched(xlim, across / down);
    else ylim = stretched(ylim, down / across);
  }
  own.right = own.left + own.width;
  own.bottom = own.top + own.height;
  return {
    box: own,
    size,
    line,
    sizes,
    x: axisBetween(panel.xscale, xlim, own.left, own.right),
    y: axisBetween(panel.yscale, ylim, own.bottom, own.top),
  };
}

export function drawHeading(panel, box, size) {
  if (!panel.title) return "";
  const lines = wrapped(panel.title, size, box.width, 600);
  return lines.map((line, k) =>
    write(line, {
      x: box.left,
      y: box.top - 0.7 * size - (lines.length - 1 - k) * 1.3 * size,
      size,
      weight: 600,
    }),
  );
}

export function drawAxes(panel, place, context) {
  const { box, size } = place;
  const label = LABEL * size;
  const heat = find(panel, "Heatmap");
  const xs = ticks(panel.xscale, place.x.limits, box.width, roomAcross(label));
  const ys = heat
    ? heat.rows.map((row, value) => ({ value, label: row }))
    : ticks(panel.yscale, place.y.limits, box.height, roomBeside(label));
  const gridded = !shaded(panel);
  const across = xs.map((tick) => xTick(tick, place, label, gridded, panel.xlim));
  const up = ys.map((tick) => yTick(tick, place, label, gridded, Boolean(heat)));
  const widest = Math.max(0, ...ys.map((tick) => textWidth(tick.label, label)));
  return tag(
    "g",
    { class: "ib-axes", "data-panel": String(context.index) },
    panel.xlim ? across : "",
    panel.ylim ? up : "",
    axisLabels(panel, box, size, widest),
  );
}

function xTick({ value, label }, { x, box, size }, type, gridded) {
  const at = x.at(value);
  const length = TICK * size * (label ? 1 : 0.55);
  return tag(
    "g",
    { class: "ib-tick", "data-axis": "x", "data-value": String(value) },
    gridded && label
      ? tag("path", {
          d: `M${at} ${box.top}V${box.bottom}`,
          stroke: paint("grid"),
          "stroke-width": 0.06 * size,
        })
      : "",
    tag("path", {
      class: "ib-tick-mark",
      d: `M${at} ${box.bottom}v${length}`,
      stroke: paint("axis"),
      "stroke-width": 0.06 * size,
    }),
    label
      ? write(label, { x: at, y: box.bottom + (TICK + 0.25) * size + 0.8 * type, size: type, anchor: "middle" })
      : "",
  );
}

function yTick({ value, label }, { y, box, size }, type, gridded, named) {
  const at = y.at(value);
  const length = TICK * size * (label ? 1 : 0.55);
  return tag(
    "g",
    { class: "ib-tick", "data-axis": "y", "data-value": String(value) },
    gridded && label
      ? tag("path", {
          d: `M${box.left} ${at}H${box.right}`,
          stroke: paint("grid"),
          "stroke-width": 0.06 * size,
        })
      : "",
    named
      ? ""
      : tag("path", {
          class: "ib-tick-mark",
          d: `M${box.left} ${at}h${-length}`,
          stroke: paint("axis"),
          "stroke-width": 0.06 * size,
        }),
    label
      ? write(label, { x: box.left - (TICK + 0.2) * size, y: at + 0.35 * type, size: type, anchor: "end" })
      : "",
  );
}

function axisLabels(panel, box, size, widest) {
  const below = wrapped(panel.xlabel, size, 0.95 * box.width);
  const beside = wrapped(panel.ylabel, size, box.height);
  const middle = box.left + box.width / 2;
  const left = box.left - widest - (TICK + 0.55) * size;
  const centre = box.top + box.height / 2;
  return [
    panel.xlabel
      ? below.map((line, k) =>
          write(line, { x: middle, y: box.bottom + (TICK + 2.15 + k * 1.3) * size, size, anchor: "middle" }),
        )
      : "",
    panel.ylabel
      ? beside.map((line, k) =>
          write(line, {
            x: left - (beside.length - 1 - k) * 1.3 * size,
            y: centre,
            size,
            anchor: "middle",
            turn: -90,
          }),
        )
      : "",
  ];
}

export function drawFrame({ box, size }) {
  const d = `M${box.left} ${box.top}V${box.bottom}H${box.right}`;
  return tag("path", {
    class: "ib-frame",
    d,
    fill: "none",
    stroke: paint("axis"),
    "stroke-width": 0.07 * size,
  });
}
