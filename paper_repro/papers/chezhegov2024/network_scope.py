"""A network on digits dealt by label: one D for all workers against one for each."""

from collections.abc import Callable
from dataclasses import replace

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
from paper_repro.papers.chezhegov2024.network_scaling import NETWORK, SHOWN, TUNED
from paper_repro.papers.chezhegov2024.setting import NAMES, NetworkKnobs, SCALED, SKEWED, Way
from paper_repro.papers.chezhegov2024.study import accuracy_curve, learnt, less, needs, Study, study


SCOPES = ("global", "worker")
# OASIS scatters too much for its accuracy to be judged by a few replicas.
SHARP_ACCURACY = ("rmsprop", "adam")


def setup(knobs: NetworkKnobs, stream: Stream) -> Study:
    """Return every scaled family in both scopes."""
    return study((Way(SKEWED, f, SHOWN, scope) for f in SCALED for scope in SCOPES), knobs, stream)


def observe(case: Study, traces: Traces) -> Observation:
    """Measure global less per-worker scope, on the same starts and batches."""
    of = learnt(case, traces)
    comparisons, quantities = len(SCALED) + len(SHARP_ACCURACY), {}
    for family in SCALED:
        common, own = (of[Way(SKEWED, family, SHOWN, scope)] for scope in SCOPES)
        quantities |= dict(zip(names(family), less(common, own, comparisons), strict=True))
    shown = [Way(SKEWED, "adam", SHOWN, scope) for scope in SCOPES]
    labels = ("Adam, one D̂ for all", "Adam, one D̂ for each worker")
    curves = [accuracy_curve(w, of[w], comparisons, label) for w, label in zip(shown, labels, strict=True)]
    return Observation(quantities, (curves[0], replace(curves[1], role="reference", method=None)))


def names(family: str) -> tuple[str, str]:
    """Return what is judged of a family."""
    of = f"{NAMES[family]}, one D̂ for all less one for each"
    return f"log f, {of}", f"held-out accuracy, {of}"


def differ(loss: Relation, accuracy: Relation) -> Callable[[Study], Prediction]:
    """Return the prediction that these differences stand so to 0."""

    def predict(case: Study) -> Prediction:
        del case
        losses = {names(f)[0]: Predicted(0.0, relation=loss) for f in SCALED}
        return Prediction(losses | {names(f)[1]: Predicted(0.0, relation=accuracy) for f in SHARP_ACCURACY})

    return predict


CLAIM = Claim(
    key="chezhegov2024/network-scope",
    title="On digits dealt by label, one scaling for all workers beats one for each",
    statement=(
        r"In the analysed scheme all workers share one $\hat D$ [recalled]. Measured here: "
        + NETWORK
        + rf"Pixels in units two decades apart, $H={SHOWN}$. With a $\hat D_m$ of its own for each worker, made of its "
        r"own gradients or curvature and never averaged, the network has more loss after the same rounds, and with "
        r"Adam and RMSProp classifies less of what is held out, than with one $\hat D$ made of all: for Adam, RMSProp "
        r"and OASIS."
    ),
    hypotheses=("units of the pixels over two decades", "digits dealt by label", TUNED),
    reference=Reference("chezhegov2024", "common scaling; the network is ours", ("v3",)),
    source="conjectured",
    proof=(
        r"Measured, not proved. Where it comes from: at $H=1$ and a frozen scaling the method rests where "
        r"$\sum_m\hat D_m^{-1}\nabla f_m=0$, which is no stationary point of $f$ unless the $\hat D_m$ agree, whatever "
        r"the step; on one class each they do not."
    ),
    knobs=NetworkKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=differ(Relation.AT_MOST, Relation.AT_LEAST),
    judge=statistical,
    falsifiers=(
        Falsifier(
            "the scope does not matter",
            "either way each coordinate is divided by the size of its gradients",
            differ(Relation.EQUAL, Relation.EQUAL),
        ),
        Falsifier(
            "each worker knows its own scale best",
            "a D̂ of all workers fits none of them",
            differ(Relation.AT_LEAST, Relation.AT_MOST),
        ),
    ),
    see=("chezhegov2024/network-scaling",),
    axes=("communication rounds r", f"held-out accuracy, H = {SHOWN}", "linear", "linear"),
)
