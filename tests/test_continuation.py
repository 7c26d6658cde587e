"""Continuations in log-time follow the exact rounds within their estimate, and end where the theory says."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Diverged,
    Exponential,
    fast_forward,
    FastForwardSpec,
    Fixed,
    gd,
    LinearClassification,
    local_flow,
    local_gd,
    local_sgd,
    LocalMethod,
    Logistic,
    max_margin,
    modified_local_gd,
    Normalised,
    NotCertified,
    NotSeparable,
    PolynomialTail,
    PowerDecay,
    proximal,
    Rescaling,
    residual_limit,
    run,
    Sequential,
    Status,
    Stream,
    Trace,
)
from implicitbias.asymptotics import margin_rate_constant, rate_constant
from implicitbias.continuation import _error, _integrate
from implicitbias.continuation._flow import flow_of
from implicitbias.continuation._request import SMALLEST_RTOL
from implicitbias.continuation._span import span_of
from implicitbias.data import by_label, degenerate, named, orthogonal, separable, set_a, set_a_prime
from implicitbias.stiff import stiff_path


few = settings(max_examples=12)
seeds = st.integers(0, 2**16)
losses = st.sampled_from([Exponential(), Logistic()])
# Rounding of an exact run of a few 10⁵ rounds: each rounds its model to eps|w|.
EXACT_ROUNDING = 1e-12


def problem_of(samples, loss=None, workers=None):
    deal = samples.workers if workers is None else workers
    return LinearClassification(samples.features, samples.labels, workers=deal, loss=loss or Exponential())


def planted(seed, n=6, d=3, workers=2, loss=None, **options):
    samples = separable(Stream(seed), samples=n, dim=d, margin=0.4, gap=0.5, **options).samples
    return problem_of(samples, loss, np.arange(n) % workers)


def distance(continued, exact):
    return np.linalg.norm(continued.w - exact.w[:, 1:], axis=2)


# Against the exact rounds


@few
@given(
    seed=seeds,
    shape=st.sampled_from([(4, 2), (6, 3), (9, 3), (5, 8)]),
    steps=st.sampled_from([1, 4, (1, 5), (7, 2)]),
    lr=st.floats(0.02, 0.5),
    loss=losses,
    scaled=st.booleans(),
    spanning=st.booleans(),
)
@example(seed=0, shape=(5, 8), steps=(7, 2), lr=0.5, loss=Logistic(), scaled=True, spanning=False)
def test_it_is_the_exact_recursion_within_its_own_estimate(seed, shape, steps, lr, loss, scaled, spanning):
    problem = planted(seed, *shape, loss=loss, spanning=spanning or shape[0] > shape[1])
    diagonal = Stream(seed).at("D").generator().uniform(0.5, 2.0, problem.dim)
    method = local_gd(lr, steps, **({"scaling": Fixed(tuple(diagonal))} if scaled else {}))
    start = Stream(seed).at("start").generator().standard_normal(problem.dim)
    exact = run(problem, method, 60_000, start=start)
    for order in (1, 2):
        continued = fast_forward(problem, method, exact.log_time[1:], start=start, order=order)
        error = distance(continued, exact)
        allowed = np.asarray(continued.extras["residual_error"]) + EXACT_ROUNDING * np.abs(exact.w).max()
        assert (error <= allowed).all()
    assert (error[:, -1] <= 1e-6 * np.linalg.norm(exact.w[:, -1], axis=1)).all()


@pytest.mark.parametrize("loss", [Exponential(), Logistic()])
def test_ten_million_rounds(loss):
    problem, method = problem_of(set_a_prime(), loss), local_gd(0.2, 1)
    exact = run(problem, method, 10_000_000)
    continued = fast_forward(problem, method, exact.log_time[1:])
    error = distance(continued, exact)[0]
    assert (error <= np.asarray(continued.extras["residual_error"])[0] + 1e-10).all()
    assert error[-1] <= 1e-9 * np.linalg.norm(exact.w[0, -1])
    np.testing.assert_allclose(continued.log_loss, exact.log_loss[:, 1:], atol=1e-7)
    np.testing.assert_allclose(continued.min_margin, exact.min_margin[:, 1:], atol=1e-7)
    np.testing.assert_allclose(continued.time, exact.time[1:], rtol=1e-9)
    np.testing.assert_allclose(continued.slow_time, exact.slow_time[1:], rtol=1e-9)
    late = continued.rounds > 1e5
    np.testing.assert_allclose(
        continued.disagreement[:, late], exact.disagreement[:, 1:][:, late], rtol=1e-3, atol=1e-14
    )


@few
@given(
    case=st.sampled_from(
        [
            (problem_of(set_a()), local_gd(0.2, 1)),
            (problem_of(set_a()), local_gd(0.2, 50)),
            (problem_of(set_a_prime(), Logistic()), local_gd(0.1, (3, 20))),
            (problem_of(set_a_prime(), Logistic()), local_gd(0.2, 5, scaling=Fixed((0.5, 2.0)))),
        ]
    )
)
def test_twice_the_hand_over_halves_the_error_of_first_order_and_quarters_that_of_second(case):
    problem, method = case
    exact = run(problem, method, 100_000)
    for order, factor in ((1, 2.0), (2, 4.0)):
        errors = [
            distance(fast_forward(problem, method, exact.log_time[1:], handover=r, order=order), exact).max()
            for r in (200, 400, 800)
        ]
        fallen = np.array(errors[:-1]) / np.array(errors[1:])
        # The order shows in the factor up to a correction O(log r₀/r₀) that is below a tenth here.
        assert (np.abs(fallen / factor - 1.0) <= 0.12).all()


def test_local_flows_are_continued_to_second_order_too():
    problem, log_time = problem_of(set_a_prime(), Exponential()), 1.0
    exact = run(problem, local_flow(log_time), 400)
    tau = np.log(exact.rounds[1:]) + log_time
    errors = []
    for r in (60, 120):
        continued = fast_forward(problem, local_flow(log_time), tau, handover=r)
        errors.append(distance(continued, exact)[0])
        assert (errors[-1] <= np.asarray(continued.extras["residual_error"])[0] + EXACT_ROUNDING).all()
    assert 3.4 <= errors[0].max() / errors[1].max() <= 4.6


def test_many_small_steps_are_a_flow_even_in_their_continuation():
    problem = problem_of(set_a(), Logistic())
    flow = fast_forward(problem, local_flow(math.log(2.0)), [50.0, 1e3], handover=64)
    steps = fast_forward(problem, local_gd(2e-4, 10_000), [50.0, 1e3], handover=64)
    np.testing.assert_allclose(flow.extras["residual"], steps.extras["residual"], atol=2e-5)


# At infinity


@pytest.mark.parametrize("loss", [Exponential(), Logistic()])
@pytest.mark.parametrize("steps", [1, 100, (2, 30)])
def test_at_round_ten_to_the_434294_the_limit_is_there(loss, steps):
    problem, method = problem_of(set_a_prime(), loss), local_gd(0.2, steps)
    trace, svm = fast_forward(problem, method, 1e6), max_margin(problem)
    limit = np.asarray(trace.extras["limit"])[0]
    np.testing.assert_allclose(np.asarray(trace.extras["residual"])[0, -1], limit, atol=1e-12)
    if not isinstance(steps, tuple):
        np.testing.assert_allclose(limit, residual_limit(problem, svm), atol=1e-12)
    chord = np.asarray(trace.extras["chord"])[0, -1]
    along = limit @ svm.weights / (svm.weights @ svm.weights)
    # chord·τ = C(1 − (w̃·ŵ/|ŵ|²)/τ + O(1/τ²)).
    assert chord * 1e6 == pytest.approx(rate_constant(svm.weights, limit) * (1 - along / 1e6), rel=1e-11)
    assert np.isinf(trace.rounds[-1]) and trace.log_time[-1] == 1e6
    # ηH̄r f → Σ_S p_i e^{−x_i·w̃}, which is 1/γ² if every worker takes the same number of steps.
    assert trace.log_loss[0, -1] + 1e6 == pytest.approx(
        np.log(problem.sample_weights[svm.support] @ np.exp(-problem.signed[svm.support] @ limit)), abs=1e-9
    )


def test_unequal_steps_weigh_the_workers():
    problem, svm = problem_of(set_a_prime()), max_margin(problem_of(set_a_prime()))
    limit = np.asarray(fast_forward(problem, local_gd(0.2, (2, 30)), 1e4).extras["limit"])[0]
    shares = problem.sample_weights * np.array([2.0, 30.0])[problem.assignment] / 16.0
    rows, duals = problem.signed[svm.support], svm.duals[svm.support]
    np.testing.assert_allclose(shares[svm.support] * np.exp(-rows @ limit), duals, rtol=1e-10)
    assert np.abs(limit - residual_limit(problem, svm)).max() > 0.1


def test_set_o_is_known_in_closed_form():
    c = np.array([1.0, 2.0, 0.5])
    problem = problem_of(orthogonal(c))
    trace = fast_forward(problem, local_gd(0.5, 50), 1e6)
    np.testing.assert_allclose(np.asarray(trace.extras["limit"])[0], -np.log(3.0 / c**2) / c, atol=1e-12)
    gap = margin_rate_constant(
        max_margin(problem).weights, np.asarray(trace.extras["limit"])[0], problem.signed
    )
    assert gap > 0.0


@few
@given(seed=seeds, workers=st.sampled_from([1, 3]), loss=losses)
def test_what_the_support_vectors_do_not_span_keeps_its_history(seed, workers, loss):
    problem = planted(seed, 6, 8, workers, loss, support=3, spanning=False)
    start = Stream(seed).at("start").generator().standard_normal(8)
    trace = fast_forward(problem, local_gd(0.2, 4), 1e6, start=start)
    svm, limit = max_margin(problem), np.asarray(trace.extras["limit"])[0]
    inside = svm.support_basis @ svm.support_basis.T
    np.testing.assert_allclose(inside @ limit, inside @ residual_limit(problem, svm), atol=1e-9)
    rows = np.linalg.qr(problem.signed.T)[0]
    np.testing.assert_allclose((limit - start) - rows @ (rows.T @ (limit - start)), 0.0, atol=1e-12)
    end, error = (np.asarray(trace.extras[n])[0, -1] for n in ("residual", "residual_error"))
    assert np.linalg.norm(end - limit) <= error + 1e-9


def test_degenerate_data_go_where_the_theory_says():
    # From 0 the flow keeps e^{w₂} + w₂ = w₁ + 1; small steps keep it up to their size.
    tau = np.array([1e2, 1e3, 1e4, 1e5, 1e6])
    trace = fast_forward(problem_of(degenerate()), gd(1e-3), tau)
    w = trace.w[0]
    np.testing.assert_allclose(np.exp(w[:, 1]) + w[:, 1], w[:, 0] + 1.0, rtol=1e-5)
    np.testing.assert_allclose(w[:, 1], [4.561799, 6.901140, 9.209450, 11.512813, 13.815497], atol=1e-4)
    assert "limit" not in trace.extras


def test_a_sample_that_may_be_a_support_vector_widens_the_error():
    rows = np.vstack([set_a().signed, set_a().signed[0] * (1 + 1e-10)])
    problem = LinearClassification(rows, np.ones(7), workers=[0, 0, 0, 1, 1, 1, 0])
    assert len(max_margin(problem).undecided) == 1
    trace = fast_forward(problem, local_gd(0.2, 5), [1e2, 1e4, 1e6, 1e8])
    error = np.asarray(trace.extras["residual_error"])[0]
    assert "limit" not in trace.extras
    assert error[1] < 1e-4 and 50.0 < error[2] / error[1] < 150.0
    # The two readings of that sample: half of the pull at first, none of it in the end.
    pair = LinearClassification(np.vstack([rows[:6], rows[:1]]), np.ones(7), workers=problem.assignment)
    wrong = residual_limit(pair) - np.asarray(trace.extras["residual"])[0]
    assert (np.linalg.norm(wrong, axis=1)[:3] <= error[:3]).all()


@pytest.mark.parametrize("handover", [10, "auto"])
def test_rest_is_recognised_where_curvatures_are_ten_million_apart(handover):
    """At rest an integrator sees rounding only, and crawled along at the step of the largest curvature."""
    samples = named("breast-cancer")
    problem = problem_of(samples, workers=by_label(samples, 2))
    trace = fast_forward(problem, local_gd(0.005 / problem.radius**2, 10), 1e6, handover=handover)
    svm, (rho, error) = (
        max_margin(problem),
        (np.asarray(trace.extras[n])[0] for n in ("residual", "residual_error")),
    )
    inside = svm.support_basis
    wrong = np.linalg.norm((rho[-1] - residual_limit(problem, svm)) @ inside)
    assert wrong <= error[-1] + 1e-12 * np.linalg.norm(rho[-1])
    assert error[-1] <= 1e-6 * np.linalg.norm(rho[-1])


@few
@given(seed=seeds, loss=losses, rtol=st.sampled_from([1e-10, 1e-6]))
def test_what_is_said_to_rest_does_not_move(seed, loss, rtol):
    problem, method = planted(seed, 8, 4, loss=loss, support=2, spanning=False), local_gd(0.3, 3)
    span = span_of(problem, method)
    trace = fast_forward(problem, method, np.geomspace(8.0, 1e4, 60))
    flow, limit = flow_of(problem, method, span, 2), np.asarray(trace.extras["limit"])[0]
    paths = np.asarray(trace.extras["residual"])[0]
    left = np.linalg.norm(paths - limit, axis=1)
    rests = [
        _integrate.at_rest(flow, span.support_rank, span.down(rho), tau, rtol)
        for rho, tau in zip(paths, trace.log_time, strict=True)
    ]
    size = np.linalg.norm(paths, axis=1) + 1.0 / np.linalg.norm(flow.rows, axis=1).max()
    assert (left[rests] <= (rtol + 1e-9) * size[rests]).all()
    assert not rests[0] and rests[-1]


# The way there


@few
@given(seed=seeds, loss=losses)
def test_leaving_out_what_has_come_to_rest_changes_nothing(seed, loss):
    problem, method = planted(seed, 8, 4, loss=loss, support=2, spanning=False), local_gd(0.3, 3)
    lean = fast_forward(problem, method, 1e5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_integrate, "GONE", -np.inf)
        full = fast_forward(problem, method, 1e5)
    np.testing.assert_allclose(lean.extras["residual"], full.extras["residual"], rtol=1e-8, atol=1e-8)
    flow = flow_of(problem, method, span_of(problem, method), 2)
    at_rest = np.linalg.lstsq(flow.rows, -np.log(np.maximum(flow.weights, 1e-3)), rcond=None)[0]
    alive = np.ones(8, dtype=bool)
    assert _integrate.gone(flow, alive, at_rest, 1e4).sum() <= 6
    assert not _integrate.gone(flow, alive, at_rest, 1.0).any()


@few
@given(seed=seeds, order=st.sampled_from([1, 2]), loss=losses)
def test_velocity_and_jacobian_are_those_of_the_problem(seed, order, loss):
    problem = planted(seed, 6, 3, loss=loss)
    method = local_gd(0.3, (2, 5))
    span = span_of(problem, method)
    flow = flow_of(problem, method, span, order)
    tau = 3.0
    w = span.weights * tau + 0.3 * Stream(seed).at("w").generator().standard_normal(3)
    shares = np.array([2.0, 5.0]) / 3.5
    gradients = [problem.worker_gradient(w, m) for m in range(2)]
    mean = sum(s * g for s, g in zip(shares, gradients, strict=True)) / 2
    own = sum(
        h * (h - 1) * problem.worker_hvp(w, g, m)
        for m, (h, g) in enumerate(zip((2, 5), gradients, strict=True))
    )
    whole = sum(s * problem.worker_hvp(w, mean, m) for m, s in enumerate(shares)) / 2
    push = 0.5 * 0.3 * 3.5 * (own / (2 * 3.5**2) - whole) if order == 2 else 0.0
    rho = span.down(w) - tau * span.separator
    expected = math.exp(tau) * (-mean + push) - span.weights
    np.testing.assert_allclose(span.up(flow.velocity(rho, tau)), expected, rtol=1e-9, atol=1e-10)
    curvature = sum(s * problem.worker_hvp(w, v, m) for v in np.eye(3) for m, s in enumerate(shares)) / 2
    assert np.trace(flow.jacobian(rho, tau)) <= 0.0
    np.testing.assert_allclose(
        span.up(flow.jacobian(rho, tau) @ span.down(np.ones(3))), -math.exp(tau) * curvature, rtol=1e-9
    )


def test_a_continuation_goes_on():
    problem, method = problem_of(set_a(), Logistic()), local_gd(0.2, 10)
    whole = fast_forward(problem, method, [20.0, 100.0, 1e4])
    first = fast_forward(problem, method, [20.0, 60.0])
    second = fast_forward(problem, method, [100.0, 1e4], start=first)
    assert second.log_time.tolist() == [100.0, 1e4]
    np.testing.assert_allclose(
        second.extras["residual"], np.asarray(whole.extras["residual"])[:, 1:], atol=1e-9
    )
    assert (
        np.asarray(second.extras["residual_error"]) >= np.asarray(first.extras["residual_error"])[:, -1:]
    ).all()


def test_replicas_are_continued_each_from_its_start():
    problem, method = problem_of(set_a()), local_gd(0.2, 10)
    starts = np.array([[0.0, 0.0], [1.0, -0.5]])
    both = fast_forward(problem, method, [30.0, 1e3], start=starts, handover=2000)
    for k in range(2):
        alone = fast_forward(problem, method, [30.0, 1e3], start=starts[k], handover=2000)
        np.testing.assert_allclose(both.w[k], alone.w[0], rtol=1e-12)


def test_the_trace_survives_the_disk(tmp_path):
    trace = fast_forward(problem_of(set_a()), local_gd(0.2, 10), 1e6)
    trace.save(tmp_path / "far.npz")
    back = Trace.load(tmp_path / "far.npz")
    assert (back.log_time == trace.log_time).all() and back.log_time[-1] == 1e6
    assert all((np.asarray(back.extras[n]) == trace.extras[n]).all() for n in trace.extras)
    assert back.engine == trace.engine
    on = fast_forward(problem_of(set_a()), local_gd(0.2, 10), 1e7, start=back)
    assert on.log_time[-1] == 1e7


@few
@given(handover=st.sampled_from(["auto", 64]), order=st.sampled_from([1, 2]), rtol=st.floats(1e-12, 1e-6))
def test_a_described_continuation_is_that_continuation(handover, order, rtol):
    problem, method, start = problem_of(set_a()), local_gd(0.2, 10), (0.5, -0.25)
    spec = FastForwardSpec(problem, method, (5.0, 30.0, 1e6), start, handover, order, rtol)
    assert len({spec, dataclasses.replace(spec), dataclasses.replace(spec, rtol=2 * rtol)}) == 2
    own = fast_forward(
        problem, method, [5.0, 30.0, 1e6], start=np.array(start), handover=handover, order=order, rtol=rtol
    )
    assert all((own.extras[n] == e).all() for n, e in spec.compute().extras.items())


class Impatient:
    """A bar behind which somebody presses Ctrl-C after so many updates."""

    def __init__(self, patience):
        self.left = patience

    def update(self, n, /):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


@settings(max_examples=10)
@given(patience=st.integers(0, 70))
def test_the_keyboard_leaves_a_valid_partial_trace(patience):
    problem, method = problem_of(set_a()), local_gd(0.2, 10)
    whole = fast_forward(problem, method, 1e6)
    part = fast_forward(problem, method, 1e6, progress=Impatient(patience))
    assert part.status in (Status.INTERRUPTED, Status.COMPLETE)
    if part.status is Status.INTERRUPTED:
        count = len(part.log_time)
        assert count < len(whole.log_time)
        assert part.w.shape[1] == len(part.rounds) == len(part.log_time) == part.log_loss.shape[1]
        np.testing.assert_allclose(part.log_time, whole.log_time[:count])
        np.testing.assert_allclose(part.w, whole.w[:, :count])


@settings(max_examples=8)
@given(patience=st.integers(0, 30))
@example(patience=0)
def test_an_interrupted_continuation_goes_on_as_if_nothing_had_been(patience):
    problem, method, times = problem_of(set_a()), local_gd(0.2, 10), [1.0, 3.0, 20.0, 1e3, 1e5]
    whole = fast_forward(problem, method, times)
    part = fast_forward(problem, method, times, progress=Impatient(patience))
    if part.status is Status.INTERRUPTED:
        rest = fast_forward(problem, method, times[3:], start=part)
        assert rest.status is Status.COMPLETE
        first, second = (np.asarray(t.extras["residual"])[0, -2:] for t in (whole, rest))
        errors = (np.asarray(t.extras["residual_error"])[0, -2:] for t in (whole, rest))
        assert (np.linalg.norm(first - second, axis=1) <= sum(errors)).all()


def test_times_before_the_hand_over_leave_a_start_for_exact_rounds():
    problem, method = problem_of(set_a(), Logistic()), local_gd(0.2, 10)
    early = fast_forward(problem, method, [0.9, 1.1])
    assert early.rounds.tolist() == [1, 2] and early.final is not None
    exact = run(problem, method, 50_000)
    later = fast_forward(problem, method, exact.log_time[-1:], start=early)
    error = np.linalg.norm(later.w[0, -1] - exact.w[0, -1])
    assert error <= np.asarray(later.extras["residual_error"])[0, -1] + EXACT_ROUNDING * np.abs(exact.w).max()
    with pytest.raises(BadInput, match="before the start"):
        fast_forward(problem, method, [1.0], start=early)
    with pytest.raises(BadInput, match="the flow has already taken over"):
        fast_forward(problem, method, 1e4, start=fast_forward(problem, method, 1e3), handover=9)


def test_exact_rounds_keep_their_whole_numbers():
    trace = fast_forward(problem_of(set_a()), local_gd(0.2, 10), 1e3)
    exact = trace.rounds[trace.rounds <= 1000]
    assert (exact == np.round(exact)).all()


@given(offset=st.floats(0.0, 1e3), rounds=st.sampled_from([200, 1000]))
def test_what_is_still_to_come_is_the_tail_of_the_sum(offset, rounds):
    k = np.arange(rounds // 2 + 1, 4000 * rounds)
    terms = k / (k + offset) ** 3
    block = k <= rounds
    fallen = (rounds + offset) / (rounds / 2 + offset)
    # The sums are integrals up to one term in r₀, and the last one is cut off at 4000 r₀.
    assert _error.still_to_come(fallen) == pytest.approx(terms[~block].sum() / terms[block].sum(), rel=2e-2)


def test_the_estimate_is_not_empty():
    """Without the distance of the hand-overs the estimate would miss the error of an early one."""
    problem, method = problem_of(set_a()), local_gd(0.2, 50)
    exact = run(problem, method, 20_000)
    continued = fast_forward(problem, method, exact.log_time[1:], handover=200)
    late = continued.rounds > 200
    error = distance(continued, exact)[0, late]
    own = _error.integration_error(
        np.asarray(continued.extras["residual"])[0, late], span_of(problem, method), 7.0, 1e-10
    )
    assert (error > own).mean() > 0.5
    settled = continued.rounds[late] > 1000
    assert (np.asarray(continued.extras["residual_error"])[0, late] < 10 * error + 1e-8)[settled].all()


# What it refuses


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": local_sgd(0.1, 2, 1)}, "batch = 1"),
        ({"method": local_gd(0.1, 2, momentum=0.5)}, "momentum = HeavyBall"),
        ({"method": modified_local_gd(gd(0.1))}, "aggregation = Anchored"),
        ({"method": proximal(0.1)}, "local_solver = Proximal"),
        ({"method": gd(Normalised(0.1))}, "lr = Normalised"),
        ({"method": LocalMethod(0.1, aggregation=Sequential())}, "aggregation = Sequential"),
        ({"method": LocalMethod(0.1, rescaling=Rescaling(1.0, 1.1, 5))}, "rescaling = Rescaling"),
        ({"method": gd(PowerDecay(0.1))}, "constant η"),
        ({"problem": problem_of(set_a(), PolynomialTail(2.0))}, "loss = PolynomialTail"),
        ({"problem": LinearClassification(np.eye(2), [1, 1], l2=0.1)}, "without ridge"),
        ({"log_time": math.inf}, "log_time = inf"),
        ({"log_time": [3.0, 2.0]}, "must be finite and increase"),
        ({"log_time": -5.0}, "beyond the hand-over"),
        ({"log_time": 1e30}, "at most 1e\\+12"),
        ({"handover": 1}, "handover = 1"),
        ({"handover": 2}, "handover too early"),
        ({"handover": "late"}, "handover = 'late'"),
        ({"order": 3}, "order = 3"),
        ({"rtol": 0.0}, "rtol = 0.0"),
        ({"rtol": 2e-14}, "rtol = 2e-14"),
    ],
)
def test_bad_input_is_refused_with_its_cure(change, message):
    given = {
        "problem": problem_of(set_a(), Logistic()),
        "method": local_gd(2.0, 100),
        "log_time": 1e3,
    } | change
    with pytest.raises(BadInput, match=message):
        fast_forward(**given)


def test_an_integrator_that_gives_up_says_so_once():
    with pytest.raises(NotCertified, match="decay: .* Take another"):
        stiff_path(
            lambda y, t: -y,
            lambda y, t: -np.eye(1),
            np.ones(1),
            np.array([0.0, 1.0]),
            rtol=1e-16,
            atol=0.0,
            what="decay",
            cure="Take another",
        )


def test_the_finest_tolerance_works_from_any_start():
    problem, method = problem_of(set_a(), Logistic()), gd(0.1)
    for start in ((0.0, 0.0), (30.0, -5.0), (3.0, 40.0)):
        fine, coarse = (
            fast_forward(problem, method, 1e6, start=start, rtol=r) for r in (SMALLEST_RTOL, 1e-9)
        )
        moved = np.asarray(fine.extras["residual"])[0, -1] - np.asarray(coarse.extras["residual"])[0, -1]
        assert np.linalg.norm(moved) <= np.asarray(coarse.extras["residual_error"])[0, -1]


def test_other_troubles_have_their_names():
    with pytest.raises(NotSeparable):
        fast_forward(LinearClassification([[1.0], [1.0]], [1, -1]), gd(0.1), 1e3)
    hot = LinearClassification([[1.0, 0.1], [-1.0, 0.1]], [1, 1]), gd(10.0), 1e3
    with pytest.raises(Diverged, match="overflowed in round"):
        fast_forward(*hot, start=[5.0, 0.0])
    assert fast_forward(*hot, start=[5.0, 0.0], throw=False).status is Status.DIVERGED
    trace = fast_forward(problem_of(set_a()), gd(0.1), 1e3)
    with pytest.raises(BadInput, match="same method on the same problem"):
        fast_forward(problem_of(set_a()), gd(0.2), 1e4, start=trace)
    with pytest.raises(BadInput, match="continued in log-time"):
        run(problem_of(set_a()), gd(0.1), 5, start=trace)
