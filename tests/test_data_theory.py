"""Theory sets against the numbers printed for them."""

import numpy as np
import pytest

from implicitbias import Exponential, LinearClassification
from implicitbias.asymptotics import direction_error
from implicitbias.data import (
    degenerate,
    labelled_by_hyperplane,
    lagging_orthonormal,
    opposed_pair,
    order_of_limits,
    orthogonal,
    set_a,
    set_a_prime,
    soudry_figure1,
    sweeping_example,
)
from implicitbias.errors import BadInput
from implicitbias.local_solvers import margin_set, sweep, sweeping_process
from implicitbias.oracle import max_margin
from implicitbias.stream import Stream


# Half a unit of the last printed digit of each number.
PRINTED_8, PRINTED_6, PRINTED_5, PRINTED_4 = 0.5e-8, 0.5e-6, 0.5e-5, 0.5e-4
ROUNDED = 1e-12
WEIGHTS_A = (0.94936709, 0.50632911)
DUALS_A = (0.89729210, 0.26037494)


def residual_limit(samples):
    """w̃ from p_i exp(−x_i·w̃) = a_i on a spanning support, with p_i = 1/(M n_m)."""
    rows, sizes = samples.signed, np.bincount(samples.workers)
    found = max_margin(rows)
    weights = 1 / (sizes.size * sizes[samples.workers])
    on = found.support
    return np.linalg.solve(rows[on], np.log(weights[on] / found.duals[on]))


def test_set_a_has_the_printed_separator():
    found = max_margin(set_a().signed)
    np.testing.assert_allclose(found.weights, WEIGHTS_A, atol=PRINTED_8)
    np.testing.assert_allclose(found.margin, 0.92941176, atol=PRINTED_8)
    np.testing.assert_array_equal(found.support, [0, 3])
    np.testing.assert_allclose(found.duals[[0, 3]], DUALS_A, atol=PRINTED_8)
    np.testing.assert_allclose(found.next_margin, 1.797468, atol=PRINTED_6)
    rows = set_a().signed
    spectrum = np.linalg.eigvalsh(rows.T @ (found.duals[:, None] * rows))
    np.testing.assert_allclose(spectrum, [0.58324, 1], atol=PRINTED_5)


def test_workers_of_set_a_disagree_by_77_degrees():
    rows, workers = set_a().signed, set_a().workers
    first, second = (max_margin(rows[workers == m]).direction for m in (0, 1))
    angle = np.degrees(2 * np.arcsin(np.linalg.norm(first - second) / 2))
    np.testing.assert_allclose(angle, 77.16, atol=0.005)


@pytest.mark.parametrize(
    ("samples", "limit"),
    [
        (set_a(), (-1.676458, -0.069272)),
        (set_a_prime(), (-1.702121, 0.187352)),
        (orthogonal(), (-1.098612, 0.143841, -4.969813)),
    ],
    ids=lambda case: getattr(case, "name", ""),
)
def test_distributions_give_the_printed_residual_limits(samples, limit):
    np.testing.assert_allclose(residual_limit(samples), limit, atol=PRINTED_6)


def test_set_o_decouples():
    c = np.array([1.0, 2.0, 0.5])
    samples = orthogonal(c)
    np.testing.assert_array_equal(samples.signed, np.diag(c))
    np.testing.assert_array_equal(samples.workers, [0, 1, 2])
    np.testing.assert_allclose(max_margin(samples.signed).margin, 0.436436, atol=PRINTED_6)
    with pytest.raises(BadInput, match="c_m > 0"):
        orthogonal((1.0, 0.0))


def test_set_d_has_a_support_vector_with_multiplier_zero():
    found = max_margin(degenerate().signed)
    np.testing.assert_allclose(found.weights, [1, 0], atol=ROUNDED)
    np.testing.assert_array_equal(found.support, [0, 1])
    np.testing.assert_allclose(found.duals, [1, 0], atol=ROUNDED)


def test_lagging_orthonormal_has_one_unit_sample_per_worker():
    samples = lagging_orthonormal(5)
    np.testing.assert_array_equal(samples.signed @ samples.signed.T, np.eye(5))
    np.testing.assert_array_equal(samples.workers, np.arange(5))
    with pytest.raises(BadInput, match="workers = 0"):
        lagging_orthonormal(0)


def test_projection_of_the_sweeping_example_is_not_where_sweeping_ends():
    rows, start = sweeping_example().signed, np.array([-3.0, 1.0])
    projected = np.array([1.0, 1.0])
    multipliers = np.linalg.solve(rows.T, projected - start)
    slack = rows @ projected - 1
    assert slack.min() >= 0 and multipliers.min() >= 0 and abs(multipliers @ slack) <= ROUNDED
    assert (rows @ [1, 5 / 3] >= 1).all()


def test_the_order_of_limits_decides_between_three_directions():
    samples, start = order_of_limits(), np.array([-2.0, -3.0])
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=Exponential()
    )
    swept, projected = start, start
    for _ in range(40):
        swept = np.mean([sweeping_process(problem, m).run(swept).end for m in (0, 1)], axis=0)
        projected = np.mean([margin_set(problem, m).project(projected).point for m in (0, 1)], axis=0)
    separator = max_margin(samples.signed).weights
    np.testing.assert_allclose(separator, [0.5, 0.75], atol=ROUNDED)
    # Averaging halves the distance every round: 2^(−40) is left.
    np.testing.assert_allclose(swept, [0.717, 0.6415], atol=1e-10)
    np.testing.assert_allclose(projected, [1.0, 0.5], atol=1e-10)
    pairs = ((swept, separator), (projected, separator), (swept, projected))
    np.testing.assert_allclose(
        [direction_error(u, v) for u, v in pairs], [0.2522, 0.5133, 0.2654], atol=PRINTED_4
    )
    path = sweep(samples.signed, swept / 10.0)
    np.testing.assert_allclose(10.0 * path.times[-2], 3.17, atol=1e-9)
    np.testing.assert_allclose(
        np.diff(path.points, axis=0)[-1] / np.diff(path.times)[-1], separator, rtol=1e-9
    )


def test_soudry_figure_keeps_its_support_and_labels():
    samples = soudry_figure1(Stream(0), others=12, gap=0.3)
    at_margin = samples.signed @ [0.5, 0.5]
    np.testing.assert_array_equal(samples.labels[:4], [1, 1, -1, -1])
    np.testing.assert_allclose(at_margin[:4], 1, atol=ROUNDED)
    assert at_margin.size == 16
    assert at_margin[4:].min() >= 1.3
    found = max_margin(samples.signed)
    np.testing.assert_allclose(found.weights, [0.5, 0.5], atol=ROUNDED)
    np.testing.assert_allclose(found.margin, np.sqrt(2), atol=ROUNDED)


def test_soudry_support_alone_has_the_printed_spectrum():
    rows = soudry_figure1(others=0).signed
    np.testing.assert_allclose(np.linalg.norm(rows, 2) ** 2, 8, rtol=ROUNDED)
    np.testing.assert_allclose(np.linalg.eigvalsh(rows.T @ rows / 8), [1 / 4, 1], atol=ROUNDED)


def test_soudry_figure_needs_a_stream_only_for_its_random_points():
    assert len(soudry_figure1(others=0).features) == 4
    with pytest.raises(BadInput, match="need a stream"):
        soudry_figure1()
    with pytest.raises(BadInput, match="gap > 0"):
        soudry_figure1(Stream(0), gap=0.0)


@pytest.mark.parametrize(
    ("samples", "dim", "seed", "margin", "support"), [(20, 30, 0, 0.1720, 16), (30, 5, 5, 0.0207, 5)]
)
def test_gaussian_construction_gives_the_printed_margins(samples, dim, seed, margin, support):
    # The printed numbers belong to NumPy's default generator; the construction itself takes its arrays.
    draw = np.random.default_rng(seed)
    normal, features = draw.standard_normal(dim), draw.standard_normal((samples, dim))
    found = max_margin(labelled_by_hyperplane(normal, features).signed)
    np.testing.assert_allclose(found.margin, margin, atol=PRINTED_4)
    assert found.support.size == support


def test_a_feature_on_the_hyperplane_has_no_label():
    with pytest.raises(BadInput, match=r"features\[1\]: lies on the hyperplane"):
        labelled_by_hyperplane(np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]]))


@pytest.mark.parametrize("margin", [0.02, 0.09, 0.3])
def test_the_opposed_pair_has_its_margin_and_unit_rows_that_disagree(margin):
    rows = opposed_pair(margin).signed
    found = max_margin(rows)
    np.testing.assert_allclose(found.margin, margin, rtol=ROUNDED)
    np.testing.assert_allclose(found.direction, [1, 0], atol=ROUNDED)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1).max(), 1, rtol=ROUNDED)
    assert rows[0] @ rows[1] < 0
    with pytest.raises(BadInput, match="margin"):
        opposed_pair(1.0)
