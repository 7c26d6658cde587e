"""What a paper says and what was found, in sentences: how many statements, how they are known, what stands out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from paper_repro.claims.result import Result
from paper_repro.report.outcome import outcome


# How a statement is known, after a number of statements.
GROUNDS = {
    "stated": "as the source words {}",
    "second-hand": "known through others",
    "recalled": "restated from memory",
    "derived": "proved in this project",
    "conjectured": "conjectured and measured",
}
# What does not simply hold, in the order in which a reader should meet it; the statement itself follows.
NOTABLE = {
    "unexpected": "Against expectation",
    "undecided": "Not decided at this budget",
    "reading": "A reading of the source that its check refutes",
    "beyond": "Undecided, as expected",
    "unmet": "Not applicable, as expected",
}
NUMERALS = "no one two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True)
class Story:
    """Sentences about statements, and what stands out: (words, its results)."""

    sentences: tuple[str, ...]
    notable: tuple[tuple[str, tuple[Result, ...]], ...]


def story(theirs: Sequence[Result], ours: Sequence[Result]) -> Story:
    """Return what to say of the statements of a paper, and of ours beside them.

    Parameters
    ----------
    theirs, ours
        Results of statements of the source, and of statements of this project about the same methods.
    """
    beside = "beside them" if theirs else "here"
    frames = ((theirs, "{} of the paper {} checked here"), (ours, f"{{}} of ours {{}} checked {beside}"))
    told = [_told(results, frame) for results, frame in frames if results]
    every = [*theirs, *ours]
    found = {kind: tuple(r for r in every if outcome(r).kind == kind) for kind in NOTABLE}
    return Story(tuple(told), tuple((NOTABLE[kind], results) for kind, results in found.items() if results))


def _told(results: Sequence[Result], frame: str) -> str:
    """Return how many statements there are, on what grounds, and how many hold."""
    many = len(results) > 1
    statements = f"{spelled(len(results))} statement{'s' if many else ''}"
    counts = Counter(result.source for result in results)
    grounds = [
        (number, GROUNDS[source].format("them" if many else "it")) for source, number in counts.items()
    ]
    known = ", ".join(f"{spelled(number)} {ground}" for number, ground in grounds)
    tail = f": {known}" if len(grounds) > 1 else f", {'all ' if many else ''}{grounds[0][1]}"
    first = frame.format(statements, "are" if many else "is")
    return f"{first[0].upper()}{first[1:]}{tail}. {_held(results)}".strip()


def _held(results: Sequence[Result]) -> str:
    held = sum(outcome(result).kind == "expected" for result in results)
    if held == len(results):
        return "All hold, as expected." if held > 1 else "It holds, as expected."
    return f"{spelled(held).capitalize()} hold{'s' if held == 1 else ''}, as expected." if held else ""


def spelled(number: int) -> str:
    """Return a number as prose has it: in words up to twelve."""
    return NUMERALS[number] if number < len(NUMERALS) else str(number)
