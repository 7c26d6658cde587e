"""Pages that play: each frame shows what it should, at the pace and by the keys that readers know."""

import numpy as np
import pytest

from figures import animate_html, Animation, Series
from tests.browser.drawing import circles, view_of


HEIGHTS = (1.0, 2.0, 4.0)
FILM = Animation(
    [view_of(Series([1.0, 2.0], [1.0, height], "run")) for height in HEIGHTS],
    [f"$h$ = {h:g}" for h in HEIGHTS],
    0.05,
)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.html"
    path.write_bytes(animate_html(FILM))
    return path.as_uri()


@pytest.fixture
def still(quiet_page, page_file):
    """The page as a reader sees it who asked for less motion."""
    quiet_page.emulate_media(reduced_motion="reduce")
    quiet_page.goto(page_file)
    quiet_page.wait_for_selector("svg")
    return quiet_page


def test_each_frame_is_drawn_on_the_same_axes(still):
    ends = []
    for k in range(3):
        still.locator("input[type=range]").fill(str(k))
        assert still.inner_text("output") == f"h = {HEIGHTS[k]:g}"
        ends.append(circles(still))
    ends = np.array(ends)
    assert np.ptp(ends[:, 0], axis=0).max() == 0 and np.ptp(ends[:, 1, 0]) == 0
    rises = ends[0, 1, 1] - ends[1:, 1, 1]
    assert rises[0] > 20 and rises[1] == pytest.approx(3 * rises[0], rel=1e-3)


def test_arrow_keys_step_and_go_round(still):
    slider = still.locator("input[type=range]")
    said = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"):
        still.locator("#picture").press(key)
        said.append(slider.input_value())
    assert said == ["1", "2", "0", "2", "0", "2"]


def test_it_waits_for_readers_who_asked_for_less_motion_and_plays_when_told(still):
    still.wait_for_timeout(200)
    assert still.inner_text("button") == "Play" and still.locator("input").input_value() == "0"
    still.click("button")
    still.wait_for_function("document.querySelector('input').value === '2'")
    assert still.inner_text("button") == "Pause"
    still.click("button")
    stopped = still.locator("input").input_value()
    still.wait_for_timeout(200)
    assert still.locator("input").input_value() == stopped


def test_it_plays_by_itself_for_others(quiet_page, page_file):
    quiet_page.goto(page_file)
    quiet_page.wait_for_function("document.querySelector('input').value === '1'")
    assert quiet_page.inner_text("button") == "Pause"
