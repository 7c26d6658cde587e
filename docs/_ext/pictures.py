"""Where drawn figures lie, what they say of themselves, and which are missing: `make docs` draws those first."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from paper_repro.report.plates import gallery


OUT = Path(__file__).resolve().parents[2] / "out"
# `make reproduce` draws into the first folder, `paper-repro figures` into the second.
FOLDERS = (OUT / "report" / "figures", OUT / "figures")
KEPT = OUT / "cache" / "figures"


@dataclass(frozen=True)
class Picture:
    """A drawn figure: its files up to their suffix, its finding, its setting, and where it comes from."""

    stem: Path
    finding: str
    setting: str
    sidecar: Mapping[str, Any]


def picture(name: str) -> Picture | None:
    """Return the figure as it was drawn last; ``None`` if it has not been drawn."""
    drawn = [folder / name for folder in FOLDERS if (folder / f"{name}.json").exists()]
    if not drawn:
        return None
    stem = max(drawn, key=lambda path: path.with_suffix(".json").stat().st_mtime)
    sidecar = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    words = _words(KEPT / f"{sidecar['view'][:32]}.svg")
    return Picture(stem, words.get("title", ""), words.get("desc", ""), sidecar)


def _words(inline: Path) -> dict[str, str]:
    """Return title and description of the drawing that is kept for pages."""
    text = inline.read_text(encoding="utf-8") if inline.exists() else ""
    return {tag: unescape(words) for tag, words in re.findall(r"<(title|desc) [^>]*>([^<]*)<", text)}


def missing() -> list[str]:
    """Return the names of the figures that have not been drawn."""
    return [figure.name for figure in gallery() if picture(figure.name) is None]


if __name__ == "__main__":
    print(*missing())
