"""Bugs in a client's local work: how many steps, how long, along what."""

import numpy as np

from paper_repro.conformance.planted import local
from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.fleet import Client, copied, Model, Run, Server
from paper_repro.conformance.planted.training import open_server, partition
from paper_repro.conformance.task import Task


MOMENTUM, DECAY, GAMMA, CLIP, PATIENCE = 0.9, 5e-4, 0.95, 0.1, 1e-3


def one_more(run: Run, client: Client) -> range:
    """Loop until the counter exceeds H."""
    del run
    return range(client.steps + 1)


def one_fewer(run: Run, client: Client) -> range:
    """Loop from 1 to H − 1."""
    del run
    return range(1, client.steps)


def epochs(run: Run, client: Client) -> range:
    """Pass over the data H times, in as many batches as it takes."""
    batch = run.task.batch or len(client.labels)
    return range(client.steps * -(-len(client.labels) // batch))


def shortest(run: Run, client: Client) -> range:
    """Zip the loaders of the clients, which ends with the shortest."""
    del client
    return range(min(c.steps for c in run.clients.values()))


def cumulative(run: Run, client: Client) -> range:
    """Never reset the counter of local epochs, so that round r takes r times as many steps."""
    return range(client.steps * (run.round + 1))


def decayed(run: Run, client: Client, step: int) -> float:
    """Decay the learning rate every round."""
    del client, step
    return run.task.lr * GAMMA**run.round


def scheduled(run: Run, client: Client, step: int) -> float:
    """Step the scheduler after every local step; a new scheduler is made every round."""
    del client
    return run.task.lr * GAMMA**step


def shared_rate(run: Run, client: Client, step: int) -> float:
    """Divide the learning rate by the number of clients."""
    del client, step
    return run.task.lr / run.task.workers


def with_momentum(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Leave momentum at 0.9; every round has a new optimiser."""
    _heavy_ball((client.name, run.round), run, model, gradient, lr)


def one_optimiser(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Leave momentum at 0.9, in one optimiser that all clients share and no round resets."""
    del client
    _heavy_ball("optimiser", run, model, gradient, lr)


def _heavy_ball(key: object, run: Run, model: Model, gradient: Model, lr: float) -> None:
    velocities = run.notes.setdefault("velocities", {})
    velocity = velocities.setdefault(key, {k: np.zeros_like(g) for k, g in gradient.items()})
    for name, slope in gradient.items():
        velocity[name] = MOMENTUM * velocity[name] + slope
        model[name] -= lr * velocity[name]


def unzeroed(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Forget zero_grad, so that gradients add up within a round."""
    grads = run.notes.setdefault("grads", {})
    total = grads.setdefault((client.name, run.round), {k: np.zeros_like(g) for k, g in gradient.items()})
    for name, slope in gradient.items():
        total[name] += slope
        model[name] -= lr * total[name]


def weight_decay(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Leave weight decay at 5e-4."""
    local.move(run, client, model, {k: g + DECAY * model[k] for k, g in gradient.items()}, lr)


def clipped(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Clip the norm of the gradient."""
    norm = np.sqrt(sum(float(np.sum(g**2)) for g in gradient.values()))
    local.move(run, client, model, {k: g * min(1.0, CLIP / (norm + 1e-12)) for k, g in gradient.items()}, lr)


def sign_steps(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Divide every coordinate by its own magnitude, as Adam does at its first step."""
    local.move(run, client, model, {k: g / (np.abs(g) + 1e-8) for k, g in gradient.items()}, lr)


def sum_loss(model: Model, features: np.ndarray, labels: np.ndarray) -> Model:
    """Sum the loss over the samples."""
    return {k: len(labels) * g for k, g in local.gradient(model, features, labels).items()}


def no_half(model: Model, features: np.ndarray, labels: np.ndarray) -> Model:
    """Differentiate the mean squared residual, without ½."""
    return {k: 2.0 * g for k, g in local.gradient(model, features, labels).items()}


def with_intercept(model: Model, features: np.ndarray, labels: np.ndarray) -> Model:
    """Differentiate by the intercept, too."""
    gradient = local.gradient(model, features, labels - model["bias"])
    return gradient | {"bias": np.mean(features @ model["weight"] + model["bias"] - labels, keepdims=True)}


def intercept_of_clients(task: Task) -> dict[str, Client]:
    """Make layers with an intercept, which is what layers have unless they are told."""
    clients = partition(task)
    for client in clients.values():
        client.control["bias"] = np.zeros(1)
    return clients


def intercept_of_server(task: Task) -> Server:
    """As for clients."""
    server = open_server(task)
    for layers in (server.model, server.control, server.velocity):
        layers["bias"] = np.zeros(1)
    return server


def stops_early(model: Model, features: np.ndarray, labels: np.ndarray) -> Model:
    """Stop a client's training once its loss is small."""
    loss = np.mean((features @ model["weight"] - labels) ** 2) / 2
    gradient = local.gradient(model, features, labels)
    return {k: 0.0 * g for k, g in gradient.items()} if loss < PATIENCE else gradient


def not_copied(run: Run, client: Client) -> Model:
    """Hand out the server's own arrays, which clients then train in place, one after the other."""
    del client
    return run.server.model


def relayed(run: Run, client: Client) -> Model:
    """Load the server's weights into the one model object only at the start of a round: client 2 goes on from 1."""
    del client
    if run.notes.get("loaded") != run.round:
        run.notes |= {"loaded": run.round, "net": copied(run.server.model)}
    run.notes["net"] = copied(run.notes["net"])
    return run.notes["net"]


def never_reloaded(run: Run, client: Client) -> Model:
    """Keep a client's model from round to round; the server's reaches it in the first only."""
    return run.notes.setdefault(f"model of {client.name}", copied(run.server.model))


LOCAL_BUGS = (
    Planted("one-step-more", "every client takes H + 1 steps", {"steps": one_more}),
    Planted("one-step-fewer", "every client takes H − 1 steps", {"steps": one_fewer}),
    Planted("epochs", "steps are counted as epochs over batches", {"steps": epochs}, ("minibatches",)),
    Planted("zip-truncates", "clients are zipped, so that all take the fewest steps", {"steps": shortest}),
    Planted("counter-kept", "the step counter is not reset: round r takes r·H steps", {"steps": cumulative}),
    Planted("rate-decays", "the learning rate decays by 5 % a round", {"learning_rate": decayed}),
    Planted("scheduler-per-step", "the scheduler is stepped per local step", {"learning_rate": scheduled}),
    Planted("rate-over-clients", "the learning rate is divided by M", {"learning_rate": shared_rate}),
    Planted("momentum-left-on", "momentum is left at 0.9", {"move": with_momentum}),
    Planted("shared-optimiser", "momentum 0.9, one optimiser serves all clients", {"move": one_optimiser}),
    Planted("no-zero-grad", "gradients are not zeroed between local steps", {"move": unzeroed}),
    Planted("weight-decay", "weight decay is left at 5e-4", {"move": weight_decay}),
    Planted("clipped", "gradients are clipped at norm 0.1", {"move": clipped}),
    Planted(
        "sign-steps", "Adam was left as the optimiser: every coordinate moves by η", {"move": sign_steps}
    ),
    Planted("sum-loss", "the loss is summed over samples, not averaged", {"gradient": sum_loss}),
    Planted("no-half", "the loss is the mean square without ½", {"gradient": no_half}),
    Planted(
        "intercept",
        "an intercept is fitted, too",
        {
            "gradient": with_intercept,
            "partition": intercept_of_clients,
            "open_server": intercept_of_server,
        },
    ),
    Planted("early-stopping", "a client stops when its loss is below 1e-3", {"gradient": stops_early}),
    Planted("not-copied", "clients train the server's own array in place", {"download": not_copied}),
    Planted("relayed", "a client starts from where the one before it ended", {"download": relayed}),
    Planted("never-reloaded", "clients keep their model from round to round", {"download": never_reloaded}),
)
