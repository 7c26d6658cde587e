// Views that take turns: play and pause, a slider, arrow keys, and what changes in words.

import { setTheme, styleRules, followTheme } from "./theme.js";
import { drawView, lineCounts } from "./view.js";
import { inHtml, plain } from "./formulas.js";

const RULES = `display:flex;gap:.8em;align-items:center;padding:.4em .5em;font:600 1em system-ui,"DejaVu Sans",sans-serif`;
let players = 0;

// Play `film` = {frames, labels, seconds} (what figures.web.film gives) in `host`; options as for drawView, and
// playing (false: wait for the reader). Nothing plays by itself for readers who asked for less motion.
export function playViews(host, film, options = {}) {
  const parts = assembled(host, film, options);
  const state = { at: 0, timer: null, width: null, reserve: null, film, options, ...parts };
  const show = (index) => shownAt(state, (index + film.frames.length) % film.frames.length);
  const stop = () => setPlaying(state, null);
  const start = () =>
    setPlaying(
      state,
      setInterval(() => show(state.at + 1), 1000 * film.seconds),
    );
  parts.button.addEventListener("click", () => (state.timer ? stop() : start()));
  parts.slider.addEventListener("input", () => {
    stop();
    show(Number(parts.slider.value));
  });
  host.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: state.at - 1, ArrowRight: state.at + 1, Home: 0, End: film.frames.length - 1 };
    if (event.key in steps) {
      stop();
      show(steps[event.key]);
      event.preventDefault();
    } else if (event.key === " " && event.target !== parts.button) {
      parts.button.click();
      event.preventDefault();
    }
  });
  show(0);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (options.playing !== false && !still) start();
  return { show, stop, start };
}

function assembled(host, film, options) {
  const name = `ib-player-${Date.now().toString(36)}-${(players += 1)}`;
  const last = film.frames.length - 1;
  host.tabIndex = 0;
  host.innerHTML = `<style>${styleRules(name, film.frames[0].colours)}
.${name} button{font:inherit;min-width:5em;padding:.3em .8em;border:1px solid var(--ib-axis);border-radius:.4em;background:none;color:inherit;cursor:pointer}
.${name} input{flex:1;accent-color:var(--ib-axis)}
.${name} output{min-width:8em;font-variant-numeric:tabular-nums}</style>
<div class="${name}"><div class="ib-controls" style='${RULES}'>
<button type="button" aria-pressed="false">Play</button>
<input type="range" min="0" max="${last}" step="1" value="0" aria-label="frame">
<output>${inHtml(film.labels[0])}</output></div><div class="ib-stage"></div></div>`;
  const root = host.querySelector(`.${name}`);
  if (options.theme === "light" || options.theme === "dark") setTheme(root, options.theme);
  else followTheme(root, host);
  root.style.fontSize = `${options.fontSize ?? 14}px`;
  const [button, slider, output, stage] = ["button", "input", "output", ".ib-stage"].map((part) =>
    root.querySelector(part),
  );
  return { button, slider, output, stage };
}

function setPlaying(state, timer) {
  clearInterval(state.timer);
  state.timer = timer;
  state.button.textContent = timer ? "Pause" : "Play";
  state.button.setAttribute("aria-pressed", String(Boolean(timer)));
}

// Words keep the room of their longest frame, so that axes stand still.
function shownAt(state, index) {
  const { film, options, stage, slider, output } = state;
  state.at = index;
  slider.value = String(index);
  slider.setAttribute("aria-valuetext", plain(film.labels[index]));
  output.innerHTML = inHtml(film.labels[index]);
  drawView(stage, film.frames[index], { ...options, reserve: reserved(state) });
}

// The most lines that words take in any frame, at the width of now.
function reserved(state) {
  const { film, options, stage } = state;
  if (state.width !== stage.clientWidth) {
    const counts = film.frames.map((frame) => lineCounts(stage, frame, options));
    state.width = stage.clientWidth;
    state.reserve = {
      title: Math.max(...counts.map((c) => c.title)),
      caption: Math.max(...counts.map((c) => c.caption)),
    };
  }
  return state.reserve;
}
