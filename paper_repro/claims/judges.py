"""The shared judges. All are the three-way rule on intervals; they differ in what they call the evidence.

HOLDS iff the measured interval lies inside the allowed region, REFUTED iff it is disjoint from it, else
INCONCLUSIVE: the honest answer of a measurement that is too blunt.

An extrapolation (``limit``, ``rate``) measures its own error, and that error is the allowance: its interval
must contain the prediction, and be sharp enough to mean something.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from implicitbias.errors import BadInput
from paper_repro.claims.observation import Measured, Observation, Predicted, Prediction
from paper_repro.claims.verdict import Comparison, Evidence, Relation, Status, Verdict


Judge = Callable[[Observation, Prediction], Verdict]

# A limit known no better than to a quarter of its size decides nothing: the neighbours' wrong limits
# (another loss constant, other weights, a missing factor of two) are a quarter away or more.
BLUNTEST_LIMIT = 0.25
# A slope whose interval reaches 0 shows no rate at all.
BLUNTEST_RATE = 1.0


def closed_form(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge values against a closed form; errors come from an error analysis."""
    return _judge(observation, prediction, Evidence.EXACT)


def limit(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge extrapolated limits; errors are those of the extrapolation."""
    return _sharp_enough(_judge(observation, prediction, Evidence.LIMIT, contain=True), BLUNTEST_LIMIT)


def certified(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge certified quantities, such as duality gaps and rational arithmetic."""
    return _judge(observation, prediction, Evidence.CERTIFIED)


def bound(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge one-sided bounds; the message reports the tightness, the largest measured/bound."""
    verdict = _judge(observation, prediction, Evidence.BOUND)
    sided = [c for c in verdict.comparisons if c.relation is Relation.AT_MOST and c.predicted > 0]
    if not sided:
        return verdict
    tightness = max(c.measured / c.predicted for c in sided)
    return _with_message(verdict, f"{verdict.message} (tightness {tightness:.3g})")


def statistical(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge confidence intervals; the errors are their half-widths at the level of the claim."""
    return _judge(observation, prediction, Evidence.STATISTICAL)


def sampled_limit(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge limits extrapolated from random runs; errors hold confidence interval and extrapolation."""
    verdict = _judge(observation, prediction, Evidence.STATISTICAL, contain=True)
    return _sharp_enough(verdict, BLUNTEST_LIMIT)


def symbolic(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge identities: each quantity is 0 if computer algebra reduced the difference to zero, else 1."""
    return _judge(observation, prediction, Evidence.SYMBOLIC)


def rate(observation: Observation, prediction: Prediction) -> Verdict:
    """Judge fitted exponents: the interval must contain the predicted one and exclude 0."""
    return _sharp_enough(_judge(observation, prediction, Evidence.RATE, contain=True), BLUNTEST_RATE)


def _sharp_enough(verdict: Verdict, bluntest: float) -> Verdict:
    """Return INCONCLUSIVE for HOLDS, also of a comparison, if its interval is wider than ``bluntest`` predictions."""
    blunt = [
        c
        for c in verdict.comparisons
        if c.status is Status.HOLDS and c.uncertainty >= bluntest * (c.scale or 1.0)
    ]
    comparisons = tuple(
        dataclasses.replace(c, status=Status.INCONCLUSIVE) if c in blunt else c for c in verdict.comparisons
    )
    if verdict.status is not Status.HOLDS or not blunt:
        return dataclasses.replace(verdict, comparisons=comparisons)
    message = "; ".join(f"{_sentence(c)}: too blunt to decide" for c in blunt)
    return Verdict(Status.INCONCLUSIVE, verdict.evidence, comparisons, message)


def _judge(
    observation: Observation, prediction: Prediction, evidence: Evidence, contain: bool = False
) -> Verdict:
    missing = set(prediction.quantities) - set(observation.quantities)
    if missing:
        raise BadInput(f"prediction names {sorted(missing)}, which observe did not measure; measure them too")
    comparisons = tuple(
        _compare(name, observation.quantities[name], predicted, contain)
        for name, predicted in prediction.quantities.items()
    )
    status = _combined([c.status for c in comparisons])
    if observation.undecided and status is not Status.REFUTED:
        return Verdict(Status.INCONCLUSIVE, evidence, comparisons, observation.undecided)
    message = "; ".join(_sentence(c) for c in comparisons if c.status is status) + _note(observation)
    return Verdict(status, evidence, comparisons, message)


def _note(observation: Observation) -> str:
    return f"; {observation.note}" if observation.note else ""


def _combined(statuses: list[Status]) -> Status:
    for status in (Status.REFUTED, Status.INCONCLUSIVE):
        if status in statuses:
            return status
    return Status.HOLDS


def _compare(name: str, measured: Measured, predicted: Predicted, contain: bool) -> Comparison:
    """Compare entry by entry, and report the entry that decides (the worst one)."""
    value, error, target, allowance, learnt = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(a, dtype=float)).ravel() for a in (measured.value, measured.error)),
        *(np.atleast_1d(np.asarray(a, dtype=float)).ravel() for a in (predicted.value, predicted.allowance)),
        np.atleast_1d(np.asarray(measured.allowance, dtype=float)).ravel(),
    )
    allowance = allowance + learnt
    if not np.isfinite(value).all() or np.isnan(error).any():
        raise BadInput(
            f"{name} was measured as {value} ± {error}: a measurement must be finite; look at the run"
        )
    excess = _excess(value - target, predicted.relation)
    worst = int(np.argmax(excess - error - allowance))
    statuses = [_three_way(x, e, a, contain) for x, e, a in zip(excess, error, allowance, strict=True)]
    # The size of the whole prediction; where that is zero, changes are absolute.
    scale = float(np.abs(target).max()) or 1.0
    return Comparison(
        name=name,
        measured=float(value[worst]),
        uncertainty=float(error[worst]),
        predicted=float(target[worst]),
        allowance=float(allowance[worst]),
        relation=predicted.relation,
        status=_combined(statuses),
        resolution=float((abs(excess[worst]) + error[worst] + allowance[worst]) / scale),
        scale=scale,
    )


def _excess(difference: np.ndarray, relation: Relation) -> np.ndarray:
    """Return by how much the prediction is missed: |difference|, or its wrong side (negative is slack)."""
    if relation is Relation.EQUAL:
        return np.abs(difference)
    return difference if relation is Relation.AT_MOST else -difference


def _three_way(excess: float, error: float, allowance: float, contain: bool) -> Status:
    if excess - error > allowance:
        return Status.REFUTED
    # A fitted exponent is met when its interval contains the prediction: intervals of fits are seldom
    # narrower than what theory leaves open.
    if excess + error <= allowance or (contain and excess <= error):
        return Status.HOLDS
    return Status.INCONCLUSIVE


def _sentence(c: Comparison) -> str:
    spread = f" ± {c.uncertainty:.2g}" if c.uncertainty else ""
    return f"{c.name} = {c.measured:.6g}{spread}, predicted {c.relation.value} {c.predicted:.6g}"


def _with_message(verdict: Verdict, message: str) -> Verdict:
    return Verdict(verdict.status, verdict.evidence, verdict.comparisons, message)
