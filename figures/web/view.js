// A view in the browser: title (the finding), panels, caption (the setting), as SVG inside an element.

import { drawPanel } from "./panel.js";
import { plain } from "./formulas.js";
import { fittingLegend } from "./legend.js";
import { hover } from "./hover.js";
import { margins, shapeOf, wantedHeight } from "./axes.js";
import { escaped, tag } from "./svg.js";
import { followTheme, setTheme, styleRules } from "./theme.js";
import { FAMILY, wrapped, write } from "./words.js";

const TYPE_SIZE = 14; // pixels
const NARROW = 17; // type sizes; panels narrower than this go below one another
const LOWEST = 7; // type sizes; axes are not made lower than this to fit a screen
const FALLBACK = 800; // pixels, for an element that has no width yet
const states = new WeakMap();
let count = 0;

// Draw `view` (what figures.web.payload gives) into `host`, in place of the picture before.
// Options: fontSize (pixels), width and maxHeight (pixels), theme ("light", "dark" or "auto"), title and caption (false:
// leave them to the page), reserve ({title, caption}: least numbers of lines, for pictures that take turns).
// Returns {width, height, panels}, each panel with its box and axes, where x.at(value) is a pixel of the picture and
// x.value(pixel) a value: what is dragged over the picture needs them. They hold until the next drawing.
export function drawView(host, view, options = {}) {
  const state = states.get(host) ?? prepared(host);
  Object.assign(state, { view, options });
  if (options.theme === "light" || options.theme === "dark") {
    state.theme?.disconnect();
    state.theme = null;
    setTheme(state.frame, options.theme);
  } else state.theme ??= followTheme(state.frame, host);
  redraw(state);
  return { width: state.drawn.width, height: state.drawn.height, panels: state.drawn.panels };
}

// The lines that title and caption take: what `reserve` wants to know of pictures that take turns.
export function lineCounts(host, view, options = {}) {
  const { size, width } = measures(host, options);
  const [title, caption] = words(view, size, width, options);
  return { title: title.length, caption: caption.length };
}

function prepared(host) {
  const frame = document.createElement("div");
  const id = `ib-${Date.now().toString(36)}-${(count += 1)}`;
  frame.className = `ib-view ${id}`;
  host.replaceChildren(frame);
  const state = { host, frame, id, drawn: null, theme: null, spots: [] };
  states.set(host, state);
  hover(frame, () => state.drawn);
  new ResizeObserver(() => {
    if (state.drawn && measures(host, state.options).width !== state.drawn.width) redraw(state);
  }).observe(host);
  return state;
}

function redraw(state) {
  if (!state.host.contains(state.frame)) state.host.replaceChildren(state.frame);
  state.drawn = picture(state);
  state.frame.innerHTML = `<style>${styleRules(state.id, state.view.colours)}</style>${state.drawn.svg}`;
}

function measures(host, options) {
  return {
    size: options.fontSize ?? TYPE_SIZE,
    width: Math.round(options.width ?? (host.clientWidth || FALLBACK)),
  };
}

// The letters of \text{…} as they stand.
function words(view, size, width, options) {
  const room = width - size;
  const lines = (text, share, weight, wished) =>
    wished === false || !text ? [] : wrapped(text, share * size, room, weight);
  return [
    lines(view.title, view.sizes.title, 700, options.title),
    lines(view.caption, view.sizes.caption, 400, options.caption),
  ];
}

function picture({ view, options, host, id, spots }) {
  const { size, width } = measures(host, options);
  const { sizes } = view;
  const edge = 0.5 * size;
  const [title, caption] = words(view, size, width, options);
  const [titleStep, captionStep] = [
    sizes.lineHeight * sizes.title * size,
    sizes.lineHeight * sizes.caption * size,
  ];
  const above = Math.max(title.length, options.reserve?.title ?? 0) * titleStep + edge;
  const below = Math.max(caption.length, options.reserve?.caption ?? 0) * captionStep + edge;
  const context = { id, size, sizes, line: sizes.line * size };
  const shared = view.legend.length ? fittingLegend(view.legend, size, width - 2 * edge, context) : null;
  const taken = above + below + (shared ? shared.height + edge : 0);
  const grid = drawGrid(
    view,
    { width, top: above + edge, edge, room: options.maxHeight && options.maxHeight - taken },
    context,
    spots,
  );
  let y = grid.bottom + edge;
  const legend = shared ? shared.at((width - shared.width) / 2, y) : "";
  y += shared ? shared.height + edge : 0;
  const height = Math.ceil(y + below);
  const svg = tag(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-labelledby": `${id}-title ${id}-desc`,
      "font-family": FAMILY,
    },
    tag("title", { id: `${id}-title` }, escaped(plain(view.title || view.panels[0].title || view.panels[0].ylabel || ""))),
    tag("desc", { id: `${id}-desc` }, escaped(plain(view.caption))),
    title.map((line, k) =>
      write(line, { x: edge, y: edge + (k + 0.75) * titleStep, size: sizes.title * size, weight: 700 }),
    ),
    grid.body,
    legend,
    caption.map((line, k) =>
      write(line, { x: edge, y: y + (k + 0.75) * captionStep, size: sizes.caption * size, fill: "quiet" }),
    ),
  );
  return { svg, points: grid.points, panels: grid.panels, width, height, size };
}

// Panels row by row; a short last row is centred.
function drawGrid(view, { width, top, edge, room }, context, spots) {
  const { size, sizes } = context;
  const columns = Math.max(1, Math.min(view.columns, Math.floor(width / (NARROW * size))));
  const gap = size;
  const cell = (width - 2 * edge - (columns - 1) * gap) / columns;
  const rows = rowsOf(view.panels, columns).map((panels) => measuredRow(panels, columns, cell, width, context));
  const lefts = widestBy(rows, columns, "left");
  const rights = widestBy(rows, columns, "right");
  for (const row of rows)
    row.height = Math.min(
      row.height,
      tallestOf(row.panels, (c) => cell - (lefts[c] ?? 0) - (rights[c] ?? 0)),
    );
  fit(rows, room && room - gap * rows.length, size);
  let [y, index] = [top, 0];
  const body = [];
  const points = [];
  const panels = [];
  for (const row of rows) {
    const start = edge + ((columns - row.panels.length) * (cell + gap)) / 2;
    let deepest = 0;
    row.panels.forEach((panel, c) => {
      const isTable = panel.marks.some((mark) => mark.type === "Table");
      const [left, right] = isTable
        ? [0, 0]
        : row.panels.length === columns
          ? [lefts[c], rights[c]]
          : [row.around[c].left, row.around[c].right];
      const x = start + c * (cell + gap);
      const box = { left: x + left, top: y + row.top, width: cell - left - right, height: row.height };
      const drawn = drawPanel(panel, box, { ...context, index, room: cell, spot: spots[index] });
      spots[index] = drawn.spot;
      body.push(drawn.body);
      points.push(...drawn.points);
      panels.push({ box: drawn.box, x: drawn.x, y: drawn.y });
      if (drawn.below) {
        const middle = drawn.box.left + drawn.box.width / 2;
        const at = Math.max(x, Math.min(middle - drawn.below.width / 2, x + cell - drawn.below.width));
        body.push(drawn.below.at(at, y + row.top + row.height + row.bottom));
        deepest = Math.max(deepest, drawn.below.height);
      }
      index += 1;
    });
    y += row.top + row.height + row.bottom + deepest + gap;
  }
  return { body, points, panels, bottom: y - gap };
}

function rowsOf(panels, columns) {
  return Array.from({ length: Math.ceil(panels.length / columns) }, (_, r) =>
    panels.slice(r * columns, (r + 1) * columns),
  );
}

function measuredRow(panels, columns, cell, page, { size, sizes }) {
  const height = Math.max(...panels.map((panel) => wantedHeight(panel, columns, cell, page, size, sizes)));
  const around = panels.map((panel) => margins(panel, cell, height, size));
  const most = (side) => Math.max(...around.map((margin) => margin[side]));
  return { panels, height, around, top: most("top"), bottom: most("bottom") };
}

// The greatest height that a row of panels can use: panels of a given shape need no more than their width asks for.
function tallestOf(panels, width) {
  return Math.max(
    ...panels.map((panel, c) =>
      panel.fixed && panel.aspect === "equal" ? width(c) * shapeOf(panel) : Infinity,
    ),
  );
}

// Lower the axes of all rows alike until they fit into the room, but never below what can be read.
function fit(rows, room, size) {
  if (!room) return;
  const wordy = rows.reduce((sum, row) => sum + row.top + row.bottom, 0);
  const axes = rows.reduce((sum, row) => sum + row.height, 0);
  const share = Math.min(1, (room - wordy) / axes);
  for (const row of rows) row.height = Math.max(Math.min(row.height, LOWEST * size), share * row.height);
}

function widestBy(rows, columns, side) {
  return Array.from({ length: columns }, (_, c) =>
    Math.max(0, ...rows.filter((row) => row.panels.length === columns).map((row) => row.around[c][side])),
  );
}
