// The board. Everything drawn follows from the model's state and from `chosen`; every act changes one of the two.

const SIDE = 600; // units of the drawing; the width of the page decides how large they are
const RADIUS = 15;
const REACH = 26; // of a finger around a point
const PAUSE = 100; // milliseconds between two messages while something is dragged
const STEP = 0.1; // of an arrow key, in units of the plane; five times as far with Shift
const TURN = 2; // degrees of an arrow key
const ARM = 0.62; // of the guess, as a share of the half side
const ASKED = "Turn the arrow w to where you think it will point: drag it, or use the arrow keys.";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "board";
  const style = document.createElement("style");
  const plane = shape("svg", { class: "plane", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "application", tabindex: -1 });
  plane.setAttribute("aria-label", "Plane of the points: click to add one, arrow keys move the one in focus");
  const layers = Object.fromEntries(["grid", "lines", "points", "hands"].map((name) => [name, shape("g", { class: name })]));
  plane.append(...Object.values(layers));
  const bar = document.createElement("div");
  bar.className = "bar";
  const said = document.createElement("p");
  said.className = "said";
  said.setAttribute("aria-live", "polite");
  const names = document.createElement("div");
  names.className = "names";
  root.append(style, plane, names, bar, said);
  el.append(root);
  const observer = in_theme.followTheme(root, el);
  const paint = () => { style.textContent = in_theme.styleRules("board", model.get("colours")); };

  let points = copy(model.get("points"));
  let chosen = null; // index of the point that the buttons act on
  let dragged = null; // what the pointer holds: an index, or "guess"
  const next = { label: 1, worker: 0 }; // of the next point that is added
  const sending = throttled((name, value) => { model.set(name, value); model.save_changes(); });

  const scale = () => SIDE / (2 * model.get("extent"));
  const across = (x) => SIDE / 2 + x * scale();
  const up = (y) => SIDE / 2 - y * scale();
  const rounded = (value) => Math.round(100 * clamped(value, model.get("extent"))) / 100 + 0;

  function place(event) {
    const box = plane.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width - 0.5, 0.5 - (event.clientY - box.top) / box.height];
    return [2 * x * model.get("extent"), 2 * y * model.get("extent")];
  }

  function change(after, now = true) {
    points = after;
    drawPoints();
    drawBar();
    sending("points", copy(points), now);
  }

  const alter = (index, values, now = true) =>
    change(points.map((point, k) => (k === index ? { ...point, ...values } : point)), now);

  function add([x, y]) {
    if (points.length >= model.get("most")) return tell(`The board holds ${model.get("most")} points: remove some first.`);
    chosen = null;
    change([...points, { x: rounded(x), y: rounded(y), ...next }]);
    tell(`Added point ${points.length}: ${described(points.at(-1))}.`);
  }

  function remove(index) {
    if (index === null) return;
    chosen = null;
    change(points.filter((_, k) => k !== index));
    tell(`Removed point ${index + 1}.`);
  }

  const relabel = (index) => alter(index, { label: -points[index].label });
  const give = (index, worker) => alter(index, { worker });

  function choose(index) {
    chosen = index;
    drawPoints();
    drawBar();
    if (index !== null) tell(`Point ${index + 1}: ${described(points[index])}.`);
  }

  function tell(text) { said.textContent = text; }

  function turn(angle, now) {
    const value = Math.round(((((angle + 180) % 360) + 360) % 360) - 180);
    drawHand(value);
    drawLines(value);
    sending("guess", value, now);
  }

  // Pictures.

  function drawGrid() {
    const extent = model.get("extent");
    const unit = [0.5, 1, 2, 5, 10, 20].find((step) => (2 * extent) / step <= 12) ?? extent / 4;
    const parts = [];
    for (let k = -Math.floor(extent / unit); k <= extent / unit; k += 1) {
      const [x, y, zero] = [across(k * unit), up(k * unit), k === 0];
      const look = { stroke: zero ? "var(--ib-axis)" : "var(--ib-grid)", "stroke-width": zero ? 1.6 : 1 };
      parts.push(shape("line", { x1: x, x2: x, y1: 0, y2: SIDE, ...look }), shape("line", { y1: y, y2: y, x1: 0, x2: SIDE, ...look }));
      if (!zero) {
        const number = String(Math.round(100 * k * unit) / 100).replace("-", "−");
        parts.push(written(number, x + 3, SIDE - 6, 15, "var(--ib-quiet)"), written(number, 5, y - 4, 15, "var(--ib-quiet)"));
      }
    }
    layers.grid.replaceChildren(...parts);
  }

  function drawLines(guess = model.get("guess")) {
    const lines = model.get("lines").filter((line) => line.kind !== "guess");
    const own = guess === null || !(model.get("guessing") || model.get("lines").some((line) => line.kind === "guess"));
    if (!own) lines.push({ angle: guess, kind: "guess", name: "your guess" });
    layers.lines.replaceChildren(...lines.flatMap(separator));
    drawNames(lines);
  }

  function separator(line) {
    const look = lookOf(line);
    const offsets = line.margin ? [0, line.margin, -line.margin] : [0];
    return offsets.map((offset) => {
      const [a, b] = ends(line.angle, offset);
      const thin = offset ? { "stroke-width": 1.6, "stroke-dasharray": "2 4" } : {};
      return shape("line", { class: `separator ${line.kind}`, x1: a[0], y1: a[1], x2: b[0], y2: b[1], ...look, ...thin });
    });
  }

  // Ends, far outside, of {v : u·v = offset} with u along the angle.
  function ends(angle, offset) {
    const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const far = 3 * model.get("extent");
    return [-far, far].map((t) => [across(offset * c - t * s), up(offset * s + t * c)]);
  }

  // Lines by name under the plane, where no name hides a point.
  function drawNames(lines) {
    const named = lines.filter((line) => line.name).map((line) => {
      const entry = document.createElement("span");
      const sample = shape("svg", { viewBox: "0 0 44 12", class: "sample", "aria-hidden": true });
      sample.append(shape("line", { x1: 0, x2: 44, y1: 6, y2: 6, ...lookOf(line) }));
      entry.append(sample, line.name);
      return entry;
    });
    names.replaceChildren(...named);
  }

  function drawPoints() {
    while (layers.points.children.length > points.length) layers.points.lastChild.remove();
    points.forEach((point, index) => {
      const group = layers.points.children[index] ?? layers.points.appendChild(fresh(index));
      const [x, y] = [across(point.x), up(point.y)];
      const colour = `var(--ib-worker-${point.worker})`;
      const filled = point.label > 0;
      group.setAttribute("class", `point${index === chosen ? " chosen" : ""}`);
      group.setAttribute("aria-label", `Point ${index + 1}: ${described(point)}`);
      group.replaceChildren(
        shape("circle", { class: "halo", cx: x, cy: y, r: REACH - 4, fill: "transparent", stroke: "none" }),
        outline(filled, x, y, { fill: filled ? colour : "var(--ib-paper)", stroke: filled ? "var(--ib-ink)" : colour }),
        written(String(point.worker + 1), x, y + (filled ? 6 : 9), 16, filled ? "#111" : "var(--ib-ink)", "number"),
      );
    });
  }

  function fresh(index) {
    const group = shape("g", { tabindex: 0, role: "button" });
    group.addEventListener("focus", () => { if (!model.get("guessing")) choose(index); });
    group.addEventListener("keydown", (event) => onKey(event, index));
    return group;
  }

  function drawHand(guess = model.get("guess")) {
    if (!model.get("guessing")) return layers.hands.replaceChildren();
    const angle = ((guess ?? 0) * Math.PI) / 180;
    const length = ARM * (SIDE / 2);
    const [x, y] = [SIDE / 2 + length * Math.cos(angle), SIDE / 2 - length * Math.sin(angle)];
    const hand = layers.hands.firstChild ?? layers.hands.appendChild(freshHand());
    hand.setAttribute("aria-valuenow", guess ?? 0);
    const colour = "var(--ib-guess)";
    hand.replaceChildren(
      shape("line", { x1: SIDE / 2, y1: SIDE / 2, x2: x, y2: y, stroke: colour, "stroke-width": 5 }),
      shape("circle", { class: "halo", cx: x, cy: y, r: 30, fill: "transparent", stroke: "none" }),
      shape("circle", { cx: x, cy: y, r: 20, fill: colour, stroke: "var(--ib-paper)", "stroke-width": 2 }),
      written("w", x, y + 6, 18, "#fff", "number"),
    );
  }

  function freshHand() {
    const hand = shape("g", { class: "hand", tabindex: 0, role: "slider", "aria-label": "Guess of the direction of w, in degrees", "aria-valuemin": -180, "aria-valuemax": 180 });
    hand.addEventListener("keydown", (event) => {
      const sign = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 }[event.key];
      if (!sign) return;
      event.preventDefault();
      turn((model.get("guess") ?? 0) + sign * TURN * (event.shiftKey ? 5 : 1), true);
    });
    return hand;
  }

  function drawBar() {
    root.classList.toggle("guessing", model.get("guessing"));
    if (model.get("guessing")) {
      bar.replaceChildren();
      return tell(ASKED);
    }
    if (said.textContent === ASKED) tell("");
    const picked = chosen === null ? null : points[chosen];
    const labels = [[1, "● +1"], [-1, "▲ −1"]].map(([label, text]) =>
      button(text, `new points have the label ${label}`, () => { next.label = label; drawBar(); }, { pressed: next.label === label }));
    const holders = Array.from({ length: model.get("workers") }, (_, m) =>
      button(String(m + 1), `new points belong to worker ${m + 1}`, () => { next.worker = m; drawBar(); }, { pressed: next.worker === m, colour: m }));
    const acts = [
      button("Flip label", "flip the label (L)", () => relabel(chosen), { off: !picked }),
      button("Next worker", "give it to the next worker (W, or a number)", () => give(chosen, (picked.worker + 1) % model.get("workers")), { off: !picked }),
      button("Remove", "remove the point (Delete)", () => remove(chosen), { off: !picked }),
    ];
    bar.replaceChildren(group("New point", labels), group("of worker", holders), group(picked ? `Point ${chosen + 1}` : "Chosen point", acts));
  }

  // Acts.

  function onKey(event, index) {
    if (model.get("guessing") || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    const worker = Number(event.key) - 1;
    const far = STEP * (event.shiftKey ? 5 : 1);
    if (arrow) alter(index, { x: rounded(points[index].x + far * arrow[0]), y: rounded(points[index].y + far * arrow[1]) });
    else if (event.key === "Delete" || event.key === "Backspace") remove(index);
    else if (event.key === "l" || event.key === "L") relabel(index);
    else if (event.key === "w" || event.key === "W") give(index, (points[index].worker + 1) % model.get("workers"));
    else if (worker >= 0 && worker < model.get("workers")) give(index, worker);
    else if (event.key === "Escape") { choose(null); document.activeElement?.blur?.(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (points[index] && chosen === index) tell(`Point ${index + 1}: ${described(points[index])}.`);
  }

  // The nearest point within reach: neighbours' circles overlap, and a finger covers more than it means.
  function under(event) {
    const box = plane.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
    const away = points.map((point) => Math.hypot(across(point.x) - x, up(point.y) - y));
    const nearest = away.indexOf(Math.min(...away));
    return away[nearest] <= REACH ? nearest : null;
  }

  plane.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    if (model.get("guessing")) {
      dragged = "guess";
      layers.hands.firstChild?.focus();
      onMove(event);
    } else {
      const index = under(event);
      if (index === null) return add(place(event));
      dragged = index;
      layers.points.children[index].focus({ preventScroll: true });
      choose(index);
    }
    plane.setPointerCapture(event.pointerId);
  });

  function onMove(event) {
    if (dragged === null) return;
    const [x, y] = place(event);
    if (dragged === "guess") turn((Math.atan2(y, x) * 180) / Math.PI, false);
    else if (points[dragged]) alter(dragged, { x: rounded(x), y: rounded(y) }, false);
  }

  function onRelease() {
    if (points[dragged]) tell(`Point ${dragged + 1}: ${described(points[dragged])}.`);
    dragged = null;
    sending.flush();
  }

  plane.addEventListener("pointermove", onMove);
  plane.addEventListener("pointerup", onRelease);
  plane.addEventListener("pointercancel", onRelease);

  function drawAll() {
    // While a point is dragged the hand knows better than an echo of a moment ago.
    if (dragged === null && !sending.waiting()) points = copy(model.get("points"));
    if (chosen !== null && chosen >= points.length) chosen = null;
    drawGrid();
    drawLines();
    drawPoints();
    drawHand();
    drawBar();
  }

  for (const name of ["points", "extent", "workers", "guessing", "guess"]) model.on(`change:${name}`, drawAll);
  model.on("change:lines", () => drawLines());
  model.on("change:colours", paint);
  paint();
  drawAll();
  return () => observer.disconnect();
}

const copy = (points) => points.map((point) => ({ ...point }));
const clamped = (value, most) => Math.min(most, Math.max(-most, value));
const described = ({ x, y, label, worker }) => `(${x.toFixed(2)}, ${y.toFixed(2)}), label ${label > 0 ? "+1" : "−1"}, worker ${worker + 1}`;

function lookOf({ kind, worker, early }) {
  return {
    best: { stroke: "var(--ib-ink)", "stroke-width": 4 },
    own: { stroke: `var(--ib-worker-${worker})`, "stroke-width": 3 },
    passed: { stroke: "var(--ib-passed)", "stroke-width": 2, "stroke-dasharray": early ? "2 6" : "8 5" },
    last: { stroke: "var(--ib-last)", "stroke-width": 3.5, "stroke-dasharray": "16 6" },
    guess: { stroke: "var(--ib-guess)", "stroke-width": 3, "stroke-dasharray": "10 4 2 4" },
  }[kind];
}

function outline(round, x, y, look) {
  if (round) return shape("circle", { class: "body", cx: x, cy: y, r: RADIUS, "stroke-width": 1.5, ...look });
  const [w, top, bottom] = [1.25 * RADIUS, 1.3 * RADIUS, 0.95 * RADIUS];
  return shape("path", { class: "body", d: `M${x} ${y - top}L${x + w} ${y + bottom}H${x - w}Z`, "stroke-width": 3.5, "stroke-linejoin": "round", ...look });
}

function written(text, x, y, size, colour, kind = "") {
  const anchor = kind === "number" ? "middle" : "start";
  const made = shape("text", { x, y, "font-size": size, "text-anchor": anchor, "font-weight": kind ? 700 : 400, "pointer-events": "none" });
  made.style.fill = colour;
  made.textContent = text;
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function group(name, children) {
  const made = document.createElement("div");
  made.className = "group";
  const title = document.createElement("span");
  title.className = "name";
  title.textContent = name;
  made.append(title, ...children);
  return made;
}

function button(text, title, act, { pressed, off = false, colour } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = made.ariaLabel = title;
  made.disabled = off;
  if (pressed !== undefined) made.setAttribute("aria-pressed", pressed);
  if (colour !== undefined) Object.assign(made.style, { background: `var(--ib-worker-${colour})`, color: "#111" });
  made.addEventListener("click", act);
  return made;
}

// Send at most once per pause, the last value always; at once where asked.
function throttled(send) {
  let [timer, held] = [null, null];
  const flush = () => {
    clearTimeout(timer);
    timer = null;
    if (held) {
      const [name, value] = held;
      held = null;
      send(name, value);
    }
  };
  const call = (name, value, now) => {
    held = [name, value];
    if (now) flush();
    else timer ??= setTimeout(flush, PAUSE);
  };
  return Object.assign(call, { flush, waiting: () => held !== null });
}

export default { render };
