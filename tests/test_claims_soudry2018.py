"""The parts of the claims of soudry2018 that carry a proof of their own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import Exponential, gd, LinearClassification, RecordAt, run, Stream
from implicitbias.data import named, soudry_figure1
from implicitbias.formulas import cosine_expansion, cosine_expansion_printed
from paper_repro.papers.soudry2018.cosine_expansion import misfit
from paper_repro.papers.soudry2018.sum_loss import largest_step, sum_loss_case, SumLossKnobs


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**20), dim=st.integers(2, 5), ratio=st.floats(1e-6, 0.5))
def test_the_remainder_of_the_cosine_stays_within_its_bound(seed, dim, ratio):
    draw = Stream(seed).at("test").generator()
    weights, rho = draw.standard_normal(dim), draw.standard_normal((1, dim))
    log_time = np.linalg.norm(rho, axis=1) / (np.linalg.norm(weights) * ratio)
    worst = misfit(cosine_expansion, rho, weights, log_time).worst
    assert float(worst.value) <= 1 + float(worst.error)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**20))
def test_the_printed_expansion_leaves_the_bound_far_out(seed):
    draw = Stream(seed).at("test").generator()
    weights = np.array([1.0, 0.0])
    angle = draw.uniform(0.2, 1.2)
    rho = np.array([[np.cos(angle), np.sin(angle)]])
    assert float(misfit(cosine_expansion_printed, rho, weights, np.array([1e6])).worst.value) > 100


def test_the_conserved_quantity_of_figure_1_is_conserved_up_to_the_step():
    problem = LinearClassification(*_support(), loss=Exponential())
    drifts = []
    for sum_step in (0.02, 0.01):
        trace = run(problem, gd(4 * sum_step), 2000, start=np.array([1.0, -0.5]), record=RecordAt.log(20))
        s, d = trace.w[0].sum(axis=1) / 2, (trace.w[0, :, 0] - trace.w[0, :, 1]) / 2
        drifts.append(float(np.ptp(s + 2 * np.log(np.sinh(d)))))
    assert drifts[1] == pytest.approx(drifts[0] / 2, rel=0.1) and drifts[1] < 0.05


@settings(deadline=None, max_examples=10)
@given(
    share=st.floats(0.1, 0.9),
    data=st.sampled_from(["A", "O"]),
    loss=st.sampled_from(["exponential", "logistic"]),
)
def test_below_the_largest_step_the_loss_never_rises(share, data, loss):
    case = sum_loss_case(SumLossKnobs(data, loss, share), Stream(0))
    trace = run(case.separable.problem, case.separable.method, 300, record=RecordAt.every(1))
    assert (np.diff(trace.log_loss[0]) < 0).all()


def test_the_limit_is_that_of_the_summed_loss():
    knobs = SumLossKnobs("A-prime", "logistic", 0.3)
    case = sum_loss_case(knobs, Stream(0))
    svm, rows = case.separable.svm, named("A-prime").signed
    assert case.sum_step == pytest.approx(0.3 * largest_step(case.separable.problem))
    balance = case.sum_step * np.exp(-rows[svm.support] @ case.limit)
    assert balance == pytest.approx(svm.duals[svm.support], rel=1e-12)


def _support():
    samples = soudry_figure1(others=0)
    return samples.features, samples.labels
