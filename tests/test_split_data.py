"""The case of exact local solves: planted truth, workers that cover the data, and addressed starts."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import Stream
from paper_repro.claims import Budget, Status, verify_one
from paper_repro.claims.split_data import split_case, SplitKnobs
from paper_repro.papers.derived.many_local_steps.proximal_projection import CLAIM as PROJECTING
from paper_repro.papers.zhu2024.many_local_steps import CLAIM_MAX_MARGIN


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 4), st.floats(0.2, 0.75))
def test_drawn_data_have_the_margin_they_were_asked_for(seed, workers, dim, margin):
    knobs = SplitKnobs("random", workers, dim, margin, "drawn")
    case = split_case(knobs, Stream(seed))
    assert np.isclose(case.svm.margin, margin, rtol=1e-9)
    assert case.problem.workers == workers and case.problem.dim == dim
    assert case.svm.nondegenerate and case.svm.spans
    again = split_case(knobs, Stream(seed))
    assert np.array_equal(case.start, again.start) and np.array_equal(
        case.problem.signed, again.problem.signed
    )


def test_the_mean_of_separators_is_one_round_from_the_origin():
    case = split_case(SplitKnobs(), Stream(0))
    assert np.allclose(case.mean_of_separators, [0.53351104, 0.35719726])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lucky_limit_decides_nothing(seed):
    # At a small margin the support vectors meet at obtuse angles, and projections from 0 end at ŵ itself.
    knobs = dataclasses.replace(CLAIM_MAX_MARGIN.knobs, data="random", workers=4, dim=2, margin=0.2)
    result = verify_one(CLAIM_MAX_MARGIN, knobs, seed=seed, budget=Budget.SMOKE)
    assert result.status in (Status.REFUTED, Status.INCONCLUSIVE)


def test_without_release_exchanging_the_limits_is_no_falsifier():
    # With one constraint, or none released, sweeping ends at the projection: then nothing tells the two apart.
    statuses = set()
    for seed in range(8):
        knobs = dataclasses.replace(PROJECTING.knobs, data="random", dim=2)
        result = verify_one(PROJECTING, knobs, seed=seed, budget=Budget.SMOKE)
        told_apart = result.falsifiers[0].status is Status.REFUTED
        assert result.status is (Status.HOLDS if told_apart else Status.INCONCLUSIVE)
        statuses.add(result.falsifiers[0].status)
    assert Status.NOT_APPLICABLE in statuses
