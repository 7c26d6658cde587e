"""How to get a result again: the command, the same in Python, and where each number is in what the command prints."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paper_repro.claims.result import Result


PYTHON = """\
import dataclasses
from paper_repro.catalogue import find
from paper_repro.claims import Budget, verify_one
claim = find({key!r})
knobs = dataclasses.replace(claim.knobs{knobs})
result = verify_one(claim, knobs, seed={seed}, budget=Budget({budget!r}))
print(result.status.value, result.message)"""

# The file into which the command of a page writes, and from which its other lines read.
KEPT = "verdict.json"
SIDES = ("measured", "uncertainty", "predicted", "allowance", "resolution")


@dataclass(frozen=True)
class Origin:
    """Where numbers of a claim come from.

    Attributes
    ----------
    anchor
        Name of the place on the claim's page.
    subject
        Whose numbers they are.
    line
        What shows them, once the command has been run.
    """

    anchor: str
    subject: str
    line: str


def command(result: Result) -> str:
    """Return the command line; every knob is given, so that a later default changes nothing."""
    return _line("verify", [result.key], result.seed, result.budget, result.knobs)


def keeping(result: Result) -> str:
    """Return the command line that keeps what it prints as JSON."""
    return f"{command(result)} --json > {KEPT}"


def report_command(
    keys: Sequence[str], results: Sequence[Result], turned: Mapping[str, Any] | None = None
) -> str:
    """Return the command line of a report; empty if one command cannot give results of several seeds or budgets.

    Parameters
    ----------
    keys
        Claims to be named; none for the whole catalogue.
    results
        That the report shows.
    turned
        Knobs that are not at their defaults.
    """
    settings = {(result.seed, result.budget) for result in results}
    return _line("report", keys, *settings.pop(), turned or {}) if len(settings) == 1 else ""


def figure_command(names: Sequence[str], seed: int, budget: str) -> str:
    """Return the command line that draws figures of the gallery; all of them, if none is named."""
    return _line("figures", names, seed, budget, {})


def place(side: str, name: str) -> str:
    """Return where one number is in the JSON, in the words of jq."""
    return f".[0].{side}[{json.dumps(name, ensure_ascii=False)}]"


def origins(result: Result) -> list[Origin]:
    """Return where each number of a claim's page comes from: one entry per quantity, then what the judge said."""
    quantities = [
        Origin(
            anchor_of(k),
            c.name,
            _jq(f".[0] | {{{', '.join(SIDES)}}} | map_values(.[{json.dumps(c.name, ensure_ascii=False)}])"),
        )
        for k, c in enumerate(result.comparisons)
    ]
    said = Origin("number-message", "what the judge said", _jq(".[0].message"))
    wrong = Origin("number-falsifiers", "the falsifiers", _jq(".[0].falsifiers[] | {name, status, message}"))
    return [*quantities, said, *([wrong] if result.falsifiers else [])]


def anchor_of(index: int) -> str:
    """Return the name of the place of a claim's comparison, by its index."""
    return f"number-{index + 1}"


def python(result: Result) -> str:
    """Return the same as lines of Python."""
    knobs = "".join(f", {name}={value!r}" for name, value in result.knobs.items())
    return PYTHON.format(key=result.key, knobs=knobs, seed=result.seed, budget=result.budget)


def _line(verb: str, names: Sequence[str], seed: int, budget: str, knobs: Mapping[str, Any]) -> str:
    turned = [part for name, value in knobs.items() for part in ("--set", f"{name}={value}")]
    return shlex.join(["paper-repro", verb, *names, "--seed", str(seed), "--budget", budget, *turned])


def _jq(wanted: str) -> str:
    return shlex.join(["jq", wanted, KEPT])
