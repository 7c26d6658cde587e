"""The matrix of bugs and oracles as a page in Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence

from paper_repro.conformance.planted.matrix import Row


MARKS = {"named": "", "misnamed": " (wrong)", "unknown": "unknown", "no path": "—"}
INTRODUCTION = """# Planted bugs

A federated simulator, written as practitioners write theirs and sharing no code with the oracles, in which one part
is replaced by what people really get wrong: {count} times. Which oracle notices, and what does the diagnosis call it?
`paper-repro planted-bugs --markdown` prints this page.

✗ a case of the oracle fails; · all pass; empty: not asked, for none of its cases has what the bug needs, or for it counts
draws, and an exact answer has caught the bug already. The diagnosis is of the first path that fails, in three dimensions where there is one; where several causes explain it equally well, the
first is shown, and how many others there are. "unknown" is what the diagnosis says itself; after a dash stands the case
that fails where no path does.

{summary}
"""


def markdown_page(topics: Mapping[str, Sequence[Row]], oracles: Sequence[str]) -> str:
    """Return the page, one table for each topic."""
    rows = [row for part in topics.values() for row in part]
    parts = [INTRODUCTION.format(count=len(rows), summary=summary(rows))]
    parts += [f"## {topic}\n\n{table(part, oracles)}\n" for topic, part in topics.items()]
    return "\n".join(parts)


def summary(rows: Sequence[Row]) -> str:
    """Return how many are caught and named."""
    caught = sum(bool(row.caught) for row in rows)
    foreseen = Counter(row.verdict for row in rows if row.bug.foreseen)
    other = Counter(row.verdict for row in rows if not row.bug.foreseen)
    words = "{named} are named rightly, {unknown} unknown, {misnamed} misnamed, {path} left without a path."
    return (
        f"**{caught} of {len(rows)} bugs are caught.** Of the {foreseen.total()} whose cause a path can tell, as was "
        f"written down before there was a diagnosis, {_counted(words, foreseen)} Of the {other.total()} others, of "
        f'which "unknown" was expected, {_counted(words, other)}'
    )


def _counted(words: str, counts: Counter[str]) -> str:
    return words.format(path=counts["no path"], **{n: counts[n] for n in ("named", "unknown", "misnamed")})


def table(rows: Sequence[Row], oracles: Sequence[str]) -> str:
    """Return one table."""
    head = ["bug", "what a person did wrong", *oracles, "diagnosis"]
    lines = [head, ["---", "---", *(":-:" for _ in oracles), "---"]]
    lines += [
        [f"`{row.bug.name}`", _cell(row.bug.sentence), *_marks(row, oracles), told(row)] for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def told(row: Row) -> str:
    """Return the diagnosis in a cell; of what is only drawn, the case that failed first."""
    if row.verdict == "no path":
        return f"— {next(iter(row.caught.values()), 'escaped')}"
    if not row.names:
        return MARKS[row.verdict]
    others = f", or {len(row.names) - 1} more" if len(row.names) > 1 else ""
    return _cell(f"{row.names[0]}{others}{MARKS[row.verdict]}")


def _marks(row: Row, oracles: Sequence[str]) -> list[str]:
    return ["✗" if name in row.caught else "·" if name in row.asked else "" for name in oracles]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
