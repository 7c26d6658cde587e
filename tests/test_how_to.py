"""The how-to pages tell the truth: their code runs, and what they submit is what they say."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

from paper_repro.command_line import main
from paper_repro.conformance import cases
from paper_repro.conformance.task import FEATURES


ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "how-to" / "run-on-a-cluster.md").read_text()
LANDSCAPE = (ROOT / "docs" / "how-to" / "study-a-landscape.md").read_text()
SIMULATOR = (ROOT / "docs" / "how-to" / "check-your-simulator.md").read_text()
SCALING = (ROOT / "docs" / "how-to" / "scale-local-steps.md").read_text()


def block(marker, page=PAGE):
    found = re.search(rf"<!-- {marker}:.*?-->\n```python\n(.*?)```", page, re.DOTALL)
    assert found is not None, marker
    return found.group(1)


def test_laptop_and_local_cluster_run_and_agree(tmp_path):
    same = "\n    assert diagram.complete.all() and (low < high).all()\n"
    again = '    assert Sweep.load("out/phase-diagram.npz")["w"].tobytes() == diagram["w"].tobytes()\n'
    # Another store: the cluster must compute for itself what the processes computed.
    moved = '    import shutil\n    shutil.rmtree("out/phase-diagram")\n'
    script = tmp_path / "page.py"
    parts = ["from implicitbias import Sweep", block("laptop"), same, moved, block("local cluster"), again]
    script.write_text("\n".join(parts))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Sweep of 48 runs: 48 complete" in done.stdout


def test_the_slurm_page_submits_sixteen_single_threaded_workers_a_job():
    code = block("slurm").partition("cluster.scale")[0] + "print(cluster.job_script())\ncluster.close()\n"
    script = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert "#SBATCH -p compute" in script and "#SBATCH -t 02:00:00" in script
    assert "--nthreads 1 " in script and "--nworkers 16 " in script and "OMP_NUM_THREADS=1" in script


def test_a_landscape_is_studied_as_the_page_says():
    space, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        for marker in ("landscape", "prediction", "decision"):
            exec(block(marker, LANDSCAPE), space)
    expected = re.findall(r"```text\n(.*?)```", LANDSCAPE, re.DOTALL)
    assert printed.getvalue() == "".join(expected)


def test_local_steps_are_scaled_as_the_page_says():
    space, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        for marker in ("choose", "watch", "traps", "scope", "own", "bound"):
            exec(block(marker, SCALING), space)
    expected = re.findall(r"```text\n(.*?)```", SCALING, re.DOTALL)
    assert printed.getvalue() == "".join(expected)


def checked(name):
    """Return the exit code of the page's command, and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        code = main(["check-simulator", f"{name}:simulate"])
    return code, printed.getvalue()


def test_a_simulator_is_checked_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong, mends = block("notebook", SIMULATOR), re.findall(r"```python\n( +\S.*)\n```", SIMULATOR)
    Path("notebook.py").write_text(wrong)
    code, printed = checked("notebook.py")
    said = printed.replace("notebook.py:", "notebook:")
    assert code == 1 and said.endswith(shown("verdict")), said[-500:]
    right = wrong.replace("            for _ in range(1, H):", mends[0])
    right = right.replace("        x = np.mean(models, axis=0)", mends[1])
    Path("mended.py").write_text(right)
    code, printed = checked("mended.py")
    assert code == 0 and printed.endswith(shown("right").replace("notebook:", "mended.py:")), printed[-500:]
    suite = block("suite", SIMULATOR).replace("from notebook", "from mended")
    Path("test_mended.py").write_text(suite.replace("cases(seed=7)", "cases(seed=7)[:8]"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mended.py"],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and "passed" in done.stdout and "skipped" in done.stdout, done.stdout


def shown(marker):
    """Return what the page says a command prints."""
    found = re.search(rf"<!-- {marker}:.*?-->\n```text\n(.*?)```", SIMULATOR, re.DOTALL)
    assert found is not None, marker
    return found.group(1)


def test_the_page_knows_every_feature_and_every_oracle():
    oracles = {case.oracle for case in cases()}
    assert oracles == set(re.findall(r"^\| (O\d) \|", SIMULATOR, re.MULTILINE))
    assert all(f"`{feature}`" in SIMULATOR for feature in FEATURES if feature != "fedavg")
