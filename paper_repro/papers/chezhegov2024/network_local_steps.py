"""A network on digits: many local steps save rounds where data are dealt evenly, much less where by label."""

from collections.abc import Callable
from dataclasses import replace

from implicitbias import Stream
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.chezhegov2024.network_scaling import TUNED
from paper_repro.papers.chezhegov2024.setting import (
    EVEN,
    Inputs,
    LOCAL_STEPS,
    NAMES,
    NetworkKnobs,
    ROUNDS,
    SKEWED,
    Way,
)
from paper_repro.papers.chezhegov2024.study import learnt, loss_curve, needs, Study, study


FAMILIES = ("identity", "adam")
FEWEST, MOST = LOCAL_STEPS[0], LOCAL_STEPS[-1]
PAIRS = tuple(zip(LOCAL_STEPS, LOCAL_STEPS[1:], strict=False))


def setup(knobs: NetworkKnobs, stream: Stream) -> Study:
    """Return both splits with both families at every H."""
    ways = (Way(i, f, steps) for i in (EVEN, SKEWED) for f in FAMILIES for steps in LOCAL_STEPS)
    return study(ways, knobs, stream)


def observe(case: Study, traces: Traces) -> Observation:
    """Measure log f at fewer less log f at more local steps, and how much of this the split by label costs."""
    last = {way: of.log_loss[:, -1] for way, of in learnt(case, traces).items()}
    comparisons = len(FAMILIES) * (len(PAIRS) + 1)

    def gain(inputs: Inputs, family: str, few: int, many: int):
        return last[Way(inputs, family, few)] - last[Way(inputs, family, many)]

    quantities = {}
    for family in FAMILIES:
        for few, many in PAIRS:
            quantities[saved(family, few, many)] = mean_of(gain(EVEN, family, few, many), comparisons)
        ends = (family, FEWEST, MOST)
        quantities[lost(family)] = mean_of(gain(EVEN, *ends) - gain(SKEWED, *ends), comparisons)
    return Observation(quantities, _curves(case, traces, comparisons))


def saved(family: str, few: int, many: int) -> str:
    """Return what is judged of an even split."""
    return f"{NAMES[family]}, even split: log f at H = {few} less at H = {many}"


def lost(family: str) -> str:
    """Return what is judged of both splits."""
    return f"{NAMES[family]}: log f at H = {FEWEST} less at H = {MOST}, even split less split by label"


def gains(on_even: Relation, from_split: Relation) -> Callable[[Study], Prediction]:
    """Return the prediction that gains on the even split, and their excess over those by label, stand so to 0."""

    def predict(case: Study) -> Prediction:
        del case
        steps = {
            saved(f, few, many): Predicted(0.0, relation=on_even) for f in FAMILIES for few, many in PAIRS
        }
        return Prediction(steps | {lost(f): Predicted(0.0, relation=from_split) for f in FAMILIES})

    return predict


def _curves(case: Study, traces: Traces, comparisons: int) -> tuple[Curve, ...]:
    """The loss of the identity: on the even split at fewest and most local steps, by label at most."""
    of = learnt(case, traces)
    ways = [Way(EVEN, "identity", FEWEST), Way(EVEN, "identity", MOST), Way(SKEWED, "identity", MOST)]
    curves = [
        loss_curve(way, of[way], comparisons, f"{way.inputs.split}, H = {way.local_steps}") for way in ways
    ]
    methods = (f"local_sgd:H={FEWEST}", f"local_sgd:H={MOST}")
    even = [replace(curve, method=method) for curve, method in zip(curves, methods, strict=False)]
    return (*even, replace(curves[-1], role="reference", method=None))


CLAIM = Claim(
    key="chezhegov2024/network-local-steps",
    title="More local steps save rounds on evenly dealt digits, and a split by label takes most of that away",
    statement=(
        r"A round with more local steps costs the same communication. Measured on the network of "
        r"chezhegov2024/network-scaling, pixels in units two decades apart, each $H$ with its own tuned step: on an "
        rf"even split the loss after {ROUNDS} rounds falls from $H=1$ to $8$ and from $8$ to $32$, without scaling "
        r"and with Adam; split by label the same local steps gain less, for workers that see one class each pull apart."
    ),
    hypotheses=("units of the pixels over two decades", "the same inputs on either split", TUNED),
    reference=Reference("chezhegov2024", "abstract; the network is ours", ("v3",)),
    source="conjectured",
    proof=(
        r"Measured, not proved. The bounds say why: the term that grows with $H-1$ holds the noise alone if all "
        r"workers have the same data, and the disagreement of their gradients at the minimum besides if they have not."
    ),
    knobs=NetworkKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=gains(Relation.AT_LEAST, Relation.AT_LEAST),
    judge=statistical,
    falsifiers=(
        Falsifier(
            "local steps save no rounds",
            "what is communicated is what counts",
            gains(Relation.EQUAL, Relation.AT_LEAST),
        ),
        Falsifier(
            "local steps save as many rounds on any split",
            "D̂ is one for all workers, so that their data might not matter",
            gains(Relation.AT_LEAST, Relation.EQUAL),
        ),
        Falsifier(
            "more local steps need more rounds",
            "workers drift apart between synchronisations",
            gains(Relation.AT_MOST, Relation.AT_LEAST),
        ),
    ),
    see=("chezhegov2024/network-scaling",),
    axes=("communication rounds r", "loss of training f, identity", "linear", "log"),
)
