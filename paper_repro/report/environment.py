"""With what a report was made: versions, and the commit of the source if there is one."""

import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


PACKAGES = ("implicitbias", "numpy", "scipy", "matplotlib")
PATIENCE = 10.0  # seconds for git; a report does not wait for a network drive


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """Return names and versions in a fixed order; no date, so that the same source writes the same bytes."""
    packages = {name: _version(name) for name in PACKAGES}
    return {**packages, "python": platform.python_version(), "commit": _commit()}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return "not a checkout"
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{commit} with changes" if commit and changed else commit or "unknown"


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
