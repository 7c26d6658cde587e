"""What a result means to a reader: one badge, and what evidence and source marks stand for."""

from collections.abc import Sequence
from dataclasses import dataclass

from paper_repro.claims.result import Result
from paper_repro.claims.verdict import Comparison, Evidence, Status


SOURCES = {
    "stated": "The source says so itself, and we have read it there.",
    "second-hand": "Known through abstracts, reviews or citations: what is checked is our reading of it.",
    "derived": "Proved in this project.",
    "recalled": "Standard knowledge of the field, restated from memory.",
    "conjectured": "Nobody's theorem: a finding that was measured, with the evidence that its verdict names.",
}

STATUS_MEANING = {
    Status.HOLDS: "the whole interval of the measurement lies inside the allowed region",
    Status.REFUTED: "the interval of the measurement and the allowed region are disjoint",
    Status.INCONCLUSIVE: "the interval of the measurement is partly inside the allowed region, partly outside",
    Status.NOT_APPLICABLE: "a hypothesis is not met at these knobs",
    Status.ERROR: "the check could not be carried out",
}

# What is extrapolated is met by containment, if its interval is sharp enough; see the judges. Confidence intervals
# are judged by either rule, and a result does not say by which.
HOLDS_MEANING = {
    Evidence.RATE.name: "the interval of the fitted exponent contains the predicted one, or lies inside its allowed "
    "region, and is sharp enough to tell",
    Evidence.LIMIT.name: "the interval of the extrapolated limit contains the predicted one, or lies inside its "
    "allowed region, and is sharp enough to tell",
    Evidence.STATISTICAL.name: "the interval of the measurement lies inside the allowed region or, if it is that of "
    "an extrapolated limit, contains the predicted one and is sharp enough to tell",
}
BLUNT_MEANING = (
    "an interval of the measurement is too wide to tell, or partly inside the allowed region, partly outside"
)
UNDECIDED_MEANING = "the intervals alone do not decide, for the reason given here"

STATUS_SYMBOL = {
    Status.HOLDS: "✓",
    Status.REFUTED: "✗",
    Status.INCONCLUSIVE: "?",
    Status.NOT_APPLICABLE: "∅",
    Status.ERROR: "!",
}


@dataclass(frozen=True)
class Outcome:
    """A verdict against its expectation: ``kind`` gives the colour; symbol and words say it without colour."""

    kind: str
    symbol: str
    words: str


@dataclass(frozen=True)
class Teeth:
    """Falsifiers refuted, of those that apply at these knobs, and how many do not apply."""

    refuted: int
    applicable: int
    unmet: int


def outcome(result: Result) -> Outcome:
    """Return the badge of a result."""
    if result.status is Status.ERROR:
        return Outcome("unexpected", "!", "error")
    if result.toothless:
        return Outcome("unexpected", "!", "toothless")
    symbol = STATUS_SYMBOL[result.status]
    if result.as_expected:
        return {
            Status.HOLDS: Outcome("expected", symbol, "holds"),
            Status.REFUTED: Outcome("reading", symbol, "reading refuted"),
            Status.NOT_APPLICABLE: Outcome("unmet", symbol, "not applicable, as expected"),
        }.get(result.status, Outcome("beyond", symbol, "undecided, as expected"))
    if result.undecided:
        words = "not applicable" if result.status is Status.NOT_APPLICABLE else "undecided"
        return Outcome("undecided", symbol, words)
    return Outcome("unexpected", symbol, f"{result.status.value.lower()}, unexpected")


def counted(results: Sequence[Result]) -> list[tuple[str, str, int]]:
    """Return (kind, words, how many) of every kind; kinds that nobody needs to see are left out when empty."""
    words = {
        "expected": "hold, as expected",
        "reading": "readings refuted, as expected",
        "beyond": "undecided, as expected",
        "unmet": "not applicable, as expected",
        "undecided": "undecided",
        "unexpected": "unexpected, toothless or in error",
    }
    kinds = [outcome(r).kind for r in results]
    rows = [(kind, text, kinds.count(kind)) for kind, text in words.items()]
    return [row for row in rows if row[2] or row[0] in ("expected", "unexpected")]


def teeth(result: Result) -> Teeth:
    """Count the falsifiers of a result."""
    statuses = [f.status for f in result.falsifiers]
    unmet = statuses.count(Status.NOT_APPLICABLE)
    return Teeth(statuses.count(Status.REFUTED), len(statuses) - unmet, unmet)


def decisive(result: Result) -> Comparison | None:
    """Return the first comparison that has the status of the whole verdict."""
    return next((c for c in result.comparisons if c.status is result.status), None)


def evidence_meaning(result: Result) -> str:
    """Return what a statement that holds rests on; of any other verdict, the evidence says nothing but its kind."""
    return Evidence[result.evidence].value if result.evidence and result.status is Status.HOLDS else ""


def status_meaning(result: Result) -> str:
    """Return what the rule found."""
    meaning = STATUS_MEANING[result.status]
    if result.status is Status.HOLDS:
        return HOLDS_MEANING.get(result.evidence, meaning)
    if result.status is not Status.INCONCLUSIVE:
        return meaning
    if decisive(result) is None:
        return UNDECIDED_MEANING
    return BLUNT_MEANING if result.evidence in HOLDS_MEANING else meaning
