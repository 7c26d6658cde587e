"""A plain federated loop in PyTorch, as tutorials write it: FedAvg, FedProx, SCAFFOLD, FedNova, server momentum.

Theirs: model, autograd, loss and local optimiser (``torch_model``), and ``state_dict``. Ours: the loop. Every round
each worker trains a copy of the global model, and the server averages the ``state_dict``s of the copies with weights
p_m; FedNova first shortens what a copy moved; the server's velocity is kept by hand.
"""
# pyright: reportMissingImports=false

import copy

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.torch_model import (
    Correction,
    linear_model,
    torch_worker,
    vector_of,
)
from paper_repro.conformance.task import Task


State = dict[str, torch.Tensor]


class Controls:
    """SCAFFOLD's c_m, 0 at first, and c = Σ p_m c_m, which stays as it is until a round is over."""

    def __init__(self, task: Task):
        self.weights, self.lengths = task.weights, [task.lr * steps for steps in task.local_steps]
        self.own = [torch.zeros(1, task.dim, dtype=torch.float64) for _ in task.weights]
        self.mean = torch.zeros(1, task.dim, dtype=torch.float64)

    def update(self, m: int, moved: torch.Tensor) -> None:
        """Set c_m to c_m − c + (x − v_m)/(H_m η), moved = v_m − x."""
        self.own[m] = self.own[m] - self.mean - moved / self.lengths[m]

    def close_round(self) -> None:
        """Set c = Σ p_m c_m."""
        self.mean = torch.stack([p * c for p, c in zip(self.weights, self.own, strict=True)]).sum(0)


def correction_of(task: Task, m: int, x: torch.Tensor, controls: Controls) -> Correction | None:
    """Return what is added to a gradient at v: ρ(v − x), or c − c_m, or nothing."""
    if task.algorithm == "fedprox":
        return lambda v: task.proximal * (v - x)
    if task.algorithm == "scaffold":
        return lambda v: controls.mean - controls.own[m]
    return None


def participants(task: Task, random: torch.Generator) -> list[int]:
    """Return the workers of a round."""
    if task.participants is None:
        return list(range(task.workers))
    return torch.randperm(task.workers, generator=random)[: task.participants].tolist()


def averaged(states: list[State], weights: list[float]) -> State:
    """Return Σ p_m·state_m/Σ p_m, entry by entry."""
    total = sum(weights)
    return {
        name: torch.stack([p / total * s[name] for p, s in zip(weights, states, strict=True)]).sum(0)
        for name in states[0]
    }


def shortened(state: State, x: torch.Tensor, factor: float) -> State:
    """Return the state with v − x multiplied by a factor."""
    return {name: x + factor * (v - x) for name, v in state.items()}


def one_round(task: Task, model: nn.Linear, workers: list, chosen: list[int], controls: Controls) -> State:
    """Return the aggregate of a round of those chosen."""
    x, states = model.weight.detach().clone(), []
    for m in chosen:
        local = copy.deepcopy(model)
        workers[m].train(local, correction_of(task, m, x, controls))
        controls.update(m, local.weight.detach() - x)
        states.append(local.state_dict())
    controls.close_round()
    if task.algorithm == "fednova":
        effective = sum(p * steps for p, steps in zip(task.weights, task.local_steps, strict=True))
        states = [
            shortened(s, x, effective / task.local_steps[m]) for s, m in zip(states, chosen, strict=True)
        ]
    return averaged(states, [task.weights[m] for m in chosen])


def federated_loop(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the server's vectors of R rounds.

    Raises
    ------
    NotImplementedError
        For FedNova with sampled workers, whose τ could be that of all workers or of those drawn.
    """
    if task.algorithm == "fednova" and task.participants is not None:
        raise NotImplementedError("FedNova with sampled workers: τ could be of all workers or of those drawn")
    workers = [torch_worker(task, m) for m in range(task.workers)]
    model, controls, path = linear_model(task.start), Controls(task), []
    velocity, random = torch.zeros_like(model.weight), torch.Generator().manual_seed(task.seed)
    for _ in range(task.rounds):
        x = model.weight.detach().clone()
        new = one_round(task, model, workers, participants(task, random), controls)
        if "server" in task.needs:
            moved = new["weight"] - x
            velocity = task.server_momentum * velocity + moved
            step = moved + task.server_momentum * velocity if task.nesterov else velocity
            new = {"weight": x + task.server_lr * step}
        model.load_state_dict(new)
        path.append(vector_of(model))
    return np.stack(path)


SUPPORTS = ("fedavg", "fedprox", "scaffold", "fednova", "server", "participation", "minibatches")
simulate = Adapter(federated_loop, SUPPORTS, distribution="torch")
