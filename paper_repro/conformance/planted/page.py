"""The matrix of bugs and oracles as a page in Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence

from paper_repro.conformance.planted.matrix import Row


WORDS = {"named": "", "among": "", "misnamed": "(wrong)", "unknown": "unknown", "no path": "—"}
SAID = {
    "named": "are named rightly",
    "among": "are named among causes that the path cannot tell apart",
    "unknown": "are unknown",
    "misnamed": "are misnamed",
    "no path": "leave no wrong path to name them by",
}
INTRODUCTION = """# Planted bugs

A federated simulator, written as practitioners write theirs and sharing no code with the oracles, in which one part
is replaced by what people really get wrong: {count} times. Which oracle notices, and what does the diagnosis call it?
`paper-repro planted-bugs --markdown` prints this page.

✗ a case of the oracle fails; · all pass; empty: not asked, for none of its cases has what the bug needs, or for it
counts draws where an exact answer has caught the bug already (`--all` asks). The diagnosis is of the first path that
fails, in three dimensions where there is one; where several causes explain it equally well, the first is shown, and how
many others there are. "unknown" is what the diagnosis says itself; a dash: draws or symmetries fail, and no path.

{summary}

![Twelve bugs on the golden instance: the right path and the wrong one](bug-signatures.png)

`paper-repro figures bug-signatures bug-distances` draws these twelve, and how far every bug leads in every round.
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
    foreseen = [row.verdict for row in rows if row.bug.foreseen]
    others = [row.verdict for row in rows if not row.bug.foreseen]
    return (
        f"**{caught} of {len(rows)} bugs are caught.** Of the {len(foreseen)} whose cause a path can tell, as was "
        f"written down before there was a diagnosis, {_counted(foreseen)} Of the {len(others)} others, which were "
        f"expected to be unknown, {_counted(others)}"
    )


def _counted(verdicts: Sequence[str]) -> str:
    counts = Counter(verdicts)
    said = [f"{counts[verdict]} {words}" for verdict, words in SAID.items() if counts[verdict]]
    return f"{', '.join(said)}."


def table(rows: Sequence[Row], oracles: Sequence[str]) -> str:
    """Return one table."""
    head = ["bug", "what a person did wrong", *oracles, "first", "diagnosis"]
    lines = [head, ["---", "---", *(":-:" for _ in oracles), "---", "---"]]
    for row in rows:
        case = next(iter(row.caught.values()), "escaped")
        cells = (row.bug.sentence, *_marks(row, oracles), case, told(row))
        lines.append([f"`{row.bug.name}`", *(text.replace("|", "\\|") for text in cells)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def told(row: Row) -> str:
    """Return the diagnosis in a few words."""
    names, others = row.names[:1], len(row.names) - 1
    words = [*names, f"or {others} more" if others > 0 else "", WORDS[row.verdict]]
    return ", ".join(word for word in words if word)


def _marks(row: Row, oracles: Sequence[str]) -> list[str]:
    return ["✗" if name in row.caught else "·" if name in row.asked else "" for name in oracles]
