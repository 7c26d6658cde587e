// SVG as text: one string is parsed by the browser in one go, faster than elements made one by one.

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const FAR = 1e5; // pixels; beyond, coordinates lose their digits inside the browser

export function escaped(text) {
  return String(text).replace(/[&<>"]/g, (letter) => ENTITIES[letter]);
}

// A number as SVG reads it, to a hundredth of a pixel.
export function digits(value) {
  return String(Math.round(Math.min(Math.max(value, -FAR), FAR) * 100) / 100);
}

// <name a="…">children</name>; attributes that are null or false are left out.
export function tag(name, attributes = {}, ...children) {
  const said = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== undefined && value !== false)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? digits(value) : escaped(value)}"`);
  const inside = children.flat(Infinity).join("");
  return inside ? `<${name}${said.join("")}>${inside}</${name}>` : `<${name}${said.join("")}/>`;
}

// A colour as the theme in force shows it: "#2f6db3" of a mark, "text#2f6db3" of words in that colour, or "ink", "paper" …
// of what surrounds data.
export function paint(colour) {
  return `var(--ib-${colour.replace("text#", "text-").replace("#", "c")})`;
}

// The path through pixels [x, y], broken where one of them is not finite.
export function polyline(points) {
  let path = "";
  let pen = "M";
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) {
      path += `${pen}${digits(x)} ${digits(y)}`;
      pen = "L";
    } else {
      pen = "M";
    }
  }
  return path;
}

export function polygon(points) {
  return `${polyline(points)}Z`;
}

// Dashes given in widths of the line, for a line of this width; none for a solid one.
export function dashes(lengths, width) {
  return lengths && lengths.length ? lengths.map((length) => digits(length * width)).join(" ") : null;
}
