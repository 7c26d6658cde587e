// Tables as a printer sets them: rules above and below, names in bold, numbers at the right of their columns.

import { paint, tag } from "./svg.js";
import { textWidth, write } from "./words.js";

const TABLE_ROW = 1.75; // of the type size, as in figures/layout.py
const PADDING = 2; // type sizes, between the columns of a table

// The height of a table in pixels.
export function tableHeight(table, size) {
  return (table.rows.length + 1.4) * TABLE_ROW * size;
}

// Rules above and below, names in bold, numbers at the right of their columns; smaller type where room is short.
export function drawTable(table, box, context) {
  const natural = tableEdges(table, context.size);
  const size = context.size * Math.min(1, box.width / natural.at(-1)[1]);
  const edges = natural.map((ends) => ends.map((end) => (end * size) / context.size));
  const step = TABLE_ROW * size;
  const cell = (text, k, middle, weight) =>
    write(text, {
      x: box.left + edges[k][table.numeric[k] ? 1 : 0],
      y: box.top + middle * step + 0.35 * size,
      size,
      weight,
      anchor: table.numeric[k] ? "end" : "start",
    });
  const rule = (height, width) =>
    tag("path", {
      d: `M${box.left} ${box.top + height * step}h${edges.at(-1)[1]}`,
      stroke: paint("ink"),
      "stroke-width": 0.09 * size * width,
    });
  return tag(
    "g",
    { "data-mark": "Table", "data-panel": String(context.index) },
    table.columns.map((name, k) => cell(name, k, 0.5, 700)),
    table.rows.map((row, j) =>
      tag(
        "g",
        { class: "ib-row" },
        row.map((text, k) => cell(text, k, j + 1.6, null)),
      ),
    ),
    rule(0, 1),
    rule(1.05, 0.6),
    rule(table.rows.length + 1.15, 1),
  );
}

function tableEdges(table, size) {
  let left = 0;
  return table.columns.map((name, k) => {
    const right =
      left + Math.max(textWidth(name, size, 700), ...table.rows.map((row) => textWidth(row[k], size)));
    const ends = [left, right];
    left = right + PADDING * size;
    return ends;
  });
}
