// Axes: from values to pixels and back, and where their labels stand.

import { textWidth } from "./words.js";

const LINEAR_UP_TO = 2; // as in figures/limits.py: |v| up to which "symlog" is linear
const DECADE = 10 / 9; // length of that half, in decades
const ROUND = [1, 2, 2.5, 5, 10];
const POWER_STEPS = [1, 2, 3, 5, 10, 20, 25, 50, 100, 200];
const LABELLED = [1, 2, 3, 5]; // as in figures/ticks.py: leading digits whose labels never touch
const COUNTS = [0.5, 200]; // as in figures/ticks.py: such axes count workers or local steps
const PLAIN = [1e-3, 1e5]; // numbers between these are written without powers of ten
const SHORT = 2; // decades up to which a log axis labels more than powers of ten
const NEARLY = 1e-9; // of a step, for ticks that rounding would put just outside

const FORWARD = {
  linear: (value) => value,
  log: (value) => (value > 0 ? Math.log10(value) : NaN),
  symlog: (value) => {
    const size = Math.abs(value);
    if (size <= LINEAR_UP_TO) return (value * DECADE) / LINEAR_UP_TO;
    return Math.sign(value) * (DECADE + Math.log10(size / LINEAR_UP_TO));
  },
};
const BACKWARD = {
  linear: (place) => place,
  log: (place) => 10 ** place,
  symlog: (place) => {
    const size = Math.abs(place);
    return size <= DECADE
      ? (place * LINEAR_UP_TO) / DECADE
      : Math.sign(place) * LINEAR_UP_TO * 10 ** (size - DECADE);
  },
};

// at(value) → pixel (NaN for a gap), value(pixel) → value, for limits that lie at pixels `from` and `to`.
export function axisBetween(scale, limits, from, to) {
  const [low, high] = limits.map(FORWARD[scale]);
  const slope = (to - from) / (high - low);
  return {
    scale,
    limits,
    from,
    to,
    at: (value) => (value === null || value === undefined ? NaN : from + (FORWARD[scale](value) - low) * slope),
    value: (pixel) => BACKWARD[scale](low + (pixel - from) / slope),
  };
}

// Limits stretched about their middle by a factor, in the units of the scale.
export function stretched(limits, factor) {
  const middle = (limits[0] + limits[1]) / 2;
  return limits.map((end) => middle + (end - middle) * factor);
}

// {value, label} with label "" for small ticks. `gap(label)` is the room in pixels that a label needs along the axis.
export function ticks(scale, limits, length, gap) {
  const [low, high] = [Math.min(...limits), Math.max(...limits)];
  if (!(length > 0) || !(high > low)) return [];
  if (scale === "log") return logTicks(low, high, length, gap);
  if (scale === "symlog") return symlogTicks(low, high, length, gap);
  return linearTicks(low, high, length, gap);
}

function linearTicks(low, high, length, gap) {
  let found = [];
  for (let count = 8; count >= 1; count -= 1) {
    found = roundValues(low, high, count);
    const widest = Math.max(0, ...found.map((tick) => gap(tick.label)));
    if (found.length < 2 || (widest * (high - low)) / length <= found[1].value - found[0].value) break;
  }
  return found;
}

function roundValues(low, high, count) {
  const least = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ROUND.find((factor) => factor * power >= least * (1 - NEARLY));
  const found = [];
  for (let k = Math.ceil(low / step - NEARLY); k <= Math.floor(high / step + NEARLY); k += 1)
    found.push(k * step);
  return found.map((value) => ({
    value,
    label: roundLabel(value, step, Math.max(Math.abs(low), Math.abs(high))),
  }));
}

// A multiple of `step` with the decimals of its step; times a power of ten where zeros would fill the label.
function roundLabel(value, step, largest) {
  const exponent = largest >= PLAIN[1] || largest < PLAIN[0] ? Math.floor(Math.log10(largest)) : 0;
  const unit = step / 10 ** exponent;
  const decimals = Math.max(0, -Math.floor(Math.log10(unit) + NEARLY));
  const rest = unit * 10 ** decimals;
  const shown = Math.abs(rest - Math.round(rest)) > 1e-6 ? decimals + 1 : decimals;
  const number = (value / 10 ** exponent).toFixed(Math.min(shown, 12)).replace("-", "−");
  return exponent === 0 || Number(value) === 0 ? number : `${number}·$10^{${exponent}}$`;
}

function logTicks(low, high, length, gap) {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const perDecade = length / (last - first);
  const powers = between(Math.ceil(first - NEARLY), Math.floor(last + NEARLY));
  if (last - first < SHORT || powers.length < 2) return shortLogTicks(low, high, length, gap);
  const counted = low >= COUNTS[0] && high <= COUNTS[1];
  const label = (k) => (counted ? String(10 ** k) : `$10^{${k}}$`);
  const widest = Math.max(...powers.map((k) => gap(label(k))));
  const step = POWER_STEPS.find((k) => k * perDecade >= widest) ?? POWER_STEPS.at(-1);
  const kept = powers.filter((k) => k % step === 0).map((k) => ({ value: 10 ** k, label: label(k) }));
  const small =
    step > 1 ? powers.filter((k) => k % step).map((k) => 10 ** k) : perDecade > 24 ? subdivided(low, high) : [];
  return [...kept, ...(small.length < 60 ? small : []).map((value) => ({ value, label: "" }))];
}

function shortLogTicks(low, high, length, gap) {
  const all = subdivided(low, high, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const labelled = subdivided(low, high, LABELLED);
  const named =
    labelled.length >= 2
      ? labelled.map((value) => ({ value, label: shortLabel(value, low, high) }))
      : roundValues(low, high, 4).filter((tick) => tick.value > 0);
  const kept = apart(named, length / Math.log10(high / low), gap);
  const small = all.filter((value) => !kept.some((tick) => Math.abs(tick.value / value - 1) < NEARLY));
  return [...kept, ...small.map((value) => ({ value, label: "" }))];
}

function shortLabel(value, low, high) {
  if (low >= PLAIN[0] && high < PLAIN[1]) return String(Number(value.toPrecision(6)));
  const exponent = Math.floor(Math.log10(value) + NEARLY);
  const leading = Math.round(value / 10 ** exponent);
  return leading === 1 ? `$10^{${exponent}}$` : `${leading}·$10^{${exponent}}$`;
}

// Ticks whose labels do not touch; powers of ten are kept before the others.
function apart(named, perDecade, gap) {
  const kept = [];
  const isPower = (tick) => Math.abs(Math.log10(tick.value) - Math.round(Math.log10(tick.value))) < NEARLY;
  for (const tick of [...named.filter(isPower), ...named.filter((other) => !isPower(other))]) {
    const clear = kept.every(
      (other) =>
        Math.abs(Math.log10(tick.value / other.value)) * perDecade >= (gap(tick.label) + gap(other.label)) / 2,
    );
    if (clear) kept.push(tick);
  }
  return kept;
}

function subdivided(low, high, digits = [2, 3, 4, 5, 6, 7, 8, 9]) {
  const powers = between(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)));
  const all = powers.flatMap((k) => digits.map((digit) => Number(`${digit}e${k}`)));
  return all.filter((value) => value >= low * (1 - NEARLY) && value <= high * (1 + NEARLY));
}

function symlogTicks(low, high, length, gap) {
  const top = Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high), 10)));
  const sizes = between(0, top).map((k) => ({ value: 10 ** k, label: `$10^{${k}}$` }));
  const mirrored = sizes.map(({ value, label }) => ({ value: -value, label: `−${label}` }));
  const all = [{ value: 0, label: "0" }, ...sizes, ...mirrored].filter(
    ({ value }) => value >= low && value <= high,
  );
  const axis = axisBetween("symlog", [low, high], 0, length);
  const kept = [];
  for (const tick of all) {
    const clear = kept.every(
      (other) => Math.abs(axis.at(other.value) - axis.at(tick.value)) >= gap(tick.label),
    );
    if (clear) kept.push(tick);
  }
  return kept.length > 1 ? kept : linearTicks(low, high, length, gap);
}

function between(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => first + k);
}

// Room along the axis of a label written across it (x) or beside it (y).
export function roomAcross(size) {
  return (label) => textWidth(label, size) + 0.9 * size;
}

export function roomBeside(size) {
  return () => 1.9 * size;
}

// A number for reading: four digits, powers of ten where zeros would fill it.
export function readable(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value === 0 || (size >= PLAIN[0] && size < PLAIN[1]))
    return String(Number(value.toPrecision(4))).replace("-", "−");
  const [leading, exponent] = value.toExponential(3).split("e");
  return `${String(Number(leading)).replace("-", "−")}·$10^{${Number(exponent)}}$`;
}
