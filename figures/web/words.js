// Lines of words on the picture: how wide they are, where they break, and how they are written.

import { FIXED_SPACE, runs } from "./formulas.js";
import { digits, escaped, paint, tag } from "./svg.js";

export const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const MOST_WIDTHS = 20000; // texts whose widths are kept; a class that lasts all day draws more
const RELATION = /(\S) ([=<>≤≥≈≠]) (?=\S)/g; // "η = 0.1" is read as one word
let canvas = null;
const widths = new Map();

// Width of a text in pixels, formulas included.
export function textWidth(text, size, weight = 400) {
  const key = `${weight} ${text}`;
  if (widths.size > MOST_WIDTHS) widths.clear();
  if (!widths.has(key)) widths.set(key, measured(text, weight));
  return widths.get(key) * size;
}

function measured(text, weight) {
  canvas ??= document.createElement("canvas").getContext("2d");
  let total = 0;
  for (const run of runs(text)) {
    canvas.font = `${run.italic ? "italic " : ""}${weight} ${100 * run.scale}px ${FAMILY}`;
    total += canvas.measureText(run.text).width / 100;
  }
  return total;
}

// Text in lines at most `room` pixels wide; formulas and equations stay whole.
export function wrapped(text, size, room, weight = 400) {
  const lines = [];
  for (const paragraph of String(text).replace(RELATION, `$1${FIXED_SPACE}$2${FIXED_SPACE}`).split("\n")) {
    let line = "";
    for (const word of paragraph.match(/(?:\$[^$]*\$|[^ $])+|\$/g) ?? []) {
      const longer = line ? `${line} ${word}` : word;
      if (line && textWidth(longer, size, weight) > room) {
        lines.push(line);
        line = word;
      } else {
        line = longer;
      }
    }
    lines.push(line);
  }
  return lines;
}

// One line of text: x, y of its baseline, size, and anchor, weight, fill, turn (degrees), halo as wished.
export function write(text, look) {
  const { x, y, size, anchor = "start", weight = null, fill = "ink", turn = null, halo = false } = look;
  let risen = 0;
  const spans = runs(text).map((run) => {
    const drop = risen - run.rise;
    risen = run.rise;
    const simple = !drop && run.scale === 1 && !run.italic;
    if (simple) return escaped(run.text);
    return tag(
      "tspan",
      {
        dy: drop ? digits(drop * size) : null,
        "font-size": run.scale === 1 ? null : digits(run.scale * size),
        "font-style": run.italic ? "italic" : null,
      },
      escaped(run.text),
    );
  });
  return tag(
    "text",
    {
      x,
      y,
      "font-size": size,
      "text-anchor": anchor === "start" ? null : anchor,
      "font-weight": weight,
      fill: paint(fill),
      transform: turn === null ? null : `rotate(${turn} ${digits(x)} ${digits(y)})`,
      "paint-order": halo ? "stroke" : null,
      stroke: halo ? paint("paper") : null,
      "stroke-width": halo ? size * 0.22 : null,
      "stroke-linejoin": halo ? "round" : null,
    },
    spans,
  );
}
