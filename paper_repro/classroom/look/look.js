// Size of the type, and light or dark, for the room that the lesson is projected in. Kept for the next lesson.
(() => {
  const STEPS = [0.8, 1, 1.25, 1.5, 1.8];
  const kept = (key, otherwise) => localStorage.getItem("classroom-" + key) ?? otherwise;
  const keep = (key, value) => localStorage.setItem("classroom-" + key, value);

  function size(change) {
    const now = STEPS.indexOf(Number(kept("scale", 1)));
    const next = STEPS[Math.min(STEPS.length - 1, Math.max(0, now + change))];
    keep("scale", next);
    document.documentElement.style.setProperty("--scale", next);
    window.dispatchEvent(new Event("look")); // pictures take the size of the type
  }

  function light(theme) {
    if (!theme) return;
    keep("theme", theme);
    document.documentElement.dataset.theme = theme;
    document.documentElement.style.colorScheme = theme;
    for (const name of ["light", "dark"]) {
      document.body.classList.toggle(name, name === theme);
      document.body.classList.toggle(name + "-theme", name === theme);
    }
  }

  function button(text, title, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.title = made.ariaLabel = title;
    made.addEventListener("click", act);
    return made;
  }

  function bar() {
    const made = document.createElement("div");
    made.className = "look";
    const hall = document.createElement("a");
    hall.href = "/";
    hall.textContent = "All lessons";
    const dark = () => document.body.classList.contains("dark");
    made.append(
      hall,
      button("A−", "smaller type", () => size(-1)),
      button("A+", "larger type", () => size(1)),
      button("◐", "light or dark", () => light(dark() ? "light" : "dark")),
    );
    document.body.append(made);
    size(0);
    // The page sets its own theme once it is drawn; the choice of the room is set after it.
    for (const wait of [0, 500, 2000]) setTimeout(() => light(kept("theme", "")), wait);
  }

  // Until the lesson says something: an empty page looks broken.
  function wait() {
    const made = document.createElement("p");
    made.className = "waiting";
    made.setAttribute("role", "status");
    made.textContent = "The lesson is being prepared. After an installation kernels are compiled first: a minute, once.";
    document.body.append(made);
    const watch = new MutationObserver(() => {
      if (!document.querySelector(".finding, .refused")) return;
      made.remove();
      watch.disconnect();
    });
    watch.observe(document.body, { childList: true, subtree: true });
  }

  function open() {
    bar();
    wait();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", open);
  else open();
})();
