"""A reader's desk: an empty folder, a Python session and a shell in it."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any


# Seconds for the commands of one block: a page that takes longer is not read either.
PATIENCE = 300


class Session:
    """A Python session and a shell in a folder of their own; warnings are errors, as in the tests.

    To be used in a ``with`` statement: then the working directory, the search path and the modules of the page
    are put back.
    """

    def __init__(self, folder: Path, root: Path):
        self.folder, self.root = folder, root
        self.space: dict[str, Any] = {"__name__": "__main__"}

    def __enter__(self) -> "Session":
        self._before = Path.cwd(), list(sys.path), set(sys.modules)
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        return self

    def __exit__(self, *trouble: object) -> None:
        place, sys.path[:], modules = self._before
        os.chdir(place)
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]

    def save(self, name: str, text: str) -> None:
        """Save a file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def python(self, code: str, page: str, line: int) -> str:
        """Run code in the session and return what it prints; tracebacks count the lines of the page."""
        printed = io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
            warnings.simplefilter("error")
            exec(compile("\n" * line + code, page, "exec"), self.space)
        return printed.getvalue()

    def shell(self, code: str, exit_code: int = 0) -> str:
        """Run commands and return what they print on standard output; all must succeed, or the last end so."""
        places = {"PATH": [Path(sys.executable).parent], "PYTHONPATH": [self.root, self.folder]}
        paths = {
            name: os.pathsep.join([*map(str, first), os.environ.get(name, "")])
            for name, first in places.items()
        }
        done = subprocess.run(
            ["bash", "-e", "-c", code],
            cwd=self.folder,
            env=os.environ | paths,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == exit_code, (
            f"exit code {done.returncode} of\n{code}{done.stdout}{done.stderr}"
        )
        return done.stdout
