"""Where Local GD goes, in Chromium: points under the hand, every control, the guess, and messages for wrong input."""

import re

import pytest

from paper_repro.classroom.direction import Controls, show
from paper_repro.classroom.direction.presets import arrangement, PRESETS
from tests.browser.desk import until


A = arrangement(next(iter(PRESETS)))
# A drop is read off to a pixel, a hundredth of the plane or so.
A_PIXEL = 0.03


@pytest.fixture
def lesson(quiet_page, hall):
    """The lesson as it opens, with its picture drawn."""
    quiet_page.set_viewport_size({"width": 1280, "height": 800})
    quiet_page.goto(f"{hall}/direction/")
    quiet_page.wait_for_selector(".board .point")
    quiet_page.wait_for_selector("svg .ib-dots")
    return quiet_page


def held(page):
    """Return the points as the board says them: x, y, label, worker."""
    said = page.locator(".board .point").evaluate_all("all => all.map((g) => g.getAttribute('aria-label'))")
    found = [re.match(r"Point \d+: \((.*), (.*)\), label (..), worker (\d)", text) for text in said]
    return [(float(m[1]), float(m[2]), int(m[3].replace("−", "-")), int(m[4]) - 1) for m in found]


def shown(points, **chosen):
    x, y, labels, workers = zip(*points, strict=True)
    return show(Controls(tuple(zip(x, y, strict=True)), labels, workers, **chosen))


def read(page, text):
    """Wait until the page says so."""
    page.get_by_text(text, exact=False).first.wait_for()


def says_what_show_says(page, **chosen):
    """Wait until finding and numbers are those of the points on the board."""
    wanted = shown(held(page), **chosen)
    read(page, wanted.finding)
    until(page, lambda: all(page.get_by_text(fact.value, exact=True).count() for fact in wanted.facts))
    return wanted


def centre(page, selector):
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def at(page, x, y):
    """Return the pixel of a point of the plane."""
    box, side = page.locator(".board svg.plane").bounding_box(), A.extent
    return box["x"] + box["width"] * (0.5 + x / (2 * side)), box["y"] + box["height"] * (0.5 - y / (2 * side))


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*(sum(pair) / 2 for pair in zip(start, end, strict=True)), steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def picture(page):
    return page.locator("svg:has(.ib-dots)").first.inner_html()


def backgrounds(page):
    """Return the colours behind the board and behind the pictures."""
    found = page.locator(".board, .view > *").all()
    return [one.evaluate("one => getComputedStyle(one).backgroundColor") for one in found]


def test_it_opens_with_the_answer_of_the_first_preset(lesson):
    wanted = says_what_show_says(lesson)
    assert held(lesson) == [(*point, y, m) for point, y, m in zip(A.points, A.labels, A.workers, strict=True)]
    names = lesson.locator(".board .names").inner_text()
    assert "max margin" in names and "worker 1 alone" in names and "round 10¹⁰⁰" in names
    read(lesson, wanted.capped)


def test_board_and_pictures_are_light_and_dark_together(lesson, screenshots):
    papers = set()
    for _ in range(2):
        lesson.get_by_role("button", name="light or dark").click()
        until(lesson, lambda: len(set(backgrounds(lesson))) == 1)
        papers |= set(backgrounds(lesson))
        lesson.screenshot(path=screenshots / f"direction-{len(papers)}.png")
    assert len(papers) == 2


def test_a_point_that_is_dragged_takes_the_picture_with_it(lesson):
    before = picture(lesson)
    drag(lesson, at(lesson, *A.points[0]), at(lesson, 2.0, -1.0))
    until(lesson, lambda: picture(lesson) != before)
    x, y, *_ = held(lesson)[0]
    assert (x, y) == pytest.approx((2.0, -1.0), abs=A_PIXEL)
    says_what_show_says(lesson)


def test_points_are_added_removed_relabelled_and_given_away(lesson):
    board = lesson.locator(".board")
    board.get_by_role("button", name="new points have the label -1").click()
    board.get_by_role("button", name="new points belong to worker 3").click()
    lesson.mouse.click(*at(lesson, -3.0, -3.0))
    assert held(lesson)[-1] == pytest.approx((-3.0, -3.0, -1, 2), abs=A_PIXEL)
    read(lesson, "supported by points 1 and 4 of 7")
    lesson.mouse.click(*at(lesson, *A.points[2]))
    board.get_by_role("button", name="flip the label (L)").click()
    assert held(lesson)[2][2] == -1
    read(lesson, "No w separates these points")
    board.get_by_role("button", name="flip the label (L)").click()
    board.get_by_role("button", name="give it to the next worker (W, or a number)").click()
    assert held(lesson)[2][3] == 1
    says_what_show_says(lesson)
    board.get_by_role("button", name="remove the point (Delete)").click()
    assert len(held(lesson)) == len(A.points)
    says_what_show_says(lesson)


def test_keys_move_relabel_and_remove(lesson):
    lesson.locator(".board .point").nth(1).focus()
    lesson.keyboard.press("ArrowRight")
    lesson.keyboard.press("Shift+ArrowUp")
    (x, y), moved = A.points[1], held(lesson)[1]
    assert moved[:2] == pytest.approx((x + 0.1, y + 0.5), abs=1e-9)
    lesson.keyboard.press("2")
    assert held(lesson)[1][3] == 1
    says_what_show_says(lesson)
    lesson.keyboard.press("Delete")
    assert len(held(lesson)) == len(A.points) - 1
    says_what_show_says(lesson)


def test_the_answer_is_hidden_until_the_guess_is_revealed(lesson):
    lesson.get_by_label("guess first", exact=True).click()
    lesson.wait_for_selector(".board .hand")
    read(lesson, "Where will w point?")
    assert lesson.locator(".board .separator:not(.guess)").count() == 0
    assert lesson.locator("svg .ib-dots").count() == 0
    assert lesson.get_by_text("margin γ").count() == 0
    drag(lesson, centre(lesson, ".board .hand circle.halo"), at(lesson, 1.0, 2.0))
    lesson.locator(".board .hand").focus()
    lesson.keyboard.press("ArrowLeft")
    angle = int(lesson.locator(".board .hand").get_attribute("aria-valuenow"))
    assert angle == pytest.approx(65, abs=2)
    lesson.get_by_label("reveal", exact=True).click()
    wanted = says_what_show_says(lesson, prediction=float(angle))
    read(lesson, next(fact.value for fact in wanted.facts if fact.name == "your guess"))
    assert lesson.locator(".board .separator.guess").count() == 1
    assert lesson.locator(".board .separator.best").count() == 3


def test_presets_are_put_on_the_board(lesson):
    for name in ("a tie (degenerate)", "not separable", "iris: petal length and width"):
        given = arrangement(name)
        wanted = [(*p, y, m) for p, y, m in zip(given.points, given.labels, given.workers, strict=True)]
        lesson.get_by_label("points", exact=True).select_option(label=name)
        until(lesson, lambda wanted=wanted: held(lesson) == wanted)
        says_what_show_says(lesson)


SLIDERS = {
    "H": ({"local_steps": 20}, "ArrowRight"),
    "η": ({"lr": 0.5}, "ArrowRight"),
    "rounds 10^": ({"decades": 30}, "ArrowLeft"),
}


def test_every_control_changes_the_answer(lesson):
    for position, (chosen, key) in enumerate(SLIDERS.values()):
        thumb = lesson.get_by_role("slider").nth(position)
        thumb.focus()
        lesson.keyboard.press(key)
        says_what_show_says(lesson, **chosen)
        lesson.keyboard.press("ArrowLeft" if key == "ArrowRight" else "ArrowRight")
        says_what_show_says(lesson)
    for label, option, chosen in (
        ("loss", "polynomial tail", {"loss": "polynomial tail"}),
        ("local work", "projection", {"work": "projection"}),
        ("aggregation", "anchored", {"aggregation": "anchored"}),
    ):
        menu = lesson.get_by_label(label, exact=True)
        menu.select_option(label=option)
        says_what_show_says(lesson, **chosen)
        if option == "polynomial tail":
            lesson.get_by_role("slider").nth(len(SLIDERS)).focus()
            lesson.keyboard.press("ArrowRight")
            says_what_show_says(lesson, **chosen, power=3.0)
        menu.select_option(index=0)
        says_what_show_says(lesson)


def test_points_are_dealt_anew(lesson):
    lesson.get_by_label("dealt", exact=True).select_option(label="in turn")
    until(lesson, lambda: [point[3] for point in held(lesson)] == [0, 1, 0, 1, 0, 1])
    says_what_show_says(lesson)
    lesson.get_by_role("slider").nth(len(SLIDERS)).focus()
    lesson.keyboard.press("ArrowRight")
    until(lesson, lambda: [point[3] for point in held(lesson)] == [0, 1, 2, 0, 1, 2])
    says_what_show_says(lesson)
    lesson.get_by_label("points", exact=True).select_option(label="random points")
    for seed in ("0", "3"):
        lesson.locator("marimo-number input").fill(seed)
        lesson.keyboard.press("Enter")
        drawn = arrangement("random points", int(seed)).points
        until(lesson, lambda drawn=drawn: tuple(point[:2] for point in held(lesson)) == drawn)


def test_wrong_input_is_answered_by_a_sentence(lesson):
    field = lesson.get_by_label("H₁, H₂, …")
    for text, said in (
        ("ten", "must be whole numbers"),
        ("1, 2, 3", "needs one H for each of the M = 2 workers"),
    ):
        field.fill(text)
        field.press("Enter")
        read(lesson, said)
        assert lesson.get_by_text("Traceback").count() == 0
    field.fill("1, 100")
    field.press("Enter")
    says_what_show_says(lesson, local_steps=(1, 100))
