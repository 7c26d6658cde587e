"use strict";
// Shows the claims that match every choice and every word. Without this script the index shows all of them.
const form = document.querySelector("form.filter");
const rows = [...document.querySelectorAll(".claims tbody tr")];
const told = form.querySelector("output");
const lower = (element) => element.textContent.toLowerCase();
const texts = new Map(rows.map((row) => {
  const paper = row.closest(".paper");
  return [row, [row, paper.querySelector("h2"), paper.querySelector(".citation")].map(lower).join(" ")];
}));

function show() {
  const lists = [...form.querySelectorAll("select")].filter((list) => list.value);
  const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = rows.filter((row) =>
    lists.every((list) => row.dataset[list.name] === list.value) && words.every((word) => texts.get(row).includes(word)));
  const names = new Set(shown.map((row) => row.dataset.claim));
  for (const part of document.querySelectorAll("[data-claim]")) part.hidden = !names.has(part.dataset.claim);
  for (const whole of document.querySelectorAll(".paper, .glance")) whole.hidden = !whole.querySelector("[data-claim]:not([hidden])");
  const chosen = [...lists.map((list) => list.selectedOptions[0].text), ...words.map((word) => `“${word}”`)];
  form.classList.toggle("narrowed", chosen.length > 0);
  told.value = chosen.length ? `${shown.length} of ${rows.length} claims: ${chosen.join(", ")}` : `all ${rows.length} claims`;
}

form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(show)); // the event comes before the fields are empty
addEventListener("pageshow", show); // a browser that goes back fills the fields in again
form.hidden = false;
