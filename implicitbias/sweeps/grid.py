"""The runs of a sweep: problem × method × knobs × seeds, numbered with the last axis fastest."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from implicitbias import checks
from implicitbias.engine.binding import bound
from implicitbias.engine.records import RecordAt
from implicitbias.engine.run_spec import RunSpec
from implicitbias.engine.start import first_state
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


# Problems and methods made and remembered: neighbouring runs share theirs.
REMEMBERED = 64
# Axes with a meaning of their own, and what a problem is given to draw its data from.
RESERVED = ("problem", "method", "seed", "stream")

Coordinate = bool | int | float | str


@dataclass(frozen=True)
class Grid:
    """What is swept, checked; see ``sweep`` for the attributes."""

    problem: Any
    method: Any
    rounds: Any
    over: Mapping[str, tuple[Coordinate, ...]]
    seeds: tuple[int, ...]
    record: RecordAt
    start: tuple[float, ...] | None
    # Of this sweep alone: the same function may make something else in the next one.
    made: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def axes(self) -> dict[str, tuple[Coordinate, ...]]:
        """Names and coordinates of the axes, the slowest first."""
        named = {
            n: v for n, v in (("problem", self.problem), ("method", self.method)) if isinstance(v, Mapping)
        }
        return {n: tuple(v) for n, v in named.items()} | dict(self.over) | {"seed": self.seeds}

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def size(self) -> int:
        """Number of runs."""
        return math.prod(self.shape)

    def run(self, number: int) -> RunSpec:
        """Return a run; its stream is that of its seed, so that runs at other knobs read the same numbers."""
        at = self._coordinates(number)
        stream = Stream(at["seed"])
        problem = _made(
            "problem", _chosen(self.problem, at.get("problem")), at | {"stream": stream}, self.made
        )
        method = _made("method", _chosen(self.method, at.get("method")), at, self.made)
        rounds = _made("rounds", self.rounds, at, self.made)
        return RunSpec(problem, method, rounds, self.record, self.start, stream=stream)

    def check(self) -> frozenset[int]:
        """Refuse a sweep with an impossible run, or with a knob that turns nothing; return all dimensions d.

        Looks at one seed of every setting.

        Raises
        ------
        BadInput
            Naming the value, the rule and the cure.
        """
        parts = [*_alternatives(self.problem), *_alternatives(self.method), self.rounds]
        asked = {name for part in parts for name in _parameters(part)}
        for name in self.over:
            if name not in asked:
                cure = f"name it, as in method=lambda {name}: …, or leave it out"
                raise BadInput(
                    f"over[{name!r}]: neither problem, method nor rounds asks for {name!r}; {cure}"
                )
        return frozenset(_checked(self.run(number)) for number in range(0, self.size, len(self.seeds)))

    def _coordinates(self, number: int) -> dict[str, Any]:
        index = np.unravel_index(number, self.shape)
        return {name: values[i] for (name, values), i in zip(self.axes.items(), index, strict=True)}


def coordinates(name: str, values: object) -> tuple[Coordinate, ...]:
    """Return the coordinates of an axis: distinct numbers, texts or truth values.

    Raises
    ------
    BadInput
        For anything else.
    """
    entries = checks.sequence(f"over[{name!r}]", values, "give its values, e.g. (0.05, 0.1, 0.2)")
    if not isinstance(name, str) or not name.isidentifier() or name in RESERVED:
        cure = f"an axis is named like a Python variable, and not {', '.join(RESERVED)}"
        raise checks.refuse("over", name, "is no name of a knob", cure)
    found: list[Coordinate] = []
    for entry in entries:
        entry = entry.item() if isinstance(entry, np.generic) else entry
        if not isinstance(entry, Coordinate):
            cure = "sweep over numbers or names, and make the rest of them in problem= or method="
            raise checks.refuse(f"over[{name!r}]", entry, "is neither number, text nor truth value", cure)
        found.append(entry)
    if len(set(found)) < len(found):
        raise checks.refuse(f"over[{name!r}]", values, "holds a value twice", "drop one of them")
    return tuple(found)


def _checked(spec: RunSpec) -> int:
    spec.check()
    spec.record.rounds(spec.rounds)
    first_state(
        bound(spec.problem, spec.method),
        spec.method,
        None if spec.start is None else np.array(spec.start),
        spec.replicas,
    )
    return spec.problem.dim


def _alternatives(given: Any) -> tuple[Any, ...]:
    return tuple(given.values()) if isinstance(given, Mapping) else (given,)


def _chosen(given: Any, name: Any) -> Any:
    return given[name] if isinstance(given, Mapping) else given


def _parameters(part: Any) -> tuple[str, ...]:
    """Return the knobs that a function names; constants ask for none."""
    if isinstance(part, AbstractProblem | LocalMethod) or not callable(part):
        return ()
    return tuple(inspect.signature(part).parameters)


def _made(what: str, part: Any, at: Mapping[str, Any], made: dict[tuple[Any, ...], Any]) -> Any:
    """Return a constant, or what a function makes of the knobs that it names, or ``made`` of them before."""
    if isinstance(part, AbstractProblem | LocalMethod) or not callable(part):
        return part
    parameters = inspect.signature(part).parameters.values()
    for parameter in parameters:
        if parameter.name not in at and parameter.default is parameter.empty:
            known = ", ".join(name for name in at if name not in RESERVED)
            cure = f"there are {known or 'none'}; give over={{{parameter.name!r}: …}}"
            raise BadInput(f"{what}: asks for {parameter.name!r}, which is no knob of this sweep; {cure}")
    knobs = {p.name: at[p.name] for p in parameters if p.name in at}
    # With their types: 10 and 10.0 are equal, but not both a number of local steps.
    key = (id(part), *((name, type(value), value) for name, value in knobs.items()))
    if key not in made:
        while len(made) >= REMEMBERED:
            del made[next(iter(made))]
        made[key] = part(**knobs)
    return made[key]
