"""The contestants of the benchmarks run the same rounds, and goals are judged against the fastest of their kind."""

import numpy as np
import pytest

from benchmarks import batch, batch_jax, batch_numpy
from benchmarks.setting import Setting
from tests.kernel_zoo import RELATIVE


SETTING = Setting(8, 3, 2, 4, runs=5, goals={"JAX": 2.0})


def assert_same_models(contestants):
    expected = batch.reference(SETTING)
    for name, work in contestants.items():
        models = work(batch.COMPARED_ROUNDS)
        assert models.shape == (SETTING.runs, SETTING.dim), name
        assert np.abs(models[: len(expected)] - expected).max() <= RELATIVE * np.abs(expected).max(), name


def test_every_contestant_runs_the_rounds_of_the_reference():
    assert_same_models(batch.engine(SETTING) | batch_numpy.contestants(SETTING))


def test_the_programs_of_jax_run_the_rounds_of_the_reference():
    pytest.importorskip("jax", reason="a peer of `make bench`, which installs it")
    contestants = batch_jax.contestants(SETTING)
    assert len(contestants) == 4
    assert_same_models(contestants)


def test_a_goal_is_met_only_over_the_fastest_of_its_kind():
    rows = [
        {"contestant": name, "ratio_to_engine": {"median": ratio}}
        for name, ratio in (("JAX slow", 9.0), ("JAX fast", 1.5), ("NumPy", 0.1))
    ]
    (goal,) = batch.goals(SETTING, rows)
    assert goal == {"over": "JAX", "aim": 2.0, "fastest": "JAX fast", "ratio": 1.5, "met": False}
    assert batch.goals(SETTING, rows[2:]) == []
