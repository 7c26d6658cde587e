"""A verdict as something to look at: prediction, measurement and falsifiers at the knobs of the moment."""

from functools import lru_cache

from figures import view_from_json
from implicitbias.display import tex
from implicitbias.errors import BadInput
from paper_repro.catalogue import find
from paper_repro.claims import Budget, Claim, verify_one
from paper_repro.claims.result import FalsifierResult, Result
from paper_repro.claims.verdict import Comparison, Status
from paper_repro.classroom.explorer.controls import Controls
from paper_repro.classroom.shown import Fact, Shown
from paper_repro.report.citation import citation
from paper_repro.report.outcome import outcome, SOURCES, STATUS_SYMBOL
from paper_repro.report.rerun import python


KEPT = 64  # verdicts: a slider that is moved back answers at once
AT_ONCE = 0.3  # seconds: longer waits are noticed, and explained
SMALL = (
    "Budget smoke: little work, so that the answer comes at once; some falsifiers stay undecided. "
    "Take quick for the catalogue's own verdict."
)


def show(controls: Controls) -> Shown:
    """Return the verdict of the claim as it is on screen.

    Raises
    ------
    BadInput
        If the claim cannot be checked at these knobs: with the error of the check.
    """
    result = _verified(controls.key, tuple(sorted(controls.knobs.items())), controls.seed, controls.budget)
    if result.status is Status.ERROR:
        raise BadInput(f"{controls.key} at {result.knobs}: {result.message}")
    return Shown(
        finding=f"{STATUS_SYMBOL[result.status]} {outcome(result).words.capitalize()}: {result.title}",
        views=(view_from_json(result.view),) if result.view else (),
        facts=(*map(_compared, result.comparisons), *map(_refuted, result.falsifiers)),
        why=_why(controls.claim, result),
        code=python(result),
        capped=_capped(result),
    )


def _capped(result: Result) -> str:
    slow = f" Even so this claim takes {result.seconds:.1f} s of work." if result.seconds > AT_ONCE else ""
    return SMALL + slow if result.budget == Budget.SMOKE.value else ""


@lru_cache(maxsize=KEPT)
def _verified(key: str, knobs: tuple[tuple[str, object], ...], seed: int, budget: str) -> Result:
    controls = Controls(key, dict(knobs), seed, budget)
    return verify_one(find(key), controls.values, seed=seed, budget=Budget(budget))


def _compared(c: Comparison) -> Fact:
    return Fact(
        c.name,
        f"${tex(c.measured)} \\pm {_rough(c.uncertainty)}$",
        f"predicted ${_RELATIONS[c.relation.value]} {tex(c.predicted)}$, allowance ${_rough(c.allowance)}$: "
        f"{c.status.value}; {_sharpness(c.resolution)}",
    )


def _sharpness(resolution: float) -> str:
    if resolution < 1:
        return f"a prediction off by ${_rough(resolution)}$ of its size would be refuted"
    return "too blunt to refute any prediction of this size"


def _rough(spread: float) -> str:
    """Return a spread to two digits: nobody knows more of it."""
    return tex(float(f"{spread:.2g}"))


_RELATIONS = {"=": "=", "≤": r"\le", "≥": r"\ge"}


def _refuted(falsifier: FalsifierResult) -> Fact:
    return Fact(f"falsifier: {falsifier.name}", falsifier.status.value, falsifier.why)


def _why(claim: Claim, result: Result) -> str:
    """Return statement, hypotheses, what the judge said, and where the statement comes from."""
    cited = citation(claim.reference.paper)
    source = f"{cited.short}, {claim.reference.place}. {claim.source}: {SOURCES[claim.source]}"
    hypotheses = "\n".join(f"- {hypothesis}" for hypothesis in claim.hypotheses)
    return "\n\n".join(part for part in (claim.statement, hypotheses, result.message, source) if part)
