"""The claim explorer in Chromium: every control changes what is on screen, and a snapshot opens offline."""

import json
import re

import pytest

from figures import view_from_json


PATIENCE = 300  # tenths of a second, on a machine that does other things


@pytest.fixture
def lesson(quiet_page, hall):
    """The explorer, opened at its first claim."""
    quiet_page.set_viewport_size({"width": 1280, "height": 1400})
    quiet_page.goto(f"{hall}/claims/")
    quiet_page.locator(".finding").wait_for(timeout=60_000)
    quiet_page.locator("svg[role=img]").first.wait_for()
    return quiet_page


def screen(page):
    """What the class sees: the finding, the picture, the numbers."""
    picture = page.locator("svg[role=img]").first
    return page.locator(".finding").inner_text(), picture.inner_html(), page.locator(".facts").inner_text()


def changed(page, before, act):
    """Act, and return what is on screen once it is something else."""
    act()
    # The picture lies in a shadow tree, which only locators reach: asked again and again.
    for _ in range(PATIENCE):
        page.wait_for_timeout(100)
        if screen(page) != before:
            page.wait_for_timeout(300)  # the picture follows the words in the same beat
            return screen(page)
    raise AssertionError(f"nothing changed: {before[0]}")


def test_every_control_changes_what_is_on_screen(lesson, screenshots):
    first = screen(lesson)
    lesson.screenshot(path=screenshots / "claims.png")
    chosen = changed(lesson, first, lambda: lesson.get_by_label("paper").select_option("soudry2018"))
    assert all(now != before for now, before in zip(chosen, first, strict=True))
    moved = changed(lesson, chosen, lambda: press(lesson.get_by_role("slider").first, "End"))
    assert moved[1] != chosen[1]
    seeded = changed(lesson, moved, lambda: press(lesson.get_by_role("textbox").last, "ArrowUp"))
    assert "seed 1" in seeded[1] and "seed 0" in moved[1]
    quick = changed(lesson, seeded, lambda: lesson.get_by_label("quick").check())
    assert lesson.locator(".capped").count() == 0 and quick != seeded


def press(control, key):
    control.focus()
    control.press(key)


def test_a_snapshot_opens_offline_and_says_what_was_on_screen(lesson, chromium, tmp_path, screenshots):
    finding, _, numbers = screen(lesson)
    with lesson.expect_download(timeout=60_000) as waiting:
        lesson.get_by_text("Save a snapshot").click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(saved.as_uri())
    assert page.locator("h1").inner_text() == finding
    assert all(part in page.locator("#numbers").inner_text() for part in re.findall(r"[A-Z]{5,}", numbers))
    data = json.loads(page.locator("#snapshot").inner_text())
    assert [view_from_json(json.dumps(view)) for view in data["views"]] and page.locator(
        "figure svg"
    ).count() == 1
    page.screenshot(path=screenshots / "claims-snapshot.png", full_page=True)
    context.close()


def test_light_size_and_the_way_back_to_the_hall(lesson, hall):
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    light = "getComputedStyle(document.body).backgroundColor"
    before = lesson.evaluate(size), lesson.evaluate(light)
    lesson.get_by_label("larger type").click()
    lesson.get_by_label("light or dark").click()
    lesson.wait_for_timeout(300)
    assert lesson.evaluate(size) > before[0] and lesson.evaluate(light) != before[1]
    lesson.get_by_text("All lessons").click()
    assert lesson.url == f"{hall}/" and lesson.locator(".doors li").count() == 4
