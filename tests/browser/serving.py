"""The classroom, served by a process of its own as a user would serve it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen


PATIENCE = 120.0  # seconds until the first page comes, on a machine that does other things


@contextmanager
def classroom() -> Iterator[str]:
    """Serve all lessons while the block runs; the address of the hall, without the last slash."""
    command = [sys.executable, "-m", "paper_repro", "class", "--headless"]
    quiet = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=quiet
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert found, said + process.stderr.read()
            _wait_for(found[0])
            yield found[0]
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            urlopen(address, timeout=5).close()
            return
        except URLError:
            assert time.monotonic() < end, f"{address} does not answer"
            time.sleep(0.1)
