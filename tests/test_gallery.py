"""The gallery: every figure builds at the smallest budget, states its finding, and says what it lacks."""

import subprocess
import sys

import numpy as np
import pytest

from figures import Series, View, view_from_json, view_to_json
from implicitbias import Stream
from implicitbias.formulas import regression_rate
from paper_repro.claims.budget import Budget
from paper_repro.gallery import GALLERY, Missing
from paper_repro.gallery.local_steps import local_runs, LR, STEPS


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    nowhere = tmp_path_factory.mktemp("no-images")
    return {figure.name: figure.build(0, Budget.SMOKE, nowhere) for figure in GALLERY}


def test_names_are_file_names_and_unique():
    names = [figure.name for figure in GALLERY]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in names)


def test_every_figure_states_a_finding_and_its_setting_and_survives_json(built):
    for name, view in built.items():
        if isinstance(view, Missing):
            continue
        assert isinstance(view, View), name
        assert view.title and len(view.caption) > 100, name
        assert view_from_json(view_to_json(view)) == view, name


def test_without_images_the_last_layer_says_what_to_put_where(built):
    missing = built["last-layer"]
    assert isinstance(missing, Missing)
    assert "t10k-images-idx3-ubyte" in missing.reason and "IMPLICITBIAS_DATA" in missing.reason


def test_same_seed_same_view(built):
    again = next(f for f in GALLERY if f.name == "regression").build(0, Budget.SMOKE, None)
    other = next(f for f in GALLERY if f.name == "regression").build(1, Budget.SMOKE, None)
    assert again == built["regression"] != other


def test_theory_and_measurement_share_the_colour_of_their_method(built):
    for panel in built["direction"].panels:
        keys = {mark.method_key for mark in panel.marks}
        assert keys == {f"local_gd:H={h}" for h in STEPS}


def test_the_line_of_the_direction_figure_meets_the_points(built):
    measured, lines = (_of_role(built["direction"].panels[0], role)[2:] for role in ("measured", "theory"))
    for mark, theory in zip(measured, lines, strict=True):
        end = np.interp(np.log(mark.x[-1]), np.log(theory.x), theory.y)
        # H = 100, 1000: at the last round of a smoke run w is within a few per cent of its asymptote.
        assert mark.x[-1] < theory.x[0] or mark.y[-1] == pytest.approx(end, rel=0.1)


def test_shared_runs_use_the_scaling_they_are_named_for():
    for run in local_runs(Budget.SMOKE, True):
        assert run.case.step == pytest.approx(LR)
    for run, steps in zip(local_runs(Budget.SMOKE, False), STEPS, strict=True):
        assert run.case.step == pytest.approx(LR * steps)


def test_regression_lines_have_the_predicted_slope(built):
    from paper_repro.gallery.regression import _problem, SHARE

    problem = _problem(Stream(0))
    blocks = [problem.features[rows] for rows in problem.members]
    predicted = regression_rate(blocks, 2 * SHARE / problem.smoothness, 10)
    line = next(m for m in _of_role(built["regression"].panels[0], "theory") if m.label == "H = 10")
    assert line.y[1] / line.y[0] == pytest.approx(predicted, rel=1e-12)


def test_the_list_of_figures_imports_neither_matplotlib_nor_the_figures_modules():
    code = (
        "import sys, paper_repro.gallery as g; "
        "print([m for m in sys.modules if m.split('.')[0] in ('matplotlib', 'cvxpy', 'sympy', 'numba', 'sklearn') "
        "or m == 'paper_repro.gallery.direction'])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def _of_role(panel, role):
    return [mark for mark in panel.marks if isinstance(mark, Series) and mark.role == role]
