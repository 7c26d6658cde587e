"""Bugs in the average: who counts, how much, in which arithmetic."""

import numpy as np

from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.fleet import Client, Model, Run, Upload
from paper_repro.conformance.planted.server import aggregate, weigh


def uniform(run: Run, chosen: list[Client]) -> list[float]:
    """Weigh clients alike."""
    del run
    return [1.0 / len(chosen)] * len(chosen)


def by_samples(run: Run, chosen: list[Client]) -> list[float]:
    """Weigh clients by their samples, whatever weights were given."""
    del run
    total = sum(len(client.labels) for client in chosen)
    return [len(client.labels) / total for client in chosen]


def by_steps(run: Run, chosen: list[Client]) -> list[float]:
    """Weigh clients by the number of steps that they report."""
    del run
    total = sum(client.steps for client in chosen)
    return [client.steps / total for client in chosen]


def shares_as_they_are(run: Run, chosen: list[Client]) -> list[float]:
    """Forget that the shares of a sample of clients do not sum to 1."""
    del run
    return [client.share for client in chosen]


def by_position(run: Run, chosen: list[Client]) -> list[float]:
    """Index the weights by position among those who take part, not by client."""
    first = list(run.clients.values())[: len(chosen)]
    return weigh(run, first)


def floored(run: Run, chosen: list[Client]) -> list[float]:
    """Divide integers by //: the samples of a client, in whole per cents of all."""
    del run
    total = sum(len(client.labels) for client in chosen)
    return [100 * len(client.labels) // total / 100 for client in chosen]


def first_unweighted(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Start the average from the first client's model, without its weight, and normalise at the end."""
    return aggregate(run, uploads, [p / (1.0 + sum(weights[1:])) for p in [1.0, *weights[1:]]])


def without_last(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Loop over clients up to M − 1."""
    return aggregate(run, uploads[:-1] or uploads, weights[:-1] or weights)


def without_stragglers(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Time out those who take the most steps, where others take fewer."""
    most, least = (f(client.steps for client, _, _ in uploads) for f in (max, min))
    kept = [
        (p, upload)
        for p, upload in zip(weights, uploads, strict=True)
        if upload[0].steps < most or least == most
    ]
    total = sum(p for p, _ in kept)
    return aggregate(run, [upload for _, upload in kept], [p / total for p, _ in kept])


def in_single(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Average in single precision, as tensors arrive over the wire."""
    return {k: d.astype(np.float32).astype(d.dtype) for k, d in aggregate(run, uploads, weights).items()}


def in_place(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Sum the models into the first client's, whose control variate is updated from it afterwards."""
    update = aggregate(run, uploads, weights)
    _, _, first = uploads[0]
    for name, old in run.server.model.items():
        first[name][...] = old + update[name]
    return update


def median(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Aggregate robustly, by the median over clients, which a configuration had left on."""
    del weights
    return {
        name: np.median([model[name] - old for _, _, model in uploads], axis=0)
        for name, old in run.server.model.items()
    }


AVERAGE_BUGS = (
    Planted("uniform", "clients count alike where weights were given", {"weigh": uniform}),
    Planted("by-samples", "clients count by n_m where weights were given", {"weigh": by_samples}),
    Planted("by-steps", "clients count by the steps they take", {"weigh": by_steps}),
    Planted(
        "not-renormalised",
        "the weights of those who take part are not renormalised",
        {"weigh": shares_as_they_are},
        ("participation",),
    ),
    Planted(
        "by-position",
        "weights are looked up by position among those who take part",
        {"weigh": by_position},
        ("participation",),
    ),
    Planted("floored", "weights are n_m in whole per cents, by //", {"weigh": floored}),
    Planted("first-unweighted", "the average starts from the first model, unweighted", {"aggregate": first_unweighted}),
    Planted("last-forgotten", "the average leaves the last client out", {"aggregate": without_last}),
    Planted("stragglers-dropped", "who takes the most steps is timed out", {"aggregate": without_stragglers}),
    Planted("averaged-in-float32", "updates are averaged in single precision", {"aggregate": in_single}),
    Planted(
        "averaged-in-place",
        "the average overwrites the first client's model, which SCAFFOLD reads afterwards",
        {"aggregate": in_place},
        ("scaffold",),
    ),
    Planted("median", "updates are aggregated by their median", {"aggregate": median}),
)  # fmt: skip
