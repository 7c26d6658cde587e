"""Code of the pages, run as a reader would: from the top, in one Python session, in an empty folder.

A comment above each fenced block says what becomes of it; CONTRIBUTING has the list. While writing,

    python -m tests.documented docs/how-to/my-page.md

says what is wrong, and ``--write`` puts what is really printed into the page.
"""

import argparse
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.reading_session import Session


ROOT = Path(__file__).resolve().parents[1]
# Pages of figures are made by every build, from what is tested elsewhere.
MADE = ROOT / "docs" / "gallery" / "figures"
PAGES = tuple(sorted(p for p in (ROOT / "docs").rglob("*.md") if MADE not in p.parents))
RUN = {"python", "sh"}
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^`]*)$")
_MARKER = re.compile(r"^ *<!-- (.+) -->$")
_WORDS = re.compile(
    r"(?P<run>run(, exit code (?P<code>\d+))?(?P<apart>, output not compared: \S.*)?)"
    r"|file: (?P<file>[\w./-]+)"
    r"|not run: \S.*"
    r"|tested by (?P<test>test_\w+\.py): \S.*"
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the words of the comment above; lines count from 0.

    ``start`` is the line of the opening fence, ``end`` that of the closing one.
    """

    language: str
    code: str
    marker: str
    start: int
    end: int

    @property
    def explained(self) -> bool:
        """Whether the comment says something known."""
        return _WORDS.fullmatch(self.marker) is not None

    @property
    def runs(self) -> bool:
        """Whether the block is run."""
        return bool(self.said("run"))

    def said(self, part: str) -> str:
        """Return a part of what the comment says: run, code, apart, file or test; empty if it does not say it."""
        found = _WORDS.fullmatch(self.marker)
        return (found and found[part]) or ""


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, directives among them."""
    lines, found, at = text.splitlines(), [], 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if opening:
            end = _closing(lines, at, opening[2])
            inside = [line[len(opening[1]) :] + "\n" for line in lines[at + 1 : end]]
            found.append(Block(opening[3].strip(), "".join(inside), _marker(lines[:at]), at, end))
            at = end
        at += 1
    return found


def _closing(lines: list[str], at: int, fence: str) -> int:
    ends = (i for i in range(at + 1, len(lines)) if re.fullmatch(rf" *{fence}{fence[0]}* *", lines[i]))
    return next(ends, len(lines))


def _marker(above: list[str]) -> str:
    found = _MARKER.match(above[-1]) if above else None
    return found[1] if found else ""


def output_of(text: str, block: Block) -> Block | None:
    """Return the ``text`` block that follows a block that is run, with nothing but blank lines between them."""
    lines = text.splitlines()
    below = [b for b in blocks(text) if b.start > block.end]
    if not below or below[0].language != "text" or any(map(str.strip, lines[block.end + 1 : below[0].start])):
        return None
    return below[0]


def complaints(page: Path) -> list[str]:
    """Return what the comments above the blocks of a page lack."""
    text = page.read_text()
    outputs = [output_of(text, block) for block in blocks(text) if block.runs]
    told = [(b, _complaint(page, b)) for b in blocks(text) if b not in outputs]
    return [f"{page.name}:{block.start + 1}: {words}" for block, words in told if words]


def _complaint(page: Path, block: Block) -> str:
    if block.language.startswith("{"):
        inside = any(_FENCE.match(line) for line in block.code.splitlines())
        return "code in a directive of backticks is not seen; fence the directive with colons" * inside
    if not block.explained:
        return (
            f"the comment above is {block.marker!r}; write <!-- run -->, <!-- file: name.py -->, or a reason"
        )
    if block.runs and block.language not in RUN:
        return f"{block.language!r} cannot be run; write python or sh"
    test = ROOT / "tests" / block.said("test") if block.said("test") else None
    if test and not (test.is_file() and page.name in test.read_text()):
        return f"{test.name} does not name {page.name}"
    return ""


def differences(page: Path, *, write: bool = False) -> list[str]:
    """Run a page and return where it does not print what it says; ``write`` puts that right in the page."""
    text = page.read_text()
    found = []
    with tempfile.TemporaryDirectory() as folder, Session(Path(folder), ROOT) as session:
        for block in blocks(text):
            if block.said("file"):
                session.save(block.said("file"), block.code)
            if block.runs:
                printed = _printed(session, page, block)
                found += [(block, printed)] * (not _as_said(text, block, printed))
    if write:
        page.write_text(_corrected(text, found))
    return [_difference(page, text, block, printed) for block, printed in found]


def _printed(session: Session, page: Path, block: Block) -> str:
    if block.language == "sh":
        return session.shell(block.code, int(block.said("code") or 0))
    return session.python(block.code, f"{page.name}", block.start + 1)


def _as_said(text: str, block: Block, printed: str) -> bool:
    shown = output_of(text, block)
    return bool(block.said("apart")) or matches(shown.code if shown else "", printed)


def matches(shown: str, printed: str) -> bool:
    """Whether output is as shown; a line ``…`` stands for any number of lines."""
    parts = [r"(?:.*\n)+" if line == "…\n" else re.escape(line) for line in shown.splitlines(keepends=True)]
    return re.fullmatch("".join(parts), printed) is not None


def _difference(page: Path, text: str, block: Block, printed: str) -> str:
    shown = output_of(text, block)
    said = f"instead of\n{shown.code}" if shown else "which the page does not show"
    return f"{page.name}:{block.start + 1} prints\n{printed}{said}"


def _corrected(text: str, found: list[tuple[Block, str]]) -> str:
    lines = text.splitlines()
    for block, printed in reversed(found):
        shown, output = output_of(text, block), printed.splitlines()
        if shown:
            lines[shown.start + 1 : shown.end] = output
        else:
            lines[block.end + 1 : block.end + 1] = ["", "```text", *output, "```"]
    return "\n".join(lines) + "\n"


def code_of(page: Path, words: str) -> str:
    """Return the one block whose comment contains these words."""
    (block,) = [b for b in blocks(page.read_text()) if words in b.marker]
    return block.code


def main() -> int:
    """Check pages; exit code 1 if one is wrong."""
    parser = argparse.ArgumentParser(description="Run the code of pages, as tests do.")
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES, help="all pages if left out")
    parser.add_argument("--write", action="store_true", help="put what is printed into the pages")
    options = parser.parse_args()
    wrong = 0
    for page in options.pages:
        told = complaints(page) + differences(page, write=options.write)
        print(f"{page}: {'wrong' if told else 'as it says'}", *told, sep="\n", flush=True)
        wrong += bool(told)
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
