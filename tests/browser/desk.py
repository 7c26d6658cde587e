"""A lesson as a class sees it: the finding, the picture, the numbers, and hands on its controls."""

import re


PATIENCE = 600  # tenths of a second, on a machine that does other things
PICTURE = "svg[role=img]"


def opened(page, address):
    """Open a lesson, and wait for its picture."""
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.goto(address)
    page.locator(".finding").wait_for(timeout=120_000)
    page.locator(PICTURE).first.wait_for(timeout=120_000)
    return page


def until(page, true, said=lambda: "it did not come"):
    """Wait for what no selector can say: a picture lies in a shadow tree, and is asked again and again."""
    for _ in range(PATIENCE):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(said())


class Desk:
    """What is on screen of a lesson, read again after every change."""

    def __init__(self, page):
        self._page = page
        self._read()

    def _read(self):
        self.finding = self._page.locator(".finding").inner_text()
        # Every word of a picture is an element of its own.
        self.markup = self._page.locator(PICTURE).first.inner_html()
        words = self._page.locator(f"{PICTURE} text").all_text_contents()
        self.picture = re.sub(r"\s+", " ", " ".join(words))
        self.facts = self._page.locator(".facts").inner_text()

    def _is_another(self, before):
        if not all(self._page.locator(part).count() for part in (".finding", PICTURE)):
            return False
        self._read()
        return self.markup != before

    def moves(self, act):
        """Act, and wait until the picture is another."""
        before = self.markup
        act()
        until(self._page, lambda: self._is_another(before), lambda: f"nothing moved: {self.finding}")
        self._page.wait_for_timeout(300)  # words and picture change in the same beat
        self._read()


def pressed(page, label, key):
    """Press a key on the slider of this label."""
    control = page.locator("marimo-slider", has_text=label).get_by_role("slider").first
    control.focus()
    control.press(key)


def chosen(page, label, option):
    """Choose in the dropdown of this label."""
    page.get_by_label(label, exact=True).select_option(option)


def counted_up(page):
    """Press the arrow of the number field, of which a lesson has one: its seed."""
    field = page.get_by_role("textbox").last
    field.focus()
    field.press("ArrowUp")
