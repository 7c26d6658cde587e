"""Figures as data: what a view accepts, says and stores; and as files: stable bytes, whole writes, provenance."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import (
    Arrows,
    Bands,
    Cloud,
    describe,
    Field,
    Heatmap,
    Histogram,
    method_colour,
    Note,
    Panel,
    ray,
    read_sidecar,
    render,
    render_figure,
    save,
    Separator,
    Series,
    Span,
    svg_inline,
    Table,
    Trajectory,
    VENUES,
    View,
    view_from_json,
    view_to_json,
)
from figures.appearance import appearance
from figures.colour import from_lab, lab, lab_of_light, to_linear
from figures.formats import FORMATS
from figures.inline import inlined
from figures.legend import legend_entries
from figures.placing import free_spot, spread_apart
from figures.save import figure_bytes, write_whole
from figures.style import FALSIFIER, LOCAL_STEPS_RAMP, METHOD_COLOURS, METHOD_MARKERS, THEORY
from figures.telling_apart import looks
from implicitbias.errors import BadInput


X = [1.0, 2.0, 4.0]
GRID = np.linspace(-1.0, 1.0, 9)
MARKS = {
    "theory": Series(X, [1.0, 0.5, 0.2], "closed form", "theory"),
    "measured": Series(
        X, [1.1, None, 0.2], "GD", method_key="gd", error=([1.0, None, 0.1], [1.2, None, 0.3])
    ),
    "dense": Series(
        np.arange(1.0, 99.0), 1 / np.arange(1.0, 99.0), "run", error=(np.full(98, 0.01), np.full(98, 1.0))
    ),
    "falsifier": Series(X, [1.0, 0.9, 0.8], "wrong", "falsifier"),
    "reference": Series(X, [1.0, 1.0, 1.0], "level", "reference"),
    "bands": Bands(X, [0.1, 0.2, 0.3], [0.4, 0.5, 0.6], "allowance"),
    "cloud": Cloud(X, [1.0, -1.0, 2.0], [1, -1, 1], [0, 1, 1], ringed=(0,), ring_label="support"),
    "image": Field(GRID, GRID, np.outer(GRID, GRID), label="loss"),
    "contours": Field(GRID, GRID, np.outer(GRID, GRID), "contours", "loss"),
    "filled": Field(GRID, GRID, np.outer(GRID, GRID), "filled", levels=[-1.0, 0.0, 1.0]),
    "arrows": Arrows([0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0], "drift"),
    "ray": ray([3.0, 4.0], label="w"),
    "trajectory": Trajectory(X, X, "path", method_key="local_gd:H=10"),
    "separator": Separator([1.0, 2.0], 0.5, "max margin", "theory", margins=True),
    "worker separator": Separator([1.0, -2.0], worker=1, label="worker"),
    "strip": Span("x", 1.0, 2.0, "burn-in"),
    "level": Span("y", 1.0, 1.0, "level"),
    "heatmap": Heatmap(
        X, ("first", "second"), [[1.0, None, 0.1], [0.2, 0.3, 9.0]], (0.01, 1.0), "log", "distance"
    ),
    "histogram": Histogram([0.0, 1.0, 3.0], [0.4, 0.3], "draws", method_key="local_sgd"),
    "table": Table(("claim", "slope"), (("a", 1.0), ("b", None))),
    "corner note": Note("R = 100", "lower right"),
    "point note": Note("here", x=1.0, y=1.0),
}
SIDECAR = {"claim": "soudry2018/(limit)\\", "knobs": {"η": 0.1}, "seed": 7, "versions": {"numpy": "2"}}


def view_of(*marks, **axes):
    return View("A finding", "A setting with $\\eta H$.", (Panel(marks, "rounds R", "chord", **axes),))


FIGURE = view_of(MARKS["theory"], MARKS["measured"], MARKS["falsifier"], xscale="log", yscale="log")


def test_importing_figures_loads_no_renderer():
    code = "import sys, figures; print([m for m in ('matplotlib', 'PIL') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MARKS)
def test_every_mark_survives_json_and_is_drawn(name):
    view = view_of(MARKS[name])
    assert view_from_json(view_to_json(view)) == view
    axes = render(view)
    drawn = [*axes.lines, *axes.collections, *axes.patches, *axes.texts]
    assert drawn
    legend = axes.get_legend()
    said = [words.get_text() for words in legend.get_texts()] if legend else []
    assert said == [entry.label for entry in legend_entries(view.panels[0])]


@settings(deadline=None, max_examples=30)
@given(
    points=st.lists(
        st.tuples(st.floats(-1e9, 1e9), st.none() | st.floats(-1e300, 1e300)), min_size=1, max_size=8
    ),
    role=st.sampled_from(["theory", "measured", "reference", "falsifier"]),
    label=st.none() | st.text(max_size=5),
)
def test_json_keeps_every_bit_of_a_series(points, role, label):
    series = Series([x for x, _ in points], [y for _, y in points], label, role)
    view = view_of(series, yscale="symlog")
    text = view_to_json(view)
    assert view_from_json(text) == view
    assert view_to_json(view_from_json(text)) == text
    assert series.y == tuple(y for _, y in points)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"format": 1, "type": "Exec"}',
        '{"format": 1, "type": "Note"}',
        '{"format": 99, "type": "View"}',
    ],
)
def test_foreign_json_is_refused(text):
    with pytest.raises(BadInput):
        view_from_json(text)


def test_arrays_and_masked_arrays_become_plain_numbers():
    masked = np.ma.masked_invalid([1.0, np.nan, 3.0])
    series = Series(np.array([1, 2, 3]), masked)
    assert series.x == (1.0, 2.0, 3.0) and series.y == (1.0, None, 3.0)
    assert all(type(value) is float for value in series.x)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Series([1.0, 2.0], [1.0], "GD"), r"Series 'GD'.*lengths \{'x': 2, 'y': 1\}"),
        (lambda: Series([], []), "no points"),
        (lambda: Series([1.0], [np.nan], "GD"), r"Series 'GD': y\[0\] = nan.*mask"),
        (lambda: Series([1.0], [float("inf")]), r"y\[0\] = inf"),
        (lambda: Series([10**400], [1.0]), "plot their logarithm"),
        (lambda: Series(np.ones((2, 2)), [1.0, 2.0]), "shape"),
        (lambda: Series([1.0], [1.0], role="guess"), "role = 'guess'"),  # type: ignore[arg-type]
        (lambda: Series([1.0], [1.0], error=([2.0], [1.0])), "low > high at index 0"),
        (lambda: Series([1.0], [1.0], error=([1.0, 1.0], [2.0, 2.0])), "lengths"),
        (lambda: Bands([1.0], [2.0], [1.0]), "low > high"),
        (lambda: Cloud([1.0], [1.0], classes=[0]), "labels are ±1"),
        (lambda: Cloud([1.0], [1.0], workers=[-1]), "from 0"),
        (lambda: Cloud([1.0], [1.0], ringed=(1,)), "ringed"),
        (lambda: Field([0.0, 1.0], [0.0, 1.0, 2.0], np.zeros((2, 3))), "transpose"),
        (lambda: Field([1.0, 0.0], [0.0, 1.0], np.zeros((2, 2))), "increases"),
        (lambda: Separator([0.0, 0.0]), "not both 0"),
        (lambda: ray([0.0, 0.0]), "non-zero"),
        (lambda: Span("x", 2.0, 1.0), "low > high"),
        (lambda: Histogram([0.0, 1.0], [1.0, 2.0]), "one more"),
        (lambda: Heatmap(X, ("a",), [[1.0], [2.0], [3.0]], (0.0, 1.0)), "transpose"),
        (lambda: Heatmap([2.0, 1.0], ("a",), [[1.0, 2.0]], (0.0, 1.0)), "sort"),
        (lambda: Heatmap(X, ("a",), [X], (1.0, 1.0)), "low < high"),
        (lambda: Heatmap(X, ("a",), [X], (0.0, 1.0), "log"), "positive"),
        (lambda: Heatmap(X, ("a",), [[1.0, 0.0, None]], (0.1, 1.0), "log"), "positive"),
        (lambda: view_of(MARKS["heatmap"], yscale="log"), "linear axes"),
        (lambda: Table(("a", "b"), (("only",),)), "one cell per column"),
        (lambda: Note("here", x=1.0), "both or neither"),
        (
            lambda: view_of(Series([0.0, 1.0], [1.0, 1.0], "GD"), xscale="log"),
            r"Series 'GD': x = 0 on a log axis",
        ),
        (
            lambda: view_of(Series([1.0], [1.0], "SGD", error=([-1.0], [2.0])), yscale="log"),
            "Series 'SGD': y = -1",
        ),
        (lambda: view_of(Span("y", 0.0, 1.0, "strip"), yscale="log"), "Span 'strip'"),
        (lambda: view_of(Separator([1.0, 1.0]), xscale="log"), "linear axes"),
        (lambda: view_of(MARKS["theory"], xlim=(2.0, 1.0)), "xlim"),
        (lambda: view_of(MARKS["theory"], xscale="log", xlim=(0.0, 1.0)), "xlim"),
        (lambda: view_of(MARKS["table"], MARKS["theory"]), "table fills its panel"),
        (lambda: view_of("GD"), "mark"),
        (lambda: View("t", "c", ()), "one Panel or more"),
        (lambda: View("t", "c", (Panel(()),), columns=2), "columns = 2"),
        (lambda: render_figure(FIGURE, "nature"), "venue = 'nature'.*neurips"),
        (lambda: render(View("t", "c", (Panel(()), Panel(())))), "render_figure"),
        (lambda: method_colour("nesterov"), "unknown; use one of gd"),
        (lambda: method_colour("local_gd:H=0.5"), "H ≥ 1"),
    ],
)
def test_bad_input_is_named_with_its_rule_and_cure(make, said):
    with pytest.raises(BadInput, match=said):
        make()


@pytest.mark.parametrize(("low", "high"), [(2e-3, 0.013), (3e-3, 9e-3), (6e-3, 9e-3), (1e-3, 1e3)])
def test_tick_labels_of_short_log_axes_do_not_touch(low, high):
    axes = render(view_of(Series([low, high], [1.0, 2.0], "run"), xscale="log"))
    axes.figure.canvas.draw()
    ticks = axes.get_xticklabels() + axes.get_xticklabels(minor=True)
    boxes = [
        t.get_window_extent()
        for t in ticks
        if t.get_text() and axes.get_xlim()[0] <= t.get_position()[0] <= axes.get_xlim()[1]
    ]
    boxes.sort(key=lambda box: box.x0)
    assert len(boxes) >= 2
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize(("high", "labels"), [(16.0, {"1", "2", "3", "5", "10"}), (1e4, set())])
def test_log_axes_of_few_workers_count_them_in_whole_numbers(high, labels):
    axes = render(view_of(Series([1.0, high], [1.0, 2.0], "run"), xscale="log"))
    axes.figure.canvas.draw()
    ticks = axes.get_xticklabels() + axes.get_xticklabels(minor=True)
    assert {t.get_text() for t in ticks if t.get_text().isdigit()} >= labels
    assert bool(labels) == any(t.get_text().isdigit() for t in ticks)


def test_masked_values_are_allowed_on_log_axes():
    view_of(Series([1.0, 2.0], [None, 1.0]), xscale="log", yscale="log")


def test_a_long_series_of_gaps_alone_is_drawn_as_nothing():
    gaps = Series(np.arange(1.0, 100.0), [None] * 99, "nothing left")
    assert svg_inline(view_of(gaps, xscale="log", yscale="log"), prefix="gaps").startswith("<svg ")


def test_views_are_described_without_a_renderer():
    items = describe(FIGURE)
    assert items[0]["text"] == "A finding" and items[-1]["text"] == FIGURE.caption
    theory, measured, wrong = (item for item in items if item["kind"] == "Series")
    assert theory["line"] == "-" and theory["marker"] is None and theory["colour"] == THEORY
    assert measured["line"] is None and measured["marker"] == METHOD_MARKERS["gd"]
    assert measured["colour"] == METHOD_COLOURS["gd"] and measured["y"] == (0.1, 1.2)
    assert wrong["colour"] == FALSIFIER
    assert [item["labels"] for item in items if item["kind"] == "Legend"] == [("closed form", "GD", "wrong")]


def test_what_is_described_is_what_is_drawn():
    axes = render(FIGURE)
    described = [item for item in describe(FIGURE) if item["kind"] == "Series"]
    assert [line.get_color() for line in axes.lines] == [item["colour"] for item in described]
    assert [line.get_linestyle() == "None" for line in axes.lines] == [
        item["line"] is None for item in described
    ]
    for line, mark in zip(axes.lines, FIGURE.panels[0].marks, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), np.array(mark.y, dtype=float))


def test_cells_of_a_heatmap_lie_in_named_rows_from_the_top_and_are_the_darker_the_more():
    axes = render(view_of(MARKS["heatmap"]))
    assert [words.get_text() for words in axes.get_yticklabels()] == ["first", "second"]
    bottom, top = axes.get_ylim()
    assert top < axes.get_yticks()[0] < axes.get_yticks()[1] < bottom
    (cells,) = axes.collections
    shown = cells.get_array().reshape(2, 3)
    np.testing.assert_array_equal(shown.mask, [[False, True, False], [False, False, False]])
    np.testing.assert_array_equal(shown[1], [0.2, 0.3, 9.0])
    grey = cells.to_rgba([0.01, 0.1, 1.0, 9.0])[:, :3].sum(axis=1)
    assert grey[0] > grey[1] > grey[2] == grey[3]
    assert len(axes.child_axes) == 1  # the colour bar
    plain = Heatmap(X, ("first",), [X], (0.0, 4.0))
    assert not render(view_of(plain)).child_axes


def test_every_row_of_a_heatmap_has_room_for_its_name():
    for rows in (4, 30):
        cells = Heatmap(X, tuple(f"row {k}" for k in range(rows)), [X] * rows, (0.0, 4.0))
        axes = render_figure(view_of(cells)).axes[0]
        boxes = [words.get_window_extent() for words in axes.get_yticklabels()]
        assert all(upper.y0 > lower.y1 for upper, lower in zip(boxes, boxes[1:], strict=False))


def test_intervals_are_drawn_between_their_ends():
    axes = render(view_of(MARKS["measured"]))
    bars = [path.vertices for path in axes.collections[0].get_paths()]
    shown = [bar[:, 1].tolist() for bar in bars if np.isfinite(bar).all()]
    assert shown == [[1.0, 1.2], [0.1, 0.3]]


def test_one_label_is_one_legend_row():
    points = Series(X, X, "H = 10", method_key="local_gd:H=10")
    line = Series(X, X, "H = 10", "theory", "local_gd:H=10")
    (row,) = legend_entries(view_of(points, line, Series(X, X)).panels[0])
    assert row.label == "H = 10" and row.looks == (appearance(points), appearance(line))


def test_names_of_one_kind_are_told_apart_and_one_name_looks_alike_everywhere():
    wrong = [Series(X, X, name, "falsifier") for name in ("½", "¼", "½")]
    runs = [Series(X, X, name, method_key="gd") for name in ("x", "y")]
    other = Panel((Series(X, X, "¼", "falsifier"),))
    first, last = looks([Panel((*wrong, *runs)), other])
    assert first[0] == first[2] == appearance(wrong[0]) and first[1] == last[0] != first[0]
    assert {look.colour for look in first[:3]} == {FALSIFIER} and first[0].line != first[1].line
    assert (first[3].hollow, first[4].hollow) == (False, True) and first[3].colour == first[4].colour
    assert looks([other])[0][0] == first[0]  # alone, it needs no other dash


@pytest.mark.parametrize("venue", VENUES)
def test_names_of_axes_and_panels_keep_to_their_cells(venue):
    marks = (Series([0.0, 1.0], [0.0, 1.0]),)
    names = (
        "share of the term of disagreement",
        "left over right side, worst of all states",
        "different workers, one D",
    )
    panels = [Panel(marks, names[0], names[1], title=names[2]) for _ in range(3)]
    figure = render_figure(View("t", "c", tuple(panels)), venue)
    boxes = [[w.get_window_extent() for w in (a.xaxis.label, a._left_title)] for a in figure.axes]  # type: ignore[attr-defined]
    for left, right in itertools.pairwise(boxes):
        for a, b in zip(left, right, strict=True):
            assert a.x1 <= b.x0 + 1 or a.y1 <= b.y0 or b.y1 <= a.y0
    assert max(box.x1 for pair in boxes for box in pair) <= figure.bbox.x1 + 1


def test_rounds_are_counted_in_whole_numbers():
    axes = render(view_of(Series(np.arange(9.0), np.arange(9.0), "run")))
    axes.figure.canvas.draw()
    ticks = axes.get_xticks()
    assert len(ticks) >= 4 and np.array_equal(ticks, np.round(ticks))


def test_shared_legend_says_each_label_once_and_panels_say_nothing():
    panels = tuple(Panel((MARKS["theory"], MARKS["measured"])) for _ in range(3))
    figure = render_figure(View("t", "c", panels, legend="shared"))
    assert [axes.get_legend() for axes in figure.axes] == [None] * 3
    (legend,) = figure.legends
    assert [words.get_text() for words in legend.get_texts()] == ["closed form", "GD"]


def test_direct_labels_replace_the_legend_and_never_overlap():
    marks = [
        Series(X, [3.0, 2.0, 1.0 + k / 100], f"H = {10**k}", method_key=f"local_gd:H={10**k}")
        for k in range(4)
    ]
    axes = render(view_of(*marks, legend="direct"))
    assert axes.get_legend() is None
    assert [words.get_text() for words in axes.texts] == [mark.label for mark in marks]
    boxes = sorted((words.get_window_extent() for words in axes.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 for low, high in itertools.pairwise(boxes))
    assert max(box.x1 for box in boxes) <= axes.figure.bbox.x1


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=6), st.floats(0.5, 30))
def test_spread_labels_keep_order_gap_and_centre(wanted, gap):
    placed = spread_apart(np.array(wanted), gap)
    order = np.argsort(wanted, kind="stable")
    assert np.all(np.diff(placed[order]) >= gap * (1 - 1e-9))
    assert np.mean(placed) == pytest.approx(np.mean(wanted))  # a least-squares fit by pools keeps the mean
    if np.all(np.diff(np.array(wanted)[order]) > gap):
        np.testing.assert_allclose(placed, wanted, rtol=1e-12)


@pytest.mark.parametrize("corner", [(1, 1), (0, 1), (1, 0), (0, 0)])
def test_legend_takes_the_corner_without_data(corner):
    x, y = np.meshgrid(np.linspace(0, 1, 15), np.linspace(0, 1, 15))
    free = (np.abs(x - corner[0]) < 0.45) & (np.abs(y - corner[1]) < 0.45)
    axes = render(view_of(Series(x[~free], y[~free], "GD", method_key="gd"), xlim=(0, 1), ylim=(0, 1)))
    box, frame = axes.get_legend().get_window_extent(), axes.get_window_extent()
    centre = np.array([(box.x0 + box.x1) / 2 - frame.x0, (box.y0 + box.y1) / 2 - frame.y0])
    assert tuple((centre / [frame.width, frame.height] > 0.5).astype(int)) == corner


@pytest.mark.parametrize("venue", VENUES)
def test_legend_hides_nothing_and_words_stay_on_the_page(venue):
    x, y = np.meshgrid(np.linspace(0, 1, 30), np.linspace(0, 1, 30))
    crowded = Panel((Series(x.ravel(), y.ravel(), "GD", method_key="gd"),), "rounds R", "chord")
    figure = render_figure(View("A finding " * 20, "A setting " * 40, (crowded,)), venue)
    axes = figure.axes[0]
    box = axes.get_legend().get_window_extent()
    assert free_spot(axes, np.array([box.width, box.height])) is None
    label, words = axes.xaxis.label.get_window_extent(), [text.get_window_extent() for text in figure.texts]
    assert box.y1 <= label.y0 and box.y0 >= words[1].y1
    assert axes.get_tightbbox().y1 <= words[0].y0
    assert all(0 <= w.x0 and w.x1 <= figure.bbox.x1 and 0 <= w.y0 and w.y1 <= figure.bbox.y1 for w in words)
    assert figure.get_size_inches()[0] == VENUES[venue].width


def test_local_steps_are_a_ramp_that_starts_at_gd():
    lightness = [lab(method_colour(f"local_gd:H={steps}"))[0] for steps in (1, 2, 10, 50, 100, 400, 1000)]
    assert np.all(np.diff(lightness) > 0)
    assert method_colour("local_gd:H=1") == METHOD_COLOURS["gd"]
    assert [method_colour(f"local_gd:H={10**k}") for k in range(4)] == list(LOCAL_STEPS_RAMP)
    assert set(METHOD_MARKERS) == set(METHOD_COLOURS)


# Dichromatic vision at full severity (machado2009), on linear light; least OKLab distance asked for under each:
# tritanopia is a thousand times rarer than the others, and each method has its own marker besides.
VISIONS = {
    "normal": (np.eye(3), 0.1),
    "protanopia": (
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        0.09,
    ),
    "deuteranopia": (
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        0.09,
    ),
    "tritanopia": (
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        0.05,
    ),
}


LOCAL = ("local_sgd", "proximal", "projection", "sweeping", "anchored", "momentum")
RULES = ("sgd", "local_sgd", "post_local_sgd", "qsr")
FEDERATED = ("fedavg", "fedprox", "scaffold", "fednova", "diloco")


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("names", "ramp"), [(LOCAL, LOCAL_STEPS_RAMP), (FEDERATED, ()), (RULES, ())])
def test_methods_stay_apart_under_colour_blindness(vision, names, ramp):
    matrix, least = VISIONS[vision]
    colours = [*ramp, *(METHOD_COLOURS[name] for name in names), THEORY, FALSIFIER]
    seen = [lab_of_light(np.clip(np.asarray(matrix) @ to_linear(colour), 0, 1)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > least


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 0xFFFFFF))
def test_colour_space_is_inverted(code):
    assert from_lab(lab(f"#{code:06x}")) == f"#{code:06x}"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the files of the figure."""
    return save(FIGURE, tmp_path_factory.mktemp("saved"), "fig", SIDECAR)


def test_saved_bytes_depend_on_view_and_sidecar_only(saved, tmp_path):
    import matplotlib

    with matplotlib.rc_context(
        {"lines.linewidth": 9, "svg.hashsalt": None, "font.size": 30, "axes.grid": False}
    ):
        second = save(
            view_from_json(view_to_json(FIGURE)), tmp_path / "b", "fig", dict(reversed(SIDECAR.items()))
        )
    assert [path.name for path in saved] == ["fig.png", "fig.pdf", "fig.svg", "fig.json"]
    assert [path.read_bytes() for path in saved] == [path.read_bytes() for path in second]
    other = save(FIGURE, tmp_path / "c", "fig", {**SIDECAR, "seed": 8})
    assert all(a.read_bytes() != b.read_bytes() for a, b in zip(saved, other, strict=True))


def test_a_new_process_writes_the_same_bytes(saved, tmp_path):
    (tmp_path / "view.json").write_text(view_to_json(FIGURE))
    code = (
        "import json, sys; from pathlib import Path; from figures import save, view_from_json\n"
        "folder = Path(sys.argv[1])\n"
        "save(view_from_json((folder / 'view.json').read_text()), folder / 'there', 'fig', json.loads(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), json.dumps(SIDECAR)], check=True)
    for path in saved:
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes()


def test_every_format_carries_its_sidecar(saved):
    assert [read_sidecar(path) for path in saved] == [SIDECAR] * 4
    pdf = saved[1].read_bytes()
    assert b"CreationDate" not in pdf and b"ModDate" not in pdf
    assert b"<dc:date>" not in saved[2].read_bytes()


def test_a_figure_without_sidecar_says_so(tmp_path):
    bare = tmp_path / "bare.png"
    render(FIGURE).figure.savefig(bare)
    with pytest.raises(BadInput, match="carries no sidecar"):
        read_sidecar(bare)


@pytest.mark.parametrize(
    ("name", "sidecar", "formats"),
    [
        ("../fig", {}, ("png",)),
        ("", {}, ("png",)),
        ("fig", {"seed": float("nan")}, ("png",)),
        ("fig", {"seed": {1, 2}}, ("png",)),
        ("fig", {}, ("gif",)),
    ],
)
def test_nothing_is_written_on_bad_input(tmp_path, name, sidecar, formats):
    with pytest.raises(BadInput):
        save(FIGURE, tmp_path / "folder", name, sidecar, formats)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    target = tmp_path / "fig.png"
    target.write_bytes(b"old")

    def interrupted(source: str, destination: Path) -> None:
        assert Path(source).read_bytes() == b"new" and Path(source).parent == destination.parent
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("fig.png", b"old")]


def test_inline_svg_is_one_named_element_that_clashes_with_no_other():
    first = svg_inline(FIGURE)
    second = svg_inline(view_of(MARKS["cloud"]))
    again = svg_inline(FIGURE, prefix="again")
    assert first == svg_inline(FIGURE)
    # From a file with a sidecar in it, after other formats were written: the same element.
    assert first == inlined(figure_bytes(FIGURE, '{"seed": 3}', FORMATS)["svg"].decode(), FIGURE)
    names = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (first, second, again)]
    assert all(not a & b for a, b in itertools.combinations(names, 2))
    for text, ids in zip((first, second, again), names, strict=True):
        root = ElementTree.fromstring(text)
        assert root.tag.endswith("svg") and root.find("{*}title") is not None and text.startswith("<svg ")
        used = re.findall(r'href="#([^"]+)"', text) + re.findall(r"url\(#([^)]+)\)", text)
        assert used and set(used) <= ids
        assert "<text" not in text and "*{" not in text.replace(f"#{root.attrib['id']} *{{", "")


def test_workers_beyond_the_palette_are_drawn_alike_and_not_listed():
    crowd = Cloud(np.arange(9.0), np.arange(9.0), workers=np.arange(9))
    few = Cloud(np.arange(8.0), np.arange(8.0), workers=np.arange(8))
    assert legend_entries(Panel((crowd,))) == ()
    assert len({entry.looks[0].colour for entry in legend_entries(Panel((few,)))}) == 8


def test_separator_lies_on_its_half_plane_boundary():
    axes = render(view_of(MARKS["separator"], xlim=(-3, 3), ylim=(-3, 3)))
    heights = []
    for line in axes.lines:
        pixels = line.get_transform().transform(line.get_path().vertices)
        heights.append(axes.transData.inverted().transform(pixels) @ [1.0, 2.0])
    np.testing.assert_allclose(heights, [[0.5, 0.5], [1.5, 1.5], [-0.5, -0.5]], atol=1e-9)


def test_every_named_method_has_its_colour():
    from implicitbias.methods.named import NAMED_METHODS

    assert set(NAMED_METHODS) <= set(METHOD_COLOURS)
