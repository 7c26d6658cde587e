"""What a kernel reads: the problem sorted by worker and padded, and the method as numbers.

A named tuple of arrays is what numba takes for a record.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt64

from implicitbias.engine.draws import check_draw
from implicitbias.losses import Exponential, Logistic, PolynomialTail
from implicitbias.methods import Anchored, Fixed, LocalMethod
from implicitbias.problems import AbstractProblem, LinearClassification, LinearRegression, Quadratics
from implicitbias.stream import Stream


# Doubles in the widest vector register: rows padded to it need no remainder loop.
LANES = 8
# Runs in one register of the batched kernel: several instructions wide, so that their latencies overlap.
RUNS = 16
# Rows added in one pass; the last pass may reach this far beyond the last row.
QUAD = 4
# Workers share a block of up to this many samples: three registers wide, where work on zeros is still cheaper
# than waiting for one short chain of operations after the other.
MERGED = 24
# A vector this large is handed to the definition: far below overflow, far above any model of interest.
LARGE = 1e150


class Samples(NamedTuple):
    """Samples sorted by worker; the rows of worker m are starts[m] … starts[m + 1] − 1.

    ``shares`` are the weights 1/n_m of the samples in f_m.
    ``rows`` are x_i, ``scaled`` are D^{−1}x_i, ``blocks`` row i is (x_i·D^{−1}x_j)_j over the worker's own
    samples, ``gram`` the same over all samples. Forms that do not need an array carry an empty one.
    ``columns`` holds X_mᵀ, worker after worker; for quadratics the Hessians, with ``rows`` the centres.
    """

    workers: int
    starts: Int[np.ndarray, " worker1"]
    padded: Int[np.ndarray, " worker"]
    shares: Float[np.ndarray, "worker local"]
    rows: Float[np.ndarray, "sample dim"]
    scaled: Float[np.ndarray, "sample dim"]
    inverse: Float[np.ndarray, " dim"]
    targets: Float[np.ndarray, " padded"]
    blocks: Float[np.ndarray, "row local"]
    gram: Float[np.ndarray, "sample padded"]
    columns: Float[np.ndarray, "workerdim local"]
    limit: float


class TwiceGram(NamedTuple):
    """(x_i·D^{−1}x_j)_ij rounded, and what rounding left."""

    gram: Float[np.ndarray, "sample sample"]
    fine: Float[np.ndarray, "sample sample"]


class Rule(NamedTuple):
    """The axes of a method, as numbers; a switch says whether the axis is on."""

    loss: int
    power: float
    l2: float
    heavy: bool
    beta: float
    anchored: bool
    stored: bool
    moved: bool
    rate: float
    momentum: float
    batch: int
    replacement: bool
    keys: UInt64[np.ndarray, " word"]


def pad(count: int) -> int:
    """Return ``count`` rounded up to whole registers."""
    return -(-count // LANES) * LANES


def packed(form: str, problem: AbstractProblem, method: LocalMethod) -> Samples:
    """Return the problem packed for a form, with the scaling of the method."""
    return _PACKERS[form](problem, _inverse_diagonal(problem.dim, method))


def rule_of(problem: AbstractProblem, method: LocalMethod, stream: Stream | None) -> Rule:
    """Return the method's axes as numbers.

    Raises
    ------
    BadInput
        For a mini-batch that cannot be drawn, in the definition's words.
    """
    batch, key = 0, (0, 0)
    if method.batch is not None:
        drawn = [check_draw(problem, method, m, stream) for m in range(problem.workers)]
        batch, _, checked = drawn[0]
        key = checked.key("batch" if method.replacement else "order")
    loss, power = _loss_code(problem)
    server = method.server
    return Rule(
        loss=loss,
        power=power,
        l2=float(getattr(problem, "l2", 0.0)),
        heavy=method.momentum is not None,
        beta=float(method.momentum.beta) if method.momentum else 0.0,
        anchored=isinstance(method.aggregation, Anchored),
        stored=bool(server.momentum),
        moved=server.rate != 1.0 or bool(server.momentum),
        rate=float(server.rate),
        momentum=float(server.momentum),
        batch=batch,
        replacement=method.replacement,
        keys=np.array(key, dtype=np.uint64),
    )


@cache
def _codes() -> dict[type, int]:
    # Inside a function: the kernels bring numba with them.
    from implicitbias.engine.kernels import exponential_kernel as kernel

    return {Exponential: kernel.EXPONENTIAL, Logistic: kernel.LOGISTIC, PolynomialTail: kernel.POLYNOMIAL}


def _loss_code(problem: AbstractProblem) -> tuple[int, float]:
    if not isinstance(problem, LinearClassification):
        from implicitbias.engine.kernels.exponential_kernel import SQUARED

        return SQUARED, 0.0
    loss = problem.loss_function
    return _codes()[type(loss)], float(loss.p) if isinstance(loss, PolynomialTail) else 0.0


def _inverse_diagonal(dim: int, method: LocalMethod) -> np.ndarray:
    return 1.0 / np.array(method.scaling.diagonal) if isinstance(method.scaling, Fixed) else np.ones(dim)


def _sorted_rows(problem: LinearClassification | LinearRegression) -> tuple[np.ndarray, np.ndarray]:
    """Return rows x_i and targets, worker after worker, in the order in which the definition indexes them."""
    order = np.concatenate(problem.members)
    targets = np.zeros(len(order) + LANES)
    if isinstance(problem, LinearClassification):
        return np.ascontiguousarray(problem.signed[order]), targets
    targets[: len(order)] = problem.targets[order]
    return np.ascontiguousarray(problem.features[order]), targets


def _gram_form(problem: LinearClassification | LinearRegression, inverse: np.ndarray) -> Samples:
    rows, targets = _sorted_rows(problem)
    scaled = rows if (inverse == 1.0).all() else rows * inverse
    starts = np.concatenate([[0], np.cumsum(problem.sizes)])
    product = rows @ scaled.T
    gram = np.zeros((len(rows), pad(len(rows))))
    gram[:, : len(rows)] = (product + product.T) / 2
    blocks = np.zeros((len(rows) + QUAD, pad(max(problem.sizes))))
    for first, last in zip(starts[:-1], starts[1:], strict=True):
        blocks[first:last, : last - first] = gram[first:last, first:last]
    return Samples(
        workers=problem.workers,
        starts=starts,
        padded=np.array([pad(n) for n in problem.sizes]),
        shares=_shares(problem.sizes),
        rows=rows,
        scaled=scaled,
        inverse=inverse,
        targets=targets,
        blocks=blocks,
        gram=gram,
        columns=np.empty((0, 0)),
        limit=LARGE / (1.0 + np.abs(gram).max()),
    )


def merged(samples: Samples) -> Samples:
    """Return Gram-form samples with runs of small workers merged into one block each.

    The block of several workers is block diagonal, so that their steps stay apart.
    """
    sizes, owners = np.diff(samples.starts), []
    for size in sizes:
        if owners and size + sum(owners[-1]) <= MERGED:
            owners[-1].append(int(size))
        else:
            owners.append([int(size)])
    totals = np.array([sum(group) for group in owners])
    starts = np.concatenate([[0], np.cumsum(totals)])
    blocks = np.zeros((len(samples.rows) + QUAD, pad(max(totals))))
    shares = np.zeros((len(totals), pad(max(totals))))
    row = 0
    for cell, group in enumerate(owners):
        for size in group:
            own = slice(row - starts[cell], row - starts[cell] + size)
            blocks[row : row + size, own] = samples.blocks[row : row + size, :size]
            shares[cell, own] = 1.0 / size
            row += size
    padded = np.array([pad(int(n)) for n in totals])
    return samples._replace(starts=starts, padded=padded, blocks=blocks, shares=shares)


def _shares(sizes: Int[np.ndarray, " worker"]) -> Float[np.ndarray, "worker local"]:
    shares = np.zeros((len(sizes), pad(int(max(sizes)))))
    for m, size in enumerate(sizes):
        shares[m, :size] = 1.0 / size
    return shares


def _weight_form(problem: LinearClassification | LinearRegression, inverse: np.ndarray) -> Samples:
    rows, targets = _sorted_rows(problem)
    starts = np.concatenate([[0], np.cumsum(problem.sizes)])
    columns = np.zeros((problem.workers, problem.dim, pad(max(problem.sizes))))
    for m, (first, last) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        columns[m, :, : last - first] = rows[first:last].T
    return Samples(
        workers=problem.workers,
        starts=starts,
        padded=np.array([pad(n) for n in problem.sizes]),
        shares=_shares(problem.sizes),
        rows=rows,
        scaled=rows,
        inverse=inverse,
        targets=targets,
        blocks=np.empty((0, 0)),
        gram=np.empty((0, 0)),
        columns=columns.reshape(problem.workers * problem.dim, -1),
        limit=LARGE / (1.0 + np.abs(rows).max()),
    )


def _hessian_form(problem: Quadratics, inverse: np.ndarray) -> Samples:
    columns = np.zeros((problem.workers, problem.dim, pad(problem.dim)))
    columns[:, :, : problem.dim] = problem.hessians
    centres = problem.centres.copy()
    return Samples(
        workers=problem.workers,
        starts=np.arange(problem.workers + 1),
        padded=np.full(problem.workers, pad(problem.dim)),
        shares=np.empty((0, 0)),
        rows=centres,
        scaled=centres,
        inverse=inverse,
        targets=np.zeros(0),
        blocks=np.empty((0, 0)),
        gram=np.empty((0, 0)),
        columns=columns.reshape(problem.workers * problem.dim, -1),
        limit=LARGE / (1.0 + np.abs(problem.hessians).max()),
    )


_PACKERS = {"gram": _gram_form, "weights": _weight_form, "hessians": _hessian_form} | {
    # A D̂ that changes is no part of the data.
    "scaled-gram": _weight_form,
    "scaled-weights": _weight_form,
    "scaled-hessians": _hessian_form,
}
