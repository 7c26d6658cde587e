"""Claims on scaled methods: their runs are those of the engine, and their numbers those of the theory."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Fixed,
    Identity,
    local_sgd,
    OASIS,
    OfScaling,
    RecordAt,
    RMSProp,
    run,
    savic,
    Stream,
)
from implicitbias.scaled import minimiser, worst
from implicitbias.scaled_run import scaled_run
from paper_repro.claims import AssumptionUnmet, Status, verify_one
from paper_repro.papers.derived.scaling import (
    consensus,
    drift_along_a_run,
    metric,
    one_step_identical,
    round_consensus,
    theorem_heterogeneous,
    theorem_identical,
)
from paper_repro.papers.derived.scaling.one_step_setting import OneStepKnobs, pooled, RATIO
from paper_repro.papers.derived.scaling.theorem_setting import TheoremKnobs
from tests.scaled_zoo import logistic


BOUNDS = {"floor": 0.05, "ceiling": 0.4}
SCALINGS = (
    Identity(),
    Fixed((0.5, 2.0)),
    RMSProp(beta=0.9, **BOUNDS),
    RMSProp(beta=0.9, refresh=2, **BOUNDS),
    OASIS(beta=0.8, warmup=3, **BOUNDS),
)


@pytest.mark.parametrize("scaling", SCALINGS, ids=repr)
def test_a_scaled_run_is_a_run(scaling):
    problem, start, stream = logistic(3, 2), np.array([1.0, -2.0]), Stream(5)
    method = savic(0.02, 3, scaling, 2)
    ours = scaled_run(problem, method, 5, start=start, replicas=4, stream=stream)
    observe = {} if isinstance(scaling, Identity) else {"D": OfScaling()}
    said = {"replicas": 4, "stream": stream, "record": RecordAt.every(1), "observe": observe}
    theirs = run(problem, method, 5, start=start, engine="definition", **said)
    np.testing.assert_allclose(ours.models, theirs.w, rtol=1e-12)
    expected = np.asarray(theirs.extras["D"])[:, 1:] if observe else np.ones((4, 5, 1, 2))
    np.testing.assert_allclose(ours.diagonals, np.broadcast_to(expected, (4, 5, 1, 2))[:, :, 0], rtol=1e-12)


def test_the_average_holds_the_models_between_synchronisations():
    """x̂_{t_p+k} is where a round of k local steps on the same mini-batches would have ended."""
    problem, start, stream = logistic(4, 3), np.array([0.5, 1.0]), Stream(6)
    ours = scaled_run(problem, local_sgd(0.1, 3, 1), 2, start=start, replicas=2, stream=stream, drift=0.5)
    total, weight = np.zeros((2, 2)), 0.0
    said = {"replicas": 2, "stream": stream, "engine": "definition"}
    before = run(problem, local_sgd(0.1, 3, 1), 1, start=start, **said).final
    for p, state in ((0, start), (1, before)):
        for k in range(3):
            trace = run(problem, local_sgd(0.1, k, 1), 1, start=state, **said) if k else None
            model = trace.w[:, -1] if trace else np.broadcast_to(state.w if p else start, (2, 2))
            total, weight = total + 1.5**-p * model, weight + 1.5**-p
    np.testing.assert_allclose(ours.average, total / weight, rtol=1e-12)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "method", [savic(0.1, 2, RMSProp(scope="worker")), savic(0.1, 2, RMSProp(), momentum=0.9)], ids=repr
)
def test_methods_of_which_the_theorems_do_not_speak_are_refused(method):
    with pytest.raises(BadInput, match="one D̂ for all workers"):
        scaled_run(logistic(0, 2), method, 1, start=np.zeros(2), replicas=1, stream=Stream(0))


@settings(max_examples=10)
@given(seed=st.integers(0, 2**16))
def test_a_term_left_out_lowers_the_side_by_its_share(seed):
    case = one_step_identical.setup(OneStepKnobs(problems=4), Stream(seed))
    ratio = {t: case.right(**{t: 0.0}) / case.right() for t in case.side.coefficients}
    np.testing.assert_allclose(ratio["consensus"], 1.0 - case.share("consensus"), atol=1e-12)
    np.testing.assert_allclose(ratio["gap"], 1.0 + case.share("gap"), atol=1e-12)
    assert (case.left <= case.right() * (1 + 1e-12)).all()
    shares = 1.0 + case.share("gap") - case.share("consensus") - case.share("noise")
    assert (shares > 0.0).all(), "what is left is the contraction"


def test_pooling_the_samples_leaves_the_minimiser_where_it_is():
    problem = logistic(1, 3)
    np.testing.assert_allclose(minimiser(pooled(problem)), minimiser(problem), atol=1e-9)


def test_workers_part_by_the_printed_factor_just_above_the_step_limit():
    case = consensus.setup(consensus.ConsensusKnobs(), Stream(0))
    assert case.above.ratio[-1] == pytest.approx(8.3e3, rel=5e-3)
    for recursion in case.flat:
        np.testing.assert_allclose(recursion.ratio, 1.0, rtol=1e-12)


def test_from_the_minimiser_the_ratio_of_the_round_lemma_tends_to_a_tenth():
    """Σ V ≈ η²ζ² Σ t² against 3.15η²ζ²(H − 1)²H (or 3.63): (2H − 1)/(6·3.15(H − 1)), less what curvature takes."""
    case = round_consensus.setup(round_consensus.RoundKnobs(), Stream(1))
    for r in (r for r in case.rounds if r.flat):
        steps, coefficient = r.sums.local_steps, 3.15 if r.sums.growth == 1.0 else 3.63
        flat = (2 * steps - 1) / (6 * coefficient * (steps - 1))
        assert 0.75 * flat <= r.sums.consensus / r.bound() <= 1.1 * flat


def test_an_adam_from_a_cold_start_meets_no_hypothesis_of_the_first_theorem():
    result = verify_one(theorem_identical.CLAIM_COLD)
    assert result.status is Status.NOT_APPLICABLE and result.as_expected
    assert "hypothesis not met: c ≤ Hημ_D/2" in result.message
    warm = theorem_identical.strongly_convex(TheoremKnobs(scan=0), Stream(0))
    assert not isinstance(warm, AssumptionUnmet)


@pytest.mark.parametrize("theorem", [theorem_identical.T1, theorem_heterogeneous.T4], ids=lambda t: t.name)
def test_a_step_above_the_condition_is_said_to_be(theorem):
    setup = {"T1": theorem_identical.strongly_convex, "T4": theorem_heterogeneous.strongly_convex}[
        theorem.name
    ]
    beyond = setup(TheoremKnobs(share=1.01, local_steps=8, scan=0), Stream(0))
    assert isinstance(beyond, AssumptionUnmet) and "η L_D" in beyond.reason
    assert not isinstance(setup(TheoremKnobs(local_steps=8, scan=0), Stream(0)), AssumptionUnmet)


def test_the_drift_of_both_rules_reaches_what_is_admitted_at_the_first_refresh():
    case = drift_along_a_run.setup(drift_along_a_run.RunKnobs(rounds=8), Stream(2))
    for rule in case.scalings:
        growths = case.growths(rule) / case.knobs.drift
        assert growths[0] == pytest.approx(1.0, rel=1e-9) and growths.max() <= 1.0 + 1e-9


def test_the_extreme_entries_bound_the_constants_of_every_diagonal_between_them():
    case = metric.setup(metric.MetricKnobs(), Stream(3))
    low, high = case.diagonals.min(axis=0), case.diagonals.max(axis=0)
    outer = worst([case.constants(low), case.constants(high)])
    for d in case.diagonals:
        own = case.constants(d)
        assert own.smoothness <= outer.smoothness * (1 + 1e-12)
        assert own.strong_convexity >= outer.strong_convexity * (1 - 1e-12)
        assert own.noise <= outer.noise * (1 + 1e-12)


def test_the_exact_side_is_judged_and_not_only_drawn():
    """The claim is refuted where the side is a per mille smaller than it is."""
    case = one_step_identical.setup(OneStepKnobs(), Stream(0))
    observation = one_step_identical.observe(case, ())
    smaller = dataclasses.replace(one_step_identical.predict(case).quantities[RATIO], value=0.999)
    prediction = dataclasses.replace(one_step_identical.predict(case), quantities={RATIO: smaller})
    assert one_step_identical.CLAIM.judge(observation, prediction).status is Status.REFUTED
