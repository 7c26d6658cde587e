"""Views in Chromium: points lie where the axes say, every mark is drawn, read, and readable, on paper and at night."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import Arrows, Bands, Cloud, Field, Note, Panel, Separator, Series, Table, View, view_html
from figures.web import payload
from figures.web.levels import contour_lines
from figures.web.theme import contrast
from tests.browser.drawing import blank, box_of, circles, count, draw, pixels, ticks, view_of
from tests.test_figures import MARKS


HALF_A_PIXEL = 0.5
ROUNDED = 0.02  # coordinates are written to a hundredth of a pixel
AA = 4.5  # contrast of text, WCAG 2.2


@pytest.fixture(scope="module")
def board(chromium):
    """One page for tests that draw again and again; its errors are looked at in the end."""
    page, complaints = chromium.new_page(viewport={"width": 900, "height": 700}), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield blank(page)
    page.close()
    assert complaints == []


EXPONENTS = st.floats(-4, 4)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(EXPONENTS, EXPONENTS), min_size=2, max_size=6, unique=True),
    st.sampled_from(["linear", "log"]),
    st.sampled_from(["linear", "log"]),
)
def test_points_lie_where_the_axes_say(board, exponents, xscale, yscale):
    place = {"linear": float, "log": lambda value: 10.0**value}
    x, y = (np.array([place[scale](e[k]) for e in exponents]) for k, scale in enumerate((xscale, yscale)))
    draw(board, view_of(Series(x, y), xscale=xscale, yscale=yscale), width=700)
    if min(len(ticks(board, axis)) for axis in "xy") < 2:
        return  # two points nearer than a float can tell apart
    found = circles(board)
    assert np.allclose(found[:, 0], pixels(board, "x", xscale, x), atol=HALF_A_PIXEL)
    assert np.allclose(found[:, 1], pixels(board, "y", yscale, y), atol=HALF_A_PIXEL)


def test_limits_of_a_panel_are_the_ends_of_its_axes(board):
    draw(board, view_of(Series([1, 2], [1, 2]), xlim=(0, 4), ylim=(10, 1000), yscale="log"))
    path = board.locator(".ib-frame").get_attribute("d")
    left, top, bottom, right = (
        float(number) for number in path.replace("M", "").replace("V", " ").replace("H", " ").split()
    )
    assert np.allclose(pixels(board, "x", "linear", [0, 4]), [left, right], atol=ROUNDED)
    assert np.allclose(pixels(board, "y", "log", [10, 1000]), [bottom, top], atol=ROUNDED)


LIMITS = [
    (1.0, 1e100), (1.0, 1e300), (1e-12, 1.0), (1.0, 1e5), (0.9, 60.0), (0.9, 1.2), (2.0, 9.0), (3.1e4, 4.9e4),
    (4.1e-7, 8.7e-7), (1.2e-7, 8e-7), (1.0, 10.0), (0.001, 0.4), (99.0, 101.0),
]  # fmt: skip


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("axis", "xy")
@pytest.mark.parametrize("size", [13, 24])
def test_log_axes_are_labelled_readably(board, limits, axis, size):
    middle = math.sqrt(limits[0]) * math.sqrt(limits[1])
    view = view_of(Series([middle], [middle]), **{f"{axis}scale": "log", f"{axis}lim": limits})
    draw(board, view, width=520, fontSize=size)
    named = [tick for tick in ticks(board, axis) if tick["text"]]
    assert 2 <= len(named) <= 14
    for tick in named:
        assert number(tick) == pytest.approx(tick["value"], rel=1e-9)
        assert limits[0] * (1 - 1e-6) <= tick["value"] <= limits[1] * (1 + 1e-6)
    spans = sorted((tick["from"], tick["to"]) for tick in named)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def number(tick):
    """Return the number that a label says, its exponent being the raised part."""
    said = tick["text"].replace("−", "-")
    if not tick["power"]:
        return float(said)
    lead, power = said.removesuffix(tick["power"].replace("−", "-")), tick["power"].replace("−", "-")
    return float(lead.removesuffix("10").rstrip("·") or 1) * 10.0 ** int(power)


@pytest.mark.parametrize("limits", [(0.0, 1.0), (-3.0, 2e6), (1e-7, 3e-7), (0.9999, 1.0002), (-1e-3, 1e-3)])
def test_linear_axes_say_their_values(board, limits):
    draw(board, view_of(Series([1.0], [1.0]), xlim=limits), width=480)
    named = [tick for tick in ticks(board, "x") if tick["text"]]
    assert len(named) >= 2
    span = limits[1] - limits[0]
    assert all(number(tick) == pytest.approx(tick["value"], abs=1e-6 * span) for tick in named)
    assert all(a["to"] <= b["from"] for a, b in itertools.pairwise(named))


# For each mark of the zoo: what must be drawn of it, counted from its data.
DRAWN = {
    "theory": {".ib-line": 1, ".ib-dots > *": 0},
    "measured": {".ib-dots > *": 2, ".ib-interval": 2, ".ib-line": 0},
    "dense": {".ib-line": 1, ".ib-interval": 0},
    "falsifier": {".ib-line": 1},
    "reference": {".ib-line": 1},
    "bands": {".ib-region": 1},
    "cloud": {".ib-dots > *": 3, ".ib-dots": 3, ".ib-ring": 1},
    "image": {},
    "contours": {".ib-line": len(contour_lines(MARKS["contours"]))},
    "filled": {".ib-area": 2},
    "arrows": {".ib-arrow": 2},
    "ray": {".ib-arrow": 1},
    "trajectory": {".ib-line": 1, ".ib-dots > *": 2},
    "separator": {".ib-line": 3},
    "worker separator": {".ib-line": 1},
    "strip": {".ib-region": 1},
    "level": {".ib-line": 1},
    "heatmap": {".ib-cell": 5},
    "histogram": {".ib-bar": 2, ".ib-line": 1},
    "table": {".ib-row": 2},
    "corner note": {"text": 1},
    "point note": {"text": 1},
}


@pytest.mark.parametrize("name", MARKS)
def test_every_mark_is_drawn_once_per_datum(board, name):
    kind = type(MARKS[name]).__name__
    draw(board, view_of(MARKS[name]))
    own = f'[data-mark="{kind}"][data-panel="0"]'
    assert count(board, own) == 1
    for part, expected in DRAWN[name].items():
        assert count(board, f"{own} {part}") == expected, part
    assert count(board, "[data-mark]") == 1


def test_every_cell_of_an_image_is_drawn_once(board):
    draw(board, view_of(MARKS["image"]))
    paths = board.eval_on_selector_all(".ib-cells", "all => all.map(path => path.getAttribute('d')).join('')")
    assert paths.count("M") == len(MARKS["image"].x) * len(MARKS["image"].y)


def test_the_more_the_farther_along_the_colours(board):
    draw(board, view_of(MARKS["heatmap"]))
    ramp = payload(view_of(MARKS["heatmap"]))["panels"][0]["marks"][0]["look"]["ramp"]
    fills = board.eval_on_selector_all(".ib-cell", "all => all.map(cell => cell.getAttribute('fill'))")
    assert [ramp.index(fill) for fill in fills] == [
        63,
        32,
        41,
        47,
        63,
    ]  # 1, 0.1, 0.2, 0.3, 9 on 0.01 … 1, by logarithm


def test_missing_values_break_lines_and_bands(board):
    x, y = [1, 2, 3, 4, 5], [1.0, 2.0, None, 4.0, 5.0]
    draw(board, view_of(Series(x, y, role="theory"), Bands(x, y, y)))
    assert board.locator("[data-mark=Series] .ib-line").get_attribute("d").count("M") == 2
    assert count(board, "[data-mark=Bands] .ib-region") == 2


def test_a_right_angle_looks_right_where_the_aspect_is_equal(board):
    corners = Series([0.0, 3.0, 0.0], [0.0, 0.0, 3.0])
    for limits in ({}, {"xlim": (-1, 9), "ylim": (-1, 4)}, {"xlim": (-1, 4), "ylim": (-1, 40)}):
        draw(board, view_of(corners, aspect="equal", **limits), width=640)
        origin, across, up = circles(board)
        assert across[0] - origin[0] == pytest.approx(origin[1] - up[1], rel=1e-3)
        assert box_of(board, ".ib-frame")[3] < board.locator("svg").bounding_box()["height"]


def test_a_separator_crosses_the_axes_where_its_equation_says(board):
    draw(board, view_of(Separator([1.0, 2.0], 3.0), xlim=(0, 4), ylim=(0, 4)))
    ends = np.array(
        board.locator(".ib-line").get_attribute("d").replace("M", "").replace("L", " ").split(), dtype=float
    )
    x, y = ends[::2], ends[1::2]
    on = (
        np.polyfit(pixels(board, "x", "linear", [0, 1]), [0, 1], 1),
        np.polyfit(pixels(board, "y", "linear", [0, 1]), [0, 1], 1),
    )
    assert np.allclose(np.polyval(on[0], x) + 2 * np.polyval(on[1], y), 3.0, atol=0.02)


def test_contours_lie_at_their_heights(board):
    grid = np.linspace(-2, 2, 41)
    bowl = Field(grid, grid, grid[:, None] ** 2 + grid[None, :] ** 2, "contours", levels=[1.0])
    draw(board, view_of(bowl))
    path = board.locator("[data-mark=Field] .ib-line").get_attribute("d")
    ends = np.array(path.replace("M", " ").replace("L", " ").split(), dtype=float).reshape(-1, 2)
    units = [np.polyfit(pixels(board, axis, "linear", [0, 1]), [0, 1], 1) for axis in "xy"]
    radius = np.hypot(np.polyval(units[0], ends[:, 0]), np.polyval(units[1], ends[:, 1]))
    assert np.allclose(radius, 1.0, atol=0.01)


def test_a_second_view_takes_the_place_of_the_first(board):
    draw(board, view_of(Series([1, 2], [1, 2], "first")))
    frame = board.query_selector(".ib-view")
    draw(board, view_of(Series([1, 2, 3], [1, 2, 3], "second")))
    assert count(board, ".ib-view") == count(board, "svg") == 1
    assert board.evaluate("frame => frame.isConnected", frame)
    assert len(circles(board)) == 3 and "first" not in board.text_content("#host")


def test_the_picture_is_as_wide_as_its_place_and_type_as_large_as_asked(board):
    view = View("A finding", "A setting.", [Panel([Series([1, 2], [1, 2])], title=str(k)) for k in range(3)])
    draw(board, view, fontSize=14)
    wide = board.locator("svg").bounding_box()
    board.set_viewport_size({"width": 420, "height": 700})
    board.wait_for_function("document.querySelector('svg').width.baseVal.value === 420")
    narrow = board.locator("svg").bounding_box()
    board.set_viewport_size({"width": 900, "height": 700})
    assert wide["width"] == 900 and narrow["height"] > wide["height"]
    draw(board, view, fontSize=28)
    sizes = board.eval_on_selector_all(
        "svg text", "all => all.map(text => parseFloat(text.getAttribute('font-size')))"
    )
    assert min(sizes) > 14


def test_a_picture_is_no_higher_than_its_room(board):
    view = View(
        "A finding", "A setting.", [Panel([Series([1, 2], [1, 2])], "x", "y") for _ in range(2)], columns=1
    )
    draw(board, view, width=900, maxHeight=560)
    assert 400 < board.locator("svg").bounding_box()["height"] <= 560


def test_legends_cover_no_points(board):
    rng = np.random.default_rng(5)
    for kind in range(6):
        corner = rng.uniform(0.0, 0.45, (30, 2)) + 0.55 * np.array([kind % 2, kind // 2 % 2])
        clouds = [Series(*corner.T, "a series with a long name"), Series([0, 1], [0, 1], "its ends")]
        draw(board, view_of(*clouds), width=500)
        box = box_of(board, ".ib-legend rect")
        at = circles(board)
        inside = (at[:, 0] > box[0]) & (at[:, 0] < box[2]) & (at[:, 1] > box[1]) & (at[:, 1] < box[3])
        assert not inside.any()
    grid = np.array(list(itertools.product(np.linspace(0, 1, 12), repeat=2)))
    draw(board, view_of(Series(*grid.T, "a series with a long name")), width=500)
    assert box_of(board, ".ib-legend")[1] > box_of(board, ".ib-frame")[3]


def test_names_at_the_ends_of_series_stay_apart_and_inside(board):
    series = [Series([0.0, 1.0], [0.0, 1e-3 * k], f"series number {k}", "theory") for k in range(6)]
    draw(
        board,
        view_of(*series, Series([0.0, 1.0], [0.0, 1.0], "another", "theory"), legend="direct"),
        width=640,
    )
    boxes = board.eval_on_selector_all(
        ".ib-ends text", "all => all.map(t => t.getBBox()).map(b => [b.y, b.height, b.x + b.width])"
    )
    tops = sorted(box[0] for box in boxes)
    assert len(boxes) == 7 and max(box[2] for box in boxes) <= 640
    assert min(np.diff(tops)) > 0.95 * boxes[0][1]


FORMULAS = {
    r"$x_1$": "x1", r"$w^r$": "wr", r"$\hat w$": "ŵ", r"$\tilde{w}$": "w̃", r"$\eta H$": "ηH", r"$H = 1$": "H = 1",
    r"$10^{100}$": "10100", r"$\frac{1}{M n_m}$": "1/Mnm", r"$\frac{a+b}{2}$": "(a + b)/2", r"$\sqrt{2}$": "√2",
    r"$\mathrm{tr}\,H$": "tr H", r"$\nabla^2 L$": "∇2L", r"$a \le b$": "a ≤ b", r"$-\kappa$": "−κ",
    r"$\|w\|$": "‖w‖", r"$\text{a word}$": "a word", "cost 5$": "cost 5$", r"$\unknown x$": "unknownx",
}  # fmt: skip


def test_formulas_become_letters_that_can_be_read(board):
    draw(board, view_of(Table(("formula",), [(text,) for text in FORMULAS])))
    said = board.eval_on_selector_all(".ib-row text", "all => all.map(text => text.textContent)")
    assert dict(zip(FORMULAS, said, strict=True)) == FORMULAS


SMALL = """all => all.map(s => [s, s.parentNode].map(e => parseFloat(getComputedStyle(e).fontSize)))
  .map(([own, around]) => own / around).filter(Number.isFinite)"""


def test_exponents_are_raised_and_indices_lowered_and_what_follows_is_neither(board):
    draw(board, view_of(Note("$a^2_b c$")))
    heights = board.eval_on_selector_all(
        "[data-mark=Note] tspan", "all => all.map(s => [s.textContent, s.getBoundingClientRect().bottom])"
    )
    at = {text.strip(): bottom for text, bottom in heights}
    assert min(board.eval_on_selector_all("[data-mark=Note] tspan[font-size]", SMALL)) < 1
    assert at["2"] < at["a"] < at["b"] and at["c"] == pytest.approx(at["a"], abs=0.1)


def rgb(said):
    """Return "#rrggbb" of what a browser says of a colour."""
    return "#" + "".join(f"{int(part):02x}" for part in said[said.index("(") + 1 : -1].split(",")[:3])


RAMP = [Series([0, 1], [k, k + 1], f"H = {10**k}", method_key=f"local_gd:H={10**k}") for k in range(4)]
FULL = View(
    "A finding about $\\eta H$",
    "A setting.",
    [
        Panel(RAMP, "x", "y", legend="direct"),
        Panel([Cloud([0, 1], [0, 1], [1, -1], [0, 1]), Note("a note")], "x", "y", title="data"),
        Panel([Table(("name", "value"), [("a", 1.0)])]),
        Panel([MARKS["contours"], Arrows([0], [0], [1], [1], "drift")], "x", "y"),
    ],
)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_can_be_read(board, theme):
    draw(board, FULL, theme=theme)
    paper = rgb(board.eval_on_selector(".ib-view", "view => getComputedStyle(view).backgroundColor"))
    words = board.eval_on_selector_all(
        "svg text", "all => all.map(text => [text.textContent, getComputedStyle(text).fill])"
    )
    assert (contrast(paper, "#ffffff") < 1.5) == (theme == "light")
    assert len(words) > 30
    assert {text: contrast(rgb(fill), paper) for text, fill in words if contrast(rgb(fill), paper) < AA} == {}


def test_the_theme_follows_the_reader_and_the_page_at_once(quiet_page):
    blank(quiet_page)
    quiet_page.evaluate("view => draw(view, {})", payload(FULL))
    paper = "getComputedStyle(document.querySelector('.ib-view')).backgroundColor"
    night = "rgb(18, 19, 23)"
    assert quiet_page.evaluate(paper) == "rgb(255, 255, 255)"
    quiet_page.emulate_media(color_scheme="dark")
    assert quiet_page.evaluate(paper) == night
    quiet_page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert quiet_page.evaluate(paper) == "rgb(255, 255, 255)"
    quiet_page.evaluate("document.documentElement.dataset.theme = 'dark'")
    quiet_page.emulate_media(color_scheme="light")
    assert quiet_page.evaluate(paper) == night
    quiet_page.emulate_media(media="print")
    assert quiet_page.evaluate(paper) == "rgb(255, 255, 255)"


def test_the_pointer_reads_the_values_of_points_and_cells(board):
    series = Series([1.0, 2.0], [3.25, 47.5], "GD", method_key="gd", error=([3.0, 40.0], [4.0, 50.0]))
    draw(board, view_of(series))
    (x, y), _ = circles(board)
    board.mouse.move(x + 3, y - 2)
    card = board.text_content(".ib-card")
    assert all(word in card for word in ("GD", "rounds R: 1", "chord: 3.25", "[3, 4]"))
    board.mouse.move(5, 5)
    assert count(board, ".ib-card") == 0
    draw(board, view_of(MARKS["heatmap"]))
    cell = board.locator(".ib-cell").nth(4).bounding_box()
    board.mouse.move(cell["x"] + 4, cell["y"] + 4)
    assert all(word in board.text_content(".ib-card") for word in ("second", "value: 9"))


def test_the_axes_lead_from_values_to_pixels_and_back(board):
    axes = board.evaluate(
        """view => { const {panels: [{x, y, box}]} = draw(view, {width: 600});
        return {x: [x.at(10), x.at(100)], y: y.at(3), back: [x.value(x.at(70)), y.value(y.at(2.5))], box}; }""",
        payload(view_of(Series([10, 100], [3, 4]), xscale="log")),
    )
    assert np.allclose([axes["x"][0], axes["y"]], circles(board)[0], atol=ROUNDED)
    assert np.allclose(axes["back"], [70, 2.5])
    assert np.allclose(
        [axes["box"]["left"], axes["box"]["bottom"]], [box_of(board, ".ib-frame")[k] for k in (0, 3)], atol=1
    )


def test_the_picture_has_a_name_and_a_description(board):
    draw(board, FULL)
    svg = board.locator("svg")
    names = svg.get_attribute("aria-labelledby").split()
    assert svg.get_attribute("role") == "img"
    assert [board.text_content(f"#{name}") for name in names] == ["A finding about ηH", "A setting."]


def test_words_are_words_and_no_elements(quiet_page, tmp_path):
    evil = '</script><script>window.hit = 1</script><img src=x onerror="window.hit = 1">&amp;'
    path = tmp_path / "view.html"
    path.write_bytes(
        view_html(
            View(evil, evil, [Panel([Series([1, 2], [1, 2], evil), Note(evil)], evil, evil, title=evil)])
        )
    )
    quiet_page.goto(path.as_uri())
    quiet_page.wait_for_selector("svg")
    assert quiet_page.evaluate("window.hit") is None
    assert (
        quiet_page.text_content("desc") == evil
        and json.loads(quiet_page.text_content("#data"))["title"] == evil
    )
