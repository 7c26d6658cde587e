// The colours of a field beside its axes, with their values.

import { axisBetween, roomBeside, ticks } from "./scales.js";
import { paint, tag } from "./svg.js";
import { textWidth, write } from "./words.js";

const LABEL = 0.88; // of the type size: numbers on the axes
const BAR = 0.9; // type sizes: a colour bar
export const shaded = (panel) =>
  panel.marks.find((mark) => (mark.type === "Field" && mark.kind !== "contours") || mark.type === "Heatmap");

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

export function barWidth(panel, height, size) {
  const mark = barOf(panel);
  if (!mark) return 0;
  const widest = Math.max(
    0,
    ...barTicks(mark, height, size).map((tick) => textWidth(tick.label, LABEL * size)),
  );
  return (0.8 + BAR + 0.5) * size + widest + (mark.label ? 1.5 * size : 0);
}

export function drawBar(panel, place) {
  const mark = barOf(panel);
  if (!mark) return "";
  const { box, size } = place;
  const left = box.right + 0.8 * size;
  const axis = axisBetween(mark.scale ?? "linear", barLimits(mark), box.bottom, box.top);
  const bands = mark.areas
    ? mark.areas.map((area) => [axis.at(area.high), axis.at(area.low), paint(area.shade[0])])
    : mark.look.ramp.map((colour, k, ramp) => {
        const [from, to] = [
          box.bottom - (k * box.height) / ramp.length,
          box.bottom - ((k + 1) * box.height) / ramp.length,
        ];
        return [to, from, colour];
      });
  const shown = barTicks(mark, box.height, size).filter((tick) => tick.label);
  const widest = Math.max(0, ...shown.map((tick) => textWidth(tick.label, LABEL * size)));
  return tag(
    "g",
    { class: "ib-bar-legend" },
    bands.map(([top, bottom, fill]) =>
      tag("rect", { x: left, y: top, width: BAR * size, height: bottom - top + 0.3, fill }),
    ),
    shown.map((tick) =>
      write(tick.label, {
        x: left + (BAR + 0.35) * size,
        y: axis.at(tick.value) + 0.32 * size,
        size: LABEL * size,
      }),
    ),
    mark.label
      ? write(mark.label, {
          x: left + (BAR + 1.4) * size + widest,
          y: box.top + box.height / 2,
          size,
          anchor: "middle",
          turn: -90,
        })
      : "",
  );
}
