"""A real cluster of two processes: the bytes of a serial run, whoever is killed in the middle."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from implicitbias import BadInput, Cluster, local_sgd, Processes, Serial, sweep, WorkersLost
from implicitbias.tasks import finished, Store
from paper_repro.catalogue import find
from paper_repro.claims import Budget, Request, verify
from tests.test_sweeps import problem
from tests.test_tasks import bytes_of, counted, drawn, executions, TASKS


# A machine with other work to do may take this long to start a process; nobody waits so long otherwise.
PATIENCE = 60.0


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
        yield local


@pytest.fixture
def on(cluster):
    return Cluster(cluster.scheduler_address)


def waits(folder, number):
    """A task that others can see under way, and that ends when it is told to."""
    (Path(folder) / f"pid-{os.getpid()}").touch()
    until = time.monotonic() + PATIENCE
    while not (Path(folder) / "go").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return counted(folder, number)


def kills_its_worker(number):
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def test_a_cluster_gives_the_bytes_of_a_serial_run(on):
    assert on.width == 2
    assert sorted(bytes_of(finished(drawn, TASKS, on=on))) == bytes_of(finished(drawn, TASKS))


def test_a_sweep_is_the_same_file_everywhere(on, tmp_path):
    for name, executor in {"serial": Serial(), "processes": Processes(2), "cluster": on}.items():
        result = sweep(
            problem(),
            lambda lr: local_sgd(lr, 3, 1),
            20,
            over={"lr": (0.05, 0.1, 0.2)},
            seeds=range(4),
            on=executor,
            block=2,
        )
        result.save(tmp_path / name)
    files = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert len(files) == 3 and len(set(files)) == 1


def test_verdicts_are_the_same_on_a_cluster(on):
    claims = [find(key) for key in ("derived/dual-sum", "derived/fejer", "soudry2018/tightness-example")]
    requests = [Request(claim, claim.knobs, seed) for claim in claims for seed in (0, 1)]
    here, there = (
        [dataclasses.replace(r, seconds=0.0) for r in verify(requests, budget=Budget.SMOKE, on=executor)]
        for executor in (Serial(), on)
    )
    assert here == there and {r.seed for r in here} == {0, 1}


def test_workers_keep_what_they_finish_before_anybody_asks(on, tmp_path):
    store = Store(tmp_path / "kept")
    store.folder.mkdir()
    with closing(finished(counted, [(str(tmp_path), k) for k in range(6)], on=on, store=store)) as results:
        next(results)
        wait_for(lambda: len(list(store.folder.glob("*.npz"))) == 6)


def test_a_worker_killed_in_the_middle_loses_nothing(on, tmp_path):
    store = Store(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    tasks = [(str(tmp_path), k) for k in range(12)]
    list(finished(counted, tasks[:4], store=store, question=lambda folder, k: (k,)))
    results = finished(waits, tasks, on=on, store=store, question=lambda folder, k: (k,))
    assert sorted(next(results)[0] for _ in range(4)) == [0, 1, 2, 3]

    def kill_one_under_way():
        wait_for(lambda: len(list(tmp_path.glob("pid-*"))) == 2)
        os.kill(int(next(tmp_path.glob("pid-*")).name.split("-")[1]), signal.SIGKILL)
        (tmp_path / "go").touch()

    killer = threading.Thread(target=kill_one_under_way)
    killer.start()
    rest = dict(results)
    killer.join()
    assert {k: int(r["number"]) for k, r in rest.items()} == {k: k for k in range(4, 12)}
    assert executions(tmp_path) == dict.fromkeys(range(12), 1)


def test_a_task_that_kills_its_workers_is_said_with_its_cure(cluster, on):
    allowed, cluster.scheduler.allowed_failures = cluster.scheduler.allowed_failures, 0
    try:
        with pytest.raises(WorkersLost, match="1 workers died.*make the task smaller"):
            list(finished(kills_its_worker, [(1,)], on=on))
    finally:
        cluster.scheduler.allowed_failures = allowed
    assert dict(finished(abs, [(-1,)], on=on)) == {0: 1}


def test_the_active_client_and_joblib_configured_for_dask_are_used(cluster, on):
    import joblib
    from distributed import Client

    pids = [(), (), (), ()]
    with Client(cluster) as client:
        workers = set(client.run(os.getpid).values())
        assert {pid for _, pid in finished(os.getpid, pids, on=Cluster())} <= workers
        with joblib.parallel_config("dask"):
            assert {pid for _, pid in finished(os.getpid, pids, on=Processes())} <= workers


def other_version():
    import implicitbias.tasks.cluster as module

    module.source_digest = lambda: "other"


def same_version():
    import implicitbias.tasks.cluster as module
    from implicitbias.tasks.source import source_digest

    module.source_digest = source_digest


def test_workers_of_another_version_are_refused(cluster, on):
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        client.run(other_version)
        with pytest.raises(BadInput, match="another version"):
            list(finished(abs, [(1,)], on=on))
        client.run(same_version)
    assert dict(finished(abs, [(-1,)], on=on)) == {0: 1}


PROGRAM = """
import sys
from distributed import LocalCluster
from implicitbias import Cluster
from implicitbias.tasks import finished, Store
from tests.test_cluster import waits
from tests.test_tasks import counted

if __name__ == "__main__":
    folder = sys.argv[1]
    tasks = [(folder, k) for k in range(8)]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
        on = Cluster(local.scheduler_address)
        store = Store(folder + "/kept")
        list(finished(counted, tasks[:5], on=on, store=store, question=lambda folder, k: (k,)))
        list(finished(waits, tasks, on=on, store=store, question=lambda folder, k: (k,)))
"""


def test_client_and_scheduler_killed_in_the_middle_lose_nothing_that_was_finished(tmp_path):
    (tmp_path / "kept").mkdir()
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    root = str(Path(__file__).resolve().parents[1])
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": root},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: any(tmp_path.glob("pid-*")))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert executions(tmp_path) == dict.fromkeys(range(5), 1)
    tasks = [(str(tmp_path), k) for k in range(8)]
    results = finished(counted, tasks, store=Store(tmp_path / "kept"), question=lambda folder, k: (k,))
    assert {k: int(r["number"]) for k, r in results} == {k: k for k in range(8)}
    assert executions(tmp_path) == dict.fromkeys(range(8), 1)


def test_a_lost_scheduler_is_said_with_its_cure(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="tcp"
    ) as local:
        results = finished(np.abs, [(k,) for k in range(500)], on=Cluster(local.scheduler_address, timeout=1))
        next(results)
    with pytest.raises(WorkersLost, match="start the cluster again"):
        list(results)
