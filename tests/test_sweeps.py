"""Sweeps: every run is the run itself, whatever its neighbours, blocks and executor; nothing finished is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    LinearClassification,
    local_gd,
    local_sgd,
    Logistic,
    projection,
    RecordAt,
    run,
    Stream,
    Sweep,
    sweep,
    Trace,
)
from implicitbias.data import gaussian_separable, set_a


ROOT = Path(__file__).resolve().parents[1]
OVER = {"lr": (0.05, 0.2), "local_steps": (1, 3)}


def problem():
    data = set_a()
    return LinearClassification(data.features, data.labels, workers=data.workers, loss=Logistic())


def random_problem(stream, workers):
    data = gaussian_separable(stream, 6, 2)
    return LinearClassification(data.features, data.labels, workers=workers, loss=Logistic())


def alone(*arguments, **more):
    """The run by itself; records are part of a run: each one is a rounding of its own."""
    return run(*arguments, **more, record=RecordAt.last())


def noisy(lr, local_steps):
    return local_sgd(lr, local_steps, 1)


def test_every_run_is_the_run_of_its_coordinates():
    swept = sweep(problem(), noisy, lambda local_steps: 12 // local_steps, over=OVER, seeds=(0, 3))
    assert swept["w"].shape == (2, 2, 2, 2) and swept.complete.all()
    for i, lr in enumerate(OVER["lr"]):
        for j, steps in enumerate(OVER["local_steps"]):
            for k, seed in enumerate((0, 3)):
                trace = alone(problem(), noisy(lr, steps), 12 // steps, stream=Stream(seed))
                np.testing.assert_array_equal(swept["w"][i, j, k], trace.w[0, -1])
                assert swept["log_loss"][i, j, k] == trace.log_loss[0, -1]
                margin = trace.min_margin[0, -1] / np.linalg.norm(trace.w[0, -1])
                assert swept.at(lr=lr, local_steps=steps, seed=seed)["margin"] == margin


@settings(max_examples=8)
@given(block=st.integers(1, 20), seeds=st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True))
def test_results_do_not_depend_on_the_blocks(block, seeds):
    whole = sweep(problem(), noisy, 5, over=OVER, seeds=seeds)
    parts = sweep(problem(), noisy, 5, over=OVER, seeds=seeds, block=block)
    assert all(whole[name].tobytes() == parts[name].tobytes() for name in whole.values)


def test_data_sets_methods_and_their_knobs_are_axes():
    swept = sweep(
        {"a": problem(), "drawn": random_problem},
        {"steps": lambda lr: local_gd(lr, 2), "projections": projection()},
        4,
        over={"lr": (0.1, 0.2), "workers": (1, 2)},
        seeds=(0, 1),
        measure={"loss": lambda trace: trace.loss[0, -1]},
    )
    assert list(swept.axes) == ["problem", "method", "lr", "workers", "seed"]
    at = swept.at(problem="drawn", method="steps", lr=0.2, workers=2)["loss"]
    for k in (0, 1):
        assert at[k] == alone(random_problem(Stream(k), 2), local_gd(0.2, 2), 4).loss[0, -1]
    # Data and workers of set A are fixed, and projections take no steps: nothing else turns there.
    assert len(np.unique(swept.at(problem="a", method="steps")["loss"])) == 2
    assert len(np.unique(swept.at(problem="a", method="projections")["loss"])) == 1


def test_a_diverged_run_is_said_and_measures_nothing():
    inseparable = LinearClassification([[1.0], [2.0]], [1, -1])
    swept = sweep(inseparable, lambda lr: local_gd(lr, 5), 20, over={"lr": (0.01, 1e4)})
    assert swept.status.ravel().tolist() == ["COMPLETE", "DIVERGED"]
    assert np.isnan(swept["w"][1]).all() and np.isfinite(swept["w"][0]).all()
    assert "1 complete, 1 diverged" in repr(swept)
    assert sweep(inseparable, local_gd(1e4, 5), 20)["w"].shape == (1,)


def test_means_and_intervals_are_over_the_seeds():
    swept = sweep(problem(), noisy, 8, over=OVER, seeds=range(6))
    low, high = swept.interval("margin", level=0.01)
    wide, _ = swept.interval("margin", level=0.001)
    mean = swept.mean("margin")
    assert mean.shape == low.shape == (2, 2)
    assert (low < mean).all() and (mean < high).all() and (wide < low).all()
    np.testing.assert_allclose(mean, swept["margin"].sum(axis=-1) / 6, rtol=1e-15)
    assert swept.interval("w")[0].shape == (2, 2, 2)
    assert swept.mean("margin", over="lr").shape == (2, 6)


def test_sweeps_survive_the_disk(tmp_path):
    swept = sweep({"a": problem()}, noisy, 5, over=OVER)
    swept.save(tmp_path / "s")
    loaded = Sweep.load(tmp_path / "s.npz")
    assert loaded.axes == swept.axes and repr(loaded) == repr(swept)
    assert all(loaded[name].tobytes() == swept[name].tobytes() for name in swept.values)
    assert (loaded.status == swept.status).all()
    run(problem(), local_gd(0.1, 1), 3).save(tmp_path / "t")
    with pytest.raises(BadInput, match="is a trace, no sweep"):
        Sweep.load(tmp_path / "t")
    with pytest.raises(BadInput, match="is a sweep, no trace"):
        Trace.load(tmp_path / "s")


def test_what_is_kept_answers_the_same_sweep_only(tmp_path):
    def kept():
        return set(tmp_path.iterdir())

    first = sweep(problem(), noisy, 5, over=OVER, seeds=(0, 1), store=tmp_path, block=2)
    one = kept()
    assert len(one) == 4
    again = sweep(problem(), noisy, 5, over=OVER, seeds=(0, 1), store=tmp_path, block=2)
    assert kept() == one and again["w"].tobytes() == first["w"].tobytes()
    more = sweep(
        problem(), noisy, 5, over=OVER | {"lr": (0.05, 0.1, 0.2)}, seeds=(0, 1), store=tmp_path, block=2
    )
    assert len(kept()) == 6 and more.at(lr=0.2)["w"].tobytes() == first.at(lr=0.2)["w"].tobytes()
    for factor in (1.0, 2.0):
        scaled = {"norm": lambda trace, factor=factor: factor * np.linalg.norm(trace.w[0, -1])}
        sweep(problem(), noisy, 5, over=OVER, seeds=(0, 1), store=tmp_path, block=8, measure=scaled)
    assert len(kept()) == 8


INTERRUPTED = """
import os, sys, time
from implicitbias import Processes, Serial, sweep
from tests.test_sweeps import noisy, problem

def slow(trace):
    time.sleep(0.05)
    return 1.0

if __name__ == "__main__":
    on = Processes(2) if sys.argv[2] == "processes" else Serial()
    class Bar:
        def update(self, n):
            print("some", flush=True)
    over = {"lr": (0.1,), "local_steps": (1,)}
    result = sweep(problem(), noisy, 5, over=over, seeds=range(2000), measure={"one": slow}, block=4, on=on,
                   store=sys.argv[1], progress=Bar())
    print("returned", int(result.complete.sum()), int((result["one"] == 1).sum()),
          int((result.status == "INTERRUPTED").sum()), flush=True)
"""


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_an_interruption_returns_what_is_finished_and_keeps_it(tmp_path, executor):
    script = tmp_path / "program.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "kept"), executor],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline() == "some\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    complete, measured, missing = map(int, out.splitlines()[-1].split()[1:])
    assert process.returncode == 0 and "Traceback" not in err and "Warning" not in err, err
    assert 12 <= complete == measured < 2000 and complete + missing == 2000
    assert 4 * len(list((tmp_path / "kept").glob("*.npz"))) >= complete


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"over": {"lr": (0.1,), "local_steps": (1,), "speed": (1,)}}, "neither problem, method nor rounds"),
        ({"over": {"lr": (0.1,)}}, "asks for 'local_steps', which is no knob"),
        ({"over": {"lr": (0.1, -1), "local_steps": (1,)}}, "lr = -1"),
        ({"over": {"lr": (0.1, 0.1), "local_steps": (1,)}}, "holds a value twice"),
        ({"over": {"lr": (), "local_steps": (1,)}}, "non-empty"),
        ({"over": {"lr": (local_gd(0.1, 1),), "local_steps": (1,)}}, "neither number, text nor truth value"),
        ({"over": {"seed": (1,)}}, "is no name of a knob"),
        ({"seeds": (0, 0)}, "holds a seed twice"),
        ({"seeds": (-1,)}, "integer ≥ 0"),
        ({"measure": {"status": len}}, "must map a name"),
        ({"measure": {}}, "measures nothing"),
        ({"measure": {"text": lambda trace: "much"}}, "array of real numbers"),
        ({"rounds": lambda: 1.5}, "rounds = 1.5"),
        ({"start": (1.0, 2.0, 3.0)}, "start"),
        ({"record": RecordAt.these([99])}, "the run ends at round 5"),
        ({"on": 2}, "is no on"),
        ({"block": 0}, "integer ≥ 1"),
        ({"store": "/dev/null/kept"}, "cannot be written"),
        ({"problem": {"a": problem(), "b": LinearClassification([[1.0]], [1])}}, "w cannot be one array"),
    ],
)
@pytest.mark.bad_input
def test_bad_input_is_refused_with_its_rule(changes, said):
    arguments = {"problem": problem(), "method": noisy, "rounds": 5, "over": OVER} | changes
    with pytest.raises(BadInput, match=said):
        sweep(**arguments)


def test_a_measurement_that_changes_its_shape_is_refused():
    with pytest.raises(BadInput, match="must be the same on all"):
        sweep(
            problem(),
            noisy,
            lambda lr: int(100 * lr),
            over=OVER,
            record=RecordAt.every(1),
            measure={"curve": lambda trace: trace.loss[0]},
            block=1,
        )


def test_parts_that_are_not_there_are_refused():
    swept = sweep(problem(), noisy, 1, over=OVER)
    for ask in (
        lambda: swept["speed"],
        lambda: swept.at(lr=0.3),
        lambda: swept.at(speed=1),
        lambda: swept.mean("w", over="speed"),
        lambda: swept.interval("w"),
    ):
        with pytest.raises(BadInput):
            ask()


def gd_of(lr):
    return local_gd(lr, 1)


def test_a_function_that_changed_its_mind_is_asked_again():
    steps, problem = 1, LinearClassification([[1.0, 0.2], [0.1, 1.0]], [1, 1])

    def method(lr):
        return local_gd(lr, steps)

    before = sweep(problem, method, 20, over={"lr": (0.1,)})
    steps = 20
    after = sweep(problem, method, 20, over={"lr": (0.1,)})
    assert (before["w"] != after["w"]).all()


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (lambda trace: np.zeros(1 + (trace.method.lr > 0.15)), "must be the same on all"),
        (lambda trace: None, "must be an array of real numbers"),
    ],
)
def test_measurements_of_no_or_of_several_shapes_are_refused_in_any_block(measure, message):
    problem = LinearClassification([[1.0, 0.2], [0.1, 1.0]], [1, 1])
    for block in (1, 16):
        with pytest.raises(BadInput, match=message):
            sweep(problem, gd_of, 5, over={"lr": (0.1, 0.2)}, measure={"x": measure}, block=block)
    with pytest.raises(BadInput, match="names nothing"):
        sweep({}, gd_of, 5, over={"lr": (0.1,)})
