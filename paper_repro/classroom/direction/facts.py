"""The numbers on screen."""

import math

import numpy as np

from implicitbias.asymptotics import direction_error, log10_round_of_chord, rate_constant
from paper_repro.classroom.direction.averaged import ALONG
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Beyond, Journey, Look
from paper_repro.classroom.direction.separators import Separators
from paper_repro.classroom.direction.trapped import Rest
from paper_repro.classroom.direction.wording import degrees, digits, names, NOTHING, power_of_ten, vector
from paper_repro.classroom.shown import Fact


# Direction error that is called small.
SMALL = 0.01


def of_directions(
    controls: Controls, found: Separators, journey: Journey, seen: tuple[Look, ...]
) -> tuple[Fact, ...]:
    """Return margin, support, direction errors, the limit, and the guess."""
    svm = found.common
    support = names([int(i) for i in svm.support])
    facts = [Fact("margin γ", digits(svm.margin), f"supported by {support} of {len(controls.points)}")]
    if found.apart is not None:
        facts.append(Fact("workers' own separators", f"{found.apart:.0f}° apart", "each alone, at most"))
    facts.extend(_look(look, journey.form) for look in seen)
    facts.extend(_limit(found, journey))
    facts.extend(_small(controls, found, journey))
    return (*facts, *_guess(controls, svm.weights, seen[-1].w))


def of_rest(controls: Controls, rest: Rest) -> tuple[Fact, ...]:
    """Return minimiser, resting point, and the bias with its first order."""
    first = None if rest.first_order is None else float(np.linalg.norm(rest.first_order))
    known = "the distance of the two" if first is None else f"{digits(first)} to first order in η(H − 1)"
    left = float(np.linalg.norm(rest.exact.w[-1] - rest.resting))
    return (
        Fact("minimiser of f", vector(rest.minimiser), "by Newton's method"),
        Fact("where Local GD rests", vector(rest.resting), "the fixed point of a round"),
        Fact("bias", digits(rest.bias), known),
        Fact(
            f"still to go at round {power_of_ten(math.log10(rest.exact.last))}", digits(left), "exact rounds"
        ),
        *_guess(controls, rest.minimiser, rest.resting),
    )


def _look(look: Look, form: str) -> Fact:
    if look.chord <= max(look.error, NOTHING):
        return Fact(
            f"direction error at round {power_of_ten(look.decade)}",
            f"below {max(look.error, NOTHING):.0e}".replace("-", "−"),
            "rounding",
        )
    value = f"{digits(look.chord)} = {degrees(look.chord)}"
    known = f"± {look.error:.0e}".replace("-", "−") if look.error > 0.0 else "exact rounds"
    theory = f"; {form} {digits(look.predicted)}" if np.isfinite(look.predicted) else ""
    return Fact(f"direction error at round {power_of_ten(look.decade)}", value, known + theory)


def _limit(found: Separators, journey: Journey) -> list[Fact]:
    """Return w̃ and the constant of the direction error, or how far from ŵ another limit is."""
    separator = found.common.weights
    if journey.residual is not None:
        constant = rate_constant(separator, journey.residual)
        beside = digits(constant) if constant > ALONG else "0"
        return [
            Fact("w̃", vector(journey.residual), "w − ŵ log(ηHr) tends to it"),
            Fact("direction error · log(ηHr)", beside, "its limit, |w̃ across ŵ|/|ŵ|"),
        ]
    if journey.target is None or (away := float(direction_error(journey.target, separator))) <= ALONG:
        return []
    return [Fact("limit", f"{digits(away)} = {degrees(away)} from ŵ", "solved for")]


def _small(controls: Controls, found: Separators, journey: Journey) -> list[Fact]:
    """Return the round from which the direction error is small: seen, or by the closed form."""
    name, residual = f"direction error {SMALL:.0%}", journey.residual
    beyond = journey.beyond
    if beyond is not None and beyond.chord[-1] <= SMALL:
        reached = power_of_ten(math.ceil(_crossing(beyond)))
        return [Fact(name, f"by round {reached}", "and from there on, as far as seen")]
    if residual is None or rate_constant(found.common.weights, residual) <= ALONG:
        return []
    step = controls.lr * controls.mean_steps
    decade = log10_round_of_chord(found.common.weights, residual, SMALL, lr=step, local_steps=1)
    return [Fact(name, f"by round {power_of_ten(math.ceil(max(decade, 0.0)))}", "by the closed form")]


def _crossing(beyond: Beyond) -> float:
    """Return log₁₀ of the round from which the direction error stays small, between two points of the curve."""
    above = np.flatnonzero(beyond.chord > SMALL)
    if not len(above):
        return 0.0
    ends = slice(above[-1], above[-1] + 2)
    falling, when = -np.log(beyond.chord[ends]), beyond.decades[ends]
    return float(np.interp(-math.log(SMALL), falling, when))


def _guess(controls: Controls, best: np.ndarray, last: np.ndarray) -> list[Fact]:
    if controls.prediction is None:
        return []
    angle = math.radians(controls.prediction)
    guess = np.array([math.cos(angle), math.sin(angle)])
    off, now = (degrees(float(direction_error(guess, w))) for w in (best, last))
    return [Fact("your guess", f"{off} off", f"{now} from w in the last round seen")]
