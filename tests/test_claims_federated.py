"""What the federated claims predict, against numbers worked out by hand on two scalar workers."""

import dataclasses

import numpy as np
import pytest

from implicitbias import Average, fedavg, FedNova, LocalMethod, Quadratics, Scaffold, scaffold, Server, Stream
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, UnlikeKnobs
from paper_repro.claims.vanishing import first_order, small_rates
from paper_repro.papers.karimireddy2020 import path as scaffold_path
from paper_repro.papers.karimireddy2020.long_rounds import lateness, slowness
from paper_repro.papers.karimireddy2020.setting import measured_round, radius
from paper_repro.papers.li2020.fixed_point import rest as proximal_rest
from paper_repro.papers.mcmahan2017.fixed_point import rest
from paper_repro.papers.wang2020.fixed_point import rest as nova_rest
from paper_repro.papers.wang2022 import setting as drift


# Digits to which the numbers below are written.
WRITTEN = 1e-6


def two_workers(method: LocalMethod) -> FederatedCase:
    """Return curvatures 1 and 1/4, minimisers 0 and 1, from 0: x* = 1/5."""
    problem = Quadratics(np.array([[[1.0]], [[0.25]]]), np.array([[0.0], [1.0]]))
    return FederatedCase(problem, method, (0.0,))


def near(expected):
    return pytest.approx(expected, abs=WRITTEN)


@pytest.mark.parametrize(
    ("lr", "steps", "expected"),
    [
        (0.1, 1, 0.2),
        (0.1, 10, 0.255626),
        (0.025, 10, 0.213651),
        (0.1, 100, 0.479304),
        (0.1, (10, 2), 0.070466),
    ],
)
def test_fedavg_rests_where_the_golden_instance_does(lr, steps, expected):
    assert rest(two_workers(fedavg(lr, steps, None))) == near([expected])


@pytest.mark.parametrize(("lr", "expected"), [(0.1, 0.274856), (0.01, 0.207061), (0.001, 0.200701)])
def test_fednova_rests_where_the_golden_instance_does(lr, expected):
    method = dataclasses.replace(fedavg(lr, (10, 2), None), correction=FedNova())
    assert nova_rest(two_workers(method)) == near([expected])


@pytest.mark.parametrize(("pull", "expected"), [(0.1, 0.44), (1.0, 0.285714), (10.0, 0.211538)])
def test_fedprox_rests_where_the_golden_instance_does(pull, expected):
    assert proximal_rest(two_workers(fedavg(0.1, 1, None)), pull) == near([expected])


@pytest.mark.parametrize(
    ("steps", "divisors", "expected"),
    [
        (10, (10, 10), (0.111835, 0.161135, 0.182867, 0.192447)),
        ((10, 2), (10, 2), (0.024687, 0.068735, 0.103542)),
        ((10, 2), (10, 10), (0.024687, 0.046328, 0.065297)),
    ],
)
def test_scaffold_walks_as_on_the_golden_instance(steps, divisors, expected):
    case = two_workers(scaffold(0.1, steps))
    path = scaffold_path.recursion(case, 0.1 * np.array(divisors))[:, 0]
    assert path[1 : len(expected) + 1] == near(np.array(expected))


def test_controls_without_the_number_of_steps_diverge():
    case = two_workers(scaffold(0.1, 10))
    path = scaffold_path.recursion(case, np.full(2, 0.1))[:, 0]
    assert path[3] == pytest.approx(0.884, abs=1e-3)
    assert np.abs(path[-1]) > 1e3


@pytest.mark.parametrize(
    ("lr", "steps", "expected"), [(0.1, 10, 0.440824), (0.05, 10, 0.723323), (0.1, 100, 0.758489)]
)
def test_the_measured_round_of_scaffold_has_the_golden_rate(lr, steps, expected):
    assert radius(measured_round(two_workers(scaffold(lr, steps)))) == near(expected)


def test_controls_of_long_rounds_on_two_scalar_workers():
    """u = (p₂, −p₁)·s sums to nothing, and A^{−1}u less its mean is (p₁/A₂ + p₂/A₁)u."""
    method = dataclasses.replace(scaffold(0.1, 10), aggregation=Average((0.3, 0.7)))
    assert slowness(two_workers(method)) == pytest.approx(0.3 / 0.25 + 0.7 / 1.0)


@pytest.mark.parametrize("server_rate", [1.0, 0.6])
def test_a_late_gradient_on_two_scalar_workers(server_rate):
    """z² = (1 − η_g)z + η_g q with q = 1 − mean(1/A)·mean(A) = −9/16."""
    method = dataclasses.replace(scaffold(0.1, 10), server=Server(server_rate))
    roots = np.roots([1.0, server_rate - 1.0, server_rate * 9 / 16])
    assert lateness(two_workers(method)) == pytest.approx(np.abs(roots).max())


def test_both_options_come_to_the_rates_of_long_rounds():
    case = two_workers(scaffold(0.5, 400))
    assert 0.5 * 400 * (1.0 - radius(measured_round(case))) == pytest.approx(slowness(case))
    late = case.with_method(dataclasses.replace(case.method, correction=Scaffold("gradient")))
    assert radius(measured_round(late)) == pytest.approx(lateness(case))


def test_the_first_order_of_the_bias_on_two_scalar_workers():
    """½·(.625)^{−1}·½(1·.2 − .25·.2) = .06 for H = 2; second differences of the rest agree."""
    case = two_workers(fedavg(0.1, 10, None))
    assert first_order(case.problem, case.weights, np.full(2, 1.0)) == pytest.approx([0.06])
    assert (0.213651 - 0.2) / 0.025 == pytest.approx(9 * 0.06, rel=0.02)


def test_small_rates_measure_the_rest_of_every_rate():
    case = unlike_case(UnlikeKnobs(local_steps=5), Stream(3))
    small = small_rates(case, case.minimiser)
    traces = tuple(spec.compute() for spec in small.runs)
    at_each = [rest(case.with_method(dataclasses.replace(case.method, lr=float(lr)))) for lr in small.values]
    assert small.offsets(traces) == pytest.approx(np.stack(at_each) - case.minimiser, rel=1e-6)


def test_the_average_drift_of_the_two_scalar_workers():
    """W = 1 − .9^10 and 1 − .975^10, x* − b = .2 and −.8; one Hessian for both leaves none."""
    case = two_workers(fedavg(0.1, 10, None))
    expected = abs(0.5 * ((1 - 0.9**10) * 0.2 - (1 - 0.975**10) * 0.8))
    assert drift.closed(case) == pytest.approx(expected)
    assert drift.dissimilarity(case) == pytest.approx(0.2)
    alike = drift.equal_hessians(drift.DriftKnobs(), Stream(0))
    assert drift.closed(drift.with_steps(alike, 8)) < 1e-14 < drift.dissimilarity(alike)
