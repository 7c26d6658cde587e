"""AdaGrad with local steps, D refreshed at synchronisations: the same norm, as far as it was measured."""

from dataclasses import dataclass

from implicitbias import AdaGrad, local_gd, Stream
from paper_repro.claims import Budget, Claim, knob, limit, Reference, RunSpec
from paper_repro.papers.derived.scaled_bias.setting import problem_of, ScaledCase
from paper_repro.papers.qian2019.adagrad_direction import (
    AdaGradKnobs,
    agrees_with,
    FALSIFIERS,
    HYPOTHESES,
    observe,
)


@dataclass(frozen=True)
class LocalAdaGradKnobs(AdaGradKnobs):
    """Data, learning rate, and local steps on two workers."""

    local_steps: int = knob(4, "H", "local steps", low=2, high=6)


def setup(knobs: LocalAdaGradKnobs, stream: Stream) -> ScaledCase:
    """Return Local GD with one AdaGrad scaling for both workers."""
    method = local_gd(knobs.lr, knobs.local_steps, scaling=AdaGrad(floor=None))
    return ScaledCase(problem_of(knobs.data, stream), method)


def needs(case: ScaledCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=200, quick=1_000, paper=100_000)
    return (RunSpec(case.problem, case.method, rounds),)


CLAIM = Claim(
    key="derived/adagrad-local-steps",
    title="Conjecture, measured: AdaGrad with local steps finds the max margin in the norm of the D it ends with",
    statement=(
        r"Local GD, $H>1$, with one $D^2 = \sum\frac1M\sum_m(\nabla f_m)^2$ of the models at synchronisations: "
        r"$w/\log r\to w_{D_\infty}$, as for $H = 1$. No proof is known to us; the reason to expect it is that $D$ "
        r"settles, and then a fixed scaling has this limit for every $H$."
    ),
    hypotheses=(*HYPOTHESES, "one D for all workers, refreshed once a round"),
    reference=Reference("qian2019", "H = 1; the extension is a conjecture of ours", ("arXiv 1906.03559",)),
    source="conjectured",
    knobs=LocalAdaGradKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: agrees_with("last"),
    judge=limit,
    falsifiers=FALSIFIERS,
    see=("qian2019/adagrad-direction", "derived/fixed-scaling-direction"),
    axes=("communication rounds r", "distance of directions", "log", "log"),
)
