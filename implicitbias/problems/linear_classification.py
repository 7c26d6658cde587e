"""Linear classification over workers: f(w) = (1/M) Σ_m (1/n_m) Σ_{i∈m} ℓ(x_i·w) + (l2/2)|w|²."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from implicitbias import checks
from implicitbias.display import beside, latex_of
from implicitbias.errors import BadInput
from implicitbias.losses import AbstractLoss, Exponential
from implicitbias.problems.abstract import apply, frozen_array, ridge, worker_assignment
from implicitbias.problems.linear import AbstractLinearProblem
from implicitbias.problems.log_sums import log_sum
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable


class LinearClassification(AbstractLinearProblem, AbstractTwiceDifferentiable):
    """f(w) = Σ_i p_i ℓ(x_i·w) + (l2/2)|w|² with x_i = label_i·feature_i and p_i = 1/(M n_{m(i)}).

    Parameters
    ----------
    features
        Array (sample, dim).
    labels
        Array (sample,) of −1 and +1.
    workers
        Worker index of every sample, or one index array per worker, or a number of contiguous blocks.
    loss
        ``Exponential()`` (the default), ``Logistic()`` or ``PolynomialTail(p)``.
    l2
        Ridge coefficient, ≥ 0; every worker carries all of it.

    Attributes
    ----------
    signed
        Rows x_i = label_i·feature_i.
    sample_weights
        p_i = 1/(M n_{m(i)}), which sum to 1; they are 1/n only when all n_m are equal.

    Raises
    ------
    BadInput
        For non-finite features, labels other than ±1, an empty worker, or a negative ``l2``.
    """

    def __init__(
        self,
        features: ArrayLike,
        labels: ArrayLike,
        *,
        workers: object = 1,
        loss: AbstractLoss | None = None,
        l2: float = 0.0,
    ):
        self.features = frozen_array("features", features, 2)
        self.labels = _checked_labels(labels, len(self.features))
        self.assignment = worker_assignment(workers, len(self.features))
        self.loss_function = _checked_loss(Exponential() if loss is None else loss)
        self.l2 = checks.number("l2", l2, "give 0 for no ridge", least=0)
        self.signed = _read_only(self.labels[:, None] * self.features)
        self.sample_weights = _read_only(1.0 / (self.workers * self.sizes[self.assignment]))

    @cached_property
    def local_signed(self) -> tuple[Float[np.ndarray, "local dim"], ...]:
        """For each worker, its rows x_i."""
        return tuple(self.signed[rows] for rows in self.members)

    @cached_property
    def radius(self) -> float:
        """Largest row norm b_x = max_i |x_i|."""
        return float(np.linalg.norm(self.features, axis=1).max())

    @cached_property
    def smoothness(self) -> float:
        """L = sup ℓ″·max_m λ_max((1/n_m) X_mᵀX_m) + l2, a bound for every f_m; ∞ for the exponential loss."""
        curvatures = [float(np.linalg.norm(x, 2)) ** 2 / len(x) for x in self.local_signed]
        return self.loss_function.smoothness * max(curvatures) + self.l2

    def margins(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch sample"]:
        """Return z_i = x_i·w."""
        return apply(self.signed, self.point(w))

    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return f_m(w)."""
        w = self.point(w, worker)
        mean = self.loss_function.value(apply(self.local_signed[worker], w)).mean(axis=-1)
        return mean + 0.5 * self.l2 * (w * w).sum(axis=-1)

    def log_loss(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return log f(w) by log-sum-exp, finite at margins where f itself under- or overflows."""
        w = self.point(w)
        terms = self.loss_function.log_value(self.margins(w)) + np.log(self.sample_weights)
        return log_sum(terms, self.l2, w)

    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w) = −(1/n_m) Σ_{i∈m} |ℓ′(x_i·w)| x_i + l2·w, or the mean over ``samples``."""
        w = self.point(w, worker)
        rows = self.local_signed[worker]
        if samples is None:
            slopes = self.loss_function.slope(apply(rows, w))
            return -apply(rows.T, slopes) / len(rows) + self.l2 * w
        drawn = rows[samples]
        slopes = self.loss_function.slope(np.einsum("...bd,...d->...b", drawn, w))
        return -np.einsum("...b,...bd->...d", slopes, drawn) / samples.shape[-1] + self.l2 * w

    def worker_log_gradient(
        self, w: Float[np.ndarray, "*batch dim"], worker: int
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇log f_m(w) = ∇f_m(w)/f_m(w), finite at margins where f_m itself under- or overflows."""
        w = self.point(w, worker)
        rows = self.local_signed[worker]
        margins, log_share = apply(rows, w), np.log(1.0 / len(rows))
        log_loss = log_sum(self.loss_function.log_value(margins) + log_share, self.l2, w)[..., None]
        slopes = np.exp(self.loss_function.log_slope(margins) + log_share - log_loss)
        data = -apply(rows.T, slopes)
        return data if self.l2 == 0.0 else data + self.l2 * np.exp(-log_loss) * w

    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇²f_m(w)·v = (1/n_m) Σ_{i∈m} ℓ″(x_i·w)(x_i·v) x_i + l2·v, or the mean over ``samples``."""
        w, direction = self.point(w, worker), self.point(direction)
        rows, bend = self.local_signed[worker], self.loss_function.curvature
        if samples is None:
            weights = bend(apply(rows, w)) * apply(rows, direction)
            return apply(rows.T, weights) / len(rows) + self.l2 * direction
        drawn = rows[samples]
        weights = bend(np.einsum("...bd,...d->...b", drawn, w))
        weights = weights * np.einsum("...bd,...d->...b", drawn, direction)
        return np.einsum("...b,...bd->...d", weights, drawn) / samples.shape[-1] + self.l2 * direction

    def content(self) -> tuple[object, ...]:
        """Return features, labels, assignment, loss and ridge."""
        return self.features, self.labels, self.assignment, self.loss_function, self.l2

    def latex(self) -> str:
        """Return f and ℓ as LaTeX."""
        mean = r"\frac{1}{M} \sum_m \frac{1}{n_m} \sum_{i \in m} \ell(x_i \cdot w)"
        return beside(f"f(w) = {mean}{ridge(self.l2)}", latex_of(self.loss_function))

    def __repr__(self) -> str:
        return (
            f"LinearClassification(n={len(self.features)}, d={self.dim}, M={self.workers}, "
            f"loss={self.loss_function!r}, l2={self.l2:g})"
        )


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _checked_labels(labels: object, samples: int) -> np.ndarray:
    result = frozen_array("labels", labels, 1, shape=(samples,))
    wrong = np.flatnonzero(np.abs(result) != 1.0)
    if len(wrong):
        zero_one = set(np.unique(result)) <= {0.0, 1.0}
        cure = "map 0 to −1 with 2*labels − 1" if zero_one else "map your two classes to them"
        raise BadInput(f"labels[{wrong[0]}] = {result[wrong[0]]:g}: labels must be −1 or +1; {cure}")
    return result


def _checked_loss(loss: object) -> AbstractLoss:
    if not isinstance(loss, AbstractLoss):
        cure = "give Exponential(), Logistic() or PolynomialTail(p), with the brackets"
        raise checks.refuse("loss", loss, "must be a loss of the margin", cure)
    return loss
