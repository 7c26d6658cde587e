"""Views for the browser, without one: looks decided, common axes, contours at their heights, pages on their own."""

import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figures import (
    animate_html,
    Animation,
    Arrows,
    Field,
    Heatmap,
    Histogram,
    on_common_limits,
    Panel,
    Separator,
    Series,
    Table,
    View,
    view_html,
)
from figures.appearance import appearance
from figures.colour import lab, lab_of_light, to_linear
from figures.limits import along, back, limits_of
from figures.style import FALSIFIER, LOCAL_STEPS_RAMP, METHOD_COLOURS, THEORY, WORKER_COLOURS
from figures.views import axis_values
from figures.web import json_inside, payload, script
from figures.web.bundle import MODULES, needed, OFFERED, source
from figures.web.levels import contour_areas, contour_lines, level_heights
from figures.web.theme import at_night, contrast, NIGHT, PAPER, readable, SURFACES
from implicitbias.errors import BadInput
from tests.test_figures import FEDERATED, LOCAL, MARKS, VISIONS


GRAPHICS, TEXT = 3.0, 4.5  # contrasts asked for by WCAG 2.2, level AA


def view_of(*marks, **axes):
    return View("A finding", "A setting.", (Panel(marks, "rounds R", "chord", **axes),))


def colours_under(node, key=""):
    """Return every colour that marks, legends and names ask for."""
    if isinstance(node, dict):
        return [c for name, child in node.items() if name != "ramp" for c in colours_under(child, name)]
    if isinstance(node, list | tuple):
        return [c for child in node for c in colours_under(child, key)]
    return [(key, node)] if key in ("colour", "workers", "ink", "shade") and isinstance(node, str) else []


@pytest.mark.parametrize("name", MARKS)
def test_every_mark_goes_to_the_browser_with_its_looks(name):
    sent = json.loads(json.dumps(payload(view_of(MARKS[name])), allow_nan=False))
    mark = sent["panels"][0]["marks"][0]
    look = appearance(MARKS[name])
    assert mark["type"] == type(MARKS[name]).__name__
    assert [mark["look"][k] for k in ("colour", "marker", "width", "alpha", "zorder")] == [
        look.colour, look.marker, look.width, look.alpha, look.zorder
    ]  # fmt: skip
    assert (mark["look"]["line"] is None) == (look.line is None)


@pytest.mark.parametrize("legend", ["auto", "direct"])
def test_every_colour_that_is_asked_for_is_sent_for_both_themes(legend):
    panels = [Panel([mark], "x", "y", legend=legend) for mark in MARKS.values()]
    sent = payload(View("A finding", "A setting.", panels))
    for key, colour in colours_under({k: v for k, v in sent.items() if k != "colours"}):
        name = {"ink": "text-"}.get(key, "c") + colour[1:]
        assert name in sent["colours"] or key == "shade", (key, colour)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for pair in sent["colours"].values() for colour in pair)


def test_dashes_are_lengths_and_a_solid_line_has_none():
    sent = payload(view_of(MARKS["theory"], MARKS["reference"], MARKS["measured"]))["panels"][0]["marks"]
    assert [mark["look"]["line"] for mark in sent] == [(), (4, 2.5), None]


def test_loading_the_web_renderer_loads_no_other():
    code = (
        "import sys, figures; v = figures.View('a', 'b', [figures.Panel([figures.Series([1, 2], [1, 2])])]);"
        "figures.view_html(v); print([m for m in ('matplotlib', 'PIL', 'contourpy') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


NUMBERS = st.floats(-1e6, 1e6)
POSITIVE = st.floats(1e-200, 1e200)
SCALES = st.sampled_from(["linear", "log", "symlog"])


@given(SCALES, st.lists(POSITIVE, min_size=1, max_size=6), st.lists(NUMBERS, min_size=1, max_size=6))
def test_limits_hold_every_value_and_little_more(scale, positive, numbers):
    values = positive if scale == "log" else numbers
    panel = Panel([Series(range(len(values)), values)], yscale=scale)
    low, high = limits_of([panel], "y")
    assert low < min(values) and max(values) < high
    ends = along(scale, np.array([low, min(values), max(values), high]))
    span = ends[2] - ends[1]
    assert ends[3] - ends[0] <= 1.11 * span or span < 1e-9 * max(1.0, np.abs(ends).max())


@given(SCALES, st.floats(1e-3, 1e3))
def test_places_on_an_axis_are_values_and_back(scale, value):
    assert back(scale, along(scale, np.array([value]))) == pytest.approx([value])
    if scale != "log":
        assert along(scale, np.array([-value])) == -along(scale, np.array([value]))


def test_a_symlog_axis_is_that_of_matplotlib():
    from matplotlib.scale import SymmetricalLogTransform

    values = np.array([-1e6, -3.0, -2.0, -0.5, 0.0, 1.0, 2.0, 70.0])
    theirs = SymmetricalLogTransform(base=10, linthresh=2, linscale=1).transform(values)
    ours = along("symlog", values)
    assert ours / ours[-1] == pytest.approx(theirs / theirs[-1])


def test_limits_hold_tips_bars_cells_and_lines():
    reach = {
        "x": [(Arrows([0], [0], [3], [1]), 0, 3), (Heatmap([1, 2, 4], ["a"], [[1, 2, 3]], (0, 3)), 0.5, 5)],
        "y": [(Histogram([0, 1], [2]), 0, 2), (Separator([0, 1], 3.0), 3, 3), (MARKS["image"], -1.125, 1.125)],
    }  # fmt: skip
    for axis, cases in reach.items():
        for mark, low, high in cases:
            found = limits_of([Panel([mark])], axis)
            assert found[0] <= low and high <= found[1], mark
    assert limits_of([Panel([Histogram([0, 1], [2])])], "y")[0] == 0
    assert limits_of([Panel([Heatmap([1, 2, 4], ["a"], [[1, 2, 3]], (0, 3))])], "x") == (0.5, 5.0)
    assert limits_of([Panel([Table(("a",), [(1,)])])], "x") is None


@given(st.lists(st.lists(NUMBERS, min_size=2, max_size=4), min_size=2, max_size=5))
def test_frames_on_common_limits_differ_in_nothing_else(columns):
    frames = [view_of(Series(range(len(values)), values), xlim=(0, 9)) for values in columns]
    settled = on_common_limits(frames)
    limits = {frame.panels[0].ylim for frame in settled}
    assert len(limits) == 1 and {frame.panels[0].xlim for frame in settled} == {(0.0, 9.0)}
    low, high = limits.pop()
    everything = np.concatenate([axis_values(frame.panels[0].marks[0], "y") for frame in frames])
    assert low < everything.min() and everything.max() < high
    assert [frame.panels[0].marks for frame in settled] == [frame.panels[0].marks for frame in frames]
    assert on_common_limits(settled) == settled


def test_frames_whose_scale_changes_keep_their_own_limits():
    frames = [view_of(Series([1, 2], [1, 2]), yscale=scale) for scale in ("linear", "log")]
    assert [frame.panels[0].ylim for frame in on_common_limits(frames)] == [None, None]


TWO = (view_of(MARKS["theory"]), view_of(MARKS["bands"]))


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"frames": TWO[:1], "labels": ["a"]}, "two views or more"),
        ({"frames": ["a", "b"], "labels": ["a", "b"]}, "two views or more"),
        ({"frames": TWO, "labels": ["a"]}, "one for each of 2"),
        ({"frames": [TWO[0], View("t", "c", TWO[0].panels * 2)], "labels": "ab"}, "same number of panels"),
        ({"frames": TWO, "labels": "ab", "seconds": 0.0}, "seconds = 0.0"),
        ({"frames": TWO, "labels": "ab", "seconds": 11}, "at most 10"),
        ({"frames": TWO, "labels": "ab", "seconds": float("nan")}, "finite"),
    ],
)
def test_what_is_no_animation_is_refused(given_, said):
    with pytest.raises(BadInput, match=said):
        Animation(**given_)


GRID = np.linspace(-2.0, 2.0, 33)
BOWL = GRID[:, None] ** 2 + 4 * GRID[None, :] ** 2  # values[j][i] at (x_i, y_j): y² + 4x²


def test_contours_follow_columns_along_x_and_rows_along_y():
    (found,) = contour_lines(Field(GRID, GRID, BOWL, "contours", levels=[1.0]))
    points = np.array([point for path in found["paths"] for point in path])
    assert np.allclose(4 * points[:, 0] ** 2 + points[:, 1] ** 2, 1.0, atol=0.02)
    assert points[:, 1].max() == pytest.approx(1.0, abs=0.01)
    assert points[:, 0].max() == pytest.approx(0.5, abs=0.01)


def test_areas_between_heights_fill_the_plane_once():
    areas = contour_areas(Field(GRID, GRID, BOWL, "filled", levels=[0.0, 1.0, 5.0, 20.0]))
    sizes = [abs(sum(_signed(ring) for ring in area["rings"])) for area in areas]
    assert sum(sizes) == pytest.approx(16.0, rel=1e-3)
    assert sizes[0] == pytest.approx(np.pi * 1.0 * 0.5, rel=0.02)


def _signed(ring):
    """Return the signed area inside a closed ring: negative for holes."""
    x, y = np.array(ring).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4), st.integers(2, 12))
def test_levels_are_few_round_and_cover_the_field(low, size, count):
    values = np.array([[low, low + size], [low + size / 2, low]])
    heights = level_heights(Field([0, 1], [0, 1], values, levels=count))
    steps = np.diff(heights)
    assert heights[0] <= low and low + size <= heights[-1] * (1 + 1e-12) + 1e-9 * size
    assert len(heights) <= count + 3
    assert np.allclose(steps, steps[0])
    leading = steps[0] / 10 ** np.floor(np.log10(steps[0]) + 1e-9)
    assert min(abs(leading - step) for step in (1, 2, 2.5, 5, 10)) < 1e-6


def test_a_level_field_has_one_level():
    assert level_heights(Field([0, 1], [0, 1], [[3, 3], [3, 3]])).tolist() == [3.0]


ALL = {*METHOD_COLOURS.values(), *LOCAL_STEPS_RAMP, *WORKER_COLOURS, THEORY, FALSIFIER}


def test_colours_are_seen_at_night_and_keep_their_order():
    assert min(contrast(at_night(colour), NIGHT) for colour in ALL) >= GRAPHICS
    lightness = [lab(at_night(colour))[0] for colour in LOCAL_STEPS_RAMP]
    assert np.all(np.diff(lightness) > 0)
    assert contrast(at_night(THEORY), NIGHT) > max(
        contrast(at_night(colour), NIGHT) for colour in ALL - {THEORY}
    )


# Night has less room than paper: a third of the distance asked for there is given up.
@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("names", "ramp"), [(LOCAL, LOCAL_STEPS_RAMP), (FEDERATED, ())])
def test_methods_stay_apart_at_night_under_colour_blindness(vision, names, ramp):
    matrix, least = VISIONS[vision]
    colours = [at_night(c) for c in (*ramp, *(METHOD_COLOURS[name] for name in names), THEORY, FALSIFIER)]
    seen = [lab_of_light(np.clip(np.asarray(matrix) @ to_linear(colour), 0, 1)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 2 / 3 * least


@pytest.mark.parametrize("paper", [PAPER, NIGHT])
def test_words_in_any_colour_can_be_read(paper):
    for colour in ALL:
        assert contrast(readable(colour, paper), paper) >= TEXT
        if contrast(colour, paper) >= TEXT:
            assert readable(colour, paper) == colour
    which = [PAPER, NIGHT].index(paper)
    assert min(contrast(SURFACES[name][which], paper) for name in ("ink", "quiet")) >= TEXT
    assert contrast(SURFACES["axis"][which], paper) >= GRAPHICS


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)


def test_modules_follow_what_they_need_and_all_are_in_the_script():
    for place, name in enumerate(MODULES):
        assert set(needed(name)) <= set(MODULES[:place]), name
    folder = sorted(
        path.stem
        for path in __import__("pathlib").Path(__import__("figures.web").web.__file__).parent.glob("*.js")
    )
    assert folder == sorted(MODULES)


def test_modules_import_only_what_the_others_export():
    for name in MODULES:
        for names, module in re.findall(
            r"^import \{([^}]*)\} from \"\./(\w+)\.js\";$", source(name), re.MULTILINE
        ):
            exported = set(re.findall(r"^export (?:function|const) (\w+)", source(module), re.MULTILINE))
            assert {word.strip() for word in names.split(",")} <= exported, (name, module)


def test_the_script_joins_nothing_and_calls_nobody():
    text = script()
    assert not re.search(
        r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|WebSocket|https?:|\beval\(", text, re.MULTILINE
    )
    exports = re.findall(r"^export \{ (.*) \};$", text, re.MULTILINE)
    assert exports == [", ".join(name for names in OFFERED.values() for name in names)]


@given(st.text(alphabet="<>&/!-script \"\\'ŵ", max_size=20))
def test_data_in_a_page_neither_ends_nor_starts_an_element(text):
    inside = json_inside({"title": text})
    assert not set("<>&") & set(inside) and json.loads(inside) == {"title": text}


class Resources(HTMLParser):
    """What a page would load."""

    def __init__(self):
        super().__init__()
        self.found, self.data, self._inside = [], "", False

    def handle_starttag(self, tag, attrs):
        self.found += [
            value for name, value in attrs if name in ("src", "href", "action", "poster") and value
        ]
        self._inside = ("id", "data") in attrs

    def handle_data(self, data):
        self.data += data if self._inside else ""


def test_pages_hold_their_data_and_load_nothing():
    film = Animation(TWO, ["first", "second"], 0.5)
    single = view_of(Series([1, 2], [1, 2], "</script><b>"))
    for page, expected in ((animate_html(film), ["first", "second"]), (view_html(single), None)):
        reader = Resources()
        reader.feed(page.decode())
        assert reader.found == ["data:,"]
        assert (
            "http:" not in page.decode() and "https:" not in page.decode() and "@import" not in page.decode()
        )
        assert json.loads(reader.data).get("labels") == expected


def test_the_same_view_gives_the_same_page():
    assert view_html(TWO[0]) == view_html(TWO[0]) != view_html(TWO[1]) and view_html(
        TWO[0], type_size=24
    ) != view_html(TWO[0])
