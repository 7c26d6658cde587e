"""By what the index can be narrowed: the groups that each claim belongs to, and the choices that these leave."""

from collections.abc import Sequence
from dataclasses import dataclass

from paper_repro.claims.result import Result
from paper_repro.claims.verdict import Evidence
from paper_repro.report.citation import citation, heading
from paper_repro.report.outcome import counted, outcome, SOURCES


NOTHING = "none"


@dataclass(frozen=True)
class Filter:
    """A list of choices, each a group of claims and how it is called; the choice of all is not among them."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]


def facets(result: Result) -> dict[str, str]:
    """Return the group of a claim in every filter, by its name."""
    return {
        "paper": result.paper,
        "verdict": outcome(result).kind,
        "evidence": result.evidence.lower() or NOTHING,
        "source": result.source,
    }


def filters(results: Sequence[Result]) -> tuple[Filter, ...]:
    """Return the filters that can tell these results apart; of their choices, each has a claim."""
    papers = {result.paper: heading(citation(result.paper)) for result in results}
    choices = {
        "paper": papers,
        "verdict": {kind: words for kind, words, _ in counted(results)},
        "evidence": {name: name for name in (*(e.name.lower() for e in Evidence), NOTHING)},
        "source": {name: name for name in SOURCES},
    }
    found = {name: {facets(result)[name] for result in results} for name in choices}
    every = (
        Filter(name, name.capitalize(), tuple((g, words) for g, words in known.items() if g in found[name]))
        for name, known in choices.items()
    )
    return tuple(made for made in every if len(made.choices) > 1)
