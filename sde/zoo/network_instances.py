"""Instances of the diagonal network: the standard one of two samples, and sparse truths drawn from a stream."""

from collections.abc import Sequence

import numpy as np

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, TwoPoint
from implicitbias.stream import Stream
from sde.zoo.diagonal_network import DiagonalNetwork


# The standard instance: ½ in every entry up to sign, labels of the truth e_1, and a start on no symmetry of it.
STANDARD_FEATURES = ((0.5, -0.5, 0.5, -0.5, -0.5), (-0.5, -0.5, -0.5, -0.5, 0.5))
STANDARD_TRUTH = (1.0, 0.0, 0.0, 0.0, 0.0)
# (u, v) from which the standard instance is started.
STANDARD_START = (
    *(1.086424, 0.892095, 1.095175, 0.904553, 0.942695),
    *(0.802030, 0.850833, 0.746647, 0.943469, 0.842427),
)


def diagonal_network(
    features: Sequence[Sequence[float]] = STANDARD_FEATURES,
    labels: Sequence[float] | None = None,
    *,
    truth: Sequence[float] = STANDARD_TRUTH,
    label: float = 1.0,
    law: AbstractLaw = TwoPoint(),
    shared: bool = False,
) -> DiagonalNetwork:
    """Return the network on your samples; by default the standard instance, to be started at ``STANDARD_START``.

    Parameters
    ----------
    features
        X, shape (n, d), rows independent.
    labels
        y; Xw* for the given truth if left out.
    truth
        w*, only used where labels are left out.
    label
        δ ≥ 0.
    law, shared
        Of the noise, as for ``LabelNoise``.

    Raises
    ------
    BadInput
        For shapes that do not fit, or dependent rows.
    """
    matrix = checks.real_array("features", features)
    checks.number("label", label, "give the size of the label noise", least=0)
    if matrix.ndim != 2 or np.linalg.matrix_rank(matrix) < len(matrix):
        raise BadInput(
            f"features has shape {matrix.shape}: the n ≤ d rows must be independent, or labels cannot all be met; drop "
            "samples"
        )
    planted = () if labels is not None else tuple(checks.real_array("truth", truth).tolist())
    if labels is None and len(planted) != matrix.shape[1]:
        raise checks.refuse("truth", truth, f"must have d = {matrix.shape[1]} entries", "or give labels")
    target = matrix @ np.array(planted) if labels is None else checks.real_array("labels", labels)
    if target.shape != (len(matrix),):
        raise checks.refuse(
            "labels", labels, f"must have n = {len(matrix)} entries", "one label per row of X"
        )
    rows = tuple(tuple(row) for row in matrix.tolist())
    return DiagonalNetwork(rows, tuple(target.tolist()), float(label), planted, law, shared)


def sparse_network(
    samples: int,
    dim: int,
    sparsity: int,
    stream: Stream,
    *,
    label: float = 1.0,
    law: AbstractLaw = TwoPoint(),
) -> DiagonalNetwork:
    """Return a network whose labels come from a truth w* with ``sparsity`` entries ±1, features x ~ N(0, I).

    The largest ones are for ``velocity`` and ``project``: the symbols of ``landscape`` take seconds from d ≈ 20 on.

    Parameters
    ----------
    samples, dim, sparsity
        n ≤ d and κ ≤ d.
    stream
        Of features, support and signs.
    label, law
        As for ``diagonal_network``.

    Raises
    ------
    BadInput
        For numbers that do not fit together.
    """
    checks.integer("samples", samples, 1, "give n ≤ d samples")
    checks.integer("dim", dim, samples, "overparameterised: d ≥ n")
    if checks.integer("sparsity", sparsity, 1, "give the number of non-zero weights") > dim:
        raise checks.refuse("sparsity", sparsity, f"may not exceed d = {dim}", "lower it")
    matrix = stream.at("network/features", np.arange(samples)).normal(dim)
    truth = np.zeros(dim)
    signs = np.where(stream.at("network/signs").uniform(sparsity) < 0.5, -1.0, 1.0)
    truth[stream.at("network/support").permutation(dim)[:sparsity]] = signs
    return diagonal_network(matrix.tolist(), truth=truth.tolist(), label=label, law=law)
