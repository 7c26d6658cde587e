"""The claim explorer in Chromium: every control changes what is on screen, and a snapshot opens offline."""

import json
import re

import pytest

from figures import view_from_json
from tests.browser.desk import chosen, counted_up, Desk, opened


@pytest.fixture
def lesson(quiet_page, hall):
    """The explorer, at its first claim."""
    return opened(quiet_page, f"{hall}/claims/")


def test_every_control_changes_what_is_on_screen(lesson, screenshots):
    desk = Desk(lesson)
    first = desk.finding, desk.facts
    lesson.screenshot(path=screenshots / "claims.png")
    desk.moves(lambda: chosen(lesson, "paper", "soudry2018"))
    assert desk.finding != first[0] and desk.facts != first[1]
    desk.moves(lambda: lesson.get_by_role("slider").first.press("End"))
    assert "seed 0" in desk.picture
    desk.moves(lambda: counted_up(lesson))
    assert "seed 1" in desk.picture
    desk.moves(lambda: lesson.get_by_label("quick").check())
    assert lesson.locator(".capped").count() == 0


def test_a_snapshot_opens_offline_and_says_what_was_on_screen(lesson, chromium, tmp_path, screenshots):
    desk = Desk(lesson)
    with lesson.expect_download(timeout=60_000) as waiting:
        lesson.get_by_text("Save a snapshot").click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(saved.as_uri())
    assert page.locator("h1").inner_text() == desk.finding
    assert all(part in page.locator("#numbers").inner_text() for part in re.findall(r"[A-Z]{5,}", desk.facts))
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


def test_until_a_lesson_speaks_the_page_says_what_it_waits_for(quiet_page, hall):
    quiet_page.goto(f"{hall}/claims/", wait_until="domcontentloaded")
    quiet_page.locator(".waiting").wait_for()
    quiet_page.locator(".finding").wait_for(timeout=120_000)
    quiet_page.locator(".waiting").wait_for(state="detached")


def test_a_hand_that_does_not_wait_for_the_next_claim_breaks_nothing(lesson):
    sliders = lesson.get_by_role("slider")
    for paper in 2 * ("soudry2018", "zhu2024", "chatterjee2024", "gu2023", "wu2024", "ji2021"):
        lesson.get_by_label("paper").select_option(paper)
        for k in range(12):
            lesson.wait_for_timeout(40)
            sliders.evaluate_all("(all, k) => all[k]?.focus()", k % 3)
            lesson.keyboard.press("ArrowRight")
    lesson.locator(".finding, .refused").first.wait_for()
