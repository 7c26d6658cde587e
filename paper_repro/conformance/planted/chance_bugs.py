"""Bugs in what is drawn, and in what survives from one run to the next."""

from dataclasses import dataclass, field

import numpy as np

from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.fleet import Client, Model, Run, Server
from paper_repro.conformance.planted.local import batch, download
from paper_repro.conformance.planted.server import choose, server_step
from paper_repro.conformance.planted.training import open_server
from paper_repro.conformance.task import Task


def hidden(task: Task) -> np.random.Generator:
    """Make a generator of its own, without the seed."""
    del task
    return np.random.default_rng()


def ignored(task: Task) -> np.random.Generator:
    """Seed with 42, whatever the task says."""
    del task
    return np.random.default_rng(42)


@dataclass
class OneGenerator:
    """Seed a global generator once, when the module is imported; a second run goes on from the first."""

    generator: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __call__(self, task: Task) -> np.random.Generator:
        """Return it."""
        del task
        return self.generator


@dataclass
class OneServer:
    """Keep the model in a global variable: a second run starts where the first ended."""

    models: dict[bytes, Model] = field(default_factory=dict)

    def __call__(self, task: Task) -> Server:
        """Return a server whose model is the one kept for this start."""
        server = open_server(task)
        server.model = self.models.setdefault(np.asarray(task.start, dtype=float).tobytes(), server.model)
        return server


@dataclass
class OneBuffer:
    """Keep the momentum buffer in a mutable default argument: a second run begins with the first one's."""

    buffers: dict[int, Model] = field(default_factory=dict)

    def __call__(self, task: Task) -> Server:
        """Return a server whose buffer is the one kept for this dimension."""
        server = open_server(task)
        server.velocity = self.buffers.setdefault(task.dim, server.velocity)
        return server


def start_shared(task: Task) -> Server:
    """Let the server's model be the caller's array of the start."""
    server = open_server(task)
    server.model["weight"] = task.start
    return server


def step_shared(run: Run, update: Model) -> None:
    """Move the global model in place."""
    before = dict(run.server.model)
    server_step(run, update)
    for name, layer in before.items():
        layer[...] = run.server.model[name]
        run.server.model[name] = layer


def with_replacement(run: Run) -> list[Client]:
    """Draw clients with replacement."""
    clients = list(run.clients.values())
    if run.task.participants is None:
        return clients
    return [clients[m] for m in run.generator.integers(len(clients), size=run.task.participants)]


def once_for_all(run: Run) -> list[Client]:
    """Draw the clients before the first round only."""
    return run.notes.setdefault("chosen", choose(run))


def by_share(run: Run) -> list[Client]:
    """Draw clients in proportion to their weights, which then count a second time."""
    clients = list(run.clients.values())
    if run.task.participants is None:
        return clients
    shares = np.array([client.share for client in clients])
    drawn = run.generator.choice(
        len(clients), size=run.task.participants, replace=False, p=shares / shares.sum()
    )
    return [clients[m] for m in sorted(drawn)]


def in_turn(run: Run) -> list[Client]:
    """Take clients in turn."""
    clients, count = list(run.clients.values()), run.task.participants
    if count is None:
        return clients
    return [clients[(run.round * count + k) % len(clients)] for k in range(count)]


def everybody(run: Run) -> list[Client]:
    """Ignore how many take part."""
    return list(run.clients.values())


def batch_without_replacement(run: Run, client: Client) -> tuple[np.ndarray, np.ndarray]:
    """Take the first rows of a random order."""
    if run.task.batch is None:
        return client.features, client.labels
    rows = run.generator.permutation(len(client.labels))[: run.task.batch]
    return client.features[rows], client.labels[rows]


def batch_kept(run: Run, client: Client) -> tuple[np.ndarray, np.ndarray]:
    """Draw one mini-batch a round and take all local steps on it."""
    key = (client.name, run.round)
    if key not in run.notes:
        run.notes[key] = batch(run, client)
    return run.notes[key]


def reseeded(run: Run, client: Client) -> Model:
    """Seed in every client, so that all clients draw the same in every round."""
    run.generator = np.random.default_rng(run.task.seed)
    return download(run, client)


_SAMPLED, _DRAWN = ("participation",), ("participation", "minibatches")
CHANCE_BUGS = (
    Planted("hidden-seed", "draws come from an unseeded generator of its own", {"seed": hidden}, _DRAWN),
    Planted("seed-ignored", "the seed is always 42", {"seed": ignored}, _DRAWN),
    Planted("seeded-once", "one generator serves all runs", {"seed": OneGenerator()}, _DRAWN),
    Planted(
        "start-written-on",
        "the server moves the caller's start in place",
        {"open_server": start_shared, "server_step": step_shared},
    ),
    Planted("global-model", "a second run starts where the first ended", {"open_server": OneServer()}),
    Planted("global-buffer", "the momentum buffer survives the run", {"open_server": OneBuffer()}, ("server",)),
    Planted("drawn-with-replacement", "clients are drawn with replacement", {"choose": with_replacement}, _SAMPLED),
    Planted("drawn-once", "the same clients take part in all rounds", {"choose": once_for_all}, _SAMPLED),
    Planted("drawn-by-weight", "clients are drawn in proportion to their weights", {"choose": by_share}, _SAMPLED),
    Planted("in-turn", "clients take turns instead of being drawn", {"choose": in_turn}, _SAMPLED),
    Planted("all-take-part", "everybody takes part in every round", {"choose": everybody}, _SAMPLED),
    Planted(
        "batches-without-replacement",
        "mini-batches are drawn without replacement",
        {"batch": batch_without_replacement},
        ("minibatches",),
    ),
    Planted("one-batch-a-round", "all local steps use one mini-batch", {"batch": batch_kept}, ("minibatches",)),
    Planted("reseeded", "every client seeds anew in every round", {"download": reseeded}, _DRAWN),
)  # fmt: skip
