"""A network of one hidden layer: where its parameters lie in one vector, and its passes forth and back.

Scores s(x) = V σ(W x + b) + c of K classes. The vector is w = (W, b, V, c): the rows of W one after the other
(hidden × feature), then b, then the rows of V (class × hidden), then c.

Every product below is one of matrices for each vector of a batch, of a shape that does not know how many there are:
a replica computes the same bits alone and in company.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.activations import AbstractActivation


# Leading axes broadcast: many models may see the same samples, and one model many batches.
Units = Float[np.ndarray, "*#batch sample hidden"]
Scores = Float[np.ndarray, "*#batch sample class"]


class Layers(NamedTuple):
    """The parts W, b, V, c of the parameters, or of a direction or a gradient in their space."""

    hidden_weights: Float[np.ndarray, "*batch hidden feature"]
    hidden_biases: Float[np.ndarray, "*batch hidden"]
    output_weights: Float[np.ndarray, "*batch class hidden"]
    output_biases: Float[np.ndarray, "*batch class"]


@dataclass(frozen=True)
class Layout:
    """Where W, b, V, c lie in a vector of (features + 1)·hidden + (hidden + 1)·classes parameters."""

    features: int
    hidden: int
    classes: int

    @property
    def dim(self) -> int:
        """Number of parameters."""
        return (self.features + 1) * self.hidden + (self.hidden + 1) * self.classes

    def split(self, w: Float[np.ndarray, "*batch dim"]) -> Layers:
        """Return the parts, as views."""
        first = self.features * self.hidden
        second = first + self.hidden
        third = second + self.hidden * self.classes
        batch = w.shape[:-1]
        return Layers(
            w[..., :first].reshape(*batch, self.hidden, self.features),
            w[..., first:second],
            w[..., second:third].reshape(*batch, self.classes, self.hidden),
            w[..., third:],
        )

    def join(self, layers: Layers) -> Float[np.ndarray, "*batch dim"]:
        """Return the vector of the parts."""
        batch = layers.output_biases.shape[:-1]
        return np.concatenate([part.reshape(*batch, -1) for part in layers], axis=-1)


class Pass:
    """A pass of inputs forth through the layers, and what is read off it.

    Attributes
    ----------
    units
        σ(Wx + b) of every input x.
    scores
        V σ(Wx + b) + c.
    """

    def __init__(
        self,
        layers: Layers,
        inputs: Float[np.ndarray, "*#batch sample feature"],
        activation: AbstractActivation,
    ):
        self._layers, self._inputs = layers, inputs
        self.units: Units = activation.value(_affine(inputs, layers.hidden_weights, layers.hidden_biases))
        self.scores: Scores = _affine(self.units, layers.output_weights, layers.output_biases)
        self._slope, self._bend = activation.slope, activation.bend

    def back(self, pull: Scores) -> Layers:
        """Return the gradient of Σ ℓ for slopes ∂ℓ/∂s = ``pull``: what arrives at a unit's input is (Vᵀ∂ℓ/∂s)σ′."""
        arriving = (pull @ self._layers.output_weights) * self._slope(self.units)
        return self._gathered(arriving, pull)

    def along(self, direction: Layers) -> "Moves":
        """Return the derivatives of units and scores in a direction of the parameters."""
        entering = _affine(self._inputs, direction.hidden_weights, direction.hidden_biases)
        units = self._slope(self.units) * entering
        fixed = _affine(self.units, direction.output_weights, direction.output_biases)
        return Moves(units, units @ _turned(self._layers.output_weights) + fixed)

    def back_along(self, direction: Layers, moves: "Moves", pull: Scores, moved_pull: Scores) -> Layers:
        """Return the derivative of ``back(pull)`` in the direction, in which the pull itself moves by ``moved_pull``.

        The slope of a unit moves by g′(σ)·σ̇, for σ′ = g(σ).
        """
        weights = self._layers.output_weights
        arriving = (moved_pull @ weights + pull @ direction.output_weights) * self._slope(self.units)
        arriving += (pull @ weights) * self._bend(self.units) * moves.units
        gathered = self._gathered(arriving, moved_pull)
        return gathered._replace(output_weights=gathered.output_weights + _turned(pull) @ moves.units)

    def _gathered(self, arriving: Units, pull: Scores) -> Layers:
        return Layers(
            _turned(arriving) @ self._inputs,
            arriving.sum(axis=-2),
            _turned(pull) @ self.units,
            pull.sum(axis=-2),
        )


class Moves(NamedTuple):
    """Directional derivatives of a pass."""

    units: Units
    scores: Scores


def _affine(
    rows: Float[np.ndarray, "*#batch sample column"],
    weights: Float[np.ndarray, "*#batch unit column"],
    biases: Float[np.ndarray, "*#batch unit"],
) -> Float[np.ndarray, "*#batch sample unit"]:
    return rows @ _turned(weights) + biases[..., None, :]


def _turned(matrices: Float[np.ndarray, "*batch row column"]) -> Float[np.ndarray, "*batch column row"]:
    return matrices.swapaxes(-1, -2)
