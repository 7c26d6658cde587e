"""How to get a result again: the command, and the same in Python."""

import shlex

from paper_repro.claims.result import Result


PYTHON = """\
import dataclasses
from paper_repro.catalogue import find
from paper_repro.claims import Budget, verify_one
claim = find({key!r})
knobs = dataclasses.replace(claim.knobs{knobs})
result = verify_one(claim, knobs, seed={seed}, budget=Budget({budget!r}))
print(result.status.value, result.message)"""


def command(result: Result) -> str:
    """Return the command line; every knob is given, so that a later default changes nothing."""
    turned = [part for name, value in result.knobs.items() for part in ("--set", f"{name}={value}")]
    words = [
        "paper-repro",
        "verify",
        result.key,
        "--seed",
        str(result.seed),
        "--budget",
        result.budget,
        *turned,
    ]
    return " ".join(shlex.quote(word) for word in words)


def python(result: Result) -> str:
    """Return the same as lines of Python."""
    knobs = "".join(f", {name}={value!r}" for name, value in result.knobs.items())
    return PYTHON.format(key=result.key, knobs=knobs, seed=result.seed, budget=result.budget)
