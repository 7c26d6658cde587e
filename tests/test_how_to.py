"""What pages show and test_pages cannot run by itself: clusters, a simulator that is mended, a suite of tests."""

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
from tests.documented import code_of


ROOT = Path(__file__).resolve().parents[1]
CLUSTER = ROOT / "docs" / "how-to" / "run-on-a-cluster.md"
SIMULATOR = ROOT / "docs" / "how-to" / "check-your-simulator.md"


def test_laptop_and_local_cluster_run_and_agree(tmp_path):
    same = "\n    assert diagram.complete.all() and (low < high).all()\n"
    again = '    assert Sweep.load("out/phase-diagram.npz")["w"].tobytes() == diagram["w"].tobytes()\n'
    # Another store: the cluster must compute for itself what the processes computed.
    moved = '    import shutil\n    shutil.rmtree("out/phase-diagram")\n'
    script = tmp_path / "page.py"
    parts = [
        "from implicitbias import Sweep",
        code_of(CLUSTER, "on a laptop"),
        same,
        moved,
        code_of(CLUSTER, "on a local cluster"),
        again,
    ]
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
    code = (
        code_of(CLUSTER, "on Slurm").partition("cluster.scale")[0]
        + "print(cluster.job_script())\ncluster.close()\n"
    )
    script = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert "#SBATCH -p compute" in script and "#SBATCH -t 02:00:00" in script
    assert "--nthreads 1 " in script and "--nworkers 16 " in script and "OMP_NUM_THREADS=1" in script


def checked(name):
    """Return the exit code of the page's command, and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        code = main(["check-simulator", f"{name}:simulate"])
    return code, printed.getvalue()


def test_a_mended_simulator_passes_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    right = code_of(SIMULATOR, "notebook.py")
    right = right.replace("            for _ in range(1, H):\n", code_of(SIMULATOR, "mends the loop"))
    right = right.replace("        x = np.mean(models, axis=0)\n", code_of(SIMULATOR, "mends the mean"))
    Path("mended.py").write_text(right)
    code, printed = checked("mended.py")
    said = code_of(SIMULATOR, "the last line").replace("notebook:", "mended.py:")
    assert code == 0 and printed.endswith(said), printed[-500:]
    suite = code_of(SIMULATOR, "a test suite").replace("from notebook", "from mended")
    Path("test_mended.py").write_text(suite.replace("cases(seed=7)", "cases(seed=7)[:8]"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mended.py"],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and "passed" in done.stdout and "skipped" in done.stdout, done.stdout


def test_the_page_knows_every_feature_and_every_oracle():
    page = SIMULATOR.read_text()
    oracles = {case.oracle for case in cases()}
    assert oracles == set(re.findall(r"^\| (O\d) \|", page, re.MULTILINE))
    assert all(f"`{feature}`" in page for feature in FEATURES if feature != "fedavg")
