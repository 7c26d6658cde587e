"""A network of one hidden layer over workers: softmax cross-entropy of its scores, with a ridge."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from implicitbias import checks
from implicitbias.activations import AbstractActivation, Tanh
from implicitbias.display import beside, latex_of
from implicitbias.errors import BadInput
from implicitbias.losses import Logistic
from implicitbias.problems.abstract import frozen_array, ridge, worker_assignment
from implicitbias.problems.cross_entropy import bend, log_odds, probabilities, slopes
from implicitbias.problems.layers import Layers, Layout, Pass
from implicitbias.problems.log_sums import log_sum
from implicitbias.problems.sampled import AbstractSampledProblem
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable
from implicitbias.stream import Stream


# Hidden values held at a time when many models are looked at (32 MiB).
MOST_DOUBLES = 2**22
# The loss log(1 + e^{−z}) of the log-odds z of a sample's class.
LOSS = Logistic()


class TwoLayerNetwork(AbstractSampledProblem, AbstractTwiceDifferentiable):
    """f(w) = (1/M) Σ_m (1/n_m) Σ_{i∈m} −log p_{y_i}(x_i) + (l2/2)|w|², p = softmax of s(x) = V σ(W x + b) + c.

    The parameters are one vector w = (W, b, V, c): the rows of W (hidden × feature), b, the rows of V
    (class × hidden), c; ``layout`` splits and joins it. Whatever is asked for a batch of vectors is the same to the
    bit for each of them alone.

    Parameters
    ----------
    inputs
        Array (sample, feature).
    classes
        Array (sample,) of integers 0 … K − 1.
    hidden
        Number of hidden units.
    outputs
        Number K ≥ 2 of classes; by default one more than the largest that occurs.
    workers
        Worker index of every sample, or one index array per worker, or a number of contiguous blocks.
    activation
        ``Tanh()`` (the default) or ``Softplus()``.
    l2
        Ridge coefficient, ≥ 0, on weights and biases; every worker carries all of it.

    Raises
    ------
    BadInput
        For non-finite inputs, classes that are no integers 0 … K − 1, no hidden unit, an activation without second
        derivative, an empty worker, or a negative ``l2``.
    """

    def __init__(
        self,
        inputs: ArrayLike,
        classes: ArrayLike,
        *,
        hidden: int,
        outputs: int | None = None,
        workers: object = 1,
        activation: AbstractActivation | None = None,
        l2: float = 0.0,
    ):
        self.inputs = frozen_array("inputs", inputs, 2)
        self.classes = checks.classes("classes", classes, len(self.inputs), outputs)
        self.outputs = int(self.classes.max()) + 1 if outputs is None else outputs
        if self.outputs < 2:
            raise checks.refuse("classes", classes, "hold class 0 alone", "give outputs=2, or a second class")
        self.hidden = checks.integer("hidden", hidden, 1, "give the number of hidden units, e.g. 16")
        self.assignment = worker_assignment(workers, len(self.inputs))
        self.activation = _checked_activation(Tanh() if activation is None else activation)
        self.l2 = checks.number("l2", l2, "give 0 for no ridge", least=0)

    @cached_property
    def layout(self) -> Layout:
        """Where W, b, V, c lie in w."""
        return Layout(self.inputs.shape[1], self.hidden, self.outputs)

    @property
    def dim(self) -> int:
        """Number of parameters, (features + 1)·hidden + (hidden + 1)·K."""
        return self.layout.dim

    def initial(self, stream: Stream, replica: int | Int[np.ndarray, " replica"] = 0) -> np.ndarray:
        """Return a start: W ~ N(0, 1/features), V ~ N(0, 1/hidden) independent, b = c = 0.

        Parameters
        ----------
        stream
            Source; the address is ("network/initial", replica).
        replica
            One index, for a vector (dim,), or an array of indices, for an array (replica, dim).
        """
        address = stream.at("network/initial", replica)
        first, last = self.inputs.shape[1] * self.hidden, self.hidden * self.outputs
        normals, batch = address.normal(first + last), address.replica.shape
        return np.concatenate(
            [
                normals[..., :first] / np.sqrt(self.inputs.shape[1]),
                np.zeros((*batch, self.hidden)),
                normals[..., first:] / np.sqrt(self.hidden),
                np.zeros((*batch, self.outputs)),
            ],
            axis=-1,
        )

    def scores(
        self, w: Float[np.ndarray, "*batch dim"], inputs: ArrayLike | None = None
    ) -> Float[np.ndarray, "*batch sample class"]:
        """Return s(x) of the given inputs (sample, feature), by default the problem's own.

        Raises
        ------
        BadInput
            If the inputs do not fit the network.
        """
        inputs = self.inputs if inputs is None else self._checked_inputs(inputs)
        return self._in_pieces(lambda piece: self._pass(piece, inputs).scores, self.point(w), len(inputs))

    def log_odds(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch sample"]:
        """Return z_i = log(p_{y_i}/(1 − p_{y_i})) of every sample; its loss is log(1 + e^{−z_i})."""
        return self._in_pieces(
            lambda piece: log_odds(self._pass(piece, self.inputs).scores, self._own),
            self.point(w),
            len(self.inputs),
        )

    def accuracy(
        self,
        w: Float[np.ndarray, "*batch dim"],
        inputs: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Float[np.ndarray, "*batch"]:
        """Return the share of inputs whose own class has the largest score (the first of equal ones counts).

        Raises
        ------
        BadInput
            If inputs do not fit the network, or there is not one class for each.
        """
        if (inputs is None) != (classes is None):
            raise BadInput(
                "inputs without classes, or classes without inputs: give both, or none for the own samples"
            )
        inputs = self.inputs if inputs is None else self._checked_inputs(inputs)
        own = (
            self.classes if classes is None else checks.classes("classes", classes, len(inputs), self.outputs)
        )
        return self._in_pieces(
            lambda piece: (self._pass(piece, inputs).scores.argmax(axis=-1) == own).mean(axis=-1),
            self.point(w),
            len(inputs),
        )

    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return f_m(w)."""
        w = self.point(w, worker)
        inputs, own = self._local[worker]
        odds = self._in_pieces(lambda piece: log_odds(self._pass(piece, inputs).scores, own), w, len(inputs))
        return LOSS.value(odds).mean(axis=-1) + 0.5 * self.l2 * (w * w).sum(axis=-1)

    def log_loss(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return log f(w), finite at scores where f itself under- or overflows."""
        shares = np.log(1.0 / (self.workers * self.sizes[self.assignment]))
        return log_sum(LOSS.log_value(self.log_odds(w)) + shares, self.l2, w)

    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w) by one pass forth and one back, or the mean over ``samples``."""
        w = self.point(w, worker)
        inputs, own = self._drawn(worker, samples)
        passed = self._pass(w, inputs)
        pull = slopes(probabilities(passed.scores), own) / inputs.shape[-2]
        return self._with_ridge(passed.back(pull), w)

    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇²f_m(w)·v, or the mean over ``samples``: the derivative of the gradient's passes in direction v.

        Exact, at about twice the cost of the gradient; no matrix of Hessian size is formed.
        """
        w, direction = self.point(w, worker), self.point(direction)
        inputs, own = self._drawn(worker, samples)
        passed, layers = self._pass(w, inputs), self.layout.split(direction)
        moves = passed.along(layers)
        shares, count = probabilities(passed.scores), inputs.shape[-2]
        pull, moved = slopes(shares, own) / count, bend(shares, own, moves.scores) / count
        return self._with_ridge(passed.back_along(layers, moves, pull, moved), direction)

    def content(self) -> tuple[object, ...]:
        """Return inputs, classes, assignment, sizes of the layers, activation and ridge."""
        sizes = (self.hidden, self.outputs)
        return self.inputs, self.classes, self.assignment, sizes, self.activation, self.l2

    def latex(self) -> str:
        """Return f and the scores as LaTeX."""
        mean = r"\frac{1}{M} \sum_m \frac{1}{n_m} \sum_{i \in m} -\log p_{y_i}(x_i)"
        scores = r"p = \operatorname{softmax}(V \sigma(W x + b) + c)"
        return beside(f"f(w) = {mean}{ridge(self.l2)}", scores, latex_of(self.activation))

    def __repr__(self) -> str:
        return (
            f"TwoLayerNetwork(n={len(self.inputs)}, d={self.dim}, M={self.workers}, hidden={self.hidden}, "
            f"K={self.outputs}, activation={self.activation!r}, l2={self.l2:g})"
        )

    @cached_property
    def _own(self) -> Bool[np.ndarray, "sample class"]:
        return self.classes[:, None] == np.arange(self.outputs)

    @cached_property
    def _local(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        return tuple((self.inputs[rows], self._own[rows]) for rows in self.members)

    def _drawn(self, worker: int, samples: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        inputs, own = self._local[worker]
        return (inputs, own) if samples is None else (inputs[samples], own[samples])

    def _pass(self, w: np.ndarray, inputs: np.ndarray) -> Pass:
        return Pass(self.layout.split(w), inputs, self.activation)

    def _with_ridge(self, layers: Layers, w: np.ndarray) -> np.ndarray:
        joined = self.layout.join(layers)
        return joined if self.l2 == 0.0 else joined + self.l2 * w

    def _in_pieces(
        self, function: Callable[[np.ndarray], np.ndarray], w: np.ndarray, inputs: int
    ) -> np.ndarray:
        """Return the function of many models, of a few at a time, so that their hidden values fit into memory."""
        rows = w.reshape(-1, self.dim)
        count = max(1, MOST_DOUBLES // (inputs * self.hidden))
        pieces = [function(rows[low : low + count]) for low in range(0, max(len(rows), 1), count)]
        found = np.concatenate(pieces)
        return found.reshape(w.shape[:-1] + found.shape[1:])

    def _checked_inputs(self, inputs: object) -> np.ndarray:
        return frozen_array("inputs", inputs, 2, shape=(None, self.inputs.shape[1]))


def _checked_activation(activation: object) -> AbstractActivation:
    if not isinstance(activation, AbstractActivation):
        cure = "give Tanh() or Softplus(), with the brackets"
        raise checks.refuse("activation", activation, "must be smooth, for Hessians are promised", cure)
    return activation
