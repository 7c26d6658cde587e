"""Verdicts and runs on disk, addressed by (source code, question): the same question is answered once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from implicitbias.tasks import AbstractForm, Store
from implicitbias.tasks.source import source_digest
from paper_repro.claims.budget import Budget
from paper_repro.claims.computed import ComputedForm
from paper_repro.claims.result import Result
from paper_repro.outside import packages_of


# Every line of code that a verdict depends on.
PACKAGES = ("implicitbias", "sde", "figures", "paper_repro")


@dataclass(frozen=True)
class ResultForm(AbstractForm):
    """The record of a result and its picture, as JSON."""

    @property
    def suffix(self) -> str:
        """Return ``.json``."""
        return ".json"

    def keeps(self, result: Result) -> bool:
        """Return False for an error: the next run tries again."""
        return result.status.name != "ERROR"

    def encode(self, result: Result) -> bytes:
        """Return the record."""
        return json.dumps({"result": result.to_json(), "view": result.view}).encode()

    def decode(self, content: bytes) -> Result:
        """Return the result."""
        stored = json.loads(content)
        return Result.from_json(stored["result"], stored["view"])


class Cache:
    """A folder of verdicts; in its ``runs/``, the runs of claims that are not judged yet."""

    def __init__(self, folder: Path, *, fresh: bool = False):
        self.verdicts = Store(folder, ResultForm(), PACKAGES, fresh)
        self.runs = Store(folder / "runs", ComputedForm(), PACKAGES, fresh)

    def get(self, key: str, knobs: dict[str, Any], seed: int, budget: Budget) -> Result | None:
        """Return the stored result, or ``None``."""
        return self.verdicts.get(self.verdicts.address(*question(key, knobs, seed, budget)))

    def put(self, result: Result) -> None:
        """Store a result, whole or not at all; an error is not stored, the next run tries again."""
        asked = question(result.key, result.knobs, result.seed, Budget(result.budget))
        self.verdicts.put(self.verdicts.address(*asked), result)


def question(key: str, knobs: dict[str, Any], seed: int, budget: Budget) -> tuple[Any, ...]:
    """Return what a verdict depends on besides our source code; that of a claim outside is part of its question."""
    outside = packages_of(key.partition("/")[0])
    return (key, knobs, seed, budget.value, *map(source_digest, outside))
