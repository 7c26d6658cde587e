// One pair of axes: the room its words need, its grid, its marks, its names.

import { drawEnds, endsWidth, fittingLegend, freeSpot } from "./legend.js";
import { DRAWERS } from "./marks.js";
import { axisBetween, readable, roomAcross, roomBeside, stretched, ticks } from "./scales.js";
import { paint, tag } from "./svg.js";
import { textWidth, wrapped, write } from "./words.js";

const LABEL = 0.88; // of the type size: numbers on the axes
const TICK = 0.35; // type sizes
const TABLE_ROW = 1.75; // of the type size, as in figures/layout.py
const HEATMAP_ROW = 1.25; // of the type size, as in figures/layout.py
const FEWEST_ROWS = 10;
const PADDING = 2; // type sizes, between the columns of a table
const UNIT = { linear: [0, 1], log: [1, 10], symlog: [-1, 1] }; // of axes that no mark has a place on
const BAR = 0.9; // type sizes: a colour bar

const find = (panel, kind) => panel.marks.find((mark) => mark.type === kind);
const shaded = (panel) => panel.marks.find((mark) => (mark.type === "Field" && mark.kind !== "contours") || mark.type === "Heatmap");

// The height in pixels that the axes themselves want in a cell `width` wide, on a page `page` wide.
export function wantedHeight(panel, columns, width, page, size, sizes) {
  const table = find(panel, "Table");
  if (table) return (table.rows.length + 1.4) * TABLE_ROW * size;
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
  const top = panel.title ? 1.5 * size * wrapped(panel.title, size, 0.85 * width, 600).length + 0.3 * size : 0.6 * size;
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
  return panel.ylim ? ticks(panel.yscale, panel.ylim, height, roomBeside(LABEL * size)).map((tick) => tick.label) : [];
}

// The panel in the box {left, top, width, height} of its axes: {body, points, below}, where `below` is a legend that
// found no room inside. `spot` is where the legend was in the picture before.
export function drawPanel(panel, box, context) {
  const { size } = context;
  const table = find(panel, "Table");
  if (table) return { body: [drawHeading(panel, box, size), drawTable(table, box, context)], points: [], below: null, box, x: null, y: null };
  const place = placed(panel, box, context);
  const drawn = panel.marks.map((mark) => ({ mark, ...DRAWERS[mark.type](mark, place) }));
  const order = [...drawn].sort((a, b) => a.mark.look.zorder - b.mark.look.zorder);
  const isWords = ({ mark }) => mark.type === "Note";
  const clipped = tag("g", { "clip-path": `url(#${context.id}-clip-${context.index})` }, order.filter((d) => !isWords(d)).map((d) => group(d, context)));
  const ink = drawn.filter(({ mark }) => mark.look.zorder > context.sizes.background).flatMap((d) => d.ink);
  const names = placeLegend(panel, place, ink, context);
  const body = [
    clip(place.box, context), drawHeading(panel, place.box, size), drawAxes(panel, place, context), clipped, drawFrame(place), drawBar(panel, place),
    order.filter(isWords).map((d) => group(d, context)), drawEnds(panel.ends, place), names.body,
  ];
  return { body, points: readings(drawn, panel, place), below: names.below, spot: names.spot, box: place.box, x: place.x, y: place.y };
}

function group({ mark, body }, context) {
  return tag("g", { "data-mark": mark.type, "data-panel": String(context.index), "data-label": mark.label ?? null }, body);
}

function clip(box, context) {
  return tag("clipPath", { id: `${context.id}-clip-${context.index}` }, tag("rect", { x: box.left, y: box.top, width: box.width, height: box.height }));
}

// What the pointer can read, named by the axes.
function readings(drawn, panel, place) {
  const inside = ([x, y]) => x >= place.box.left - 1 && x <= place.box.right + 1 && y >= place.box.top - 1 && y <= place.box.bottom + 1;
  return drawn.flatMap(({ points }) => points).filter((point) => point.box || inside(point.at))
    .map((point) => ({ ...point, names: [panel.xlabel || "x", panel.ylabel || "y"], frame: place.box }));
}

// The axes of a panel in their box; with equal aspect, limits or box give way so that a circle is one.
function placed(panel, box, { size, line, sizes }) {
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
    box: own, size, line, sizes,
    x: axisBetween(panel.xscale, xlim, own.left, own.right), y: axisBetween(panel.yscale, ylim, own.bottom, own.top),
  };
}

function drawHeading(panel, box, size) {
  if (!panel.title) return "";
  const lines = wrapped(panel.title, size, box.width, 600);
  return lines.map((line, k) => write(line, {
    x: box.left, y: box.top - 0.7 * size - (lines.length - 1 - k) * 1.3 * size, size, weight: 600,
  }));
}

function drawAxes(panel, place, context) {
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
  return tag("g", { class: "ib-axes", "data-panel": String(context.index) },
    panel.xlim ? across : "", panel.ylim ? up : "", axisLabels(panel, box, size, widest));
}

function xTick({ value, label }, { x, box, size }, type, gridded) {
  const at = x.at(value);
  const length = TICK * size * (label ? 1 : 0.55);
  return tag("g", { class: "ib-tick", "data-axis": "x", "data-value": String(value) },
    gridded && label ? tag("path", { d: `M${at} ${box.top}V${box.bottom}`, stroke: paint("grid"), "stroke-width": 0.06 * size }) : "",
    tag("path", { class: "ib-tick-mark", d: `M${at} ${box.bottom}v${length}`, stroke: paint("axis"), "stroke-width": 0.06 * size }),
    label ? write(label, { x: at, y: box.bottom + (TICK + 0.25) * size + 0.8 * type, size: type, anchor: "middle" }) : "");
}

function yTick({ value, label }, { y, box, size }, type, gridded, named) {
  const at = y.at(value);
  const length = TICK * size * (label ? 1 : 0.55);
  return tag("g", { class: "ib-tick", "data-axis": "y", "data-value": String(value) },
    gridded && label ? tag("path", { d: `M${box.left} ${at}H${box.right}`, stroke: paint("grid"), "stroke-width": 0.06 * size }) : "",
    named ? "" : tag("path", { class: "ib-tick-mark", d: `M${box.left} ${at}h${-length}`, stroke: paint("axis"), "stroke-width": 0.06 * size }),
    label ? write(label, { x: box.left - (TICK + 0.2) * size, y: at + 0.35 * type, size: type, anchor: "end" }) : "");
}

function axisLabels(panel, box, size, widest) {
  const below = wrapped(panel.xlabel, size, 0.95 * box.width);
  const beside = wrapped(panel.ylabel, size, box.height);
  const middle = box.left + box.width / 2;
  const left = box.left - widest - (TICK + 0.55) * size;
  const centre = box.top + box.height / 2;
  return [
    panel.xlabel ? below.map((line, k) => write(line, { x: middle, y: box.bottom + (TICK + 2.15 + k * 1.3) * size, size, anchor: "middle" })) : "",
    panel.ylabel ? beside.map((line, k) => write(line, {
      x: left - (beside.length - 1 - k) * 1.3 * size, y: centre, size, anchor: "middle", turn: -90,
    })) : "",
  ];
}

function drawFrame({ box, size }) {
  const d = `M${box.left} ${box.top}V${box.bottom}H${box.right}`;
  return tag("path", { class: "ib-frame", d, fill: "none", stroke: paint("axis"), "stroke-width": 0.07 * size });
}

function barOf(panel) {
  const mark = shaded(panel);
  return mark && (mark.label || mark.type === "Field") ? mark : null;
}

function barLimits(mark) {
  return mark.areas ? [mark.areas[0].low, mark.areas.at(-1).high] : mark.look.limits;
}

function barTicks(mark, height, size) {
  return ticks(mark.scale ?? "linear", barLimits(mark), height, roomBeside(LABEL * size));
}

function barWidth(panel, height, size) {
  const mark = barOf(panel);
  if (!mark) return 0;
  const widest = Math.max(0, ...barTicks(mark, height, size).map((tick) => textWidth(tick.label, LABEL * size)));
  return (0.8 + BAR + 0.5) * size + widest + (mark.label ? 1.5 * size : 0);
}

function drawBar(panel, place) {
  const mark = barOf(panel);
  if (!mark) return "";
  const { box, size } = place;
  const left = box.right + 0.8 * size;
  const axis = axisBetween(mark.scale ?? "linear", barLimits(mark), box.bottom, box.top);
  const bands = mark.areas
    ? mark.areas.map((area) => [axis.at(area.high), axis.at(area.low), paint(area.shade[0])])
    : mark.look.ramp.map((colour, k, ramp) => {
      const [from, to] = [box.bottom - (k * box.height) / ramp.length, box.bottom - ((k + 1) * box.height) / ramp.length];
      return [to, from, colour];
    });
  const shown = barTicks(mark, box.height, size).filter((tick) => tick.label);
  const widest = Math.max(0, ...shown.map((tick) => textWidth(tick.label, LABEL * size)));
  return tag("g", { class: "ib-bar-legend" },
    bands.map(([top, bottom, fill]) => tag("rect", { x: left, y: top, width: BAR * size, height: bottom - top + 0.3, fill })),
    shown.map((tick) => write(tick.label, { x: left + (BAR + 0.35) * size, y: axis.at(tick.value) + 0.32 * size, size: LABEL * size })),
    mark.label ? write(mark.label, {
      x: left + (BAR + 1.4) * size + widest, y: box.top + box.height / 2, size, anchor: "middle", turn: -90,
    }) : "");
}

function placeLegend(panel, place, ink, context) {
  if (!panel.legend.length) return { body: "", below: null, spot: null };
  const inside = panel.legend.length <= context.sizes.mostInside ? fittingLegend(panel.legend, place.size, 0, place) : null;
  const spot = inside && freeSpot(inside, place.box, ink, place.size, context.spot);
  if (spot) return { body: inside.at(spot.x, spot.y), below: null, spot: spot.name };
  return { body: "", below: fittingLegend(panel.legend, place.size, context.room, place, 4), spot: null };
}

// Rules above and below, names in bold, numbers at the right of their columns; smaller type where room is short.
function drawTable(table, box, context) {
  const natural = tableEdges(table, context.size);
  const size = context.size * Math.min(1, box.width / natural.at(-1)[1]);
  const edges = natural.map((ends) => ends.map((end) => (end * size) / context.size));
  const step = TABLE_ROW * size;
  const cell = (text, k, middle, weight) => write(text, {
    x: box.left + edges[k][table.numeric[k] ? 1 : 0], y: box.top + middle * step + 0.35 * size, size, weight,
    anchor: table.numeric[k] ? "end" : "start",
  });
  const rule = (height, width) => tag("path", {
    d: `M${box.left} ${box.top + height * step}h${edges.at(-1)[1]}`, stroke: paint("ink"), "stroke-width": 0.09 * size * width,
  });
  return tag("g", { "data-mark": "Table", "data-panel": String(context.index) },
    table.columns.map((name, k) => cell(name, k, 0.5, 700)),
    table.rows.map((row, j) => tag("g", { class: "ib-row" }, row.map((text, k) => cell(text, k, j + 1.6, null)))),
    rule(0, 1), rule(1.05, 0.6), rule(table.rows.length + 1.15, 1));
}

function tableEdges(table, size) {
  let left = 0;
  return table.columns.map((name, k) => {
    const right = left + Math.max(textWidth(name, size, 700), ...table.rows.map((row) => textWidth(row[k], size)));
    const ends = [left, right];
    left = right + PADDING * size;
    return ends;
  });
}

// The lines of a reading: what it is, and its numbers by the names of the axes.
export function reading(point) {
  const [xname, yname] = point.names;
  const lines = point.label ? [point.label] : [];
  if (point.row !== undefined) lines.push(point.row);
  lines.push(`${xname}: ${readable(point.x)}`);
  if (point.y !== undefined) {
    const interval = point.more?.length === 2 && point.more[0] !== null ? ` [${point.more.map(readable).join(", ")}]` : "";
    lines.push(`${yname}: ${readable(point.y)}${interval}`);
  }
  if (point.value !== undefined) lines.push(`value: ${readable(point.value)}`);
  return lines;
}
