"""Adam without a floor and with local steps: the ℓ∞ max margin, as far as it was measured."""

from dataclasses import dataclass

from implicitbias import Adam, local_gd, PowerDecay, Stream
from paper_repro.claims import AssumptionUnmet, bound, Budget, Claim, Falsifier, knob, Reference, RunSpec
from paper_repro.papers.zhang2024adam.margin import (
    AdamCase,
    AdamKnobs,
    at_most,
    AXES,
    EUCLIDEAN_GAP,
    HYPOTHESES,
    informative,
    LARGEST,
    mixed,
    observe,
    predict_rate,
)


@dataclass(frozen=True)
class LocalAdamKnobs(AdamKnobs):
    """The same with local steps on two workers, without momentum; η is shared by the H steps of a round."""

    lr: float = knob(0.2, "η", "first learning rate times H", low=0.15, high=0.22)
    momentum: float = knob(0.0, "β₁", "momentum", choices=(0.0,))
    local_steps: int = knob(4, "H", "local steps", low=2, high=6)


def setup(knobs: LocalAdamKnobs, stream: Stream) -> AdamCase | AssumptionUnmet:
    """Return Local GD with one D, of the mean gradient at synchronisations."""
    scaling = Adam(beta=knobs.beta, floor=None, pooling="square_of_mean")
    lr = PowerDecay(knobs.lr / knobs.local_steps, knobs.power, scale=float(knobs.local_steps))
    case = AdamCase(
        mixed(knobs.data, stream, 2), local_gd(lr, knobs.local_steps, scaling=scaling), knobs.power
    )
    return informative(case)


def needs(case: AdamCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=150, quick=800, paper=20_000)
    return (RunSpec(case.problem, case.method, rounds),)


CLAIM = Claim(
    key="derived/no-floor-local-steps",
    title="Conjecture, measured: without a floor Adam with local steps finds the ℓ∞ max margin too",
    statement=(
        r"Local GD, $H>1$, with one Adam-type scaling of the mean gradient at synchronisations, frozen within a "
        r"round, no floor and $\eta_t\sim t^{-a}$: the $\ell_\infty$ margin gap falls at least like "
        r"$t^{-\min(1-a,a/2)}$, as for $H = 1$. No proof is known to us."
    ),
    hypotheses=(*HYPOTHESES[:1], "D² from the square of the mean gradient, no floor", HYPOTHESES[2]),
    reference=Reference(
        "zhang2024adam", "H = 1; the extension is a conjecture of ours", ("arXiv 2406.10650",)
    ),
    source="conjectured",
    knobs=LocalAdamKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict_rate,
    judge=bound,
    falsifiers=(
        EUCLIDEAN_GAP,
        Falsifier(
            "t^(−2)",
            "H steps with one D̂ might gain a power; the gap is linear in the error of the direction",
            lambda case: at_most(LARGEST, -2.0),
        ),
    ),
    see=("zhang2024adam/max-margin", "derived/floor-direction"),
    axes=AXES,
)
