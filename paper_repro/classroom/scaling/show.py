"""The lesson of scaling as a function from its controls to what is shown."""

from figures import View
from paper_repro.classroom.scaling.controls import Controls
from paper_repro.classroom.scaling.data import DIM, LOCAL
from paper_repro.classroom.scaling.pictures import bound, gaps, rounds
from paper_repro.classroom.scaling.study import Study, study
from paper_repro.classroom.scaling.words import capped, code, facts, finding, WHY
from paper_repro.classroom.shown import Shown


def show(controls: Controls) -> Shown:
    """Return the races of the scalings, their rounds to accuracy, and a theorem against data.

    Raises
    ------
    BadInput
        If a run is refused.
    """
    found = study(controls)
    # The finding stands above the picture already.
    view = View(
        "",
        _caption(found),
        (gaps(found), rounds(found), bound(found)),
        columns=3,
        legend="shared",
    )
    return Shown(finding(found), (view,), facts(found), WHY, code(found), capped(found))


def _caption(found: Study) -> str:
    c = found.controls
    batch = f"batches of {c.batch}" if c.batch else "full gradients"
    unlike = f"{100 * c.heterogeneity:.0f} % of them unlike the others'"
    units = f"units over {c.decades:g} decades" + (", turned" if c.rotated else "")
    whose = "one D̂ for all" if c.scope == "global" else "a D̂ for each worker"
    return (
        f"Logistic regression, {DIM} features in {units}, l2 = {c.ridge:g}; M = {c.workers} workers with {LOCAL} "
        f"samples, {unlike}; H = {c.local_steps}, {batch}, {whose}, seed "
        f"{c.seed}. "
        "Points: means with 99 % intervals. Right: a run of its own, full gradients, η and β as the theorem admits."
    )
