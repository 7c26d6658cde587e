"""What is said of a setting: the finding, the numbers, the reason, and the code that prints the numbers."""

import re

from paper_repro.classroom import waiting
from paper_repro.classroom.scaling.bounding import Held
from paper_repro.classroom.scaling.controls import MOST_EFFORT, NAMES
from paper_repro.classroom.scaling.races import GRID, horizon, Race, replicas, seconds, TUNING_REPLICAS
from paper_repro.classroom.scaling.study import Study
from paper_repro.classroom.shown import Fact


# Condition numbers of which one is as good as the other.
ALIKE = 2.0

WHY = r"""A step $w\leftarrow w-\eta\,\hat D^{-1}g$ is a plain step in the coordinates $y=\hat D^{1/2}w$. In these the
condition number is that of $\hat D^{-1/2}\nabla^2f\,\hat D^{-1/2}$. Plain steps must be short enough for the steepest
direction, $\eta\lesssim1/L$, and then take $\kappa=L/\mu$ steps for the flattest. If the features only have ill-chosen
**units**, the diagonal of the Hessian tells them, and dividing by it leaves hardly any condition number. RMSProp and
Adam take the root of mean squared gradients for $\hat D$, OASIS and AdaHessian curvature by random signs,
$v\circ(\nabla^2f\,v)$. **Turned** data have the same eigenvalues, but equal diagonal entries: a diagonal sees nothing,
and nothing is gained.

Local steps save rounds as long as workers agree; $\hat D$ is made at the synchronisations, so that a round has one
$\hat D$. With **one $\hat D$ for each worker** the average of their steps is no step on $f$: where the data differ, the
resting point moves away from $x^*$.

Theorems T1–T4 say this with constants. In the metric of $\hat D$ they see the gain; with $d_{\min}$ and $d_{\max}$
alone they cannot. Tuned learning rates are longer than any of them admits: a bound that claims nothing is not a bound
that fails."""


def finding(found: Study) -> str:
    """Return in one sentence what there is to see."""
    c, own = found.controls, found.instance
    others = {f: r for f, r in found.races.items() if f != "identity"}
    if "identity" not in found.races or not others:
        return f"Rounds to a gap of {c.accuracy:g}: {_listed(found)}."
    plain = found.races["identity"]
    best = min(others, key=lambda f: others[f].rounds)
    if _alone_to_blame(found) and all(race.censored for race in others.values()):
        none = f"none comes to a gap of {c.accuracy:g} in {plain.horizon} rounds"
        return f"With a D̂ for each worker {none}: on unlike data their mean step is no step on f."
    if all(race.censored for race in found.races.values()):
        return f"None comes to a gap of {c.accuracy:g} in {plain.horizon} rounds" + _reason_of_none(found)
    if own.condition < ALIKE * own.condition_scaled:
        kept = f"κ is {own.condition:.0f}, and {own.condition_scaled:.0f} without it."
        return f"Here the diagonal tells a scaling nothing: {kept}"
    if others[best].rounds < plain.rounds:
        return (
            f"{NAMES[best]} needs {_needs(others[best])}, steps without scaling {_needs(plain)}: dividing by "
            f"the diagonal takes κ from {own.condition:.0f} to {own.condition_scaled:.1f}."
        )
    return f"No scaling saves rounds here: {_listed(found)}."


def facts(found: Study) -> tuple[Fact, ...]:
    """Return the numbers on screen."""
    own = found.instance
    shown = [
        Fact("condition number κ", _three_digits(own.condition), "of the Hessian at the minimum"),
        Fact(
            "κ without its diagonal",
            _three_digits(own.condition_scaled),
            "what a diagonal could leave at best",
        ),
    ]
    for family, race in found.races.items():
        means = f"rounds until the mean gap stays ≤ ε; at the end {race.mean[-1]:.2g}; η = {race.lr:.3g}"
        shown.append(Fact(NAMES[family], race.said, means))
    return (*shown, *_bound(found))


def capped(found: Study) -> str:
    """Return what was cut so that the answer comes at once, and what more would take."""
    c = found.controls
    more = waiting.more(c.effort, seconds(c), MOST_EFFORT)
    return (
        f"At most {horizon(c)} rounds, {replicas(c)} replicas, about {seconds(c):.1g} s{more}. Learning rates: best "
        f"of {len(GRID)}, a factor of three apart, on other mini-batches ({TUNING_REPLICAS} replicas)"
        + ("." if c.step == 1.0 else f", times {c.step:g}.")
    )


def code(found: Study) -> str:
    """Return lines of Python that print the rounds of every scaling."""
    c = found.controls
    changed = ", ".join(
        f"{name}={value!r}"
        for name, value in vars(c).items()
        if value != type(c).__dataclass_fields__[name].default
    )
    scalings = ", ".join(
        f"{family!r}: ({race.lr!r}, {c.scaling(family)!r})" for family, race in found.races.items()
    )
    return f"""\
import numpy as np
from implicitbias import {_imported(found)}, RecordAt, run, savic, Stream
from paper_repro.classroom.scaling import Controls, instance_of
from paper_repro.papers.derived.scaling.ill_scaled import first_below

own = instance_of(Controls({changed}))
for name, (lr, scaling) in {{{scalings}}}.items():
    method = savic(lr, {c.local_steps}, scaling, {c.batch or None})
    trace = run(own.problem, method, {horizon(c)}, replicas={replicas(c)}, stream=Stream({c.seed}),
                record=RecordAt.every(1), progress=False, throw=False)
    gap = np.exp(trace.log_loss) - own.least
    count = first_below(gap.mean(axis=0), {c.accuracy!r})
    print(f"{{name}}: {{count if count <= {horizon(c)} else '> {horizon(c)}'}} rounds")
"""


def _imported(found: Study) -> str:
    return ", ".join(sorted({"Identity" if f == "identity" else NAMES[f] for f in found.races}))


def _listed(found: Study) -> str:
    return ", ".join(f"{NAMES[family]} {_needs(race)}" for family, race in found.races.items())


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if value < 1000.0 else f"{value:,.0f}"


def _needs(race: Race) -> str:
    count = "1 round" if race.rounds == 1 else f"{race.rounds} rounds"
    return f"more than {race.horizon} rounds" if race.censored else count


def _alone_to_blame(found: Study) -> bool:
    """Whether unlike scalings keep the workers from the minimum, and neither turned data nor the step can be why."""
    c = found.controls
    unlike = c.scope == "worker" and c.workers > 1 and c.heterogeneity > 0.0
    return unlike and c.step == 1.0 and not (c.rotated and c.decades > 0.0)


def _reason_of_none(found: Study) -> str:
    if found.controls.rotated and found.controls.decades > 0.0:
        return ": turned data show a diagonal nothing of their scales."
    return "."


def _bound(found: Study) -> list[Fact]:
    """Return what the theorem says of the run with its own steps, and whether it speaks of the tuned one."""
    c, held = found.controls, found.held
    name = f"{c.theorem} for {NAMES[c.bounded]}"
    if isinstance(held, str):
        return [Fact(name, "says nothing", held)]
    return [_of_own(name, held), _of_tuned(f"{name}, tuned", found.unmet)]


def _of_own(name: str, held: Held) -> Fact:
    if not held.applicable:
        return Fact(name, "claims nothing", _asked(held.unmet))
    if len(held.exceeded):
        return _of_broken(name, held, held.exceeded[0])
    at = f"round {held.rounds[-1]:.0f}, full gradients, η = {held.lr:.2g}"
    value = f"{held.measured[-1]:.3g} ≤ {held.bounds[-1].value:.3g}"
    return Fact(
        name, value, f"measured ≤ bound at {at}, as at every round before: tightness {held.tightness:.2g}"
    )


def _of_broken(name: str, held: Held, index: int) -> Fact:
    value = f"{held.measured[index]:.3g} > {held.bounds[index].value:.3g}"
    return Fact(name, value, f"measured > bound at round {held.rounds[index]:.0f}: one of the two is wrong")


def _of_tuned(name: str, unmet: tuple[str, ...] | str) -> Fact:
    if isinstance(unmet, str):
        return Fact(name, "says nothing", "its D̂ has no ceiling")
    return Fact(name, "claims nothing" if unmet else "applies", _asked(unmet) if unmet else "")


def _asked(unmet: tuple[str, ...]) -> str:
    """Return hypotheses with their symbols as formulas: an index is no emphasis."""
    return "it asks " + re.sub(r"(\w)_(\w+)", r"$\1_{\2}$", ", ".join(unmet))
