"""A small network on real images of digits, dealt to workers by class or evenly: data of claims about learning."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import checks, Stream, TwoLayerNetwork
from implicitbias.data import by_label, Classified, iid, real_classes


SPLITS = ("by label", "even")
# Features are shrunk in an order in which neighbours in the image have nothing in common: any multiplier without a
# factor in common with their number 64.
SCATTER = 29


@dataclass(frozen=True)
class NetworkCase:
    """A network, distributed over workers, and samples that none of them holds."""

    network: TwoLayerNetwork
    held_out: Classified

    def accuracy(self, w: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Return the share of held-out samples that are classified as what they are."""
        return self.network.accuracy(w, self.held_out.inputs, self.held_out.classes)


def digits_network(
    split: str,
    stream: Stream,
    *,
    workers: int = 10,
    hidden: int = 16,
    l2: float = 0.0,
    decades: float = 0.0,
) -> NetworkCase:
    """Return a network of tanh units on 1347 standardised digits, 450 more held out, drawn by the stream.

    Parameters
    ----------
    split
        "by label": with ten workers, worker k holds all of digit k and nothing else. "even": all hold all digits.
    stream
        Draws what is held out, and the even split.
    workers, hidden, l2
        M, the number of hidden units, and the ridge.
    decades
        Feature j is multiplied by a power of ten, from 1 down to 10^{−decades} in a scattered order: inputs whose
        units were chosen without a thought for one another. 0 leaves them standardised.

    Raises
    ------
    BadInput
        For an unknown split, or more workers than samples.
    """
    train, held_out = (_in_units(part, decades) for part in real_classes("digits", stream=stream))
    network = TwoLayerNetwork(
        train.inputs, train.classes, hidden=hidden, workers=_dealt(split, train, workers, stream), l2=l2
    )
    return NetworkCase(network, held_out)


def _in_units(part: Classified, decades: float) -> Classified:
    features = part.inputs.shape[1]
    order = SCATTER * np.arange(features) % features
    units = 10.0 ** (-decades * order / (features - 1))
    return Classified(part.inputs * units, part.classes, part.name)


def _dealt(split: str, train: Classified, workers: int, stream: Stream) -> Int[np.ndarray, " sample"]:
    if split not in SPLITS:
        raise checks.refuse("split", split, "must be a known split", f"give one of {', '.join(SPLITS)}")
    return by_label(train.classes, workers) if split == "by label" else iid(train.classes, workers, stream)
