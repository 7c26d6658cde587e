"""Figures of a report: files to keep, and an inline SVG for the page; drawn once for the same source and view."""

import hashlib
import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import save, svg_inline, View, view_from_json
from figures.formats import FORMATS
from figures.inline import inlined
from figures.provenance import sidecar_text
from implicitbias.archive import write_atomically
from implicitbias.tasks import in_order, on_this_machine
from implicitbias.tasks.source import source_digest
from paper_repro.claims.cache import PACKAGES
from paper_repro.claims.result import Result
from paper_repro.report.environment import environment


@dataclass(frozen=True)
class Drawing:
    """A drawn figure, or why there is none."""

    name: str
    inline: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Task:
    """A view as text, the name and formats of its files, where it comes from, and whether a page wants it inline."""

    name: str
    view: str
    sidecar: Mapping[str, Any]
    venue: str = "page"
    formats: tuple[str, ...] = FORMATS
    inline: bool = True


def slug(key: str) -> str:
    """Return the file name of a claim's page and figures."""
    return key.replace("/", "--")


def claim_task(
    result: Result, venue: str = "page", formats: tuple[str, ...] = FORMATS, *, inline: bool = True
) -> Task:
    """Return the drawing of a result's picture."""
    sidecar = {
        "claim": result.key,
        "title": result.title,
        "status": result.status.value,
        "knobs": result.knobs,
        "seed": result.seed,
        "budget": result.budget,
        "environment": environment(),
    }
    return Task(slug(result.key), result.view, sidecar, venue, formats, inline)


def drawn(tasks: Sequence[Task], folder: Path, kept: Path, jobs: int = 1) -> Iterator[Drawing]:
    """Yield the drawing of every task, in order; files go to ``folder``, inline SVGs are kept in ``kept``."""
    return in_order(draw, [(task, folder, kept) for task in tasks], on=on_this_machine(jobs))


def draw(task: Task, folder: Path, kept: Path) -> Drawing:
    """Draw one figure, unless the same one is there already. A failure is told, and the other figures go on."""
    digest = hashlib.sha256("\n".join((source_digest(*PACKAGES), task.venue, task.view)).encode()).hexdigest()
    sidecar = {**task.sidecar, "venue": task.venue, "view": digest, "formats": list(task.formats)}
    fragment = kept / f"{digest[:32]}.svg"
    try:
        view = view_from_json(task.view)
        if not _same_files(folder, task, sidecar):
            save(view, folder, task.name, sidecar, task.formats, venue=task.venue)
        if not task.inline:
            return Drawing(task.name)
        if not fragment.exists():
            write_atomically(fragment, _inline(task, view, folder).encode())
        return Drawing(task.name, fragment.read_text(encoding="utf-8"))
    except Exception:
        return Drawing(task.name, trouble=traceback.format_exc())


def _inline(task: Task, view: View, folder: Path) -> str:
    """Return the inline SVG, from the file if there is one: laying a figure out takes longer than writing it."""
    if "svg" not in task.formats:
        return svg_inline(view, venue=task.venue)
    return inlined((folder / f"{task.name}.svg").read_text(encoding="utf-8"), view, venue=task.venue)


def _same_files(folder: Path, task: Task, sidecar: Mapping[str, Any]) -> bool:
    """Whether the files of this very figure are there. ``save`` writes the sidecar last, so it vouches for them."""
    try:
        written = (folder / f"{task.name}.json").read_text(encoding="utf-8")
    except OSError:
        return False
    return json.loads(written) == json.loads(sidecar_text(sidecar)) and all(
        (folder / f"{task.name}.{form}").exists() for form in task.formats
    )
