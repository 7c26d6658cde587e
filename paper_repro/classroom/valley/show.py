"""The lesson of the valley as a function from its controls to what is shown."""

from collections.abc import Sequence

from figures import View
from paper_repro.classroom.shown import Shown
from paper_repro.classroom.valley.controls import Controls
from paper_repro.classroom.valley.pictures import against_alpha, along, cloud, Visited
from paper_repro.classroom.valley.study import Study, study
from paper_repro.classroom.valley.words import capped, code, facts, finding, why


def show(controls: Controls, visited: Sequence[Visited] = ()) -> Shown:
    """Return the ensembles on the landscape, their way along it, and the drift ratio, with the slow SDE of each.

    Parameters
    ----------
    controls
        What the class has set.
    visited
        Where it has been, to be drawn with the curve of the same setting.

    Raises
    ------
    BadInput
        If a course is refused.
    Diverged
        If steps are too long for the walls of the valley.
    """
    return shown(study(controls), visited)


def shown(found: Study, visited: Sequence[Visited] = ()) -> Shown:
    """Return what is shown of a study."""
    panels = (cloud(found), along(found), against_alpha(found, visited))
    # The finding stands above the picture already.
    view = View("", _caption(found), panels, columns=3, legend="shared")
    return Shown(finding(found), (view,), facts(found), why(found), code(found), capped(found))


def visit(found: Study) -> Visited:
    """Return the point of Local SGD, to be shown with later settings."""
    asked = found.budget.asked
    controls = found.controls
    return Visited(controls, asked, controls.round_time, found.ratios["local_sgd"].measured)


def _caption(found: Study) -> str:
    c, own = found.controls, found.walks["local_sgd"].course
    rule = "" if not c.halvings else f", η {c.schedule}"
    return (
        f"{c.ground.title}; noise {c.noise}, σ = {c.sigma:g}; M = {c.workers}, B = {c.batch:g}, η = {c.lr:g}{rule}, "
        f"H = {c.local_steps}, seed {c.seed}: {own.steps} steps for every method, {found.budget.replicas} replicas. "
        "Points, with 99 % intervals: measured. Lines, bands (middle 90 % of paths), bars across Γ (means): slow SDE."
    )
