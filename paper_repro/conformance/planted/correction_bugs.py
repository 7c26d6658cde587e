"""Bugs in what corrects for drift: FedProx's pull, SCAFFOLD's control variates, FedNova's normalisation."""

from dataclasses import replace

import numpy as np

from paper_repro.conformance.planted import local
from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.fleet import Client, copied, Model, Run, Upload
from paper_repro.conformance.planted.server import aggregate, update_controls


def moving_anchor(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Anchor the proximal term at the model that moves: the global model was not copied."""
    del received
    return local.correct(run, client, model, model, gradient)


def no_half_rho(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Add ρ|v − x|² to the loss, without ½."""
    run = replace(run, task=replace(run.task, proximal=2.0 * run.task.proximal))
    return local.correct(run, client, model, received, gradient)


def unsquared(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Add (ρ/2)|v − x| to the loss: the norm, not its square."""
    if run.task.algorithm != "fedprox":
        return local.correct(run, client, model, received, gradient)
    away = {k: model[k] - received[k] for k in gradient}
    norm = np.sqrt(sum(float(np.sum(d**2)) for d in away.values())) + 1e-12
    return {k: g + run.task.proximal / 2 * away[k] / norm for k, g in gradient.items()}


def towards_origin(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Pull towards 0: the proximal term was given to the optimiser as weight decay."""
    return local.correct(run, client, model, {k: 0.0 * v for k, v in received.items()}, gradient)


def sign_swapped(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Step along ∇f_m + c_m − c."""
    if run.task.algorithm != "scaffold":
        return local.correct(run, client, model, received, gradient)
    return {k: g + client.control[k] - run.server.control[k] for k, g in gradient.items()}


def last_rounds_control(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Use the server's control variate as it was sent with the model before this one."""
    if run.task.algorithm != "scaffold":
        return local.correct(run, client, model, received, gradient)
    sent = run.notes.setdefault("sent", {})
    sent.setdefault(run.round, copied(run.server.control))
    stale = sent[max(run.round - 1, 0)]
    return {k: g - client.control[k] + stale[k] for k, g in gradient.items()}


def never_updated(run: Run, uploads: list[Upload]) -> None:
    """Compute new control variates and never store them."""
    del run, uploads


def server_never_updated(run: Run, uploads: list[Upload]) -> None:
    """Update the clients' control variates, not the server's."""
    control = copied(run.server.control)
    update_controls(run, uploads)
    run.server.control = control


def divided_by(run: Run, uploads: list[Upload], steps: dict[str, int]) -> None:
    """Update control variates with other divisors than the steps that were taken."""
    counted = [(replace(client, steps=steps[client.name]), x, v) for client, x, v in uploads]
    update_controls(run, counted)
    for client, _, _ in counted:
        run.clients[client.name].control = client.control


def undivided(run: Run, uploads: list[Upload]) -> None:
    """Forget 1/H."""
    divided_by(run, uploads, dict.fromkeys(run.clients, 1))


def largest_divisor(run: Run, uploads: list[Upload]) -> None:
    """Divide by the configured number of steps, which is the largest, whatever a client took."""
    divided_by(run, uploads, dict.fromkeys(run.clients, max(c.steps for c in run.clients.values())))


def without_rate(run: Run, uploads: list[Upload]) -> None:
    """Divide by H but not by the learning rate."""
    right, run.task = run.task, replace(run.task, lr=1.0)
    update_controls(run, uploads)
    run.task = right


def model_difference(run: Run, uploads: list[Upload]) -> None:
    """Take x − v_m itself for the gradient it came from, which no one sees where Hη = 1."""
    right, run.task = run.task, replace(run.task, lr=1.0)
    undivided(run, uploads)
    run.task = right


def grown_controls(run: Run, uploads: list[Upload]) -> None:
    """Forget −c in c_m − c + (x − v_m)/(Hη): with everybody there, all c_m and c grow alike, and no step notices."""
    right = copied(run.server.control)
    run.server.control = {name: np.zeros_like(layer) for name, layer in right.items()}
    update_controls(run, uploads)
    run.server.control = {name: right[name] + moved for name, moved in run.server.control.items()}


def one_by_one(run: Run, uploads: list[Upload]) -> None:
    """Update the server's control variate client by client, so that the second already sees the first's."""
    for upload in uploads:
        update_controls(run, [upload])


def mean_of_participants(run: Run, uploads: list[Upload]) -> None:
    """Set the server's control variate to the mean over those who took part."""
    update_controls(run, uploads)
    total = sum(client.share for client, _, _ in uploads)
    for name in run.server.control:
        shared = [client.share / total * client.control[name] for client, _, _ in uploads]
        run.server.control[name] = np.sum(shared, axis=0)


def unweighted_tau(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Take τ = mean H_m, without the weights."""
    return _with_tau(run, uploads, weights, float(np.mean([client.steps for client, _, _ in uploads])))


def largest_tau(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Take τ = max H_m."""
    return _with_tau(run, uploads, weights, max(client.steps for client, _, _ in uploads))


def no_tau(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Normalise by H_m and forget to multiply by τ."""
    return _with_tau(run, uploads, weights, 1.0)


def _with_tau(run: Run, uploads: list[Upload], weights: list[float], tau: float) -> Model:
    update = aggregate(run, uploads, weights)
    if run.task.algorithm != "fednova":
        return update
    right = sum(p * client.steps for p, (client, _, _) in zip(weights, uploads, strict=True))
    return {name: tau / right * d for name, d in update.items()}


def not_normalised(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Average plainly: FedNova falls back to FedAvg."""
    plain = replace(run, task=replace(run.task, algorithm="fedavg"))
    return aggregate(plain, uploads, weights)


_SCAFFOLD, _PROX, _NOVA = ("scaffold",), ("fedprox",), ("fednova",)
CORRECTION_BUGS = (
    Planted("moving-anchor", "the proximal term is anchored at the moving model", {"correct": moving_anchor}, _PROX),
    Planted("rho-not-halved", "the proximal term is ρ|v − x|², not ρ/2", {"correct": no_half_rho}, _PROX),
    Planted("norm-not-squared", "the proximal term is (ρ/2)|v − x|", {"correct": unsquared}, _PROX),
    Planted("pull-to-origin", "the proximal term is weight decay", {"correct": towards_origin}, _PROX),
    Planted("control-sign", "steps go along ∇f_m + c_m − c", {"correct": sign_swapped}, _SCAFFOLD),
    Planted("stale-control", "clients use the c of the round before", {"correct": last_rounds_control}, _SCAFFOLD),
    Planted("controls-lost", "control variates are never stored", {"update_controls": never_updated}, _SCAFFOLD),
    Planted("c-not-updated", "the server's c is never updated", {"update_controls": server_never_updated}, _SCAFFOLD),
    Planted("undivided-control", "control variates lack 1/H", {"update_controls": undivided}, _SCAFFOLD),
    Planted("control-by-largest-H", "all c_m are divided by max H", {"update_controls": largest_divisor}, _SCAFFOLD),
    Planted("control-without-rate", "control variates lack 1/η", {"update_controls": without_rate}, _SCAFFOLD),
    Planted("control-is-difference", "control variates lack 1/(Hη)", {"update_controls": model_difference}, _SCAFFOLD),
    Planted(
        "controls-grow",
        "the update of control variates lacks −c",
        {"update_controls": grown_controls},
        (*_SCAFFOLD, "participation"),
    ),
    Planted("controls-one-by-one", "c moves while clients update", {"update_controls": one_by_one}, _SCAFFOLD),
    Planted(
        "c-of-participants",
        "c is the mean over those who took part",
        {"update_controls": mean_of_participants},
        _SCAFFOLD,
    ),
    Planted("tau-unweighted", "τ is the plain mean of H_m", {"aggregate": unweighted_tau}, _NOVA),
    Planted("tau-largest", "τ is the largest H_m", {"aggregate": largest_tau}, _NOVA),
    Planted("tau-forgotten", "updates are divided by H_m and not multiplied by τ", {"aggregate": no_tau}, _NOVA),
    Planted("not-normalised", "FedNova averages as FedAvg does", {"aggregate": not_normalised}, _NOVA),
)  # fmt: skip
