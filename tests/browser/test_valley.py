"""The lesson of the valley in Chromium: every control moves the picture, and what makes no sense gets a sentence."""

import pytest

from tests.browser.desk import chosen, counted_up, Desk, opened, pressed


@pytest.fixture
def lesson(quiet_page, hall):
    """The lesson, at its first setting."""
    return opened(quiet_page, f"{hall}/valley/")


def test_every_control_moves_the_picture(lesson, screenshots):
    desk = Desk(lesson)
    lesson.screenshot(path=screenshots / "valley.png")
    assert "8 workers with 20 local steps" in desk.finding
    for label in ("local steps H", "learning rate η"):
        desk.moves(lambda label=label: pressed(lesson, label, "ArrowLeft"))
    assert "H = 10" in desk.picture and "visited before" in desk.picture
    desk.moves(lambda: pressed(lesson, "workers M", "ArrowLeft"))
    desk.moves(lambda: chosen(lesson, "noise", "across and along"))
    desk.moves(lambda: chosen(lesson, "learning rate over time", "halved once, with QSR"))
    assert "QSR" in desk.picture
    lesson.get_by_role("button", name="More controls").click()
    for label in ("slow time T", "total batch B", "noise σ", "more: replicas"):
        desk.moves(lambda label=label: pressed(lesson, label, "ArrowRight"))
    desk.moves(lambda: counted_up(lesson))
    assert "seed 1" in desk.picture
    desk.moves(lambda: chosen(lesson, "landscape", "sphere ½·4(|x| − 1)² in three dimensions, seen along x₃"))
    assert "local steps change nothing" in desk.finding
    lesson.screenshot(path=screenshots / "valley-sphere.png", full_page=True)


def test_what_makes_no_sense_gets_a_sentence_and_no_traceback(lesson):
    desk = Desk(lesson)
    lesson.get_by_role("button", name="More controls").click()
    pressed(lesson, "workers M", "End")
    pressed(lesson, "noise σ", "End")
    lesson.get_by_text("This cannot be shown").wait_for()
    said = lesson.locator("body").inner_text()
    assert "T·M·σ²/B" in said and "Traceback" not in said
    desk.moves(lambda: pressed(lesson, "noise σ", "Home"))
    assert "32 workers" in desk.finding
