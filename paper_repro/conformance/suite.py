"""The suite: all cases in order, what failed first, and what that says about the rest."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from implicitbias import BadInput
from paper_repro.conformance.cards import suite_card
from paper_repro.conformance.case import Case, supported
from paper_repro.conformance.oracles import cases
from paper_repro.conformance.outcome import Outcome, Status
from paper_repro.conformance.task import Simulator


# Raised when a field of ``to_json`` is renamed, dropped, or given another meaning; new ones leave it alone.
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Suite:
    """What became of all cases.

    Parameters
    ----------
    outcomes
        In the order of the suite.
    simulator
        Name under which it was asked.
    seed, instances, thorough
        Of the random instances, and whether draws were counted ten times as long.
    complete
        Whether all cases were run; not if it was interrupted.
    """

    outcomes: tuple[Outcome, ...]
    simulator: str = ""
    seed: int = 0
    instances: int = 1
    thorough: bool = False
    complete: bool = True

    def __repr__(self) -> str:
        counts = [(len(self.having(status)), status.value) for status in Status]
        said = ", ".join(f"{count} {status}" for count, status in counts if count)
        name = f"{self.simulator!r}: " if self.simulator else ""
        return f"Suite({name}{said or 'no case'}{'' if self.complete else ', interrupted'})"

    def _repr_html_(self) -> str:
        return suite_card(self)

    def having(self, *statuses: Status) -> tuple[Outcome, ...]:
        """Return the outcomes with one of these statuses."""
        return tuple(outcome for outcome in self.outcomes if outcome.status in statuses)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """What failed or broke."""
        return self.having(Status.FAILED, Status.ERROR)

    @property
    def exit_code(self) -> int:
        """130 if interrupted; 1 if something failed; 3 if draws were too few, or no case could be run; else 0."""
        if not self.complete:
            return 130
        if self.failures:
            return 1
        return 3 if self.having(Status.UNDECIDED) or not self.having(Status.PASSED) else 0

    @property
    def causes(self) -> dict[str, tuple[Outcome, ...]]:
        """Likely causes in words, each with the failures that it explains; most failures first."""
        explained = [o for o in self.paths if o.diagnosis is not None and o.diagnosis.known]
        words = dict.fromkeys(outcome.cause for outcome in explained)
        told = {word: tuple(o for o in explained if o.cause == word) for word in words}
        return dict(sorted(told.items(), key=lambda item: -len(item[1])))

    @property
    def paths(self) -> tuple[Outcome, ...]:
        """Failures that show a whole path, in which a cause was looked for."""
        return tuple(outcome for outcome in self.failures if outcome.diagnosis is not None)

    @property
    def unexplained(self) -> tuple[Outcome, ...]:
        """Failing paths of unknown cause."""
        return tuple(o for o in self.paths if o.diagnosis is not None and not o.diagnosis.known)

    def to_json(self) -> dict[str, Any]:
        """Return the suite as plain data; its fields keep name and meaning as long as ``format`` stays.

        ``format``, ``simulator``, ``seed``, ``instances``, ``thorough``, ``complete`` (false if interrupted),
        ``exit_code``, ``counts`` by status, and ``cases`` in the order of the suite, each with ``case``, ``oracle``,
        ``title``, ``status`` (passed, failed, undecided, not run, error), ``message``, ``error`` and ``tolerance``
        (null if nothing was compared), ``expected`` and ``observed`` (a line for every round, or a vector), ``cause``
        in words, ``causes`` by name, ``cause_known``, and ``follows``, failures that it may follow from.
        """
        return {
            "format": FORMAT,
            "simulator": self.simulator,
            "seed": self.seed,
            "instances": self.instances,
            "thorough": self.thorough,
            "complete": self.complete,
            "exit_code": self.exit_code,
            "counts": {status.value: len(self.having(status)) for status in Status},
            "cases": [outcome.to_json() for outcome in self.outcomes],
        }


def check(
    simulator: Simulator,
    seed: int = 0,
    *,
    instances: int = 1,
    only: Sequence[str] = (),
    thorough: bool = False,
    name: str = "",
) -> Suite:
    """Run the suite on a simulator and return what became of every case.

    Parameters
    ----------
    simulator
        Takes a task and returns the server's vectors.
    seed, instances, thorough
        As for ``cases``.
    only
        Oracles or cases, see ``select``; all if empty.
    name
        Under which it is reported.

    Raises
    ------
    BadInput
        For a seed, number or name out of range, and for ``supports`` that declare what nobody asks.
    """
    chosen = select(cases(seed, instances, thorough=thorough), only)
    return Suite(concluded(outcomes(simulator, chosen)), name, seed, instances, thorough)


def concluded(found: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return all outcomes in the light of each other: a cause found late may explain what came before."""
    found = tuple(found)
    if not any(outcome.diagnosis for outcome in found):
        return found
    from paper_repro.conformance.suspects import reconciled

    return reconciled(found)


def outcomes(simulator: Simulator, chosen: Iterable[Case]) -> Iterator[Outcome]:
    """Yield what becomes of every case, marked with the failures before it that it may follow from.

    A failure may follow from another one that needs no more of the simulator, FedAvg aside, on which all build.
    """
    supported(simulator)
    failed: list[tuple[Case, Outcome]] = []
    for case in chosen:
        outcome = case.check(simulator, [o.diagnosis for _, o in failed if o.diagnosis])
        if outcome.status.bad:
            outcome = outcome.after(_before(case, failed))
            failed.append((case, outcome))
        yield outcome


def _before(case: Case, failed: Sequence[tuple[Case, Outcome]]) -> tuple[str, ...]:
    """Return the first failure of every oracle whose features are among those of the case."""
    own = {"fedavg", *case.needs}
    first: dict[str, str] = {}
    for other, outcome in failed:
        if set(other.needs) <= own:
            first.setdefault(other.oracle, outcome.case)
    return tuple(first.values())


def select(known: Sequence[Case], only: Sequence[str]) -> tuple[Case, ...]:
    """Return the cases that are named: ``O1``, a part such as ``O0d``, ``O1/path``, or ``O1/path@G``.

    Raises
    ------
    BadInput
        For a name of nothing.
    """
    for text in only:
        if not any(text in _names(case) for case in known):
            parts = ", ".join(dict.fromkeys(case.name.split("/")[0] for case in known))
            raise BadInput(
                f"--only {text}: there is no such oracle or case; give {parts}, or a case of theirs"
            )
    return tuple(case for case in known if not only or any(text in _names(case) for text in only))


def _names(case: Case) -> tuple[str, ...]:
    return case.oracle, case.name.split("/")[0], case.name.split("@")[0], case.name
