"""Constant diagonals: one D for all workers, or a D_m for each, which solves another problem."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    fast_forward,
    Fixed,
    initial_state,
    local_gd,
    local_sgd,
    OfScaling,
    Quadratics,
    round_step,
    run,
    Stream,
)
from implicitbias.engine.kernels import find_kernel, why_not
from implicitbias.fixed_point import round_fixed_point
from paper_repro.testing import separable_problems


SEEDS = st.integers(0, 10**6)
# Rounding of sums in another order.
ROUNDING = 1e-12


def diagonals(seed, problem):
    drawn = Stream(seed).at("diagonals").generator().uniform(0.3, 3.0, (problem.workers, problem.dim))
    return tuple(map(tuple, drawn.tolist()))


def quadratics(seed, workers=3, dim=2):
    generator = Stream(seed).at("quadratics").generator()
    factors = generator.normal(size=(workers, dim, dim))
    hessians = factors @ factors.transpose(0, 2, 1) + np.eye(dim)
    return Quadratics(hessians, generator.normal(size=(workers, dim)))


@given(SEEDS, st.integers(1, 4))
def test_each_worker_steps_in_its_own_metric(seed, steps):
    problem = quadratics(seed)
    own = np.array(diagonals(seed, problem))
    local = run(
        problem,
        local_gd(0.05, steps, scaling=Fixed(diagonals(seed, problem))),
        1,
        start=np.array([1.0, -1.0]),
    )
    for m in range(problem.workers):
        w = np.array([1.0, -1.0])
        for _ in range(steps):
            w = w - 0.05 * problem.worker_gradient(w, m) / own[m]
        assert local.final is not None
        assert np.abs(local.final.local[0, m] - w).max() < ROUNDING


@given(SEEDS)
def test_equal_diagonals_are_one_diagonal(seed):
    problem = quadratics(seed)
    own = diagonals(seed, problem)[0]
    each = run(problem, local_gd(0.05, 3, scaling=Fixed((own,) * problem.workers)), 20).w
    assert np.abs(each - run(problem, local_gd(0.05, 3, scaling=Fixed(own)), 20).w).max() < ROUNDING


@given(SEEDS, st.floats(0.01, 0.1))
def test_one_local_step_rests_where_the_scaled_gradients_cancel(seed, lr):
    problem = quadratics(seed)
    own = np.array(diagonals(seed, problem))
    matrix = np.mean(problem.hessians / own[:, :, None], axis=0)
    pulled = np.mean([problem.hessians[m] @ problem.centres[m] / own[m] for m in range(3)], axis=0)
    method = local_gd(lr, 1, scaling=Fixed(diagonals(seed, problem)))
    found = round_fixed_point(problem, method, problem.minimiser)
    assert np.abs(found - np.linalg.solve(matrix, pulled)).max() < 1e-9
    assert np.abs(found - problem.minimiser).max() > 1e-9


@given(SEEDS)
def test_the_state_holds_a_row_per_worker_and_a_trace_can_show_it(seed):
    problem = quadratics(seed)
    method = local_gd(0.05, 2, scaling=Fixed(diagonals(seed, problem)))
    state = initial_state(problem, method, replicas=np.arange(4))
    assert state.scaling is not None and state.scaling.shape == (4, 3, 2) and state.refreshes is None
    assert (state.scaling[2] == np.array(diagonals(seed, problem))).all()
    shown = run(problem, method, 2, observe={"scaling": OfScaling()}).extras["scaling"]
    assert (np.asarray(shown)[0, -1] == np.array(diagonals(seed, problem))).all()


@given(separable_problems(), SEEDS)
def test_mini_batches_too_are_scaled_by_the_worker_that_drew_them(problem, seed):
    own = diagonals(seed, problem)
    method = local_sgd(0.1, 1, 1, scaling=Fixed(own))
    state = initial_state(problem, method)
    moved = round_step(problem, method, state, Stream(seed)).local[0]
    plain = round_step(
        problem, local_sgd(0.1, 1, 1), initial_state(problem, local_sgd(0.1, 1, 1)), Stream(seed)
    )
    assert np.abs(moved * np.array(own) - plain.local[0]).max() < ROUNDING


def test_no_kernel_takes_a_diagonal_per_worker():
    problem = quadratics(0)
    method = local_gd(0.05, 2, scaling=Fixed(diagonals(0, problem)))
    assert find_kernel(problem, method) is None and "one D of all workers" in why_not(problem, method)
    assert find_kernel(problem, local_gd(0.05, 2, scaling=Fixed((1.0, 2.0)))) is not None


def test_diagonals_are_kept_as_tuples():
    given: list[Any] = [np.array([1.0, 2.0]), np.array([[1, 2], [3, 4]]), [[1.0, 2.0], [3.0, 4.0]]]
    one, array, rows = map(Fixed, given)
    assert one.diagonal == (1.0, 2.0) and array == rows and array.diagonal == ((1.0, 2.0), (3.0, 4.0))
    assert Fixed((1.0, 2.0)).scope == "global" and Fixed(((1.0, 2.0),)).scope == "worker"


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("diagonal", "rule"),
    [
        (((1.0, 2.0), (0.0, 1.0)), "diagonal = 0.0.*> 0"),
        (((1.0, 2.0), (1.0,)), "array of real numbers"),
        ((((1.0,),),), "one for each worker"),
        ((), "non-empty"),
        (3.0, "non-empty tuple"),
    ],
)
def test_bad_diagonals_are_refused(diagonal, rule):
    with pytest.raises(BadInput, match=rule):
        Fixed(diagonal)


@pytest.mark.bad_input
def test_diagonals_must_fit_the_problem():
    problem = quadratics(0)
    for own, rule in [
        (((1.0, 2.0),) * 2, "diagonal has 2 rows.*M = 3"),
        (((1.0,),) * 3, "diagonal has 1 entries"),
    ]:
        with pytest.raises(BadInput, match=rule):
            run(problem, local_gd(0.1, 1, scaling=Fixed(own)), 1)


@pytest.mark.bad_input
@given(separable_problems())
def test_no_flow_continues_a_diagonal_per_worker(problem):
    with pytest.raises(BadInput, match="no change of coordinates"):
        fast_forward(problem, local_gd(0.1, 1, scaling=Fixed(diagonals(0, problem))), 10.0)
