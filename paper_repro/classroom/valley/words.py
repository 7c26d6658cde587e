"""What is said of a setting: the finding, the numbers, the reason, warnings, and the code that prints the numbers."""

from paper_repro.claims.verdict import Status
from paper_repro.classroom import waiting
from paper_repro.classroom.shown import Fact
from paper_repro.classroom.valley.controls import MOST_EFFORT
from paper_repro.classroom.valley.courses import NAMES
from paper_repro.classroom.valley.drift import PAIRS, Ratio
from paper_repro.classroom.valley.pictures import ceiling
from paper_repro.classroom.valley.study import Study


# ηM/B from which the terms that the slow SDE leaves out matter by tens of per cent; fewest rounds of a horizon.
LARGEST_NOISE, FEWEST_ROUNDS = 0.2, 20
# Ratios that are told apart by eye.
CLOSE = 0.15

WHY = r"""Steps push $\theta$ about **across** the valley, and where the valley widens, pushes to one side are not
undone by those to the other: the position along the minima $\Gamma$ drifts. In slow time $t=\sum\eta^2$ the drift
is that of the **slow SDE**,
$$\mathrm d\zeta=P_\zeta\Big(\tfrac1{\sqrt B}\Sigma_\parallel^{1/2}\mathrm dW
-\tfrac1{2B}\nabla^3L[\hat\Sigma]\,\mathrm dt-\tfrac{M-1}{2B}\nabla^3L[\hat\Psi]\,\mathrm dt\Big).$$
The first two terms are SGD with the same total batch. The last is what local steps add: while $M$ workers are apart
each feels the noise of its own small batch, $M$ times as much variance, and only averaging takes it away. After a time
$s$ apart the share of it that has built up is $1-e^{-2hs}$, whose mean over a round is $\psi(2\alpha h)$,
$\psi(z)=1-(1-e^{-z})/z$. So in a valley of curvature $h$ the drift is $1+(M-1)\,\psi(2\alpha h)$ times that of SGD,
with $\alpha=\eta H$: nothing gained for short rounds, $M$-fold for long ones. Averaging leaves the noise **along** the
valley as it is. **QSR** lets $H$ grow like $\eta^{-2}$, so that $\alpha$ grows as $\eta$ decays, where a constant $H$
loses it."""

OF_GROUND = {
    "circle": (
        r"Here the width is the same all along; the drift comes from noise that is **tilted** against $\Gamma$, and "
        r"$\psi$ has the argument $\alpha h$: only one of the two modes decays."
    ),
    "sphere": (
        r"Here nothing is gained: on a round sphere the term of the local steps points away from $\Gamma$, and "
        r"$P_\zeta$ removes it. The walk along $\Gamma$ is Brownian motion for every $M$ and $H$."
    ),
    "hyperbola": (
        r"Here $uv=1$ is a network of two layers; label noise drives $u^2-v^2$ to 0, where the minimum is flattest."
    ),
}


def finding(found: Study) -> str:
    """Return in one sentence what there is to see."""
    c, own = found.controls, found.ratios["local_sgd"]
    if c.workers == 1:
        return "One worker alone is SGD, however long its rounds: there is nobody to drift apart from."
    if c.landscape == "sphere" and abs(own.measured - 1.0) <= own.error + CLOSE:
        return "On a sphere local steps change nothing along the minima: drift and spread are those of SGD."
    first = (
        f"{c.workers} workers with {c.local_steps} local steps drift {own.measured:.2g} times as far as SGD"
    )
    if "qsr" in found.ratios:
        return f"{first}, and with QSR {found.ratios['qsr'].measured:.2g} times, in the same number of steps."
    if c.local_steps == 1:
        return "Workers that meet after every step drift as SGD with their total batch does: there is nothing to gain."
    if warnings(found) and abs(own.measured - own.predicted) > own.error + CLOSE:
        return f"{first}; the slow SDE says {own.predicted:.2g}, but these steps are too long for it."
    if own.predicted > (1.0 - CLOSE) * ceiling(found):
        return f"{first}: nearly M-fold, for their rounds are long."
    return f"{first}, in the same number of steps with the same total batch; the ceiling is {ceiling(found):.2g}."


def facts(found: Study) -> tuple[Fact, ...]:
    """Return the numbers on screen."""
    c = found.controls
    unit = float(found.slow.moved[0])
    shown = [
        Fact("time of a round α = ηH", f"{c.round_time:.3g}", "the one number that decides the gain"),
        Fact(
            "SGD moves, slow SDE",
            f"{unit:.4f}".replace("-", "−"),
            f"in slow time {_slow_time(found):.3g}: the unit of drift",
        ),
    ]
    for key, own in found.ratios.items():
        shown += _of_ratio(NAMES[key], own)
    most = f"{c.workers} times SGD's drift all along the way: the slow SDE at α = ∞"
    shown += [Fact("M-fold ceiling", f"{ceiling(found):.3f}", most), _verdict(found)]
    return tuple(shown)


def why(found: Study) -> str:
    """Return the reason, and warnings of steps too long for it."""
    said = [WHY, OF_GROUND.get(found.controls.landscape, "")]
    cautions = warnings(found)
    if cautions:
        said.append("**Mind:** " + " ".join(cautions))
    return "\n\n".join(text for text in said if text)


def warnings(found: Study) -> list[str]:
    """Return what makes the slow SDE a poor guide at these steps."""
    c, own = found.controls, found.walks["local_sgd"].course
    noise = c.lr * c.workers / c.unit_batch
    said = []
    if noise > LARGEST_NOISE:
        said.append(
            f"ηM·σ²/B = {noise:.2g} > {LARGEST_NOISE}: the workers spread so far across the valley that terms of "
            "higher order, which the slow SDE leaves out, matter by tens of per cent; take a smaller η or M."
        )
    if own.rounds < FEWEST_ROUNDS:
        said.append(
            f"The whole way is {own.rounds} rounds: too few for an equation in continuous time; take fewer local "
            "steps, a smaller η, or a longer slow time."
        )
    return said


def capped(found: Study) -> str:
    """Return what was cut so that the answer comes at once, and what more would take."""
    own = found.budget
    more = waiting.more(found.controls.effort, own.seconds, MOST_EFFORT)
    text = f"{own.replicas} replicas of each method, about {own.seconds:.1g} s{more}."
    if own.controls.slow_time < own.asked:
        text += f" Slow time {own.controls.slow_time:.3g} in place of {own.asked:g}: η² is small."
    return text


def code(found: Study) -> str:
    """Return lines of Python that print what is measured and predicted of Local SGD."""
    c, own = found.controls, found.walks["local_sgd"].course
    ground, start = c.ground, c.ground.start
    phi = "from sympy import Symbol, sympify\n" if ground.shape else ""
    symbol = 'phi = Symbol("phi", real=True)\n' if ground.shape else ""
    position = "land.invariant(trace.w)[..., 0]"
    position = f"np.unwrap({position}, axis=1)" if ground.winds else position
    phases = ", ".join(f"({own.slow_time!r}, np.array([0.0, {alpha!r}]))" for alpha in own.alphas)
    return f"""\
import numpy as np
from implicitbias import local_sgd, Piecewise, RecordAt, run, Stream
from implicitbias.problems import TwoPoint
from paper_repro.classroom.valley import mean_within, slow_paths
from sde.zoo import {ground.family}
{phi}
{symbol}land = {ground.said(str(c.noise))}
phases, M, B = [{phases}], np.array([1.0, {c.workers}]), {c.unit_batch!r}  # (slow time, α of SGD and of Local SGD)
slow = slow_paths(land, {start}, phases, M, B, {PAIRS}, Stream({c.seed})).moved
method = local_sgd({own.method.lr!r}, {c.local_steps}, batch={c.unit_batch / c.workers!r}, workers={c.workers})
trace = run(land.landscape, method, {own.rounds}, start=land.start(np.array({list(start)})), progress=False,
            replicas={found.budget.replicas}, record=RecordAt.these({own.records}), stream=Stream({c.seed}))
position = {position}
mean, error = mean_within((position[:, -1] - position[:, 0]) / slow[0])
print(f"SGD moves {{slow[0]:.4f}}; Local SGD {{mean:.3f}} ± {{error:.3f}} times as far,", end=" ")
print(f"slow SDE {{slow[1] / slow[0]:.3f}}")
"""


def _slow_time(found: Study) -> float:
    own = found.walks["local_sgd"].course
    return own.slow_time * len(own.phases)


def _of_ratio(name: str, own: Ratio) -> list[Fact]:
    means = f"slow SDE: {own.predicted:.3f}"
    return [Fact(f"{name}: drift over SGD's", within(own.measured, own.error), means)]


def within(value: float, error: float) -> str:
    """Return a number with its half-width, to the digits that the half-width leaves."""
    return f"{value:.3f} ± {error:.3f}"


def _verdict(found: Study) -> Fact:
    name = "is the slow SDE right, η → 0?"
    if found.verdict is None:
        return Fact(
            name, "not told", "twice the learning rate, which would show the part of η, is too long a step"
        )
    verdict = found.verdict
    one = verdict.comparisons[0]
    told = f"at η → 0: {one.measured:.3f} ± {one.uncertainty:.3f}, what η moved {one.allowance:.3f}; "
    told += f"a prediction {100 * verdict.resolution:.0f} % off would have been seen"
    if verdict.status is Status.INCONCLUSIVE:
        told = (
            f"at η → 0: {one.measured:.3f} ± {one.uncertainty:.3f}: too blunt; ask for more, or a smaller η"
        )
    return Fact(name, verdict.status.value, told)
