"""A claim: a statement with its hypotheses, a prediction, a measurement, a judge and its falsifiers."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from figures import View
from implicitbias import FastForwardSpec, RunSpec, Stream, Trace
from implicitbias.display import cut, in_brief
from implicitbias.errors import BadInput
from paper_repro.claims.budget import Budget
from paper_repro.claims.cards import claim_card
from paper_repro.claims.judges import Judge
from paper_repro.claims.observation import Observation, Prediction
from paper_repro.claims.verdict import Status


# Characters of a title that a line shows.
TITLE = 120
SOURCES = ("stated", "second-hand", "derived", "recalled", "conjectured")

# The runs that a claim asked for, in the order of ``needs``.
Traces = tuple[Trace, ...]
# What a claim may ask for: exact rounds, or their continuation in log-time.
Spec = RunSpec | FastForwardSpec


@dataclass(frozen=True)
class Reference:
    """Where a statement comes from: bib key, versions of the paper, place in it."""

    paper: str
    place: str = "theorem number unknown"
    versions: tuple[str, ...] = ()

    __repr__ = in_brief


@dataclass(frozen=True)
class AssumptionUnmet:
    """Returned by ``setup`` when the knobs break a hypothesis of the claim; says which."""

    reason: str

    __repr__ = in_brief


@dataclass(frozen=True)
class NoKnobs:
    """A claim without free parameters."""


def no_runs(case: Any, budget: Budget) -> tuple[Spec, ...]:
    """Return no runs: for claims that compute what they measure themselves."""
    del case, budget
    return ()


@dataclass(frozen=True)
class Falsifier:
    """A nearby wrong statement, or a broken hypothesis, that the same judge must call REFUTED.

    Parameters
    ----------
    name, why
        What is wrong, and why a careful reader might believe it.
    predict
        The wrong prediction for the same observation; the claim's own if left out.
    setup, needs, observe
        Where the falsifier breaks a hypothesis: another case, other runs, another measurement.
    """

    name: str
    why: str
    predict: Callable[[Any], Prediction | AssumptionUnmet] | None = None
    setup: Callable[[Any, Stream], Any] | None = None
    needs: Callable[[Any, Budget], tuple[Spec, ...]] | None = None
    observe: Callable[[Any, Traces], Observation] | None = None

    __repr__ = in_brief

    def __post_init__(self):
        if not (self.predict or self.setup or self.observe):
            raise BadInput(f"falsifier {self.name!r} changes nothing: give predict=, setup= or observe=")

    @property
    def same_observation(self) -> bool:
        """Whether it is judged on the claim's own observation."""
        return not (self.setup or self.needs or self.observe)


@dataclass(frozen=True)
class Claim:
    """One statement that can be checked, with everything needed to check it.

    Parameters
    ----------
    key
        ``paper/name``; the name of the claim everywhere.
    title
        The statement in one line.
    statement
        The statement in full; formulas between dollar signs.
    hypotheses
        What it assumes, one by one.
    reference
        Paper, versions, place.
    source
        ``stated`` (the source says it), ``second-hand`` (known through others), ``derived`` (proved here),
        ``recalled`` (standard knowledge), ``conjectured`` (nobody's theorem: a finding that was measured).
    setup
        (knobs, stream) ↦ case, or ``AssumptionUnmet``.
    needs
        (case, budget) ↦ runs, exact or continued.
    observe
        (case, traces of these runs) ↦ what was measured.
    predict
        case ↦ what the statement predicts.
    judge
        One of the shared judges.
    falsifiers
        At least one.
    view
        (case, observation, prediction) ↦ picture; by default the curves of both.
    knobs
        Free parameters at their defaults.
    expects
        HOLDS; REFUTED for a reading of the literature that does not survive; INCONCLUSIVE where the limit
        lies beyond every budget.
    proof
        For derived claims: the proof, in words and formulas.
    see
        Keys of related claims, such as the correction of a refuted reading.
    axes
        Labels and scales of the picture: (xlabel, ylabel, xscale, yscale).
    """

    key: str
    title: str
    statement: str
    hypotheses: tuple[str, ...]
    reference: Reference
    source: str
    setup: Callable[[Any, Stream], Any]
    observe: Callable[[Any, Traces], Observation]
    predict: Callable[[Any], Prediction]
    judge: Judge
    falsifiers: tuple[Falsifier, ...]
    needs: Callable[[Any, Budget], tuple[Spec, ...]] = no_runs
    view: Callable[[Any, Observation, Prediction], View] | None = None
    knobs: Any = field(default_factory=NoKnobs)
    expects: Status = Status.HOLDS
    proof: str = ""
    see: tuple[str, ...] = ()
    axes: tuple[str, str, str, str] = ("communication rounds r", "", "log", "log")

    def __post_init__(self):
        if not self.falsifiers:
            raise BadInput(
                f"claim {self.key!r} has no falsifier: a check that cannot fail proves nothing; add one"
            )
        if self.source not in SOURCES:
            raise BadInput(f"source = {self.source!r}: must be one of {', '.join(SOURCES)}")
        if "/" not in self.key:
            raise BadInput(f"key = {self.key!r}: must read paper/name")
        if not dataclasses.is_dataclass(self.knobs):
            raise BadInput(
                f"knobs of {self.key!r} are {self.knobs!r}: must be a frozen dataclass of knob(…) fields"
            )

    def __repr__(self) -> str:
        return f"Claim({self.key!r}, {cut(self.title, TITLE)!r}, {self.source}, expects {self.expects.value})"

    def _repr_html_(self) -> str:
        return claim_card(self)

    @property
    def paper(self) -> str:
        """First part of the key."""
        return self.key.split("/", 1)[0]
