"""The classroom, served by a process of its own as a user would serve it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.request import urlopen


PATIENCE = 120.0  # seconds until the first page comes, on a machine that does other things


@contextmanager
def classroom() -> Iterator[str]:
    """Serve all lessons while the block runs; the address of the hall, without the last slash."""
    command = [sys.executable, "-m", "paper_repro", "class", "--headless"]
    quiet = os.environ | {"PYTHONUNBUFFERED": "1"}
    # A file, for a pipe that nobody empties stops a server that says much.
    with (
        NamedTemporaryFile() as log,
        subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL, env=quiet) as process,
    ):
        try:
            yield _address(process, Path(log.name))
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server has said where it is, and answers there."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found and _answers(found[0]):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"the classroom does not answer: {log.read_text()}")


def _answers(address: str) -> bool:
    try:
        urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True
