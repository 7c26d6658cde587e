"""What the claims on the bias of scaled methods are built of: separators, complementarity, the floor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import Fixed, initial_state, local_gd, RMSProp, round_step, Stream
from implicitbias.asymptotics import direction_error, unit
from paper_repro.claims import AssumptionUnmet
from paper_repro.papers.derived.scaled_bias.fixed_direction import FixedCase
from paper_repro.papers.derived.scaled_bias.loss_decreases import DecreaseKnobs, scalings_along
from paper_repro.papers.derived.scaled_bias.loss_decreases import setup as decrease
from paper_repro.papers.derived.scaled_bias.per_worker import OwnCase, OwnKnobs
from paper_repro.papers.derived.scaled_bias.per_worker import setup as own
from paper_repro.papers.derived.scaled_bias.setting import diagonal_of, problem_of, ScaledCase


REFERENCE = ScaledCase(problem_of("reference", Stream(0)), local_gd(0.1, 1))
# Directions and chords are known to five digits.
DIGITS = 1e-5


def test_the_separators_of_the_reference_rows():
    d = diagonal_of(1.0)
    found = [
        REFERENCE.euclidean.weights,
        REFERENCE.in_metric(d).weights,
        REFERENCE.in_metric(1 / d).weights,
    ]
    known = [(0.87155, 0.45127, 0.19174), (0.91785, 0.39505, -0.03865), (0.90328, 0.42379, 0.06700)]
    for weights, direction in zip(found, known, strict=True):
        assert np.abs(unit(weights) - direction).max() < DIGITS
    assert REFERENCE.euclidean.margin == pytest.approx(0.97420, abs=DIGITS)
    assert REFERENCE.largest.margin == pytest.approx(1.4, abs=1e-12)
    assert direction_error(found[1], found[0]) == pytest.approx(0.2416, abs=1e-4)


def test_the_direction_of_own_scalings_on_the_reference_rows():
    case = own(OwnKnobs(), Stream(0))
    assert not isinstance(case, AssumptionUnmet)
    assert np.abs(unit(case.weights) - (0.5721, 0.4767, 0.6674)).max() < 1e-4


@given(st.integers(0, 1000), st.floats(0.5, 1.0))
def test_the_complementarity_solution_has_equal_smallest_margins_and_pushes_along_them(seed, spread):
    case = own(OwnKnobs(data="random", spread=spread), Stream(seed))
    if isinstance(case, AssumptionUnmet):
        return
    a, margins = case.multipliers, case.problem.signed @ case.weights
    assert a is not None and (a >= 0).all()
    assert np.abs(margins[a > 0] - 1.0).max() < 1e-9 and (margins[a == 0] > 1.0).all()
    relaxed = case.pushes.T @ a
    assert np.abs(relaxed - case.weights).max() < 1e-12


@given(st.integers(0, 1000))
def test_equal_diagonals_make_the_complementarity_problem_a_max_margin(seed):
    problem, d = problem_of("random", Stream(seed)), diagonal_of(1.0)
    case = OwnCase(problem, local_gd(0.1, 1, scaling=Fixed((tuple(d),) * 2)), (tuple(d),) * 2)
    if case.multipliers is not None:
        assert np.abs(case.weights - case.in_metric(d).weights).max() < 1e-9


@given(st.integers(0, 1000))
def test_margins_of_the_residual_balance_the_multipliers(seed):
    """With x_i·w̃ = log(p_i/a_i) the pushes Σ p_i e^{−x_i·w̃} D^{−1}x_i add up to w_D."""
    d = diagonal_of(1.0)
    case = FixedCase(problem_of("random", Stream(seed)), local_gd(0.1, 1), tuple(d))
    rows, shares = case.problem.signed[case.svm.support], 0.25
    if case.svm.nondegenerate:
        assert np.abs((shares * np.exp(-case.margins)) @ rows / d - case.svm.weights).max() < 1e-9


@given(st.integers(0, 1000), st.sampled_from(["rmsprop", "adam"]))
def test_scalings_made_again_from_models_are_those_of_the_run(seed, rule):
    case = decrease(DecreaseKnobs(data="random", rule=rule, local_steps=2), Stream(seed))
    state, path = initial_state(case.problem, case.method), []
    for _ in range(4):
        path.append(state.w[0])
        state = round_step(case.problem, case.method, state)
    assert state.scaling is not None
    found = scalings_along(case, np.array(path))
    assert isinstance(case.method.scaling, type(RMSProp()))
    assert np.abs(found[-1] - case.method.scaling.clipped(state.scaling[0, 0])).max() < 1e-12
