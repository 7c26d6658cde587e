"""The framework of claims: a three-way rule that can say no, falsifiers with teeth, failures that stay local."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import BadInput, Stream
from implicitbias.statistics import CATALOGUE_LEVEL
from paper_repro.catalogue import ENTRIES
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    closed_form,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Relation,
    Request,
    Result,
    sampled_limit,
    share_of_level,
    statistical,
    Status,
    verify,
    verify_one,
)
from paper_repro.claims.cache import Cache
from paper_repro.claims.knobs import with_values
from paper_repro.claims.level import STATISTICAL_CLAIMS
from paper_repro.claims.result import exit_code
from paper_repro.claims.verify import BATCH
from paper_repro.testing import assert_claim


@dataclasses.dataclass(frozen=True)
class Knobs:
    size: int = knob(3, "n", "how many", low=1, high=9)
    kind: str = knob("plain", "k", "which", choices=("plain", "bad"))
    scale: float = knob(1.0, "s", "how large", low=0.5, high=2.0)


def observed(value, error=0.0, **more):
    return Observation({"x": Measured(value, error)}, **more)


def predicted(value, allowance=0.0, relation=Relation.EQUAL):
    return Prediction({"x": Predicted(value, allowance, relation)})


def claim_of(**changes):
    parts = {
        "key": "test/claim",
        "title": "n is n",
        "statement": "$n = n$",
        "hypotheses": ("n is a number",),
        "reference": Reference("derived"),
        "source": "derived",
        "setup": lambda knobs, stream: AssumptionUnmet("kind is bad") if knobs.kind == "bad" else knobs,
        "observe": lambda case, traces: observed(case.size),
        "predict": lambda case: predicted(case.size),
        "judge": closed_form,
        "falsifiers": (
            Falsifier("off by one", "people count from 0", lambda case: predicted(case.size + 1)),
        ),
        "knobs": Knobs(),
    }
    return Claim(**(parts | changes))


@given(st.floats(-5, 5), st.floats(0, 2), st.floats(0, 2))
def test_the_rule_is_that_of_intervals(difference, error, allowance):
    status = closed_form(observed(1.0 + difference, error), predicted(1.0, allowance)).status
    away = abs((1.0 + difference) - 1.0)
    if away + error <= allowance:
        assert status is Status.HOLDS
    elif away - error > allowance:
        assert status is Status.REFUTED
    else:
        assert status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    ("relation", "value", "status"),
    [
        (Relation.AT_MOST, 0.5, Status.HOLDS),
        (Relation.AT_MOST, 1.5, Status.REFUTED),
        (Relation.AT_LEAST, 0.5, Status.REFUTED),
        (Relation.AT_LEAST, 1.5, Status.HOLDS),
        (Relation.AT_MOST, 0.95, Status.INCONCLUSIVE),
    ],
)
def test_bounds_have_one_side(relation, value, status):
    assert closed_form(observed(value, 0.1), predicted(1.0, relation=relation)).status is status


def test_a_blunt_extrapolation_decides_nothing():
    assert limit(observed(1.0, 0.1), predicted(1.05)).status is Status.HOLDS
    assert limit(observed(1.0, 0.5), predicted(1.05)).status is Status.INCONCLUSIVE
    assert limit(observed(1.0, 0.5), predicted(1.05)).comparisons[0].status is Status.INCONCLUSIVE
    unknown = dataclasses.replace(observed(1.0, np.inf), undecided="the run diverged")
    assert limit(unknown, predicted(1.0)).comparisons[0].status is Status.INCONCLUSIVE
    assert limit(observed(1.0, 0.1), predicted(1.5)).status is Status.REFUTED
    assert rate(observed(-0.5, 0.1), predicted(-0.55)).status is Status.HOLDS
    assert rate(observed(-0.5, 0.6), predicted(-0.55)).status is Status.INCONCLUSIVE


def test_one_bad_entry_refutes_a_vector():
    verdict = closed_form(observed(np.array([1.0, 2.0, 3.5])), predicted(np.array([1.0, 2.0, 3.0]), 0.1))
    assert verdict.status is Status.REFUTED and verdict.comparisons[0].measured == 3.5


def test_a_quantity_nobody_measured_is_an_error():
    with pytest.raises(BadInput, match="did not measure"):
        closed_form(Observation({}), predicted(1.0))
    with pytest.raises(BadInput, match="finite"):
        closed_form(observed(float("nan")), predicted(1.0))


def test_resolution_is_what_would_be_refuted():
    verdict = closed_form(observed(10.0, 0.1), predicted(10.0, 0.2))
    resolution = verdict.comparisons[0].resolution
    refuted, tolerated = (predicted(10.0 * (1 + factor * resolution), 0.2) for factor in (1.001, 0.999))
    assert closed_form(observed(10.0, 0.1), refuted).status is Status.REFUTED
    assert closed_form(observed(10.0, 0.1), tolerated).status is not Status.REFUTED


def test_a_claim_needs_a_falsifier_and_a_source():
    with pytest.raises(BadInput, match="no falsifier"):
        claim_of(falsifiers=())
    with pytest.raises(BadInput, match="source"):
        claim_of(source="guessed")
    with pytest.raises(BadInput, match="changes nothing"):
        Falsifier("idle", "nothing is altered")


def test_verdicts_and_teeth():
    good = verify_one(claim_of())
    assert good.status is Status.HOLDS and good.as_expected and exit_code([good]) == 0
    idle = Falsifier("the same", "no change", lambda case: predicted(case.size))
    toothless = verify_one(claim_of(falsifiers=(idle,)))
    assert toothless.toothless and not toothless.as_expected and exit_code([good, toothless]) == 1
    wrong = verify_one(claim_of(predict=lambda case: predicted(case.size + 2)))
    assert wrong.status is Status.REFUTED and exit_code([wrong]) == 1
    reading = verify_one(claim_of(predict=lambda case: predicted(case.size + 2), expects=Status.REFUTED))
    assert reading.as_expected and exit_code([reading]) == 0


def test_hypotheses_not_met_are_said_and_left_undecided():
    result = verify_one(claim_of(), Knobs(kind="bad"))
    assert (
        result.status is Status.NOT_APPLICABLE
        and result.message == "kind is bad"
        and exit_code([result]) == 3
    )


def test_what_cannot_be_told_apart_is_inconclusive():
    near = Falsifier("near", "hard to see", lambda case: predicted(case.size + 0.3, 0.5))
    blunt = claim_of(predict=lambda case: predicted(case.size, 0.5), falsifiers=(near,))
    result = verify_one(blunt, Knobs(size=4))
    assert result.status is Status.INCONCLUSIVE and "near" in result.message


def test_a_falsifier_that_says_the_same_here_is_excused_only_away_from_the_default():
    copy = Falsifier("scaled", "equal at s = 1", lambda case: predicted(case.size * case.scale))
    far = Falsifier("off by one", "people count from 0", lambda case: predicted(case.size + 1))
    claim = claim_of(falsifiers=(copy, far), knobs=Knobs(scale=2.0))
    assert not verify_one(claim).toothless
    excused = verify_one(claim, Knobs(scale=1.0))
    assert [f.status for f in excused.falsifiers] == [Status.NOT_APPLICABLE, Status.REFUTED]
    assert excused.status is Status.HOLDS
    assert verify_one(dataclasses.replace(claim, knobs=Knobs(scale=1.0))).toothless


def test_a_claim_none_of_whose_falsifiers_applies_is_no_pass():
    idle = Falsifier("elsewhere", "needs another case", lambda case: AssumptionUnmet("not here"))
    assert verify_one(claim_of(falsifiers=(idle,))).toothless
    assert verify_one(claim_of(falsifiers=(idle,)), Knobs(size=5)).status is Status.INCONCLUSIVE


def test_negative_errors_are_refused():
    with pytest.raises(BadInput, match="error = -1"):
        Measured(2.5, -1.0)
    with pytest.raises(BadInput, match="allowance = nan"):
        Predicted(2.5, float("nan"))


def test_assert_claim_demands_teeth_at_the_defaults_too():
    own = Falsifier("itself", "no change", lambda case: predicted(case.size))
    with pytest.raises(AssertionError, match=r"TOOTHLESS[\s\S]*rerun: .* test/toothless .*--set size=3"):
        assert_claim(claim_of(key="test/toothless", falsifiers=(own,)), Knobs(size=5))
    blunt = claim_of(key="test/blunt", observe=lambda case, traces: observed(case.size, 1.6))
    with pytest.raises(AssertionError, match="INCONCLUSIVE"):
        assert_claim(blunt, Knobs(size=5))
    assert assert_claim(claim_of(), Knobs(size=5)).status is Status.HOLDS
    assert assert_claim(claim_of(), Knobs(kind="bad")).status is Status.NOT_APPLICABLE


def test_assert_claim_refuses_foreign_knobs_and_unknown_budgets():
    with pytest.raises(BadInput, match="must be a Knobs"):
        assert_claim(claim_of(), {"size": 5})
    with pytest.raises(BadInput, match="smoke, quick, paper"):
        assert_claim(claim_of(), budget="huge")


def test_verdicts_fall_batch_by_batch_so_that_an_interruption_keeps_them():
    def interrupt(case, traces):
        raise KeyboardInterrupt

    claims = [claim_of(key=f"test/{k}") for k in range(BATCH)] + [claim_of(observe=interrupt)]
    fallen = verify([Request(c, c.knobs) for c in claims])
    assert [next(fallen).status for _ in range(BATCH)] == [Status.HOLDS] * BATCH
    with pytest.raises(KeyboardInterrupt):
        next(fallen)


def test_undecided_observations_are_not_passes():
    result = verify_one(
        claim_of(observe=lambda case, traces: observed(case.size, undecided="needs round 10^9"))
    )
    assert result.status is Status.INCONCLUSIVE and result.message == "needs round 10^9"


def test_a_failing_claim_does_not_stop_the_others():
    def explode(case, traces):
        raise ZeroDivisionError("in observe")

    claims = [claim_of(observe=explode), claim_of(setup=lambda knobs, stream: 1 / 0), claim_of()]
    results = list(verify([Request(c, c.knobs) for c in claims]))
    assert [r.status for r in results] == [Status.ERROR, Status.ERROR, Status.HOLDS]
    assert "in observe" in results[0].traceback and "ZeroDivisionError" in results[1].message
    assert exit_code(results) == 1


def test_broken_hypotheses_have_their_own_case():
    broken = Falsifier(
        "larger n", "another case", setup=lambda knobs, stream: 7, observe=lambda case, traces: observed(case)
    )
    claim = claim_of(predict=lambda case: predicted(3.0), falsifiers=(broken,))
    (judged,) = verify_one(claim).falsifiers
    assert judged.status is Status.REFUTED and judged.elsewhere
    assert not verify_one(claim_of()).falsifiers[0].elsewhere


def test_knobs_are_checked_before_any_work():
    with pytest.raises(BadInput, match="one of plain, bad"):
        with_values(Knobs(), {"kind": "odd"})
    with pytest.raises(BadInput, match="n must lie in 1 … 9"):
        with_values(Knobs(), {"size": "12"})
    with pytest.raises(BadInput, match="must be an integer"):
        with_values(Knobs(), {"size": "two"})
    with pytest.raises(BadInput, match="unknown"):
        with_values(Knobs(), {"colour": "red"})
    assert with_values(Knobs(), {"size": "4", "scale": "1.5"}) == Knobs(4, "plain", 1.5)


def test_results_survive_json():
    result = verify_one(claim_of())
    assert (
        Result.from_json(json.loads(json.dumps(result.to_json())), result.view).to_json() == result.to_json()
    )


def test_the_cache_answers_the_same_question_only(tmp_path):
    cache, result = Cache(tmp_path), verify_one(claim_of(), seed=3)
    cache.put(result)
    assert cache.get("test/claim", result.knobs, 3, Budget.QUICK).to_json() == result.to_json()
    assert cache.get("test/claim", result.knobs, 4, Budget.QUICK) is None
    assert cache.get("test/claim", result.knobs | {"size": 4}, 3, Budget.QUICK) is None
    assert cache.get("test/claim", result.knobs, 3, Budget.PAPER) is None
    (stored,) = tmp_path.iterdir()
    stored.write_text("half a resu")
    assert cache.get("test/claim", result.knobs, 3, Budget.QUICK) is None


def test_errors_are_not_kept(tmp_path):
    failed = verify_one(claim_of(setup=lambda knobs, stream: 1 / 0))
    Cache(tmp_path).put(failed)
    assert not list(tmp_path.iterdir())


def test_setup_sees_the_seed():
    drawn = claim_of(
        setup=lambda knobs, stream: stream,
        observe=lambda case, traces: observed(case.seed),
        predict=lambda case: predicted(5),
        falsifiers=(Falsifier("next seed", "another stream", lambda case: predicted(6)),),
    )
    assert verify_one(drawn, seed=5).comparisons[0].measured == 5
    assert Stream(5).child("a") == Stream(5).child("a") != Stream(5).child("b")


def test_statistical_claims_share_one_level_and_are_no_more_than_share_it():
    sampling = [e.key for e in ENTRIES if e.load().judge in (statistical, sampled_limit)]
    assert 0 < len(sampling) <= STATISTICAL_CLAIMS
    assert STATISTICAL_CLAIMS * share_of_level() == pytest.approx(CATALOGUE_LEVEL)
    assert 7 * share_of_level(7) == pytest.approx(share_of_level())
    with pytest.raises(BadInput, match="comparisons = 0.*count the intervals"):
        share_of_level(0)
