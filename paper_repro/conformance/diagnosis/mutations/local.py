"""Local work that begins, looks or pulls in the wrong way."""

from collections.abc import Iterator

import numpy as np

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.recipe import Recipe


def local_mutations(recipe: Recipe) -> Iterator[Mutation]:
    """Yield wrong beginnings, stale gradients, transformed gradients, exact solves and wrong pulls."""
    yield from _beginnings(recipe)
    yield from _gradients()
    yield Mutation(
        "solved exactly",
        "local work is an exact minimisation: H_m gradient steps were asked",
        lambda r: r.working(exact=True),
    )
    yield Mutation(
        "averages every step",
        "models are averaged after every step: H local steps come between two averages",
        lambda r: r.working(averages_every_step=True),
    )
    if recipe.work.proximal > 0.0:
        yield from _pulls(recipe)


def _beginnings(recipe: Recipe) -> Iterator[Mutation]:
    yield Mutation(
        "models not reset",
        "workers go on from their own models: load the server's at the start of a round",
        lambda r: r.working(begins="own"),
    )
    yield Mutation(
        "stale broadcast",
        "workers begin from the server's vector of the round before",
        lambda r: r.working(begins="previous"),
    )
    yield Mutation(
        "stale broadcast, moves from it",
        "workers begin from the server's vector of the round before, and send how far they moved from that",
        lambda r: r.working(begins="previous").serving(moves="beginning"),
    )
    yield Mutation(
        "own models, moves from them",
        "workers go on from their own models, and send how far they moved in this round",
        lambda r: r.working(begins="own").serving(moves="beginning"),
    )
    yield Mutation(
        "always from x⁰",
        "workers begin every round from x⁰: is the broadcast model copied back?",
        lambda r: r.working(begins="start"),
    )
    yield Mutation(
        "in turns, then averaged",
        "a worker begins where the one before it stopped: do they share one model object? copy it",
        lambda r: r.working(begins="turns"),
    )
    yield Mutation(
        "in turns",
        "workers train one after the other, and the last one's model is the server's: copy it for each",
        lambda r: r.working(begins="turns").replaced(weights=(0.0,) * (r.workers - 1) + (1.0,)),
    )
    yield Mutation(
        "in turns, moves added",
        "workers train one after the other, and each one's move from its own beginning is averaged",
        lambda r: r.working(begins="turns").serving(moves="beginning"),
    )


def _gradients() -> Iterator[Mutation]:
    yield Mutation(
        "gradient of the round's start",
        "all steps of a round repeat its first gradient: compute it anew at every step",
        lambda r: r.working(evaluated="first"),
    )
    yield Mutation(
        "gradient one step late",
        "a step uses the gradient of the point before",
        lambda r: r.working(evaluated="late"),
    )
    yield Mutation("gradient's sign", "steps climb", lambda r: r.working(transform=lambda g: -g))
    yield Mutation(
        "sign steps", "steps go along the gradient's signs", lambda r: r.working(transform=np.sign)
    )
    yield Mutation(
        "normalised gradient", "steps divide by the gradient's norm", lambda r: r.working(transform=_unit)
    )
    for most in (1.0, 0.5, 0.1, 5.0, 10.0):
        yield Mutation(
            f"clipped at {most:g}",
            f"gradients are clipped to norm {most:g}",
            lambda r, c=most: r.working(transform=lambda g: clipped(g, c)),
            rare=True,
        )


def _unit(gradient: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(gradient, axis=1, keepdims=True)
    return gradient / np.where(norms > 0.0, norms, 1.0)


def clipped(gradient: np.ndarray, most: float) -> np.ndarray:
    """Return gradients shortened to a norm of at most ``most``."""
    norms = np.linalg.norm(gradient, axis=1, keepdims=True)
    return gradient * np.minimum(1.0, most / np.where(norms > 0.0, norms, most))


def _pulls(recipe: Recipe) -> Iterator[Mutation]:
    """Wrong ρ and anchors of FedProx."""
    for words, factor in (("doubled", 2.0), ("halved", 0.5), ("absent", 0.0), ("with the wrong sign", -1.0)):
        yield Mutation(
            f"ρ {words}",
            f"the pull of FedProx is {words}: ρ/2 times a square has the gradient ρ(v − x)",
            lambda r, f=factor: r.working(proximal=f * r.work.proximal),
        )
    yield Mutation(
        "ρ·n_m",
        "ρ is multiplied by n_m: is the loss a mean, and the pull not?",
        lambda r: r.working(
            loss_factors=tuple(1.0 / n for n in r.samples.sizes),
            lr=tuple(e * n for e, n in zip(r.work.lr, r.samples.sizes, strict=True)),
        ),
    )
    anchors = {"zero": "0", "start": "x⁰", "previous": "the round before's x", "own": "its own last model"}
    for anchor, words in anchors.items():
        yield Mutation(
            f"pull to {words}",
            f"FedProx pulls to {words} instead of the server's vector of this round",
            lambda r, a=anchor: r.working(anchor=a),
        )
