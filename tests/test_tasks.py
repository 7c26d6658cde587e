"""Tasks: the same bytes on every executor, nothing lost that was finished, nothing answered that was not asked."""

import functools
import importlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Cluster, local_gd, Processes, Serial, Stream, WorkersLost
from implicitbias.tasks import finished, in_order, Store
from implicitbias.tasks.code import module_version
from implicitbias.tasks.description import digest_of
from implicitbias.tasks.source import source_digest


def drawn(seed, count):
    """A result that depends on its task alone, and on the last bit of a BLAS sum."""
    rows = Stream(seed).at("rows").normal(64 * 200).reshape(64, 200)
    return {"product": rows @ rows.T, "count": np.array(count)}


def counted(folder, number):
    """Leaves one byte per execution behind."""
    with open(Path(folder) / f"executed-{number}", "ab") as file:
        file.write(b".")
    return {"number": np.array(number)}


def executions(folder):
    return {int(p.name.split("-")[1]): p.stat().st_size for p in Path(folder).glob("executed-*")}


def suicidal(number):
    os._exit(number)


def threads_of_blas():
    from threadpoolctl import threadpool_info

    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def bytes_of(results):
    return [(k, r["product"].tobytes()) for k, r in results]


TASKS = [(seed, 7) for seed in range(9)]


def test_processes_give_the_bytes_of_a_serial_run():
    serial = bytes_of(finished(drawn, TASKS))
    assert [k for k, _ in serial] == list(range(9))
    assert sorted(bytes_of(finished(drawn, TASKS, on=Processes(2)))) == serial


def test_order_is_that_of_the_tasks():
    assert [
        int(r["number"])
        for r in in_order(lambda k: {"number": k}, [(k,) for k in range(30)], on=Processes(2))
    ] == [*range(30)]


class Backwards(Serial):
    """Finishes the last task first."""

    def finished(self, function, tasks):
        yield from reversed(list(super().finished(function, tasks)))


def test_order_does_not_depend_on_who_finishes_first():
    assert list(in_order(lambda k: k, [(k,) for k in range(5)], on=Backwards())) == [0, 1, 2, 3, 4]


def test_the_limit_returns_on_the_main_thread_and_threads_of_a_worker_do_not_set_each_other_free():
    # In a process of its own: there the limit stays.
    code = """
import threading, numpy, scipy.linalg
from implicitbias.tasks import in_order, Processes
from implicitbias.tasks.threads import one_thread
from tests.test_tasks import threads_of_blas
assert threads_of_blas() == {2}
with one_thread():
    assert threads_of_blas() == {1}
assert threads_of_blas() == {2}
ready, go, seen = threading.Event(), threading.Event(), []
def stays():
    with one_thread():
        ready.set(); go.wait(9)
        seen.append(threads_of_blas())
def leaves():
    with one_thread():
        seen.append(threads_of_blas())
first = threading.Thread(target=leaves); second = threading.Thread(target=stays)
second.start(); ready.wait(9); first.start(); first.join(); go.set(); second.join()
third = threading.Thread(target=leaves); third.start(); third.join()
assert seen == [{1}] * 3, seen
assert list(in_order(threads_of_blas, [(), ()], on=Processes(2))) == [{1}, {1}]
"""
    two = {f"{library}_NUM_THREADS": "2" for library in ("OMP", "OPENBLAS", "MKL")}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=os.environ | two)


# A pool that is given up while tasks are under way may stumble over one of them in its own thread.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_tasks_are_made_a_few_ahead_of_the_results():
    made = []

    class Made:
        def __len__(self):
            return 500

        def __getitem__(self, number):
            made.append(number)
            return (number,)

    for on, ahead in ((Serial(), 1), (Processes(2), 200)):
        made.clear()
        results = finished(abs, Made(), on=on)
        next(results)
        assert len(made) <= ahead
        results.close()


def test_a_failing_task_ends_the_iteration_and_keeps_what_was_finished(tmp_path):
    def fails(number):
        return 1 / 0 if number == 3 else {"number": np.array(number)}

    with pytest.raises(ZeroDivisionError):
        list(finished(fails, [(k,) for k in range(6)], store=Store(tmp_path)))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_killed_process_is_said_with_its_cure():
    with pytest.raises(WorkersLost, match="fewer processes"):
        list(finished(suicidal, [(1,), (1,)], on=Processes(2)))


def test_what_is_kept_is_not_computed_again(tmp_path):
    store, tasks = Store(tmp_path / "kept"), [(str(tmp_path), k) for k in range(6)]
    first = dict(finished(counted, tasks[:4], store=store))
    again = dict(finished(counted, tasks, store=store, on=Processes(2)))
    assert executions(tmp_path) == dict.fromkeys(range(6), 1)
    assert all(first[k]["number"] == again[k]["number"] == k for k in first)
    anew = Store(store.folder, fresh=True)
    assert len(dict(finished(counted, tasks, store=anew))) == 6
    assert executions(tmp_path) == dict.fromkeys(range(6), 2)


@pytest.mark.parametrize("damage", [b"", b"half a resu", None])
def test_damaged_files_are_computed_again(tmp_path, damage):
    store, tasks = Store(tmp_path / "kept"), [(str(tmp_path), 0)]
    list(finished(counted, tasks, store=store))
    (path,) = store.folder.iterdir()
    content = path.read_bytes()
    # One bit of the stored numbers: only a checksum notices.
    flipped = bytearray(content)
    flipped[content.index(b"number.npy") + 40] ^= 1
    path.write_bytes(bytes(flipped) if damage is None else damage)
    ((_, result),) = finished(counted, tasks, store=store)
    assert result["number"] == 0 and executions(tmp_path) == {0: 2}
    assert path.read_bytes() == content


def test_a_worker_without_the_folder_leaves_keeping_to_the_client(tmp_path):
    from implicitbias.tasks.finished import _kept

    elsewhere = Store(tmp_path / "not there")
    assert _kept(counted, (str(tmp_path), 1), elsewhere, "address")["number"] == 1
    assert not elsewhere.folder.exists()
    list(finished(counted, [(str(tmp_path), 1)], store=elsewhere))
    assert len(list(elsewhere.folder.iterdir())) == 1


@settings(max_examples=50)
@given(
    one=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
        ),
        max_leaves=5,
    ),
    two=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
        ),
        max_leaves=5,
    ),
)
@example(one=("a", ("b",)), two=(("a",), "b"))
@example(one=("ab", "c"), two=("a", "bc"))
@example(one=1, two=True)
@example(one=0.0, two=-0.0)
def test_different_values_have_different_digests(one, two):
    assert (digest_of(one) == digest_of(two)) == (repr(one) == repr(two))


def scaled(factor):
    return lambda trace: factor * trace


THRESHOLD = 0.5


def above(trace):
    return trace > THRESHOLD


def test_functions_are_told_apart_by_what_they_compute():
    assert digest_of(scaled(2.0)) == digest_of(scaled(2.0)) != digest_of(scaled(3.0))
    assert digest_of(lambda t: t.w + 1) != digest_of(lambda t: t.w + 2) != digest_of(lambda t: t.v + 2)
    assert digest_of(lambda t, k=1: t) != digest_of(lambda t, k=2: t)
    assert digest_of(functools.partial(max, 1)) != digest_of(functools.partial(max, 2))
    assert digest_of([1.0, 2.0].append.__self__) == digest_of([1.0, 2.0])
    before = digest_of(above)
    try:
        globals()["THRESHOLD"] = 0.6
        assert digest_of(above) != before
    finally:
        globals()["THRESHOLD"] = 0.5
    assert digest_of(above) == before


def test_methods_and_arrays_are_told_apart():
    assert digest_of(local_gd(0.1, 10)) == digest_of(local_gd(0.1, 10)) != digest_of(local_gd(0.1, 11))
    assert digest_of(np.arange(6)) != digest_of(np.arange(6).reshape(2, 3)) != digest_of(np.arange(6.0))


def test_digests_are_the_same_in_another_process():
    here = digest_of(above, {"a", "b", "c"}, np.arange(3), scaled(2.0), local_gd(0.1, 2))
    question = (above, {"a", "b", "c"}, np.arange(3), scaled(2.0), local_gd(0.1, 2))
    assert list(in_order(digest_of, [question, question], on=Processes(2))) == [here, here]


def test_what_cannot_be_described_is_refused():
    with pytest.raises(BadInput, match="no description"):
        digest_of(threading.Lock())
    lock = threading.Lock()
    with pytest.raises(BadInput, match="no description"):
        digest_of(lambda trace: lock)


def test_the_source_digest_sees_every_line(tmp_path, monkeypatch):
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = source_digest("some_package")
    source_digest.cache_clear()
    (package / "part.py").write_text("y = 2\n")
    assert source_digest("some_package") != before
    with pytest.raises(BadInput, match="cannot be imported"):
        source_digest("no_such_package")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Processes(0), "must be an integer ≥ 1"),
        (lambda: Cluster("localhost"), "tcp://host:port"),
        (lambda: Cluster("tcp://localhost"), "tcp://host:port"),
        (lambda: Cluster("tcp://localhost:99999"), "tcp://host:port"),
        (lambda: Cluster("tcp://127.0.0.1:1", timeout=0), "finite number > 0"),
        (lambda: Cluster("tcp://127.0.0.1:1", timeout=5).width, "no Dask scheduler answers"),
        (lambda: Cluster().width, "there is none"),
    ],
)
def test_executors_that_cannot_be_are_refused_before_any_work(build, said):
    with pytest.raises(BadInput, match=said):
        build()


def test_data_of_a_class_and_code_of_a_module_belong_to_the_question(tmp_path, monkeypatch):
    def at(rate):
        kind = type("Rates", (), {"rate": rate})
        return digest_of(lambda: kind.rate)

    assert at(1.0) == at(1.0) != at(2.0)
    monkeypatch.syspath_prepend(tmp_path)
    digests = []
    for factor in (1, 2):
        (tmp_path / "my_measures.py").write_text(f"def scaled(x):\n    return {factor} * x\n")
        # As in a process of its own: nothing is remembered of the file.
        sys.modules.pop("my_measures", None)
        importlib.invalidate_caches()
        module_version.cache_clear()
        my_measures = importlib.import_module("my_measures")
        digests.append(digest_of(lambda x, m=my_measures: m.scaled(x)))
    assert digests[0] != digests[1]
