"""L1 is attained, T1–T4 are never exceeded by exact expectations, and their terms are tied to each other."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Quadratics
from implicitbias.scaled import (
    Additive,
    admissible_drift,
    averaging_weight,
    change_bound,
    Constants,
    crude_rate,
    exact_path,
    growth_bound,
    heterogeneous_convex,
    heterogeneous_strongly_convex,
    HORIZONS,
    identical_convex,
    identical_strongly_convex,
    largest_local_steps,
    largest_weight,
    measured_drift,
    metric_rate,
    minimiser,
    plus_growth,
    step_condition,
    THEOREMS,
)
from implicitbias.scaled.consensus import DISSIMILARITY, GAP, WEIGHTED_DISSIMILARITY, WEIGHTED_GAP
from tests.scaled_zoo import covariance, diagonal, numbers, quadratics


seeds = st.integers(0, 2**20)
rules = st.sampled_from(["squared", "linear"])
few = settings(max_examples=20)
RUN = {"squared_distance": 2.0, "rounds": 8}
GIVEN = Constants(
    smoothness=2.0,
    strong_convexity=0.1,
    noise=3.0,
    floor=0.5,
    ceiling=4.0,
    workers=5,
    local_steps=4,
    lr=0.01,
    heterogeneity=7.0,
)


def refreshed(rule, memory, sample, beta):
    if rule == "squared":
        return np.sqrt(beta * memory**2 + (1 - beta) * sample**2)
    return beta * memory + (1 - beta) * sample


@given(seed=seeds, rule=rules, beta=st.floats(0.0, 0.9999), floor=st.floats(1e-3, 0.9))
def test_clipped_averages_grow_and_change_no_more_than_l1(seed, rule, beta, floor):
    rng = numbers(seed, "samples")
    # Memory and samples anywhere between the ceilings, and often at floor and ceilings.
    memory, sample = (np.append(rng.uniform(-1, 1, 500), [floor, 1.0, -1.0, 0.0]) for _ in range(2))
    memory, sample = (a.ravel() for a in np.meshgrid(memory, sample))
    if rule == "squared":
        memory = np.abs(memory)
    before = np.maximum(floor, np.abs(memory))
    after = np.maximum(floor, np.abs(refreshed(rule, memory, sample, beta)))
    sharp = growth_bound(rule, beta, 1.0 / floor)
    assert sharp.tightness((after / before).max()) == pytest.approx(1.0, rel=1e-12)
    assert sharp.value <= growth_bound(rule, beta, 1.0 / floor, form="classical").value
    change = change_bound(rule, beta, floor, 1.0)
    assert np.abs(after - before).max() <= change.value * (1 + 1e-12)


def test_the_change_of_a_linear_average_is_attained_at_opposite_signs():
    after = max(0.1, abs(refreshed("linear", 1.0, -1.0, 0.9)))
    assert change_bound("linear", 0.9, 0.1, 1.0).tightness(1.0 - after) == pytest.approx(1.0)


@given(beta=st.floats(0.0, 0.9999), kappa=st.floats(1.01, 1e4))
def test_nearby_growth_bounds_are_wrong(beta, kappa):
    """The linear bound with half the weight; unclipped samples; a floor that is added."""
    half = 1.0 + (1 - beta) * (kappa - 1) / 2
    assert growth_bound("linear", beta, kappa).value > half
    unclipped = refreshed("squared", 1.0, 3.0 * kappa, beta)
    assert unclipped > growth_bound("squared", beta, kappa).value
    added = (1.0 + refreshed("squared", 0.0, kappa, beta)) / 1.0
    assert plus_growth(beta, kappa) == pytest.approx(added)
    assert added > growth_bound("squared", beta, kappa).value
    loose = growth_bound("linear", beta, kappa, form="classical").value - 1.0
    assert loose / ((1 - beta) * (kappa - 1)) == pytest.approx(2 * kappa / (kappa - 1), rel=1e-6)


@given(rule=rules, drift=st.floats(1e-8, 10.0), kappa=st.floats(1.0, 1e4))
def test_the_averaging_condition_inverts_the_sharp_growth(rule, drift, kappa):
    weight = largest_weight(rule, drift, kappa)
    if weight < 1.0:
        assert growth_bound(rule, 1.0 - weight, kappa).value - 1.0 == pytest.approx(
            drift, rel=1e-6, abs=1e-15 * kappa**2
        )
        assert growth_bound(rule, max(0.0, 1.0 - 2 * weight), kappa).value > 1.0 + drift
    else:
        assert kappa <= 1.0 + drift
        assert growth_bound(rule, 0.0, kappa).value <= (1.0 + drift) * (1 + 1e-12)


@given(beta=st.floats(0.0, 0.9999), count=st.integers(0, 50))
def test_the_bias_corrected_weight_is_that_of_a_direct_average(beta, count):
    """Σ_s β^{t−s} h_s/Σ_s β^{t−s}: the newest sample has the weight 1 over the sum of powers."""
    direct = 1.0 / math.fsum(beta**k for k in range(count + 1))
    assert averaging_weight(beta, count) == pytest.approx(direct, rel=4e-15)
    assert averaging_weight(beta, 0) == pytest.approx(1.0)
    if beta > 0.99:
        assert averaging_weight(beta, count) == pytest.approx(1.0 / (count + 1), rel=0.4)


def test_measured_drift_is_the_largest_growth_between_refreshes():
    scalings = np.array([[1.0, 4.0], [1.1, 2.0], [1.1, 2.5], [1.0, 2.4]])
    assert measured_drift(scalings) == pytest.approx(0.25)
    assert measured_drift(scalings[:1]) == 0.0 == measured_drift(np.array([3.0, 2.0, 1.0]))


def drifting(seed, rounds, dim, drift, floor, ceiling):
    """D̂_p that use their drift: each coordinate grows by 1 + c at most, and falls at will."""
    rng = numbers(seed, "drifting")
    rows = [rng.uniform(floor, ceiling, dim)]
    for _ in range(rounds - 1):
        factor = np.where(rng.uniform(size=dim) < 0.7, 1.0 + drift, rng.uniform(0.3, 1.0, dim))
        rows.append(np.clip(rows[-1] * factor, floor, ceiling))
    return np.array(rows)


@few
@given(
    seed=seeds, theorem=st.sampled_from(["T1", "T2", "T3", "T4"]), workers=st.integers(1, 3),
    local_steps=st.integers(1, 6), rounds=st.integers(1, 12), share=st.floats(0.1, 1.0),
    aware=st.booleans(), drifts=st.booleans(), flat=st.booleans(), loud=st.floats(-3, 1),
)  # fmt: skip
def test_exact_expectations_never_exceed_the_theorems(
    seed, theorem, workers, local_steps, rounds, share, aware, drifts, flat, loud
):
    convex = theorem in ("T2", "T3")
    problem = quadratics(seed, workers, identical=theorem in ("T1", "T2"), flat=flat and convex)
    noise = Additive(10.0**loud * covariance(seed, 2).covariance)
    floor, ceiling = np.sort(diagonal(seed, 2, 0.5)).tolist()
    said = {"floor": floor, "ceiling": ceiling, "local_steps": local_steps, "noise": noise}
    limit = 4 if theorem in ("T1", "T2") else 8 * max(local_steps - 1, 1)
    lr = share * floor / (limit * problem.smoothness)
    crude = Constants.of(problem, lr=lr, **said)
    drift = 1.0 / rounds if convex else admissible_drift(lr, local_steps, crude.scaled.strong_convexity)
    drift = drift if drifts else 0.0
    rows = (
        drifting(seed, rounds, 2, drift, floor, ceiling) if drifts else np.tile([floor, ceiling], (rounds, 1))
    )
    given_ = Constants.of(problem, lr=lr, drift=drift, diagonals=rows if aware else None, **said)
    assert measured_drift(rows) <= drift + 1e-12
    start = minimiser(problem) + numbers(seed, "start").normal(size=2)
    squared = float(((start - minimiser(problem)) ** 2).sum())
    path = exact_path(problem, rows, lr, local_steps, start, noise, drift=drift)
    bound = THEOREMS[theorem](given_, squared_distance=squared, rounds=rounds)
    measured = path.average_gap if convex else path.squared_distance[-1]
    assert bound.applicable, bound.unmet
    assert 0.0 <= bound.tightness(measured) <= 1.0 + 1e-12
    crude_bound = THEOREMS[theorem](
        dataclasses.replace(given_, metric=None), squared_distance=squared, rounds=rounds
    )
    assert bound.value <= crude_bound.value * (1 + 1e-9)


def test_the_expectations_are_those_of_the_iteration_without_noise():
    problem, rows = quadratics(7, 2), np.array([[0.5, 2.0], [1.0, 1.0], [2.0, 0.7]])
    silent, x = Additive(np.zeros((2, 2))), np.array([2.0, -1.0])
    path = exact_path(problem, rows, 0.1, 2, x, silent, drift=0.5)
    distances, average, weight = [], np.zeros(2), 0.0
    for p, d in enumerate(rows):
        local = np.tile(x, (2, 1))
        for _ in range(2):
            mean = local.mean(axis=0)
            distances.append(((mean - problem.minimiser) ** 2).sum())
            average, weight = average + 1.5**-p * mean, weight + 1.5**-p
            local = local - 0.1 * np.array([problem.worker_gradient(local[m], m) for m in range(2)]) / d
        x = local.mean(axis=0)
    np.testing.assert_allclose(path.squared_distance[:-1], distances, rtol=1e-10)
    assert path.squared_distance[-1] == pytest.approx(((x - problem.minimiser) ** 2).sum())
    gap = np.subtract(*problem.loss(np.stack([average / weight, problem.minimiser])))
    assert path.average_gap == pytest.approx(float(gap), rel=1e-9)


def test_identical_quadratics_do_not_notice_local_steps():
    """x̂_t has one law for every H; workers that differ, or D̂ that change, break it."""
    noise, x = covariance(1, 2), np.array([1.0, 2.0])
    same, other = quadratics(1, 3, identical=True), quadratics(1, 3)
    for problem, equal in ((same, True), (other, False)):
        paths = [
            exact_path(problem, np.tile([0.5, 2.0], (24 // steps, 1)), 0.02, steps, x, noise).squared_distance
            for steps in (1, 4, 24)
        ]
        assert (
            (np.abs(paths[1] - paths[0]).max() < 1e-12)
            == equal
            == (np.abs(paths[2] - paths[0]).max() < 1e-12)
        )


def test_the_noise_floor_falls_like_one_over_m():
    noise = covariance(2, 2)
    floors = []
    for workers in (1, 2, 4):
        problem = quadratics(2, workers, identical=True)
        rows = np.tile([0.5, 2.0], (400, 1))
        floors.append(exact_path(problem, rows, 0.1, 2, minimiser(problem), noise).squared_distance[-1])
    np.testing.assert_allclose(floors, floors[0] / np.array([1, 2, 4]), rtol=1e-9)


@pytest.mark.parametrize("theorem", [identical_strongly_convex, heterogeneous_strongly_convex])
def test_a_scaling_that_never_changes_halves_the_noise_terms(theorem):
    still, drifting_ = theorem(GIVEN, **RUN), theorem(dataclasses.replace(GIVEN, drift=1e-9), **RUN)
    for term in ("noise", "local steps"):
        assert drifting_.constants[term] == pytest.approx(2 * still.constants[term], rel=1e-6)
    mu = GIVEN.scaled.strong_convexity
    assert still.constants["start"] / drifting_.constants["start"] == pytest.approx(
        ((1 - 0.01 * mu) / (1 - 0.005 * mu)) ** 32, rel=1e-6
    )


def test_without_scaling_they_are_the_corollary():
    plain = dataclasses.replace(GIVEN, floor=1.0, ceiling=1.0)
    eta, mu, lip, s2, m, h, t, r0 = 0.01, 0.1, 2.0, 3.0, 5, 4, 32, 2.0
    t1 = (1 - eta * mu) ** t * r0 + eta * s2 / (mu * m) + 2 * eta**2 * lip * (h - 1) * (1 - 1 / m) * s2 / mu
    t2 = 2 * r0 / (eta * t) + 2 * eta * s2 / m + 4 * eta**2 * lip * (h - 1) * (1 - 1 / m) * s2
    assert identical_strongly_convex(plain, **RUN).value == pytest.approx(t1)
    assert identical_convex(plain, **RUN).value == pytest.approx(t2)
    khaled = identical_convex(plain, **RUN, constants="khaled_form").value
    assert khaled - t2 == pytest.approx(4 * eta**2 * lip * (h - 1) * s2 / m)
    t3 = 4 * r0 / (eta * t) + 20 * eta * s2 / m + 16 * eta**2 * lip * (h - 1) ** 2 * (s2 + 7)
    assert heterogeneous_convex(plain, **RUN, constants="khaled_form").value == pytest.approx(t3)


def test_the_crude_terms_are_those_of_the_statements():
    """The printed powers of d_min, d_max, μ, σ², by scaling each constant and reading the term."""
    powers = {
        "T1": {"noise": (-2, 1, -1, 1, 1), "local steps": (-3, 1, -1, 1, 2)},
        "T2": {"noise": (-1, 0, 0, 1, 1), "local steps": (-2, 0, 0, 1, 2), "start": (0, 1, 0, 0, -1)},
        "T3": {"noise": (-1, 0, 0, 1, 1), "local steps": (-2, 0, 0, 1, 2), "start": (0, 1, 0, 0, -1)},
        "T4": {"noise": (-2, 1, -1, 1, 1), "local steps": (-3, 1, -1, 1, 2)},
    }
    base = dataclasses.replace(GIVEN, heterogeneity=0.0)
    for name, terms in powers.items():
        before = THEOREMS[name](base, **RUN).constants
        for place, field in enumerate(("floor", "ceiling", "strong_convexity", "noise", "lr")):
            changed = dataclasses.replace(base, **{field: 1.25 * getattr(base, field)})
            after = THEOREMS[name](changed, **RUN).constants
            for term, expected in terms.items():
                assert math.log(after[term] / before[term], 1.25) == pytest.approx(expected[place], abs=1e-9)


def test_heterogeneity_enters_only_with_local_steps():
    for theorem in (heterogeneous_convex, heterogeneous_strongly_convex):
        apart = dataclasses.replace(GIVEN, heterogeneity=14.0)
        assert theorem(GIVEN, **RUN).constants["noise"] == theorem(apart, **RUN).constants["noise"]
        terms = [theorem(g, **RUN).constants["local steps"] for g in (GIVEN, apart)]
        assert terms[1] / terms[0] == pytest.approx((3 + 14) / (3 + 7))
        one = [theorem(dataclasses.replace(g, local_steps=1), **RUN).value for g in (GIVEN, apart)]
        assert one[0] == one[1]


def test_the_fourth_theorem_for_exact_gradients_has_the_values_of_its_worst_case_table():
    """L = 1, μ = 0.1, M = 2, r₀ = 1, ζ² = 1: 2.397, 2.414, 2.405, 2.415, and 0.975 without local steps."""
    given_ = Constants(
        smoothness=1.0, strong_convexity=0.1, noise=0.0, floor=1.0, ceiling=1.0, workers=2, local_steps=1, lr=0.125,
        heterogeneity=1.0, identical=False, drift=1e-12,
    )  # fmt: skip
    table = (
        (1, 4, 1 / 8, 0.975),
        (2, 2, 1 / 8, 2.397),
        (4, 1, 1 / 24, 2.414),
        (4, 2, 1 / 24, 2.405),
        (8, 1, 1 / 56, 2.415),
    )
    for steps, rounds, lr, printed in table:
        at = dataclasses.replace(given_, local_steps=steps, lr=lr)
        bound = heterogeneous_strongly_convex(at, squared_distance=1.0, rounds=rounds)
        assert bound.applicable and bound.value == pytest.approx(printed, abs=6e-4)


def test_the_first_theorem_is_half_attained_by_one_quadratic_coordinate():
    """E|x̂|² → ησ²/(Mμ(2 − ημ)), against ησ²/(μM): no smaller coefficient than a half of its noise term would do."""
    problem = Quadratics(np.full((3, 1, 1), 0.4), np.zeros((3, 1)))
    noise, lr, rounds = Additive(np.array([[2.0]])), 0.3, 300
    given_ = Constants.of(problem, floor=1.0, ceiling=1.0, lr=lr, local_steps=1, noise=noise)
    path = exact_path(problem, np.ones((rounds, 1)), lr, 1, np.zeros(1), noise)
    bound = identical_strongly_convex(given_, squared_distance=0.0, rounds=rounds)
    assert bound.tightness(path.squared_distance[-1]) == pytest.approx(1 / (2 - lr * 0.4))
    start = exact_path(problem, np.ones((1, 1)), lr, 1, np.ones(1), Additive(np.zeros((1, 1))))
    silent = Constants.of(problem, floor=1.0, ceiling=1.0, lr=lr, local_steps=1)
    once = identical_strongly_convex(silent, squared_distance=1.0, rounds=1)
    assert once.tightness(start.squared_distance[-1]) == pytest.approx(1 - lr * 0.4)


def test_the_heterogeneous_theorems_follow_from_their_lemmas():
    """Coefficients read off T3 and T4, against 1/(1 − x) with x what L5 gives back of Δ in L4."""
    lone = dataclasses.replace(GIVEN, floor=1.0, ceiling=1.0, heterogeneity=0.0, noise=1.0, lr=0.005)
    eta, lip, m, h = 0.005, 2.0, 5, 4
    units = {"start": 2.0 / (eta * 32), "noise": eta / m, "local steps": eta**2 * lip * (h - 1) ** 2}
    three, four = (t(lone, **RUN).constants for t in (heterogeneous_convex, heterogeneous_strongly_convex))
    share = 5 / 4 * GAP / 64
    for term, least in (("start", 1.0), ("noise", 4.0), ("local steps", 5 / 4 * DISSIMILARITY)):
        assert least / (1 - share) <= three[term] / units[term] <= 1.3 * least / (1 - share)
    assert 5 / 4 * WEIGHTED_GAP / 64 < 1.0
    for term, least in (("noise", 4.0), ("local steps", 5 / 4 * WEIGHTED_DISSIMILARITY)):
        assert least <= four[term] * 0.1 / units[term] <= 1.01 * least


def test_the_coefficients_of_l5_absorb_their_own_v():
    """V ≤ 3/64 of itself, and 8/7 of that with weights that grow: 6/(1 − 3/64) and so on, rounded up."""
    for printed, exact in (
        (GAP, 6 / (1 - 3 / 64)),
        (DISSIMILARITY, 3 / (1 - 3 / 64)),
        (WEIGHTED_GAP, 8 / 7 * 6 / (1 - 8 / 7 * 3 / 64)),
        (WEIGHTED_DISSIMILARITY, 8 / 7 * 3 / (1 - 8 / 7 * 3 / 64)),
    ):
        assert exact <= printed <= 1.005 * exact


@pytest.mark.parametrize(
    ("change", "theorems", "said"),
    [
        ({"lr": 0.07}, "T1 T2", "η L_D ≤ 1/4"),
        ({"lr": 0.04}, "T3 T4", "η L_D ≤ 1/8"),
        ({"lr": 0.02, "local_steps": 4}, "T3 T4", "η L_D (H − 1) ≤ 1/8"),
        ({"drift": 0.01}, "T1 T4", "c ≤ Hημ_D/2"),
        ({"strong_convexity": 0.0}, "T1 T4", "μ > 0"),
        ({"identical": False}, "T1 T2", "f_m = f for every worker"),
        ({"noise": math.inf, "minimiser_noise": 1.0}, "T1 T2", "σ² < ∞"),
        ({"shared": False}, "T1 T2 T3 T4", "one D̂ for all workers, frozen for the round"),
        ({"independent": False}, "T1 T2 T3 T4", "D̂ independent of the gradients it multiplies"),
        ({"sample_smoothness": 30.0}, "T3 T4", "η L_D ≤ 1/8"),
    ],
)
def test_the_theorems_claim_nothing_where_a_hypothesis_fails(change, theorems, said):
    outside = dataclasses.replace(GIVEN, **change)
    for name, theorem in THEOREMS.items():
        assert theorem(dataclasses.replace(GIVEN, lr=0.005), **RUN).applicable
        assert (said in theorem(outside, **RUN).unmet) == (name in theorems)


def test_far_outside_the_hypotheses_values_are_numbers_still():
    """A power of 1 − a beyond −1 overflows, and 0·∞ is no number."""
    far = {"lr": 1e4, "noise": math.inf, "minimiser_noise": math.inf, "local_steps": 1}
    for theorem in THEOREMS.values():
        assert theorem(dataclasses.replace(GIVEN, **far), squared_distance=1.0, rounds=1000).value >= 0.0


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "change", [{"noise": "1"}, {"minimiser_noise": math.nan}, {"noise": -1.0}, {"sample_smoothness": -1.0}]
)
def test_constants_out_of_range_are_refused(change):
    ((name, value),) = change.items()
    with pytest.raises(BadInput, match=f"{name} = {value!r}"):
        dataclasses.replace(GIVEN, **change)


def test_bias_correction_without_warm_up_is_no_case_of_the_first_theorem():
    """Its early refreshes weigh 1/(t+1): the drift that L1 allows is far from Hημ/2."""
    kappa = GIVEN.spread
    for count, met in ((0, False), (10, False), (10_000, True)):
        weight = averaging_weight(1.0 - 1e-8, count) if not met else 1e-8
        growth = growth_bound("squared", 1.0 - weight, kappa).value - 1.0
        bound = identical_strongly_convex(dataclasses.replace(GIVEN, drift=growth), **RUN)
        assert bound.applicable == met


@pytest.mark.bad_input
def test_constants_that_nobody_checked_are_not_offered():
    for theorem in THEOREMS.values():
        with pytest.raises(BadInput, match="printed in the SAVIC article have not been checked"):
            theorem(GIVEN, **RUN, constants="article")
        with pytest.raises(BadInput, match="no such form"):
            theorem(GIVEN, **RUN, constants="mine")
        with pytest.raises(BadInput, match="rounds = 0"):
            theorem(GIVEN, squared_distance=1.0, rounds=0)
    with pytest.raises(BadInput, match="known only for"):
        heterogeneous_strongly_convex(GIVEN, **RUN, constants="khaled_form")
    for bad in (lambda: growth_bound("sum", 0.9, 2.0), lambda: largest_weight("sum", 0.1, 2.0)):  # pyright: ignore
        with pytest.raises(BadInput, match="has no ceiling"):
            bad()
    with pytest.raises(BadInput, match="β|0.9 to 0.999"):
        growth_bound("squared", 1.0, 2.0)


def test_the_drift_of_the_convex_theorems_costs_its_power_at_most():
    still, moving = (identical_convex(dataclasses.replace(GIVEN, drift=c), **RUN) for c in (0.0, 1 / 8))
    assert moving.constants["start"] / still.constants["start"] == pytest.approx((1 + 1 / 8) ** 8)
    assert moving.constants["noise"] == still.constants["noise"]
    absurd = identical_convex(dataclasses.replace(GIVEN, drift=1e6), squared_distance=1.0, rounds=1000)
    assert absurd.value == math.inf


@given(floor=st.floats(0.01, 1.0), spread=st.floats(1.0, 100.0))
def test_the_crude_rate_never_beats_no_scaling(floor, spread):
    scaled = dataclasses.replace(GIVEN, floor=floor, ceiling=floor * spread)
    plain = dataclasses.replace(GIVEN, floor=1.0, ceiling=1.0)
    assert crude_rate(scaled) <= crude_rate(plain) * (1 + 1e-12) == pytest.approx(0.1 / 16)
    at = floor / (4 * scaled.smoothness)
    assert crude_rate(scaled) == pytest.approx(at * scaled.scaled.strong_convexity / 2)
    assert metric_rate(scaled) == pytest.approx(crude_rate(scaled))


def test_the_metric_can_predict_a_gain():
    problem = Quadratics(np.diag([1.0, 100.0])[None], np.zeros((1, 2)))
    said = {"floor": 1.0, "ceiling": 100.0, "lr": 0.1, "local_steps": 1}
    aware = Constants.of(problem, diagonals=np.array([1.0, 100.0]), **said)
    plain = Constants.of(problem, **{**said, "ceiling": 1.0})
    assert metric_rate(aware) == pytest.approx(1 / 8) and crude_rate(plain) == pytest.approx(1 / 800)
    assert crude_rate(aware) < crude_rate(plain)


@pytest.mark.parametrize(("data", "powers"), [("identical", (0.5, -1.5)), ("heterogeneous", (0.25, -0.75))])
def test_the_horizon_is_where_the_local_step_term_meets_the_noise_term(data, powers):
    form = "khaled_form" if data == "identical" else "derived"
    given_ = dataclasses.replace(GIVEN, heterogeneity=0.0)

    def apart(steps, workers):
        at = dataclasses.replace(given_, workers=workers)
        return largest_local_steps(at, steps, data=data, constants=form)

    assert apart(10_000, 5) == pytest.approx(HORIZONS[data](10_000, 5))
    fitted = (
        math.log(apart(10**8, 5) / apart(10**4, 5), 10**4),
        math.log(apart(10**6, 80) / apart(10**6, 5), 16),
    )
    assert fitted == pytest.approx(powers)
    # At that H, with the learning rate of the corollary, every hypothesis is met.
    lr = HORIZONS[data].lr(given_.scaled.smoothness, 10_000, 5)
    steps = 1 + int(min(HORIZONS[data](10_000, 5), step_condition(10_000, 5)))
    at = dataclasses.replace(given_, lr=lr, local_steps=steps)
    theorem = identical_convex if data == "identical" else heterogeneous_convex
    bound = theorem(at, squared_distance=1.0, rounds=10)
    assert bound.applicable and bound.constants["local steps"] <= bound.constants["noise"] * (1 + 1e-9)


def test_without_noise_or_a_second_worker_no_horizon_exists():
    with pytest.raises(BadInput, match="absent"):
        largest_local_steps(dataclasses.replace(GIVEN, workers=1), 100)
    with pytest.raises(BadInput, match="absent"):
        largest_local_steps(dataclasses.replace(GIVEN, noise=0.0), 100)
