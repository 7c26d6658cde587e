"""All that the lesson runs and computes for one setting of its controls."""

from collections.abc import Mapping
from dataclasses import dataclass

from paper_repro.classroom.scaling.bounding import Held, held, unmet_when_tuned
from paper_repro.classroom.scaling.controls import Controls
from paper_repro.classroom.scaling.data import Instance, instance_of
from paper_repro.classroom.scaling.races import Race, race, tuned


@dataclass(frozen=True, eq=False)
class Study:
    """Races and a bound.

    Attributes
    ----------
    controls, instance
        What was set, and the problem that follows from it.
    races
        By the name of the scaling.
    held
        The theorem against a run of its own; or why it has nothing to say.
    unmet
        Hypotheses that fail at the tuned learning rate of the bounded scaling; or why it has no constants.
    """

    controls: Controls
    instance: Instance
    races: Mapping[str, Race]
    held: Held | str
    unmet: tuple[str, ...] | str


def study(controls: Controls) -> Study:
    """Run the races, and hold the theorem of the controls against a run that it admits."""
    races = {family: race(controls, family) for family in controls.families}
    lr = controls.step * tuned(controls, controls.bounded)
    return Study(controls, instance_of(controls), races, held(controls), unmet_when_tuned(controls, lr))
