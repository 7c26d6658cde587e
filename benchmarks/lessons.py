"""``python -m benchmarks.lessons``: seconds from a key on a slider to the new picture in Chromium, lesson by lesson.

What the class waits for: browser, server, kernel and drawing together. It asks for Playwright and Chromium, as
``make test-browser`` does, and for a machine that does nothing else. It is none of ``python -m benchmarks``, which
keeps to one core.
"""

import shutil
import statistics
from typing import Any

from paper_repro.classroom.lessons import LESSONS
from tests.browser.conftest import CURE, NAMES
from tests.browser.serving import classroom


MOVES = 12
SETTLED = 1200  # milliseconds between two moves: each meets a lesson at rest
AIM = 0.3
# Notes the time at which the picture, which lies in a shadow tree, is next replaced.
WATCH = """() => {
  const pictures = root => [...root.querySelectorAll("*")].flatMap(
    e => e.matches("svg[role=img]") ? [e] : e.shadowRoot ? pictures(e.shadowRoot) : []);
  const watch = new MutationObserver(() => { window.drawn ??= performance.now(); });
  for (const picture of pictures(document)) watch.observe(picture.parentNode, { childList: true });
  addEventListener("keydown", () => { window.pressed = performance.now(); window.drawn = undefined; }, true);
}"""


def main() -> None:
    """Print the median and the longest time of every lesson; the first move, which opens what is lazy, is left out."""
    from playwright.sync_api import sync_playwright

    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        raise SystemExit(f"no Chromium on this machine: {CURE}")
    with classroom() as hall, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for lesson in LESSONS:
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            times = waits(page, f"{hall}/{lesson.name}/")
            said = f"median {statistics.median(times):.2f} s, longest {max(times):.2f} s"
            print(
                f"{lesson.name:<10} {said}: aim {AIM} s {'met' if max(times) <= AIM else 'missed'}",
                flush=True,
            )
        browser.close()


def waits(page: Any, address: str) -> list[float]:
    """Return seconds from key to picture of moves to and fro of the first slider."""
    page.goto(address)
    page.locator(".finding").wait_for(timeout=120_000)
    page.locator("svg[role=img]").first.wait_for(timeout=60_000)
    page.evaluate(WATCH)
    page.get_by_role("slider").first.focus()
    times = []
    for move in range(MOVES + 1):
        page.keyboard.press("ArrowRight" if move % 2 == 0 else "ArrowLeft")
        page.wait_for_timeout(SETTLED)
        times.append(page.evaluate("(window.drawn - window.pressed) / 1000"))
    return times[1:]


if __name__ == "__main__":
    main()
