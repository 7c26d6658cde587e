"""The contestants on landscapes and equations simulate the same thing, and goals are judged against the fastest."""

import numpy as np
import pytest

from benchmarks import landscape_peers, landscapes, sde_paths, sde_peers
from benchmarks.goals import Goal, judged, table
from benchmarks.landscape_setting import ValleySetting
from benchmarks.sde_setting import PathSetting


VALLEYS = [ValleySetting(e, replicas=2048, workers=2, local_steps=5, lr=0.05) for e in (False, True)]
PATHS = PathSetting(paths=2000, steps=20, dt=0.02)
# Standard errors between two samples that must not tell contestants apart.
SIGMAS = 6.0


def assert_same_law(ends):
    """Compare means, and means of squares, of every contestant with the first one's."""
    moments = {name: np.concatenate([w, w**2], axis=1) for name, w in ends.items()}
    first, *others = moments.items()
    for name, values in others:
        errors = [v.std(axis=0) / np.sqrt(len(v)) for v in (first[1], values)]
        distance = np.abs(values.mean(axis=0) - first[1].mean(axis=0))
        assert (distance <= SIGMAS * np.hypot(*errors)).all(), name


@pytest.mark.parametrize("setting", VALLEYS)
def test_numpy_runs_local_sgd_in_the_valley(setting):
    contestants = landscapes.engine(setting) | landscape_peers.numpy_contestants(setting)
    assert_same_law({name: work(10) for name, work in contestants.items()})


def test_jax_runs_local_sgd_in_the_valley():
    pytest.importorskip("jax", reason="a peer of `make bench`, which installs it")
    setting = VALLEYS[1]
    contestants = landscapes.engine(setting) | landscape_peers.jax_contestants(setting)
    assert len(contestants) == 6
    assert_same_law({name: work(10) for name, work in contestants.items()})


@pytest.mark.filterwarnings("default")
def test_peers_integrate_the_same_equation():
    peers, absent = sde_peers.contestants(PATHS)
    assert set(absent) <= {"diffrax", "torchsde", "sdeint"} and "NumPy" in peers
    contestants = sde_paths.engine(PATHS) | peers
    assert_same_law({name: c.work(1) for name, c in contestants.items()})


def test_a_goal_is_judged_against_the_fastest_of_its_kind_and_for_its_engine():
    times = {
        "this engine": 1.0,
        "this engine, two-point": 0.1,
        "JAX slow": 9.0,
        "JAX fast": 1.2,
        "NumPy": 2.0,
    }
    timing = {"median": 1e-9, "noise": 0.1}
    rows = [
        {"contestant": name, "ratio_to_engine": {"median": t, "noise": 0.0}, "seconds_per_step": timing}
        for name, t in times.items()
    ]
    goals = judged(
        (Goal("JAX", 1.5), Goal("NumPy", 15.0, "this engine, two-point"), Goal("torch", 1.0)), rows
    )
    assert [(g["fastest"], round(g["ratio"], 9), g["met"]) for g in goals] == [
        ("JAX fast", 1.2, False),
        ("NumPy", 20.0, True),
    ]
    text = table({"setting": "a setting", "rows": rows, "absent": {"torch": "not installed"}, "goals": goals})
    assert (
        "1.20× (JAX fast), NOT met" in text
        and "20.00× (NumPy), met" in text
        and "torch: not installed" in text
    )
