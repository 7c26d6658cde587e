"""Results on disk, addressed by (source code, claim, knobs, seed, budget): the same question is answered once."""

import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from paper_repro.claims.budget import Budget
from paper_repro.claims.result import Result


@lru_cache(maxsize=1)
def source_digest() -> str:
    """Return the digest of every line of code a verdict depends on: a change anywhere asks again."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for package in ("implicitbias", "sde", "figures", "paper_repro"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


class Cache:
    """A folder of finished results."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, key: str, knobs: dict[str, Any], seed: int, budget: Budget) -> Result | None:
        """Return the stored result, or ``None``."""
        path = self._path(key, knobs, seed, budget)
        try:
            stored = json.loads(path.read_text())
            return Result.from_json(stored["result"], stored["view"])
        except (OSError, ValueError, KeyError, TypeError):
            # Absent, or not readable as a result: computed anew and written over.
            return None

    def put(self, result: Result) -> None:
        """Store a result, whole or not at all; an error is not stored, the next run tries again."""
        if result.status.name == "ERROR":
            return
        path = self._path(result.key, result.knobs, result.seed, Budget(result.budget))
        write_atomically(path, json.dumps({"result": result.to_json(), "view": result.view}))

    def _path(self, key: str, knobs: dict[str, Any], seed: int, budget: Budget) -> Path:
        question = json.dumps([source_digest(), key, knobs, seed, budget.value], sort_keys=True)
        return self.folder / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}.json"


def write_atomically(path: Path, text: str) -> None:
    """Write a text file to the side and rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
