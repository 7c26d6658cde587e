"""The battery: every claim of the catalogue, over its knobs and seeds."""

import dataclasses
import json
from functools import lru_cache
from importlib import import_module

import pytest
from hypothesis import given, HealthCheck, settings
from hypothesis import strategies as st

from figures import describe, view_from_json
from paper_repro.bibliography import bibtex
from paper_repro.catalogue import ENTRIES
from paper_repro.claims import Budget, Evidence, Status, verify_one
from paper_repro.claims.computed import compute
from paper_repro.claims.knobs import ranges
from paper_repro.testing import assert_claim, at_the_defaults, knobs


every_claim = pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.key)

# Draws of a claim: all knobs at their lowest, and one more for each knob, within these bounds. Each costs about a
# smoke budget, and a new landscape its derivation besides.
FEWEST, MOST = 3, 6
# Runs at the defaults, shared by neighbours in the catalogue as in a report; those at drawn knobs are computed anew.
SHARED = lru_cache(maxsize=24)(compute)


@every_claim
def test_the_catalogue_says_what_the_claim_says(entry):
    claim = entry.load()
    assert (claim.key, claim.title, claim.source) == (entry.key, entry.title, entry.source)
    assert claim.expects is Status[entry.expects]


@every_claim
def test_every_claim_can_be_cited_and_read(entry):
    claim = entry.load()
    assert bibtex(claim.reference.paper).startswith("@")
    assert claim.statement and claim.hypotheses and claim.title
    assert claim.proof or claim.source != "derived", "a derived claim has its proof on its page"
    for key in claim.see:
        assert key in {e.key for e in ENTRIES}


# One test, hence one process: both halves share the verdict at the defaults.
@every_claim
def test_the_verdict_is_the_expected_one_at_the_defaults_and_over_the_knobs(entry):
    claim = entry.load()
    _has_teeth_and_a_picture(claim)
    _is_as_expected_over_the_knobs_and_the_same_bytes_again(claim)


def _is_as_expected_over_the_knobs_and_the_same_bytes_again(claim):
    applicable, latest = [], {}

    @settings(max_examples=_draws(claim), suppress_health_check=list(HealthCheck))
    @given(drawn=knobs(claim), seed=st.integers(0, 2**16))
    def holds(drawn, seed):
        result = assert_claim(claim, drawn, seed=seed, budget=Budget.SMOKE)
        applicable.append(result.status is not Status.NOT_APPLICABLE)
        latest.update(knobs=drawn, seed=seed, result=result)

    holds()
    again = verify_one(claim, latest["knobs"], seed=latest["seed"], budget=Budget.SMOKE)
    assert _bytes(again) == _bytes(latest["result"])
    if claim.expects is not Status.NOT_APPLICABLE:
        assert 2 * sum(applicable) >= len(applicable), (
            "fewer than half of the drawn knobs meet the hypotheses"
        )


def _draws(claim):
    return min(max(FEWEST, 1 + len(ranges(claim.knobs))), MOST)


def _has_teeth_and_a_picture(claim):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("paper_repro.claims.verify"), "compute", SHARED)
        first = at_the_defaults(claim)
    assert first.as_expected, first.message + first.traceback
    assert not first.toothless
    if first.status in (Status.HOLDS, Status.REFUTED):
        unrefuted = [f.name for f in first.falsifiers if f.status is not Status.REFUTED]
        assert not unrefuted, "every falsifier is refuted at the defaults"
        assert first.evidence in Evidence.__members__
        assert describe(view_from_json(first.view))


@every_claim
def test_every_knob_explains_itself(entry):
    for name, allowed in ranges(entry.load().knobs).items():
        assert allowed.symbol and allowed.meaning, name
        assert allowed.choices or allowed.low is not None and allowed.high is not None, name


def _bytes(result):
    return json.dumps(dataclasses.replace(result, seconds=0.0).to_json()), result.view
