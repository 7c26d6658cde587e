"""Tasks in which something is drawn: what their paths tell all the same."""

import dataclasses

from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.misfit import misfit, Observed
from paper_repro.conformance.diagnosis.participation import decoded, participation_causes
from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.search import Search, searched


def drawn_batches(recipe: Recipe, seen: Observed) -> list[Cause]:
    """Return the causes of a path that draws nothing, where mini-batches were asked: full gradients, or in order."""
    full = Cause(
        "full gradients",
        "steps see all samples: mini-batches were asked",
        misfit(recipe, seen),
        ("full gradients",),
        lambda recipe: recipe,
    )
    if full.misfit <= seen.tolerance:
        return [full]
    return [_with(full, cause) for cause in searched(Search(recipe, seen), pairs_too=False)]


def _with(full: Cause, cause: Cause) -> Cause:
    """One more mistake beside full gradients, unless it is to take mini-batches in order."""
    if cause.name.startswith("mini-batches"):
        sentence = "a step sees the next samples in their order: draw them"
        return dataclasses.replace(cause, name=f"{cause.name} in order", sentence=sentence)
    return dataclasses.replace(
        cause,
        name=f"{full.name}, and {cause.name}",
        sentence=f"{full.sentence}; and {cause.sentence}",
        parts=(*full.parts, *cause.parts),
    )


def drawn_workers(recipe: Recipe, seen: Observed, count: int) -> list[Cause] | None:
    """Return what is wrong with a path whose workers are drawn; None if workers can be named that make it right."""
    causes = list(participation_causes(recipe, seen, count))
    right = decoded(recipe, seen, count, "renormalised")
    return None if not causes and right is not None else causes
