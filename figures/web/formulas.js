// Formulas between dollars: the few TeX commands of our labels, as letters of Unicode and raised runs.

import { escaped, tag } from "./svg.js";

const SMALLER = 0.72; // size of an exponent
const RISE = { "^": 0.42, _: -0.22 }; // of the type size
export const FIXED_SPACE = "\u00a0";
// prettier-ignore
const ACCENTS = { hat: "\u0302", widehat: "\u0302", tilde: "\u0303", widetilde: "\u0303", bar: "\u0304",
  overline: "\u0304", dot: "\u0307", vec: "\u20d7" };
const UPRIGHT = new Set([
  "mathrm",
  "text",
  "operatorname",
  "mathbf",
  "mathit",
  "mathcal",
  "mathsf",
  "textstyle",
]);
const SILENT = new Set(["left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "limits", "nolimits"]);
// prettier-ignore
const LETTERS = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ",
  vartheta: "ϑ", iota: "ι", kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ",
  tau: "τ", phi: "φ", varphi: "φ", chi: "χ", psi: "ψ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ",
  Lambda: "Λ", Xi: "Ξ", Pi: "Π", Sigma: "Σ", Phi: "Φ", Psi: "Ψ", Omega: "Ω", ell: "ℓ", infty: "∞", partial: "∂",
  nabla: "∇", cdot: "·", times: "×", pm: "±", mp: "∓", le: "≤", leq: "≤", ge: "≥", geq: "≥", ne: "≠", neq: "≠",
  approx: "≈", sim: "∼", propto: "∝", to: "→", rightarrow: "→", mapsto: "↦", in: "∈", notin: "∉", subset: "⊂",
  cup: "∪", cap: "∩", sum: "∑", prod: "∏", int: "∫", sqrt: "√", circ: "∘", odot: "⊙", otimes: "⊗", top: "⊤",
  perp: "⊥", parallel: "∥", langle: "⟨", rangle: "⟩", lvert: "|", rvert: "|", lVert: "‖", rVert: "‖", "|": "‖",
  ldots: "…", dots: "…", cdots: "⋯", star: "⋆", ast: "∗", dagger: "†", prime: "′", forall: "∀", exists: "∃",
  emptyset: "∅", ll: "≪", gg: "≫", equiv: "≡", quad: "  ", qquad: "    ", ",": " ", ";": " ", ":": " ", "!": "",
  " ": " ", "{": "{", "}": "}", "%": "%", "&": "&", "#": "#", _: "_", $: "$", min: "min", max: "max",
};

// Runs {text, rise, scale, italic} of a text; rise is in type sizes. A single dollar is a dollar.
export function runs(text) {
  const pieces = String(text).split("$");
  if (pieces.length % 2 === 0) return [{ text: String(text), rise: 0, scale: 1, italic: false }];
  return joined(
    pieces.flatMap((piece, index) =>
      index % 2 ? formula(piece) : piece ? [{ text: piece, rise: 0, scale: 1 }] : [],
    ),
  );
}

export function plain(text) {
  return runs(text)
    .map((run) => (run.rise > 0 ? `^${run.text}` : run.rise < 0 ? `_${run.text}` : run.text))
    .join("");
}

// The text as HTML.
export function inHtml(text) {
  return runs(text)
    .map((run) =>
      tag(run.rise > 0 ? "sup" : run.rise < 0 ? "sub" : run.italic ? "i" : "span", {}, escaped(run.text)),
    )
    .join("");
}

function formula(source) {
  const reader = { source, at: 0 };
  const found = [];
  while (reader.at < source.length) found.push(...atom(reader, 0, 1));
  return found;
}

// The next symbol, command or group; what follows ^ and _ is smaller and moved.
function atom(reader, rise, scale) {
  const letter = reader.source[reader.at++];
  if (letter === "{") return group(reader, rise, scale);
  if (letter === "}" || letter === undefined) return [];
  if (letter === "^" || letter === "_") {
    return atom(reader, rise + RISE[letter] * scale, scale * SMALLER);
  }
  if (letter === "\\") return command(reader, rise, scale);
  if (letter === "'") return [{ text: "′", rise, scale }];
  if (letter === "-") return [{ text: "−", rise, scale }];
  if (letter === " " || letter === FIXED_SPACE) return [];
  if (letter === "~") return [{ text: " ", rise, scale }];
  if ("=<>+".includes(letter) && scale === 1) return [{ text: ` ${letter} `, rise, scale }];
  return [{ text: letter, rise, scale, italic: /[A-Za-z]/.test(letter) }];
}

function group(reader, rise, scale) {
  const found = [];
  while (reader.at < reader.source.length && reader.source[reader.at] !== "}") {
    found.push(...atom(reader, rise, scale));
  }
  reader.at += 1;
  return found;
}

function command(reader, rise, scale) {
  const name = /^([A-Za-z]+|.)/.exec(reader.source.slice(reader.at))?.[0] ?? "";
  reader.at += name.length;
  if (SILENT.has(name)) return [];
  if (name in ACCENTS) {
    const [first, ...rest] = atom(skipped(reader), rise, scale);
    return first ? [{ ...first, text: (first.text + ACCENTS[name]).normalize("NFC") }, ...rest] : [];
  }
  if (UPRIGHT.has(name)) return words(skipped(reader), rise, scale);
  if (name === "frac" || name === "tfrac" || name === "dfrac") {
    const above = atom(skipped(reader), rise, scale);
    const below = atom(skipped(reader), rise, scale);
    return [...bracketed(above), { text: "/", rise, scale }, ...bracketed(below)];
  }
  if (name === "sqrt") return [{ text: "√", rise, scale }, ...bracketed(atom(skipped(reader), rise, scale))];
  const symbol = LETTERS[name] ?? name;
  const spaced = scale === 1 && /^[≤≥≠≈∼∝→↦∈∉⊂≪≫≡]$/.test(symbol);
  return [{ text: spaced ? ` ${symbol} ` : symbol, rise, scale }];
}

function skipped(reader) {
  while (reader.source[reader.at] === " ") reader.at += 1;
  return reader;
}

// The letters of \text{…} as they stand.
function words(reader, rise, scale) {
  if (reader.source[reader.at] !== "{")
    return atom(reader, rise, scale).map((run) => ({ ...run, italic: false }));
  const end = reader.source.indexOf("}", reader.at);
  const inside = reader.source.slice(reader.at + 1, end < 0 ? undefined : end);
  if (/[\\^_{]/.test(inside)) return atom(reader, rise, scale).map((run) => ({ ...run, italic: false }));
  reader.at = end < 0 ? reader.source.length : end + 1;
  return [{ text: inside, rise, scale }];
}

function bracketed(found) {
  const long =
    found
      .map((run) => run.text)
      .join("")
      .trim().length > 1 && found.some((run) => /[ +−]/.test(run.text));
  const like = { rise: found[0]?.rise ?? 0, scale: found[0]?.scale ?? 1 };
  return long ? [{ ...like, text: "(" }, ...found, { ...like, text: ")" }] : found;
}

function joined(found) {
  const kept = [];
  for (const run of found) {
    const last = kept.at(-1);
    const alike = last && last.rise === run.rise && last.scale === run.scale && !last.italic === !run.italic;
    if (alike) last.text += run.text;
    else kept.push({ ...run, italic: Boolean(run.italic) });
  }
  return kept;
}
