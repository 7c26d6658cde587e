"""The lesson of scaling in Chromium: every control moves the picture, and what makes no sense gets a sentence."""

import pytest

from tests.browser.desk import chosen, counted_up, Desk, opened, pressed


@pytest.fixture
def lesson(quiet_page, hall):
    """The lesson, at its first setting."""
    return opened(quiet_page, f"{hall}/scaling/")


def test_every_control_moves_the_picture(lesson, screenshots):
    desk = Desk(lesson)
    lesson.screenshot(path=screenshots / "scaling.png")
    assert "condition number" in desk.facts and "> 35" in desk.picture
    desk.moves(lambda: chosen(lesson, "data", "turned"))
    assert "turned" in desk.picture
    for label in ("units over so many decades", "local steps H"):
        desk.moves(lambda label=label: pressed(lesson, label, "ArrowLeft"))
    desk.moves(lambda: pressed(lesson, "unlike data: share of samples", "End"))
    assert "for every worker" in desk.facts
    desk.moves(lambda: chosen(lesson, "scope", "one for each worker"))
    assert "a D̂ for each worker" in desk.picture
    lesson.get_by_role("button", name="More controls").click()
    for label in ("workers M", "accuracy ε", "η over the tuned one", "l2"):
        desk.moves(lambda label=label: pressed(lesson, label, "ArrowLeft"))
    desk.moves(lambda: chosen(lesson, "mini-batch", "full"))
    desk.moves(lambda: chosen(lesson, "theorem for", "no scaling"))
    desk.moves(lambda: chosen(lesson, "theorem", "T4"))
    assert "T4 against no scaling" in desk.picture
    desk.moves(lambda: chosen(lesson, "mini-batch", "8"))
    desk.moves(lambda: pressed(lesson, "more: replicas", "ArrowRight"))
    desk.moves(lambda: counted_up(lesson))
    assert "seed 1" in desk.picture
    lesson.screenshot(path=screenshots / "scaling-turned.png", full_page=True)


def test_without_a_scaling_there_is_a_sentence_and_no_traceback(lesson):
    lesson.locator("button", has_text="RMSProp").first.click()
    lesson.get_by_text("Deselect all").click()
    lesson.get_by_text("This cannot be shown").wait_for()
    said = lesson.locator("body").inner_text()
    assert "nothing to compare" in said and "Traceback" not in said
