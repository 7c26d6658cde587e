"""Verification: set up every claim, compute each distinct run once, judge claims and falsifiers."""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from figures import view_to_json
from implicitbias import Serial, Stream, Trace
from implicitbias.tasks import AbstractExecutor, finished, in_order
from paper_repro.claims.budget import Budget
from paper_repro.claims.cache import Cache, question
from paper_repro.claims.claim import AssumptionUnmet, Claim, Falsifier, Spec
from paper_repro.claims.computed import compute, Computed, guarded
from paper_repro.claims.failure import Failure
from paper_repro.claims.knobs import check_knobs
from paper_repro.claims.observation import Observation, Prediction
from paper_repro.claims.picture import picture
from paper_repro.claims.result import FalsifierResult, Result
from paper_repro.claims.verdict import Status, Verdict


# Claims verified together at least: their runs are shared between processes, and verdicts fall this often.
BATCH = 8
SAME = "at these knobs it says the same as the claim"

# (items of a stage, its name, how many) ↦ the same items, while somebody watches.
Watch = Callable[[Iterator[Any], str, int], Iterator[Any]]


@dataclass(frozen=True)
class Request:
    """A claim to verify, at which knobs, from which seed (by default that of the verification)."""

    claim: Claim
    knobs: Any
    seed: int | None = None


@dataclass(frozen=True)
class Prepared:
    """A claim set up: its case and runs, and those of the falsifiers that have their own."""

    request: Request
    case: Any
    needs: tuple[Spec, ...]
    altered: tuple[tuple[Any, tuple[Spec, ...]] | None, ...]
    seconds: float

    @property
    def runs(self) -> tuple[Spec, ...]:
        """All runs the claim asks for."""
        return self.needs + tuple(spec for own in self.altered if own is not None for spec in own[1])


def verify(
    requests: Sequence[Request],
    *,
    seed: int = 0,
    budget: Budget = Budget.QUICK,
    on: AbstractExecutor = Serial(),
    watch: Watch = lambda items, stage, count: iter(items),
    cache: Cache | None = None,
) -> Iterator[Result]:
    """Yield the result of every request, in order; each distinct run is computed once.

    Parameters
    ----------
    requests
        Claims with their knobs.
    seed
        Seed of all randomness, for the requests without their own.
    budget
        How much work to spend.
    on
        Who computes and judges; results do not depend on it.
    watch
        Passes on the items of a stage one by one, given its name and size: for progress.
    cache
        Where every run is kept until its claims are judged, and every verdict as it is judged: an interruption
        loses nothing that was finished.
    """
    requests = [r if r.seed is not None else dataclasses.replace(r, seed=seed) for r in requests]
    # Asked first: a scheduler that does not answer is said before any work.
    size = max(BATCH, on.width)
    setups = in_order(_guarded_prepare, [(r, budget) for r in requests])
    prepared = list(watch(setups, "cases", len(requests)))
    asked = Counter(spec for part in prepared for spec in _distinct(part))
    left, computed = asked.copy(), dict[Spec, Computed]()
    for low in range(0, len(requests), size):
        batch = prepared[low : low + size]
        needed = [s for s in dict.fromkeys(s for part in batch for s in _distinct(part)) if s not in computed]
        runs = finished(
            compute, [(s,) for s in needed], on=on, store=cache.runs if cache else None, question=_asking
        )
        computed |= {needed[k]: run for k, run in watch(runs, "runs", len(needed))}
        parts = zip(requests[low : low + size], batch, strict=True)
        tasks = [(request, part, _share(part, computed, asked), budget) for request, part in parts]
        verdicts = in_order(
            judge_claim, tasks, on=on, store=cache.verdicts if cache else None, question=_question
        )
        yield from watch(verdicts, "claims", len(tasks))
        left.subtract(spec for part in batch for spec in _distinct(part))
        _forget([spec for spec in computed if not left[spec]], computed, cache)


def _question(request: Request, prepared: Any, runs: Any, budget: Budget) -> tuple[Any, ...]:
    del prepared, runs
    return question(request.claim.key, dataclasses.asdict(request.knobs), _seed(request), budget)


def _asking(spec: Spec) -> tuple[Spec]:
    return (spec,)


def _forget(done: list[Spec], computed: dict[Spec, Computed], cache: Cache | None) -> None:
    """Let go of runs whose claims are all judged."""
    for spec in done:
        del computed[spec]
        if cache:
            cache.runs.drop(cache.runs.address(*_asking(spec)))


def verify_one(claim: Claim, knobs: Any = None, *, seed: int = 0, budget: Budget = Budget.QUICK) -> Result:
    """Return the result of one claim.

    Parameters
    ----------
    claim
        The claim.
    knobs
        Its knobs; the defaults if left out.
    seed
        Of all randomness.
    budget
        How long to look.
    """
    return next(verify([Request(claim, claim.knobs if knobs is None else knobs)], seed=seed, budget=budget))


def prepare(request: Request, budget: Budget) -> Prepared:
    """Set the claim up, and every falsifier that breaks a hypothesis."""
    began = time.process_time()
    claim, stream = request.claim, Stream(_seed(request))
    check_knobs(request.knobs)
    case = claim.setup(request.knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return Prepared(request, case, (), (None,) * len(claim.falsifiers), time.process_time() - began)
    altered = tuple(_altered(claim, f, case, request.knobs, stream, budget) for f in claim.falsifiers)
    return Prepared(request, case, tuple(claim.needs(case, budget)), altered, time.process_time() - began)


def _altered(
    claim: Claim, falsifier: Falsifier, case: Any, knobs: Any, stream: Stream, budget: Budget
) -> tuple[Any, tuple[Spec, ...]] | None:
    if falsifier.same_observation:
        return None
    broken = falsifier.setup(knobs, stream) if falsifier.setup else case
    if isinstance(broken, AssumptionUnmet):
        return broken, ()
    return broken, tuple((falsifier.needs or claim.needs)(broken, budget))


def judge_claim(
    request: Request, prepared: Prepared | Failure, runs: dict[Spec, Computed], budget: Budget
) -> Result:
    """Observe, predict and judge a claim and its falsifiers; an exception becomes an ERROR with its traceback."""
    began = time.process_time()
    blank = _blank(request, budget)
    if isinstance(prepared, Failure):
        return dataclasses.replace(blank, message=prepared.message, traceback=prepared.text)
    if isinstance(prepared.case, AssumptionUnmet):
        return dataclasses.replace(blank, status=Status.NOT_APPLICABLE, message=prepared.case.reason)
    judged = guarded(_judge, blank, prepared, runs)
    if isinstance(judged, Failure):
        return dataclasses.replace(blank, message=judged.message, traceback=judged.text)
    spent = prepared.seconds + time.process_time() - began + sum(c.seconds for c in runs.values())
    return dataclasses.replace(judged, seconds=spent)


def _judge(blank: Result, prepared: Prepared, runs: dict[Spec, Computed]) -> Result:
    claim, case = prepared.request.claim, prepared.case
    observation = claim.observe(case, _traces(prepared.needs, runs))
    prediction = claim.predict(case)
    verdict = claim.judge(observation, prediction)
    excused = not _at_default(blank, claim)
    right = prediction if excused else None
    falsifiers = tuple(
        _judge_falsifier(claim, falsifier, case, observation, right, own, runs)
        for falsifier, own in zip(claim.falsifiers, prepared.altered, strict=True)
    )
    if excused:
        verdict = _honest(verdict, falsifiers)
    view = picture(claim, case, observation, prediction, _caption(blank, observation), verdict.status)
    engines = tuple(sorted({t.engine for t in _traces(prepared.needs, runs)}))
    return dataclasses.replace(
        blank,
        status=verdict.status,
        evidence=verdict.evidence.name,
        message=verdict.message,
        comparisons=verdict.comparisons,
        falsifiers=falsifiers,
        engines=engines,
        view=view_to_json(view),
    )


def _at_default(blank: Result, claim: Claim) -> bool:
    """Whether the claim is verified as it stands, at a full budget: there it must have teeth."""
    return blank.knobs == dataclasses.asdict(claim.knobs) and blank.budget != Budget.SMOKE.value


def _honest(verdict: Verdict, falsifiers: tuple[FalsifierResult, ...]) -> Verdict:
    """Return INCONCLUSIVE for a HOLDS that cannot tell the claim from one of its falsifiers, or has none."""
    if verdict.status is not Status.HOLDS:
        return verdict
    alike = [f.name for f in falsifiers if f.status in (Status.HOLDS, Status.INCONCLUSIVE)]
    if alike:
        reason = f"cannot be told from: {'; '.join(alike)}"
    elif not any(f.status is Status.REFUTED for f in falsifiers):
        reason = "no falsifier of it applies"
    else:
        return verdict
    message = f"at these knobs and this budget: {reason} ({verdict.message})"
    return dataclasses.replace(verdict, status=Status.INCONCLUSIVE, message=message)


def _judge_falsifier(
    claim: Claim,
    falsifier: Falsifier,
    case: Any,
    observation: Observation,
    right: Prediction | None,
    own: tuple[Any, tuple[Spec, ...]] | None,
    runs: dict[Spec, Computed],
) -> FalsifierResult:
    """Judge a falsifier, unless at these knobs it says the same as ``right`` (log r and log ηHr at ηH = 1)."""
    blank = FalsifierResult(
        falsifier.name, falsifier.why, Status.NOT_APPLICABLE, "", not falsifier.same_observation
    )
    if own is not None:
        case, needs = own
        if isinstance(case, AssumptionUnmet):
            return dataclasses.replace(blank, message=case.reason)
        observation = (falsifier.observe or claim.observe)(case, _traces(needs, runs))
    wrong = (falsifier.predict or claim.predict)(case)
    if isinstance(wrong, AssumptionUnmet):
        return dataclasses.replace(blank, message=wrong.reason)
    if own is None and right is not None and wrong.coincides(right):
        return dataclasses.replace(blank, message=SAME)
    verdict = claim.judge(observation, wrong)
    return dataclasses.replace(blank, status=verdict.status, message=verdict.message)


def _traces(specs: Iterable[Spec], runs: dict[Spec, Computed]) -> tuple[Trace, ...]:
    found = []
    for spec in specs:
        trace = runs[spec].trace
        if isinstance(trace, Failure):
            raise RuntimeError(f"a run this claim needs failed:\n{trace.text}")
        found.append(trace)
    return tuple(found)


def _share(
    prepared: Prepared | Failure, computed: dict[Spec, Computed], asked: dict[Spec, int]
) -> dict[Spec, Computed]:
    """Return the claim's runs, each with its share of the seconds: a run is paid by all who asked for it."""
    return {
        s: dataclasses.replace(computed[s], seconds=computed[s].seconds / asked[s])
        for s in _distinct(prepared)
    }


def _distinct(prepared: Prepared | Failure) -> tuple[Spec, ...]:
    """Return the runs of a claim, each once; a set-up that failed asks for none."""
    return () if isinstance(prepared, Failure) else tuple(dict.fromkeys(prepared.runs))


def _guarded_prepare(request: Request, budget: Budget) -> Prepared | Failure:
    return guarded(prepare, request, budget)


def _seed(request: Request) -> int:
    return 0 if request.seed is None else request.seed


def _blank(request: Request, budget: Budget) -> Result:
    claim = request.claim
    return Result(
        key=claim.key,
        paper=claim.paper,
        title=claim.title,
        source=claim.source,
        status=Status.ERROR,
        expected=claim.expects,
        evidence="",
        message="",
        comparisons=(),
        falsifiers=(),
        knobs=dataclasses.asdict(request.knobs),
        seed=_seed(request),
        budget=budget.value,
        seconds=0.0,
    )


def _caption(blank: Result, observation: Observation) -> str:
    knobs = ", ".join(f"{name} = {value}" for name, value in blank.knobs.items())
    parts = [f"Claim {blank.key}", knobs, f"seed {blank.seed}, budget {blank.budget}", observation.undecided]
    return "; ".join(p for p in parts if p) + "."
