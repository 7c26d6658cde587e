"""Long rounds give Local SGD the drift of its workers' small batches, and the diffusion of the total batch."""

from collections.abc import Callable

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    Observation,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.valley import Slide, slide
from paper_repro.papers.gu2023.valley_diffusion import (
    DiffusionCase,
    DiffusionKnobs,
    measured,
    noisy_valley,
    predicted,
    slow_moments,
)


# ψ(2αh) is 0.9 there and more for h > 2.5: the M-fold limit is near.
ROUND_TIME = 2.0


def setup(knobs: DiffusionKnobs, stream: Stream) -> DiffusionCase:
    """Return Local SGD with long rounds."""
    return DiffusionCase(slide(knobs, noisy_valley(), knobs.workers, ROUND_TIME), stream)


def needs(case: DiffusionCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one ensemble."""
    replicas = budget.pick(smoke=300, quick=6_000, paper=60_000)
    return (case.slide.ensemble(replicas, case.stream),)


def observe(case: DiffusionCase, traces: Traces) -> Observation:
    """Mean and variance of Φ_x."""
    return Observation(measured(case.slide, traces[0]))


def predict(case: DiffusionCase) -> Prediction:
    """Return those of the slow SDE: M − (M − 1)(1 − ψ) on the average, and 1."""
    return Prediction(predicted(case.slide, *slow_moments(case.slide)))


def scaled(mean: Callable[[Slide], float], variance: Callable[[Slide], float]) -> Callable[..., Prediction]:
    """Return the prediction with mean and variance times factors."""

    def predict(case: DiffusionCase) -> Prediction:
        first, second = slow_moments(case.slide)
        return Prediction(predicted(case.slide, first * mean(case.slide), second * variance(case.slide)))

    return predict


CLAIM = Claim(
    key="gu2023/long-rounds",
    title="Long rounds give Local SGD almost M times the drift of SGD, and the same diffusion",
    statement=(
        r"For $\alpha\to\infty$ the slow SDE of Local SGD tends to "
        r"$d\zeta=P_\zeta(B^{-1/2}\Sigma_\parallel^{1/2}dW-\frac M{2B}\nabla^3L[\hat\Sigma]dt)$ [recalled]: "
        r"the drift of SGD with batch $B_{loc}=B/M$, the diffusion of SGD with batch $B$. Checked at "
        r"$\alpha=2$ in the valley $\frac12e^xy^2$ with noise along it, where mean and variance of $\Phi_x$ "
        r"are those of $dx=-\frac1{4B}[1+(M-1)\psi(2\alpha h)]dt+\frac{\sigma_T}{\sqrt B}dW$."
    ),
    hypotheses=("η → 0 at fixed α; here ηM ≤ 0.16", "independent noise across and along the valley"),
    reference=Reference("gu2023", "the limit α → ∞; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=DiffusionKnobs(start=0.8),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "the diffusion is M-fold too",
            "SGD with batch B/M has both",
            scaled(lambda s: 1.0, lambda s: float(s.workers)),
        ),
        Falsifier(
            "the diffusion gains 1 + (M − 1)ψ",
            "one factor for the whole equation",
            scaled(lambda s: 1.0, lambda s: slow_moments(s)[0]),
        ),
        Falsifier(
            "the drift is that of SGD",
            "averaging removes the noise that the workers add",
            scaled(lambda s: 1.0 / slow_moments(s)[0], lambda s: 1.0),
        ),
    ),
    see=("gu2023/drift-ratio", "derived/small-batch"),
)
