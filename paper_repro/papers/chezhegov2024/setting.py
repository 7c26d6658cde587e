"""Small networks on real digits, trained with and without scaling: what the claims about them share."""

from dataclasses import dataclass

import numpy as np

from implicitbias import Adam, Identity, OASIS, RecordAt, RMSProp, RunSpec, savic, Stream
from implicitbias.methods import Scaling
from paper_repro.claims.digits_network import digits_network, NetworkCase
from paper_repro.claims.knobs import knob


# Every run is judged after so many rounds, whatever its H, and steps are tuned for them.
ROUNDS = 8
LOCAL_STEPS = (1, 8, 32)
# A tenth of the classes for each worker, where they are dealt by label.
WORKERS, HIDDEN = 10, 16
FLOOR = 0.01
NAMES = {"identity": "identity", "rmsprop": "RMSProp", "adam": "Adam", "oasis": "OASIS"}
SCALED = tuple(name for name in NAMES if name != "identity")
# Colours: identity is Local SGD itself.
METHODS = NAMES | {name: name for name in SCALED} | {"identity": "local_sgd"}


@dataclass(frozen=True)
class NetworkKnobs:
    """Knobs of a run; steps were tuned at the default."""

    batch: int = knob(16, "B", "batch size per worker", low=12, high=24)


@dataclass(frozen=True)
class Inputs:
    """How digits are dealt to ten workers, and over how many decades the units of their pixels run."""

    split: str
    decades: float


SKEWED = Inputs("by label", 2.0)
EVEN = Inputs("even", 2.0)
STANDARDISED = Inputs("by label", 0.0)


@dataclass(frozen=True)
class Way:
    """A way to train: on what, with which family, how many local steps, one D for all workers or one each."""

    inputs: Inputs
    family: str
    local_steps: int
    scope: str = "global"


@dataclass(frozen=True, eq=False)
class LearningCase:
    """A network on digits, a batch size, and the source of starts and batches."""

    of: NetworkCase
    batch: int
    stream: Stream

    def spec(self, way: Way, lr: float, replicas: int, rounds: int = ROUNDS) -> RunSpec:
        """Return replicas of a run: each has its own start and batches, which it has in every other run too."""
        starts = self.of.network.initial(self.stream.child("starts"), np.arange(replicas))
        method = savic(lr, way.local_steps, scaling(way), self.batch)
        start = tuple(tuple(row) for row in starts.tolist())
        batches = self.stream.child("batches")
        return RunSpec(self.of.network, method, rounds, RecordAt.every(1), start, replicas, batches)


def case_of(inputs: Inputs, batch: int, stream: Stream) -> LearningCase:
    """Return the case of these inputs; the stream draws what is held out as well."""
    network = digits_network(
        inputs.split, stream.child("digits"), workers=WORKERS, hidden=HIDDEN, decades=inputs.decades
    )
    return LearningCase(network, batch, stream)


def scaling(way: Way) -> Scaling:
    """Return the scaling: RMSProp from D = 0, Adam corrected for it, OASIS with D built before the first round."""
    scope = "worker" if way.scope == "worker" else "global"
    match way.family:
        case "rmsprop":
            return RMSProp(beta=0.9, floor=FLOOR, scope=scope)
        case "adam":
            return Adam(beta=0.99, floor=FLOOR, scope=scope)
        case "oasis":
            return OASIS(beta=0.9, floor=FLOOR, scope=scope, warmup=20)
    return Identity()
