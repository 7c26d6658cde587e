"""How many rounds the quadratic rule takes, to the integer."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from implicitbias import LocalMethod, qsr, rounds_of, Stream, WarmupCosine
from paper_repro.claims import (
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)


ROUNDS, LONGEST, STEPS = "rounds", "local steps of the longest round", "steps in all"
FINAL = 1e-6
SHOWN = 200  # steps of the picture


@dataclass(frozen=True)
class Recipe:
    """A training run: peak learning rate, steps, warm-up steps."""

    peak: float
    total: int
    warmup: int


RECIPES = {"ViT-B": Recipe(0.008, 93_600, 10_000), "ResNet-152": Recipe(0.8, 62_400, 1_560)}


@dataclass(frozen=True)
class ReplayKnobs:
    """Which recipe, which rule, and how much of the run."""

    recipe: str = knob("ViT-B", "run", "training recipe", choices=tuple(RECIPES))
    growth: float = knob(2.1875, "α_Q/η_max", "growth in units of the peak rate", low=0.2, high=2.5)
    base: int = knob(4, "H_base", "least number of local steps", low=2, high=8)
    share: float = knob(1.0, "N/N_0", "length of the run and of its warm-up", low=0.02, high=1.0, log=True)


@dataclass(frozen=True)
class ReplayCase:
    """The run and the rule."""

    recipe: Recipe
    growth: float
    base: int

    @property
    def method(self) -> LocalMethod:
        """The method as a run would use it."""
        schedule = WarmupCosine(self.recipe.peak, self.recipe.total, self.recipe.warmup, FINAL)
        warmup, total = self.recipe.warmup, self.recipe.total
        return qsr(schedule, self.growth, self.base, batch=1, warmup=warmup, total=total)

    def lr(self, step: int) -> float:
        """Learning rate of the recipe, linear up and a cosine down, written once more by hand."""
        peak, total, warmup = self.recipe.peak, self.recipe.total, self.recipe.warmup
        if step < warmup:
            return FINAL + (peak - FINAL) * step / warmup
        return FINAL + (peak - FINAL) * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2


def setup(knobs: ReplayKnobs, stream: Stream) -> ReplayCase:
    """Return the recipe, shortened by the knobs."""
    del stream
    whole = RECIPES[knobs.recipe]
    steps = {name: round(getattr(whole, name) * knobs.share) for name in ("total", "warmup")}
    return ReplayCase(replace(whole, **steps), knobs.growth * whole.peak, knobs.base)


def observe(case: ReplayCase, traces: Traces) -> Observation:
    """Ask the method for its rounds, as the engine does."""
    del traces
    steps = rounds_of(case.method, case.recipe.total)
    quantities = {
        ROUNDS: Measured(float(len(steps))),
        LONGEST: Measured(float(steps.max())),
        STEPS: Measured(float(steps.sum())),
    }
    begin = np.cumsum(steps) - steps
    shown = np.unique(np.searchsorted(begin, _shown(case), side="right") - 1)
    curve = Curve(begin[shown], steps[shown].astype(float), "H of the rounds", method="qsr")
    share = len(steps) / case.recipe.total
    return Observation(quantities, (curve,), note=f"{share:.2%} of the rounds of parallel SGD")


Rule = Callable[[ReplayCase, int], int]


def released(case: ReplayCase, step: int) -> int:
    """⌊(α_Q/η)²⌋ with η at the start of the round."""
    return int((case.growth / case.lr(step)) ** 2)


def at_the_end(case: ReplayCase, step: int) -> int:
    """⌊(α_Q/η)²⌋ with η at the end of the round that the rule would start."""
    end = min(step + max(released(case, step), case.base), case.recipe.total)
    return int((case.growth / case.lr(end)) ** 2)


def ceiling(case: ReplayCase, step: int) -> int:
    """⌈(α_Q/η)²⌉."""
    return math.ceil((case.growth / case.lr(step)) ** 2)


def power(exponent: int) -> Rule:
    """⌊(α_Q/η)^exponent⌋."""
    return lambda case, step: int((case.growth / case.lr(step)) ** exponent)


def by(rule: Rule) -> Callable[[ReplayCase], Prediction]:
    """Return the prediction of the published loop around a rule."""

    def predicted(case: ReplayCase) -> Prediction:
        rounds, longest, step, h = 0, 0, 0, case.base
        total = case.recipe.total
        while step < total:
            step, rounds, longest = step + h, rounds + 1, max(longest, h)
            if step < case.recipe.warmup:
                h = min(case.base, total - step)
            elif step < total:
                h = max(min(max(rule(case, step), case.base), total - step), 1)
        values = {ROUNDS: rounds, LONGEST: longest, STEPS: step}
        return Prediction({name: Predicted(float(value)) for name, value in values.items()}, _theory(case))

    return predicted


def _theory(case: ReplayCase) -> tuple[Curve, ...]:
    steps = [int(s) for s in _shown(case) if s >= case.recipe.warmup]
    wanted = [min(max((case.growth / case.lr(s)) ** 2, case.base), case.recipe.total - s) for s in steps]
    return (Curve(np.array(steps), np.array(wanted), "(α_Q/η)², within its bounds", "theory"),)


def _shown(case: ReplayCase) -> Int[np.ndarray, " step"]:
    """Return the steps of the picture."""
    return np.unique(np.linspace(0, case.recipe.total - 1, SHOWN).astype(int))


CLAIM = Claim(
    key="gu2024/scheduler-replay",
    title="QSR takes the rounds of the released rule, to the integer: 10.4 % of those of parallel SGD for ViT-B",
    statement=(
        r"With $\eta$ at the start of the round, $H=\max\{\min\{\max\{\lfloor(\alpha_Q/\eta)^2\rfloor, "
        r"H_{\mathrm{base}}\}, \text{steps left}\}, 1\}$, and $H_{\mathrm{base}}$ during the warm-up, the recipe of "
        r"ViT-B ($93600$ steps, $\alpha_Q=0.0175$, $H_{\mathrm{base}}=4$, peak $0.008$) has $9711$ rounds. The rule is "
        r"that of the released code; the counts are our replay of it."
    ),
    hypotheses=("linear warm-up, then a cosine to 10⁻⁶", "the run ends after a fixed number of steps"),
    reference=Reference("gu2024", "the released implementation of the rule"),
    source="derived",
    proof=(
        r"Both sides are integers. The prediction is the published loop, written out with its own clock and its own "
        r"learning rate: start with $h=H_{\mathrm{base}}$, repeat $s\leftarrow s+h$ and the rule until $s$ is the last "
        r"step. The measurement asks the described method, step count and schedule included, as the engine does at the "
        r"start of every round."
    ),
    knobs=ReplayKnobs(),
    setup=setup,
    observe=observe,
    predict=by(released),
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "the learning rate at the end of the round",
            "a round could be planned by where it ends",
            by(at_the_end),
        ),
        Falsifier("the ceiling for the floor", "rounding either way looks harmless", by(ceiling)),
        Falsifier("H = α_Q/η", "the linear rule, H of order 1/η", by(power(1))),
        Falsifier("H = (α_Q/η)³", "the cubic rule, which averages even less", by(power(3))),
    ),
    axes=("step", "local steps H of the round", "linear", "log"),
)
