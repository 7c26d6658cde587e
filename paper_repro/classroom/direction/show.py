"""From the controls to what is shown."""

from implicitbias.asymptotics import direction_error
from implicitbias.errors import NotSeparable
from paper_repro.classroom.direction import facts, graphs, pictures, reasons, recipe
from paper_repro.classroom.direction.anchored import anchored
from paper_repro.classroom.direction.averaged import averaged
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Journey, Look, looks
from paper_repro.classroom.direction.separators import Separators, separators
from paper_repro.classroom.direction.solves import AT_REST, solved
from paper_repro.classroom.direction.tails import tailed
from paper_repro.classroom.direction.trapped import Rest, trapped
from paper_repro.classroom.direction.wording import called, degrees, digits, power_of_ten
from paper_repro.classroom.shown import Shown


HIDDEN = "Where will w point? Turn the guess on the board, then reveal."


def show(controls: Controls) -> Shown:
    """Return the plane, the path of w, and the direction error to round 10^decades; or the points alone while hidden.

    Raises
    ------
    BadInput
        If the method has no answer for these points: the message says what has.
    Diverged
        If an iterate leaves the floating-point range.
    NotCertified
        If an oracle cannot prove its answer.
    """
    if controls.hidden:
        return Shown(HIDDEN, (pictures.plane(controls, pictures.guess(controls), HIDDEN),))
    try:
        found = separators(controls.problem)
    except NotSeparable:
        return _resting(controls)
    return _directed(controls, found)


def journey_of(controls: Controls, found: Separators) -> Journey:
    """Return where w goes, by the way that the method asks for."""
    if controls.exact_solves:
        return solved(controls, found)
    if controls.loss == "polynomial tail":
        return tailed(controls, found)
    return anchored(controls, found) if controls.anchored else averaged(controls, found)


def _directed(controls: Controls, found: Separators) -> Shown:
    journey = journey_of(controls, found)
    seen = looks(journey, found.common.weights, controls.decades)
    finding = _finding(controls, found, journey, seen)
    return Shown(
        finding,
        (
            pictures.separating(controls, found, seen, finding),
            graphs.errors(controls, found, journey, _speed(journey, seen)),
            pictures.weights(controls, found, journey),
        ),
        facts.of_directions(controls, found, journey, seen),
        reasons.of_directions(controls, found, journey).strip(),
        recipe.of_directions(controls, journey, seen),
        journey.capped,
    )


def _resting(controls: Controls) -> Shown:
    rest = trapped(controls)
    finding = _stays(controls, rest)
    views = pictures.resting(controls, rest, finding)
    return Shown(
        finding,
        views,
        facts.of_rest(controls, rest),
        reasons.TRAPPED.strip(),
        recipe.of_rest(controls),
        rest.capped,
    )


def _finding(controls: Controls, found: Separators, journey: Journey, seen: tuple[Look, ...]) -> str:
    last = seen[-1]
    off = f"{degrees(last.chord)} off" if last.chord > last.error else "nothing left"
    at_last = f"{off} at round {power_of_ten(last.decade)}"
    if controls.loss == "polynomial tail":
        assert journey.target is not None
        away = degrees(float(direction_error(journey.target, found.common.weights)))
        return f"A polynomial tail leads {away} beside the max margin, for ever: {at_last}"
    if controls.exact_solves and not controls.anchored:
        return f"{_solved(found, journey)}: {at_last}"
    if journey.beyond is None and not controls.exact_solves:
        return f"The limit has not begun to show: {at_last}"
    at_first = f"{degrees(seen[0].chord)} off at round {power_of_ten(seen[0].decade)}"
    return f"To the max margin of all points: {at_first}, {at_last}"


def _solved(found: Separators, journey: Journey) -> str:
    """Say where averaged exact solves end."""
    if journey.target is None:
        return "Solving locally first has not settled yet"
    if direction_error(journey.target, found.common.weights) <= AT_REST:
        return "Solving locally first happens to end at the max margin"
    return "Solving locally first leads beside the max margin, and stays there"


def _speed(journey: Journey, seen: tuple[Look, ...]) -> str:
    """Say how the direction error falls."""
    if journey.beyond is None or len(seen) < 2:
        return "Direction error in exact rounds"
    early, late = seen[-2], seen[-1]
    said = [f"{digits(look.chord)} at round {power_of_ten(look.decade)}" for look in (early, late)]
    if late.chord <= late.error:
        return f"Direction error: {said[0]}, then nothing that could be seen"
    return f"Direction error: {said[0]}, {said[1]}"


def _stays(controls: Controls, rest: Rest) -> str:
    if controls.mean_steps == 1:
        return "No w separates these points: w stays finite, and rests at the minimum"
    return f"No w separates these points: {called(controls)} rests {digits(rest.bias)} away from the minimum"
