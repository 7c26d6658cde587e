"""All that the lesson measures and predicts for one setting of its controls."""

from collections.abc import Mapping
from dataclasses import dataclass

from paper_repro.claims.verdict import Verdict
from paper_repro.classroom.valley.controls import check_reach, Controls
from paper_repro.classroom.valley.courses import courses
from paper_repro.classroom.valley.drift import judged, Ratio, ratio, slow_of
from paper_repro.classroom.valley.slow import SlowPaths
from paper_repro.classroom.valley.walks import Budget, budget, Walk, walk


@dataclass(frozen=True, eq=False)
class Study:
    """Measured and predicted.

    Attributes
    ----------
    budget
        What was run.
    walks
        Ensembles of SGD, Local SGD and, under a decaying η, QSR.
    slow
        Their slow SDEs, columns in the same order.
    ratios
        Drift over SGD's.
    verdict
        On Local SGD; None where it cannot be judged.
    """

    budget: Budget
    walks: Mapping[str, Walk]
    slow: SlowPaths
    ratios: Mapping[str, Ratio]
    verdict: Verdict | None

    @property
    def controls(self) -> Controls:
        """What was run, with the slow time that fitted."""
        return self.budget.controls


def study(controls: Controls) -> Study:
    """Run the ensembles and solve their slow SDEs.

    Raises
    ------
    BadInput
        If whole rounds make the way too long.
    Diverged
        If a replica leaves the numbers: the step is too long for the walls of the valley.
    """
    fitting = budget(controls)
    own = courses(fitting.controls)
    local = own["local_sgd"]
    # Whole rounds may take longer than was asked for.
    check_reach(local.slow_time * len(local.phases), local.workers, fitting.controls.unit_batch)
    walks = {key: walk(fitting.controls, one, fitting.replicas) for key, one in own.items()}
    slow = slow_of(fitting.controls, [one for key, one in own.items() if key != "sgd"])
    unit = float(slow.moved[0])
    ratios = {key: ratio(walks[key], unit, float(slow.moved[k])) for k, key in enumerate(own)}
    verdict = judged(fitting.controls, ratios["local_sgd"], fitting.replicas)
    return Study(fitting, walks, slow, ratios, verdict)
