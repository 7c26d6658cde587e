"""Verification that is interrupted goes on where it stopped, and a sweep over a claim's knobs counts verdicts."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from implicitbias import Processes, RecordAt, RunSpec, Serial
from paper_repro.catalogue import find
from paper_repro.claims import Budget, Request, Status, verify
from paper_repro.claims.cache import Cache
from paper_repro.claims.computed import compute, Computed, ComputedForm
from paper_repro.claims.failure import Failure
from paper_repro.command_line import main
from tests.test_framework import claim_of, observed
from tests.test_sweeps import noisy, problem


ROOT = Path(__file__).resolve().parents[1]
KEY = "zhu2024/residual-limit"


def records(results):
    return [json.dumps(r.to_json() | {"seconds": 0}) + r.view for r in results]


def files(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_runs_survive_the_disk():
    spec = RunSpec(problem(), noisy(0.1, 3), 20, RecordAt.every(5))
    form, run = ComputedForm(), compute(spec)
    again = form.decode(form.encode(run))
    assert again.seconds == run.seconds and again.trace.method == run.trace.method
    assert again.trace.w.tobytes() == run.trace.w.tobytes() and again.trace.status is run.trace.status
    assert form.keeps(run) and not form.keeps(Computed(Failure("Traceback"), 1.0))


def test_every_verdict_is_kept_as_it_is_judged(tmp_path):
    def interrupt(case, traces):
        raise KeyboardInterrupt

    claims = [claim_of(key="test/0"), claim_of(key="test/1"), claim_of(key="test/2", observe=interrupt)]
    with pytest.raises(KeyboardInterrupt):
        list(verify([Request(c, c.knobs) for c in claims], cache=Cache(tmp_path)))
    cache = Cache(tmp_path)
    kept = [cache.get(c.key, dataclasses.asdict(c.knobs), 0, Budget.QUICK) for c in claims]
    assert [r.status if r else None for r in kept] == [Status.HOLDS, Status.HOLDS, None]


def runs_of(claim, seed=0):
    from paper_repro.claims.verify import prepare

    return prepare(Request(claim, claim.knobs, seed), Budget.SMOKE).runs


def test_runs_are_kept_until_their_claims_are_judged(tmp_path, monkeypatch):
    claim = find(KEY)
    broken = dataclasses.replace(
        claim, observe=lambda case, traces: (_ for _ in ()).throw(KeyboardInterrupt())
    )
    whole = records(verify([Request(claim, claim.knobs)], budget=Budget.SMOKE))
    with pytest.raises(KeyboardInterrupt):
        list(verify([Request(broken, claim.knobs)], budget=Budget.SMOKE, cache=Cache(tmp_path)))
    assert len(files(tmp_path / "runs")) == len(set(runs_of(claim)))

    def forbidden(self):
        raise AssertionError("computed again")

    monkeypatch.setattr(RunSpec, "compute", forbidden)
    resumed = verify([Request(claim, claim.knobs)], budget=Budget.SMOKE, cache=Cache(tmp_path))
    assert records(resumed) == whole
    assert files(tmp_path / "runs") == []


def test_fresh_verdicts_ignore_what_is_kept(tmp_path):
    def said(value, fresh):
        claim = claim_of(observe=lambda case, traces: observed(value))
        return next(verify([Request(claim, claim.knobs)], cache=Cache(tmp_path, fresh=fresh))).status

    assert said(3, False) is Status.HOLDS
    assert said(9, False) is Status.HOLDS
    assert said(9, True) is Status.REFUTED
    assert said(3, False) is Status.REFUTED


def test_requests_bring_their_own_seeds_and_their_number_of_processes_changes_nothing():
    claim = find("zhu2024/local-sgd-same-limit")
    requests = [Request(claim, claim.knobs, 4), Request(claim, claim.knobs), Request(claim, claim.knobs, 0)]
    here = records(verify(requests, seed=4, budget=Budget.SMOKE, on=Serial()))
    assert here[0] == here[1] != here[2]
    assert here == records(verify(requests, seed=4, budget=Budget.SMOKE, on=Processes(2)))


def sweep_command(*more):
    return ["sweep", KEY, "--budget", "smoke", "--jobs", "1", *more]


def test_a_sweep_counts_verdicts_by_setting(tmp_path, capsys):
    asked = sweep_command(
        "--set", "lr=0.05,0.1", "--set", "local_steps=10", "--seeds", "0:2", "--out", str(tmp_path)
    )
    code = main([*asked, "--json"])
    results = json.loads(capsys.readouterr().out)
    settings = [(r["knobs"]["lr"], r["knobs"]["local_steps"], r["seed"]) for r in results]
    assert settings == [(0.05, 10, 0), (0.05, 10, 1), (0.1, 10, 0), (0.1, 10, 1)]
    assert main(asked) == code == (0 if all(r["as_expected"] for r in results) else 3)
    table = capsys.readouterr().out.splitlines()
    head, rows = (
        table[1].split(),
        [dict(zip(table[1].split(), line.split(), strict=False)) for line in table[2:4]],
    )
    assert head[:2] == ["lr", "local_steps"] and "KEY" not in head
    for row, low in zip(rows, (0, 2), strict=True):
        own = [r["status"] for r in results[low : low + 2]]
        assert row["lr"] == str(results[low]["knobs"]["lr"])
        assert {s: row[s] for s in set(own)} == {s: str(own.count(s)) for s in set(own)}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--seeds", "3:3"], "distinct seeds"),
        (["--seeds", "a"], "distinct seeds"),
        (["--seeds", "1,1"], "distinct seeds"),
        (["--set", "lr=0.1,0.1"], "distinct values"),
        (["--set", "lr=0.1,"], "distinct values"),
        (["--set", "lr=0.1,-3"], "must lie in"),
        (["--set", "speed=3"], "unknown"),
        (["--jobs", "0"], "at least 1"),
        (["--scheduler", "here"], "tcp://host:port"),
        (["--scheduler", "tcp://127.0.0.1:1"], "no Dask scheduler answers"),
    ],
)
def test_bad_input_is_one_line_and_code_2(more, said, capsys, tmp_path):
    assert main(sweep_command("--out", str(tmp_path), "--json", *more)) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and files(tmp_path) == []


@pytest.mark.parametrize("sign", [r" cases$", r" runs$", r" runs \d+/"])
def test_an_interrupted_verification_on_processes_says_one_line(sign, tmp_path):
    # The first two strike while the processes start, before they can say that they ignore Ctrl-C.
    claim = "zhu2024/local-sgd-same-limit"
    command = [sys.executable, "-m", "paper_repro.command_line", "sweep", claim, "--seeds", "0:24"]
    process = subprocess.Popen(
        [*command, "--jobs", "2", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=ROOT,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(sign, line):
            break
    os.killpg(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert (
        process.returncode == 130 and "Traceback" not in rest and rest.rstrip().endswith("goes on from them")
    )
    assert not sign.endswith("/") or len(files(tmp_path / "cache" / "runs")) >= 1
