"""A network on digits: scaling saves rounds where the units of the inputs differ, and none where they agree."""

from collections.abc import Callable

from implicitbias import Stream
from paper_repro.claims import (
    Claim,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    statistical,
    Traces,
)
from paper_repro.papers.chezhegov2024.setting import (
    Inputs,
    LOCAL_STEPS,
    NAMES,
    NetworkKnobs,
    ROUNDS,
    SCALED,
    SKEWED,
    STANDARDISED,
    Way,
)
from paper_repro.papers.chezhegov2024.study import accuracy_curve, learnt, less, needs, Study, study


# H of the picture, and of the control.
SHOWN = 8
CONTROL_STEPS = (SHOWN,)
# What a few replicas can tell apart; the rest is measured too, and decides nothing.
SHARP_LOSS = {("oasis", 8), ("oasis", 32), *((f, h) for f in ("rmsprop", "adam") for h in LOCAL_STEPS)}
SHARP_ACCURACY = {(f, h) for f in ("rmsprop", "adam") for h in (8, 32)}


def setup_for(inputs: Inputs, local_steps: tuple[int, ...]) -> Callable[[NetworkKnobs, Stream], Study]:
    """Return the setup of all families on these inputs."""

    def setup(knobs: NetworkKnobs, stream: Stream) -> Study:
        ways = (Way(inputs, family, steps) for steps in local_steps for family in NAMES)
        return study(ways, knobs, stream)

    return setup


def observe(case: Study, traces: Traces) -> Observation:
    """Measure every scaled family against the identity of the same H, on the same starts and batches."""
    of = learnt(case, traces)
    scaled = [way for way in case.ways if way.family in SCALED]
    kinds = [(way.family, way.local_steps) for way in scaled]
    comparisons = sum(kind in sharp for kind in kinds for sharp in (SHARP_LOSS, SHARP_ACCURACY))
    quantities = {}
    for way in scaled:
        differences = less(of[way], of[Way(way.inputs, "identity", way.local_steps)], comparisons)
        quantities |= dict(zip(names(way), differences, strict=True))
    shown = (accuracy_curve(way, of[way], comparisons) for way in case.ways if way.local_steps == SHOWN)
    return Observation(quantities, tuple(shown))


def names(way: Way) -> tuple[str, str]:
    """Return what is measured of a scaled family."""
    of = f"{NAMES[way.family]} less identity, H = {way.local_steps}"
    return f"log f, {of}", f"held-out accuracy, {of}"


def differ(loss: Relation, accuracy: Relation | None) -> Callable[[Study], Prediction]:
    """Return the prediction that what can be told apart stands so to 0; accuracy is not judged if left out."""

    def predict(case: Study) -> Prediction:
        judged = {}
        for way in case.ways:
            of_loss, of_accuracy = names(way)
            if (way.family, way.local_steps) in SHARP_LOSS:
                judged[of_loss] = Predicted(0.0, relation=loss)
            if accuracy is not None and (way.family, way.local_steps) in SHARP_ACCURACY:
                judged[of_accuracy] = Predicted(0.0, relation=accuracy)
        return Prediction(judged)

    return predict


NETWORK = (
    r"Ten workers, one hidden layer of 16 tanh units, softmax; 1347 digits of which worker $k$ holds those of class "
    rf"$k$, 450 held out; mini-batches of 16; {ROUNDS} rounds. Each family has the step, out of powers of two, that "
    r"has the least loss on other data, starts and batches, for each $H$ by itself. "
)
TUNED = "steps tuned on other seeds (tuning.py); the same starts and batches for all families"

CLAIM = Claim(
    key="chezhegov2024/network-scaling",
    title="On inputs with units decades apart, a network learns in fewer rounds with Adam, RMSProp or OASIS",
    statement=(
        r"Local SGD with Adam, RMSProp or OASIS scaling is of use for training a neural network [stated, abstract, in "
        r"general terms; networks and figures unknown to us]. Measured here: "
        + NETWORK
        + r"Pixels are standardised and then multiplied by units that run over two decades. After the same rounds Adam "
        r"and RMSProp have less loss than the identity at $H=1,8,32$, and OASIS at $H=8,32$; Adam and RMSProp classify "
        r"more of what is held out at $H=8,32$. What else there is to compare (OASIS at $H=1$, its accuracy) is too "
        r"noisy for a few replicas, and not claimed."
    ),
    hypotheses=("units of the pixels over two decades", "digits dealt by label", TUNED),
    reference=Reference("chezhegov2024", "abstract; the network is ours", ("v3",)),
    source="conjectured",
    proof=(
        r"Measured, not proved. What is proved is the reason on quadratics: the rate depends on the condition number "
        r"of $\hat D^{-1/2}\nabla^2f\,\hat D^{-1/2}$, and units of the features cancel in it but not in that of "
        r"$\nabla^2f$. The loss of a network is no quadratic."
    ),
    knobs=NetworkKnobs(),
    setup=setup_for(SKEWED, LOCAL_STEPS),
    needs=needs,
    observe=observe,
    predict=differ(Relation.AT_MOST, Relation.AT_LEAST),
    judge=statistical,
    falsifiers=(
        Falsifier(
            "no difference",
            "with its step tuned, Local SGD needs no scaling",
            differ(Relation.EQUAL, Relation.EQUAL),
        ),
        Falsifier(
            "the identity is better",
            "adaptive methods are said to generalise worse",
            differ(Relation.AT_LEAST, Relation.AT_MOST),
        ),
    ),
    see=("chezhegov2024/network-standardised", "chezhegov2024/network-scope"),
    axes=("communication rounds r", f"held-out accuracy, H = {SHOWN}", "linear", "linear"),
)

CLAIM_STANDARDISED = Claim(
    key="chezhegov2024/network-standardised",
    title="Control: on standardised inputs the same network gains nothing from scaling",
    statement=(
        r"The gain is one of units. "
        + NETWORK
        + rf"Pixels are standardised, and $H={SHOWN}$. After the same rounds Local SGD without scaling has no more "
        r"loss than with Adam, RMSProp or OASIS. Accuracy on what is held out is shown, not judged."
    ),
    hypotheses=("standardised pixels", "digits dealt by label", TUNED),
    reference=Reference("chezhegov2024", "control of ours", ("v3",)),
    source="conjectured",
    proof="Measured, not proved: standardisation is itself a diagonal scaling, and leaves little to another one.",
    knobs=NetworkKnobs(),
    setup=setup_for(STANDARDISED, CONTROL_STEPS),
    needs=needs,
    observe=observe,
    predict=differ(Relation.AT_LEAST, None),
    judge=statistical,
    falsifiers=(
        Falsifier(
            "scaling always helps",
            "it does on inputs with units decades apart",
            differ(Relation.AT_MOST, None),
        ),
    ),
    see=("chezhegov2024/network-scaling",),
    axes=("communication rounds r", f"held-out accuracy, H = {SHOWN}", "linear", "linear"),
)
