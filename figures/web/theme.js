// Light and dark: colours are variables, so that a change of theme draws nothing anew.

// Style rules that give colours {name: [on paper, at night]} their values under `.name`, by theme.
export function styleRules(name, colours) {
  const rules = (which) =>
    Object.entries(colours)
      .map(([key, pair]) => `--ib-${key}:${pair[which]}`)
      .join(";");
  return (
    `.${name}{${rules(0)};position:relative;background:var(--ib-paper);color:var(--ib-ink)}` +
    `.${name} svg{display:block;max-width:100%;pointer-events:none}` +
    `@media screen and (prefers-color-scheme:dark){.${name}:not([data-theme="light"]){${rules(1)}}}` +
    `@media screen{.${name}[data-theme="dark"]{${rules(1)}}}`
  );
}

// The theme that an element's surroundings ask for: "light", "dark", or null for the reader's own setting. What the page
// as a whole says comes first: notebooks put their own theme, of when they were opened, around every widget.
export function themeAround(element) {
  const said = (node) => (["light", "dark"].includes(node.dataset?.theme) ? node.dataset.theme : null);
  if (said(document.documentElement)) return said(document.documentElement);
  for (let node = element; node; node = node.parentNode ?? node.host ?? null) {
    if (said(node)) return said(node);
    if (node.classList?.contains("dark")) return "dark";
    if (node.classList?.contains("light")) return "light";
  }
  return null;
}

export function setTheme(element, theme) {
  if (theme === "light" || theme === "dark") element.dataset.theme = theme;
  else delete element.dataset.theme;
}

// Keep `element` in the theme of its surroundings, also when the page changes it later.
export function followTheme(element, around) {
  const follow = () => setTheme(element, themeAround(around));
  const observer = new MutationObserver(follow);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ["data-theme", "class"] });
  }
  follow();
  return observer;
}
