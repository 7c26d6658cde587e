"""A lesson as a class sees it: the finding, the picture, the numbers, and hands on its controls."""

import re


PATIENCE = 600  # tenths of a second, on a machine that does other things


def opened(page, address):
    """Open a lesson, and wait for its picture."""
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.goto(address)
    page.locator(".finding").wait_for(timeout=120_000)
    page.locator("svg[role=img]").first.wait_for(timeout=120_000)
    return page


class Desk:
    """What is on screen of a lesson, read again after every change."""

    def __init__(self, page):
        self._page = page
        self._read()

    def _read(self):
        self.finding = self._page.locator(".finding").inner_text()
        # Every word of a picture is an element of its own.
        self.markup = self._page.locator("svg[role=img]").first.inner_html()
        self.picture = re.sub(
            r"\s+", " ", " ".join(self._page.locator("svg[role=img] text").all_text_contents())
        )
        self.facts = self._page.locator(".facts").inner_text()

    def moves(self, act):
        """Act, and wait until the picture is another."""
        before = self.markup
        act()
        for _ in range(PATIENCE):
            self._page.wait_for_timeout(100)
            if self._page.locator(".finding").count() and self._page.locator("svg[role=img]").count():
                self._read()
                if self.markup != before:
                    self._page.wait_for_timeout(300)  # words and picture change in the same beat
                    self._read()
                    return
        raise AssertionError(f"nothing moved: {self.finding}")


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
